import { expect, it } from "vitest";
import { forecast, point, points } from "@/test/fixtures";
import { buildChartModel, type ChartModel } from "./chartModel";
import { chartSummary } from "./chartSummary";

const summary = (...parts: Parameters<typeof buildChartModel>) =>
  chartSummary(buildChartModel(...parts) as ChartModel, "utc").replaceAll(" ", " ");

it("tells the span, the extremes, outages, anomalies and the forecast", () => {
  const known = [...points(1, 4), point(10, 7, { anomaly: true })];
  expect(summary(known, forecast(11), 60)).toBe(
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
  expect(summary([point(0, null)], null, 60)).toBe(
    "Request rate from 31 Aug 1995, 22:00 – 22:01 UTC. No known rate in it. Unknown for 1 min in 1 outage.",
  );
});
