import { describe, expect, it } from "vitest";
import type { LiveMessage, LiveStatus } from "@/api/types";
import { at, forecast, points, pointsMessage, snapshot, status } from "@/test/fixtures";
import {
  breaksSequence,
  EMPTY_LIVE,
  type LiveAction,
  liveReducer,
  parseLiveMessage,
  shownLive,
  silenceOf,
  waitingWindows,
} from "./liveState";
import { toSeconds } from "./time";

const message = (content: LiveMessage): LiveAction => ({ type: "message", message: content });
const stateAfter = (...actions: LiveAction[]) => actions.reduce(liveReducer, EMPTY_LIVE);

describe("messages", () => {
  it("a snapshot replaces everything", () => {
    const state = stateAfter(message(snapshot(1, points(0, 5))), message(snapshot(9, points(100, 102))));
    expect(shownLive(state)?.points).toEqual(points(100, 102));
  });

  it("points are appended, forecast and status replaced", () => {
    const state = stateAfter(
      message(snapshot(1, points(0, 2))),
      message(pointsMessage(2, points(2, 3))),
      message({ type: "forecast", sequence: 3, data: forecast(3) }),
      message({ type: "status", sequence: 3, data: status({ store: "unreachable" }) }),
    );
    expect(shownLive(state)).toEqual({
      filename: "access.log",
      windowSeconds: 60,
      points: points(0, 3),
      forecast: forecast(3),
      status: status({ store: "unreachable" }),
    });
  });

  it("points bring the forecast from their end with them", () => {
    const state = stateAfter(
      message(snapshot(1, points(0, 2))),
      message(pointsMessage(2, points(2, 3), forecast(3))),
    );
    expect(shownLive(state)?.forecast).toEqual(forecast(3));
  });

  it("a feed that falls silent makes its forecast stale, until it is back", () => {
    const silent = stateAfter(
      message(snapshot(1, points(0, 2))),
      message({ type: "forecast", sequence: 2, data: forecast(2) }),
      message({ type: "status", sequence: 2, data: status({ status: "stale" }) }),
    );
    expect(shownLive(silent)?.forecast).toEqual(forecast(2, { status: "stale", stale: true }));
    const back = liveReducer(silent, message({ type: "status", sequence: 2, data: status() }));
    expect(shownLive(back)?.forecast).toEqual(forecast(2));
  });

  it("nothing is drawn from points that come before any snapshot", () => {
    expect(shownLive(stateAfter(message(pointsMessage(2, points(0, 1)))))).toBeNull();
  });
});

describe("frozen", () => {
  const frozen = stateAfter(
    message(snapshot(1, points(0, 3))),
    { type: "freeze" },
    message(pointsMessage(2, points(3, 5))),
    message({ type: "forecast", sequence: 3, data: forecast(5) }),
  );

  it("shows what was there, and counts what waits", () => {
    expect(shownLive(frozen)?.points).toEqual(points(0, 3));
    expect(shownLive(frozen)?.forecast).toBeNull();
    expect(waitingWindows(frozen)).toBe(2);
  });

  it("loses nothing: all of it is there when it is switched on again", () => {
    const state = liveReducer(frozen, { type: "unfreeze" });
    expect(shownLive(state)?.points).toEqual(points(0, 5));
    expect(shownLive(state)?.forecast).toEqual(forecast(5));
    expect(waitingWindows(state)).toBe(0);
  });

  it("a manual refresh shows what has arrived and stays frozen", () => {
    const refreshed = liveReducer(frozen, { type: "refresh" });
    expect(shownLive(refreshed)?.points).toEqual(points(0, 5));
    const later = liveReducer(refreshed, message(pointsMessage(4, points(5, 6))));
    expect(shownLive(later)?.points).toEqual(points(0, 5));
    expect(waitingWindows(later)).toBe(1);
  });

  it("keeps what it shows when the connection comes back with a snapshot", () => {
    const state = liveReducer(frozen, message(snapshot(9, points(0, 7))));
    expect(shownLive(state)?.points).toEqual(points(0, 3));
    expect(waitingWindows(state)).toBe(4);
  });

  it("another series is shown as it first arrives", () => {
    const state = [
      { type: "reset" } as const,
      message(snapshot(1, points(0, 4), "other.csv")),
      message(pointsMessage(2, points(4, 5))),
    ].reduce(liveReducer, frozen);
    expect(shownLive(state)?.filename).toBe("other.csv");
    expect(shownLive(state)?.points).toEqual(points(0, 4));
  });
});

describe("breaksSequence", () => {
  it("takes the next number, and a repeated one from status", () => {
    expect(breaksSequence(null, pointsMessage(7, []))).toBe(false);
    expect(breaksSequence(7, pointsMessage(8, []))).toBe(false);
    expect(breaksSequence(7, { type: "status", sequence: 7, data: status() })).toBe(false);
    expect(breaksSequence(7, snapshot(99, []))).toBe(false);
  });

  it("notices what was missed", () => {
    expect(breaksSequence(7, pointsMessage(9, []))).toBe(true);
    expect(breaksSequence(7, { type: "status", sequence: 8 + 1, data: status() })).toBe(true);
    expect(breaksSequence(7, pointsMessage(7, []))).toBe(true);
  });
});

describe("parseLiveMessage", () => {
  it.each(["", "[]", "null", '{"type":"x","sequence":1,"data":{}}', '{"type":"status"}', new ArrayBuffer(1)])(
    "refuses %s",
    (text) => expect(parseLiveMessage(text)).toBeNull(),
  );

  it("reads a message", () => {
    expect(parseLiveMessage(JSON.stringify(pointsMessage(2, points(0, 1))))).toEqual(
      pointsMessage(2, points(0, 1)),
    );
  });
});

describe("silenceOf", () => {
  const silence = (change: Partial<LiveStatus>) => {
    const { current } = stateAfter(
      message(snapshot(1, points(0, 1))),
      message({ type: "status", sequence: 1, data: status(change) }),
    );
    return current && silenceOf(current);
  };

  it("is how long a stale feed has sent nothing, and since which window", () => {
    expect(silence({ status: "stale", silent_seconds: 200 })).toEqual({
      seconds: 200,
      newest: toSeconds(at(0)),
      windowSeconds: 60,
    });
  });

  it("is null for a feed that sends, and for a file", () => {
    expect(silence({ status: "live", silent_seconds: 3 })).toBeNull();
    expect(silence({ status: "historic" })).toBeNull();
  });
});
