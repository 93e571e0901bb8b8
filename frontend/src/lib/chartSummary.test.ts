import { expect, it } from "vitest";
import type { ChartDataPoint } from "@/api/types";
import { anomalous, at, forecast, limits, point, points, served } from "@/test/fixtures";
import { chartLines } from "./chartLines";
import { buildChartModel, type ChartModel } from "./chartModel";
import { chartSummary, windowText } from "./chartSummary";

type Drawn = Omit<Parameters<typeof buildChartModel>[2], "lines">;

function build(known: ChartDataPoint[], drawn: Drawn, pastSeconds: number | null = null): ChartModel {
  const model = buildChartModel(known, 60, { lines: chartLines(limits(), pastSeconds), ...drawn });
  if (!model) throw new Error("no model");
  return model;
}

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const summary = (...parts: Parameters<typeof build>) => plain(chartSummary(build(...parts), "utc"));

it("has the span, the extremes, outages, anomalies and the forecasts", () => {
  const known = [...points(1, 4), point(10, 7, anomalous(10, 7))];
  expect(summary(known, { forecast: forecast(11) })).toBe(
    "Request rate from 31 Aug 1995, 22:01 – 22:11 UTC. " +
      "Newest 7.00 req/s at 31 Aug 1995, 22:10. " +
      "Lowest 1.00 req/s at 31 Aug 1995, 22:01. " +
      "Highest 7.00 req/s at 31 Aug 1995, 22:10. " +
      "Unknown for 6 min in 1 outage. " +
      "1 anomaly marked. " +
      "Forecast of LGBM+: 21.0 req/s in 1 min, 25.0 req/s in 5 min, 35.0 req/s in 15 min. " +
      "Forecast of LGBM: 21.0 req/s in 1 min, 25.0 req/s in 5 min, 35.0 req/s in 15 min.",
  );
});

it("names what is served, horizon by horizon", () => {
  const ahead = forecast(4, { served: served({ 1: "lgbm_plus", 5: "ewma" }, 800, 4) });
  expect(summary(points(1, 4), { forecast: ahead })).toContain(
    "Forecast of the served model: 800 req/s in 1 min (LGBM+), 800 req/s in 5 min (EWMA).",
  );
});

it("counts horizons in windows, also where the points are averages of several", () => {
  const averages = [point(0, 1), point(2, 1), point(4, 1)];
  expect(summary(averages, { forecast: forecast(6) })).toContain(
    "Forecast of LGBM+: 21.0 req/s in 1 min, 25.0 req/s in 5 min, 35.0 req/s in 15 min.",
  );
});

it("says so where nothing is known", () => {
  expect(summary([point(0, null)], { forecast: null })).toBe(
    "Request rate from 31 Aug 1995, 22:00 – 22:01 UTC. No known rate in it. Unknown for 1 min in 1 outage.",
  );
});

it("has what the open window has so far", () => {
  const growing = { timestamp: at(4), rps: 5, elapsed_seconds: 30 };
  expect(summary(points(1, 4), { forecast: null, growing })).toContain("The open window so far: 5.00 req/s.");
});

it("windowText reads out one window: what is known of it, or what is forecast", () => {
  const known = [point(0, 1), point(1, 3, { predicted_rps_model1: 2, ...anomalous(1, 3) })];
  const growing = { timestamp: at(2), rps: 5, elapsed_seconds: 30 };
  const past = [{ timestamp: at(1), mean: 4 }];
  const model = build(known, { forecast: forecast(2), past, growing }, 300);
  const text = (index: number) => plain(windowText(model, index, "utc"));
  expect(text(0)).toBe(
    "31 Aug 1995, 22:00 UTC: actual 1.00 req/s, p10–p90: LGBM+ 1.00 req/s to 1.00 req/s, " +
      "LGBM+ 1.00 req/s, LGBM 1.00 req/s",
  );
  expect(text(1)).toBe(
    "31 Aug 1995, 22:01 UTC: actual 3.00 req/s, p10–p90: LGBM+ 3.00 req/s to 3.00 req/s, LGBM+ 2.00 req/s, LGBM 3.00 req/s, " +
      "forecast 5 min earlier 4.00 req/s, anomaly: twice what was forecast",
  );
  expect(text(2)).toBe(
    "31 Aug 1995, 22:02 UTC: forecast so far 5.00 req/s, p10–p90: LGBM+ 16.0 req/s to 26.0 req/s, " +
      "LGBM+ 21.0 req/s, LGBM 21.0 req/s",
  );
});
