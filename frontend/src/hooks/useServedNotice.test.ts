import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Forecast } from "@/api/types";
import { forecast, served } from "@/test/fixtures";
import { useServedNotice } from "./useServedNotice";

function watch(first: Forecast) {
  const tell = vi.fn();
  const { rerender } = renderHook(({ seen }) => useServedNotice(seen, tell), {
    initialProps: { seen: first },
  });
  return { tell, see: (seen: Forecast) => rerender({ seen }) };
}

it("tells once when another forecast is served, and why", () => {
  const { tell, see } = watch(forecast(0, { served: served("lgbm_plus", 1) }));
  expect(tell).not.toHaveBeenCalled();
  see(forecast(1, { served: served("ewma", 1) }));
  see(forecast(2, { served: served("ewma", 1) }));
  expect(tell.mock.calls).toEqual([["EWMA is served now, no longer LGBM+: EWMA had the least error."]]);
});

it("does not take another series for a change", () => {
  const { tell, see } = watch(forecast(0, { served: served("lgbm_plus", 1) }));
  see(forecast(1, { filename: "other", served: served("ewma", 1) }));
  expect(tell).not.toHaveBeenCalled();
});
