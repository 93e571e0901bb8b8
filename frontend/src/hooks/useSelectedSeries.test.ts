import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Series } from "@/api/types";
import { series } from "@/test/fixtures";
import { useSelectedSeries } from "./useSelectedSeries";

const [one, two] = [series({ filename: "one" }), series({ filename: "two" })];
const replay = series({ filename: "two, replayed", live: true, origin: "replay", replay_of: "two" });

function select(list: Series[] | undefined, requested: string | null) {
  const [navigate, onNotice] = [vi.fn(), vi.fn()];
  const hook = renderHook(
    (props: { list: Series[] | undefined; requested: string | null }) =>
      useSelectedSeries(props.list, props.requested, navigate, onNotice),
    { initialProps: { list, requested } },
  );
  return { hook, navigate, onNotice };
}

it("finds the series that the URL names", () => {
  const { hook, navigate } = select([one, two], "two");
  expect(hook.result.current).toBe(two);
  expect(navigate).not.toHaveBeenCalled();
});

it("waits for the list before it judges", () => {
  const { navigate, onNotice } = select(undefined, "two");
  expect(navigate).not.toHaveBeenCalled();
  expect(onNotice).not.toHaveBeenCalled();
});

it("opens the live series where the URL names none, without a word", () => {
  const { navigate, onNotice } = select([one, replay], null);
  expect(navigate).toHaveBeenCalledWith({ series: "two, replayed" }, { replace: true });
  expect(onNotice).not.toHaveBeenCalled();
});

it("says that a named series is not stored", () => {
  const { navigate, onNotice } = select([one], "gone");
  expect(navigate).toHaveBeenCalledWith({ series: "one" }, { replace: true });
  expect(onNotice.mock.calls[0]?.[0]).toMatch(/gone.* is not stored\./);
});

it("says that the series on the page was deleted", () => {
  const { hook, navigate, onNotice } = select([one, two], "two");
  hook.rerender({ list: [one], requested: "two" });
  expect(navigate).toHaveBeenCalledWith({ series: "one" }, { replace: true });
  expect(onNotice.mock.calls[0]?.[0]).toMatch(/two.* was deleted\./);
});

it("returns to what was replayed when a replay ends", () => {
  const { hook, navigate, onNotice } = select([one, two, replay], "two, replayed");
  hook.rerender({ list: [one, two], requested: "two, replayed" });
  expect(navigate).toHaveBeenCalledWith({ series: "two" }, { replace: true });
  expect(onNotice.mock.calls[0]?.[0]).toMatch(/The replay of .*two.* has ended\./);
});

it("takes no uploaded series for a replay, whatever its name", () => {
  const upload = series({ filename: "replay of two" });
  const { hook, onNotice } = select([one, two, upload], "replay of two");
  hook.rerender({ list: [one, two], requested: "replay of two" });
  expect(onNotice.mock.calls[0]?.[0]).toMatch(/replay of two.* was deleted\./);
});

it("clears the URL when nothing is stored any more", () => {
  const { navigate } = select([], "gone");
  expect(navigate).toHaveBeenCalledWith({ series: null }, { replace: true });
});
