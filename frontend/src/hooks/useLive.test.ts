import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { shownLive } from "@/lib/liveState";
import { type FakeSocket, stubSockets } from "@/test/fakeSocket";
import { points, pointsMessage, snapshot } from "@/test/fixtures";
import { json } from "@/test/render";
import { useLive } from "./useLive";

let sockets: FakeSocket[];

beforeEach(() => {
  vi.useFakeTimers();
  sockets = stubSockets();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function unreachable(): Promise<Response> {
  throw new TypeError("Failed to fetch");
}

async function answering(): Promise<Response> {
  return json(snapshot(0, points(0, 4)).data);
}

async function connect(answer: () => Promise<Response> = unreachable, filename: string | null = "a & b.csv") {
  const onReconnect = vi.fn();
  vi.stubGlobal("fetch", answer);
  const hook = renderHook(
    (props: { filename: string | null }) =>
      useLive({ enabled: true, intervalSeconds: 1, onReconnect, ...props }),
    { initialProps: { filename } },
  );
  await act(() => vi.advanceTimersByTimeAsync(0));
  return { hook, onReconnect };
}

const newest = () => sockets.at(-1) as FakeSocket;
const afterOf = (socket: FakeSocket) => new URL(socket.url).searchParams.get("after");

it("asks for the series by its name and shows the snapshot", async () => {
  const { hook } = await connect();
  expect(new URL(newest().url).searchParams.get("filename")).toBe("a & b.csv");
  expect(hook.result.current.connection.state).toBe("connecting");
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
  });
  expect(hook.result.current.connection.state).toBe("live");
  expect(shownLive(hook.result.current.state)?.points).toHaveLength(3);
});

it("reconnects with the last sequence, so that the server can fill in what was missed", async () => {
  const { hook, onReconnect } = await connect();
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
    newest().deliver(pointsMessage(6, points(3, 4)));
    newest().drop();
  });
  expect(hook.result.current.connection.state).toBe("reconnecting");
  expect(shownLive(hook.result.current.state)?.points).toHaveLength(4);
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  expect(sockets).toHaveLength(2);
  expect(afterOf(newest())).toBe("6");
  act(() => {
    newest().accept();
    newest().deliver(pointsMessage(7, points(4, 6)));
  });
  expect(hook.result.current.connection.state).toBe("live");
  expect(shownLive(hook.result.current.state)?.points).toEqual(points(0, 6));
  expect(onReconnect).toHaveBeenCalledExactlyOnceWith(false);
});

it("asks for a whole snapshot when a message was missed", async () => {
  await connect();
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
    newest().deliver(pointsMessage(8, points(5, 6)));
  });
  await act(() => vi.advanceTimersByTimeAsync(6_000));
  expect(sockets.length).toBeGreaterThan(1);
  expect(afterOf(newest())).toBeNull();
});

it("takes a silent connection for a dead one", async () => {
  await connect();
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
  });
  await act(() => vi.advanceTimersByTimeAsync(16_000));
  expect(sockets.length).toBeGreaterThan(1);
});

it("is offline after repeated failures", async () => {
  const { hook } = await connect();
  for (let attempt = 0; attempt < 4; attempt += 1) {
    act(() => newest().drop());
    await act(() => vi.advanceTimersByTimeAsync(8_000));
  }
  expect(hook.result.current.connection.state).toBe("offline");
});

it("asks over HTTP where the server refuses, and says its reason", async () => {
  const { hook } = await connect(answering);
  act(() => newest().drop(1013, "100 live connections are open, which is the most"));
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(hook.result.current.connection).toEqual({
    state: "polling",
    refusal: "100 live connections are open, which is the most",
  });
});

it.each([
  ["blocked", () => newest().drop()],
  ["mute", () => newest().accept()],
])("asks over HTTP while the WebSocket is %s, and goes back to it by itself", async (_how, befalls) => {
  const answer = vi.fn(answering);
  const { hook, onReconnect } = await connect(answer);
  act(befalls);
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(hook.result.current.connection).toEqual({ state: "polling", refusal: null });
  expect(shownLive(hook.result.current.state)?.points).toHaveLength(4);
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(answer).toHaveBeenCalledTimes(3);

  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 6)));
  });
  expect(hook.result.current.connection.state).toBe("live");
  expect(shownLive(hook.result.current.state)?.points).toHaveLength(6);
  expect(onReconnect).toHaveBeenCalledWith(true);
  await act(() => vi.advanceTimersByTimeAsync(9_000));
  expect(answer).toHaveBeenCalledTimes(3);
});

it("asks over HTTP where a connection that worked is cut and does not come back", async () => {
  const { hook } = await connect(answering);
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
    newest().drop();
  });
  expect(hook.result.current.connection.state).toBe("reconnecting");
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(hook.result.current.connection.state).toBe("polling");
});

it("asks over HTTP where the server ends a connection that worked, as it does with the session", async () => {
  const { hook } = await connect(answering);
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
    newest().drop(1008, "the session has ended: sign in again");
  });
  expect(hook.result.current.connection.state).toBe("reconnecting");
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(hook.result.current.connection).toEqual({
    state: "polling",
    refusal: "the session has ended: sign in again",
  });
  expect(shownLive(hook.result.current.state)?.points).toHaveLength(4);
});

it("does not call the WebSocket of a backend blocked that has just come back", async () => {
  const answer = vi.fn(unreachable);
  const { hook } = await connect(answer);
  act(() => newest().drop());
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(hook.result.current.connection.state).toBe("offline");
  answer.mockImplementation(answering);
  await act(() => vi.advanceTimersByTimeAsync(5_000));
  expect(hook.result.current.connection.state).toBe("reconnecting");
  await act(() => vi.advanceTimersByTimeAsync(3_000));
  expect(hook.result.current.connection.state).toBe("polling");
});

it("starts over for another series", async () => {
  const { hook } = await connect();
  act(() => {
    newest().accept();
    newest().deliver(snapshot(5, points(0, 3)));
  });
  hook.rerender({ filename: "other.csv" });
  await act(() => vi.advanceTimersByTimeAsync(0));
  expect(new URL(newest().url).searchParams.get("filename")).toBe("other.csv");
  expect(afterOf(newest())).toBeNull();
  expect(shownLive(hook.result.current.state)).toBeNull();
});
