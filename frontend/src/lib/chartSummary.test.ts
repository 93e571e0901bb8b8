import { expect, it } from "vitest";
import { at, forecast, point, points } from "@/test/fixtures";
import { buildChartModel, type ChartModel } from "./chartModel";
import { chartSummary } from "./chartSummary";

const summary = (...parts: Parameters<typeof buildChartModel>) =>
  chartSummary(buildChartModel(...parts) as ChartModel, "utc").replaceAll(" ", " ");

it("tells the span, the extremes, outages, anomalies and the forecast", () => {
  const known = [...points(1, 4), point(10, 7, { anomaly: true })];
  expect(summary(known, 60, { forecast: forecast(11) })).toBe(
    "Request rate from 31 Aug 1995, 22:01 – 22:11 UTC. " +
      "Newest 7.00 req/s at 31 Aug 1995, 22:10. " +
      "Lowest 1.00 req/s at 31 Aug 1995, 22:01. " +
      "Highest 7.00 req/s at 31 Aug 1995, 22:10. " +
      "Unknown for 6 min in 1 outage. " +
      "1 anomaly marked. " +
      "Forecast of LGBM+: 21.0 req/s in 1 min, 25.0 req/s in 5 min, 35.0 req/s in 15 min.",
  );
});

it("says so where nothing is known", () => {
  expect(summary([point(0, null)], 60, { forecast: null })).toBe(
    "Request rate from 31 Aug 1995, 22:00 – 22:01 UTC. No known rate in it. Unknown for 1 min in 1 outage.",
  );
});

it("tells what the open window has so far", () => {
  const growing = { timestamp: at(4), rps: 5, elapsed_seconds: 30 };
  expect(summary(points(1, 4), 60, { forecast: null, growing })).toContain(
    "The open window so far: 5.00 req/s.",
  );
});
