import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { at } from "@/test/fixtures";
import { deletionKey, FOLLOWING, useFollowLive } from "./queries";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function follow(replaying: boolean) {
  const client = new QueryClient();
  const asked = vi.spyOn(client, "invalidateQueries");
  const hook = renderHook(
    (props: { newest: string | null; frozen: boolean }) =>
      useFollowLive({ filename: "access.log", replaying, ...props }),
    {
      initialProps: { newest: at(0), frozen: false },
      wrapper: ({ children }: { children: ReactNode }) => (
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      ),
    },
  );
  return { hook, asked, client };
}

it("asks for nothing that the page has just loaded", () => {
  const { asked } = follow(false);
  vi.advanceTimersByTime(60_000);
  expect(asked).not.toHaveBeenCalled();
});

it("asks at once for a window that comes after a while", () => {
  const { hook, asked } = follow(false);
  vi.advanceTimersByTime(60_000);
  hook.rerender({ newest: at(1), frozen: false });
  expect(asked.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([
    ...FOLLOWING.map((name) => [name, "access.log"]),
    ["series"],
  ]);
});

it("asks once for windows in quick succession, also for the last of them", () => {
  const { hook, asked } = follow(false);
  for (const minute of [1, 2, 3]) hook.rerender({ newest: at(minute), frozen: false });
  expect(asked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(asked).toHaveBeenCalledTimes(FOLLOWING.length + 1);
});

it("does not ask for a replay after its last window", () => {
  const { hook, asked } = follow(true);
  hook.rerender({ newest: at(1), frozen: false });
  vi.advanceTimersByTime(60_000);
  expect(asked).not.toHaveBeenCalled();
});

it("asks for nothing while a series is being deleted, and for what came meanwhile after that", async () => {
  const { hook, asked, client } = follow(false);
  vi.advanceTimersByTime(60_000);
  let end = () => {};
  const deletion = new Promise<void>((resolve) => {
    end = resolve;
  });
  const mutation = client
    .getMutationCache()
    .build(client, { mutationKey: deletionKey, mutationFn: () => deletion });
  await act(async () => void mutation.execute(undefined));
  hook.rerender({ newest: at(1), frozen: false });
  expect(asked).not.toHaveBeenCalled();
  await act(async () => {
    end();
    await vi.advanceTimersByTimeAsync(0);
  });
  expect(asked).toHaveBeenCalledTimes(FOLLOWING.length + 1);
});

it("asks for nothing while the page is frozen", () => {
  const { hook, asked } = follow(false);
  vi.advanceTimersByTime(60_000);
  hook.rerender({ newest: at(1), frozen: true });
  expect(asked).not.toHaveBeenCalled();
});
