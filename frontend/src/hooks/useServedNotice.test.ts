import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Forecast } from "@/api/types";
import { forecast, limits, served } from "@/test/fixtures";
import { useServedNotice } from "./useServedNotice";

const LIMITS = limits();

/** What is announced while these forecasts come in, one after the other. */
function announced(...forecasts: Forecast[]): string[] {
  const announce = vi.fn();
  const { rerender } = renderHook(({ newest }) => useServedNotice(newest, LIMITS, announce), {
    initialProps: { newest: forecasts[0] ?? null },
  });
  for (const newest of forecasts.slice(1)) rerender({ newest });
  return announce.mock.calls.map(([text]) => text.replaceAll("\u00a0", " "));
}

const serving = (models: Record<number, string>, change: Partial<Forecast> = {}) =>
  forecast(0, { served: served(models), ...change });

it("announces once that another candidate is served at a horizon, and why", () => {
  expect(
    announced(
      serving({ 1: "lgbm_plus", 5: "lgbm_plus" }),
      serving({ 1: "lgbm_plus", 5: "ewma" }),
      serving({ 1: "lgbm_plus", 5: "ewma" }),
    ),
  ).toEqual(["Now serving EWMA instead of LGBM+ 5 min ahead. The error of ewma was least."]);
});

it("names all horizons that change together in one notice", () => {
  expect(
    announced(
      serving({ 1: "lgbm_plus", 5: "lgbm_plus", 15: "lgbm" }),
      serving({ 1: "ewma", 5: "ewma", 15: "last_value" }),
    ),
  ).toEqual([
    "Now serving EWMA instead of LGBM+ 1 min and 5 min ahead; last value instead of LGBM 15 min ahead.",
  ]);
});

it("holds a horizon that was not served for a while against what was served there before", () => {
  expect(announced(serving({ 5: "lgbm_plus" }), serving({}), serving({ 5: "ewma" }))).toHaveLength(1);
  expect(announced(serving({ 5: "lgbm_plus" }), serving({}), serving({ 5: "lgbm_plus" }))).toEqual([]);
});

it("does not announce a change that hardly lowers the error", () => {
  const [point] = served({ 1: "ewma" });
  if (!point) throw new Error("nothing served");
  const hardly = { ...point, errors: { lgbm_plus: 0.0432, ewma: 0.043 } };
  expect(announced(serving({ 1: "lgbm_plus" }), forecast(0, { served: [hardly] }))).toEqual([]);
});

it("does not take another series for a change", () => {
  expect(announced(serving({ 1: "lgbm_plus" }), serving({ 1: "ewma" }, { filename: "other" }))).toEqual([]);
});
