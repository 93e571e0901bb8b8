import { describe, expect, it } from "vitest";
import type { ChartDataPoint, Forecast } from "@/api/types";
import { anomalous, at, forecast, limits, point, points, served } from "@/test/fixtures";
import { chartLines } from "./chartLines";
import { buildChartModel, type ChartModel, dottedIndices } from "./chartModel";
import { toSeconds } from "./time";

type Beside = Omit<Parameters<typeof buildChartModel>[2], "lines" | "forecast">;

const lines = chartLines(limits(), 300);

function build(known: ChartDataPoint[], ahead: Forecast | null = null, beside: Beside = {}): ChartModel {
  const model = buildChartModel(known, 60, { lines, forecast: ahead, ...beside });
  if (!model) throw new Error("no model");
  return model;
}

const minutes = (model: ChartModel) => model.times.map((time) => (time - toSeconds(at(0))) / 60);
const column = (model: ChartModel, key: string) => model.rates[key] ?? [];

describe("buildChartModel", () => {
  it("is nothing without points", () => {
    expect(buildChartModel([], 60, { lines, forecast: forecast(0) })).toBeNull();
  });

  it("has columns of one length, ascending", () => {
    const model = build(points(0, 5), forecast(5));
    expect(new Set(Object.values(model.rates).map(({ length }) => length))).toEqual(new Set([8]));
    expect(minutes(model)).toEqual([0, 1, 2, 3, 4, 5, 9, 19]);
  });

  it("puts the forecast right of now, with no actual rate there", () => {
    const model = build(points(0, 5), forecast(5));
    expect(model.futureFrom).toBe(5);
    expect(model.now).toBe(toSeconds(at(5)));
    expect(column(model, "actual").slice(5)).toEqual([undefined, undefined, undefined]);
    expect(column(model, "lgbm_plus").slice(5)).toEqual([21, 25, 35]);
    expect(column(model, "p10").slice(5)).toEqual([16, 20, 30]);
    expect(column(model, "p90").slice(5)).toEqual([26, 30, 40]);
  });

  it("drops forecasts for windows that are known by now", () => {
    const model = build(points(0, 8), forecast(5));
    expect(minutes(model).slice(model.futureFrom)).toEqual([9, 19]);
    expect(model.now).toBe(toSeconds(at(8)));
  });

  it("draws the open window beside its forecast, and never as an actual rate", () => {
    const growing = { timestamp: at(5), rps: 3, elapsed_seconds: 20 };
    const model = build(points(0, 5), forecast(5), { growing });
    expect(minutes(model)).toEqual([0, 1, 2, 3, 4, 5, 9, 19]);
    expect(column(model, "growing")).toEqual([null, null, null, null, null, 3, undefined, undefined]);
    expect(column(model, "actual")[5]).toBeUndefined();
    expect(column(build(points(0, 6), null, { growing }), "growing")).toEqual(Array(6).fill(null));
  });

  it("passes through the open window where that lies between two horizons", () => {
    // Second 2 of a minute: the last window is not closed yet, and the forecast is from the end of the one before.
    const growing = { timestamp: at(4), rps: 3, elapsed_seconds: 2 };
    const model = build(points(0, 3), forecast(3), { growing });
    expect(minutes(model)).toEqual([0, 1, 2, 3, 4, 7, 17]);
    for (const key of ["lgbm_plus", "lgbm", "p10", "p90"]) expect(column(model, key)).not.toContain(null);
    expect(column(model, "lgbm_plus").slice(3)).toEqual([21, undefined, 25, 35]);
  });

  it("breaks no line where a window came before the forecast from its end", () => {
    const model = build(points(0, 4), forecast(3), {
      growing: { timestamp: at(4), rps: 3, elapsed_seconds: 6 },
    });
    expect(minutes(model)).toEqual([0, 1, 2, 3, 4, 7, 17]);
    expect(column(model, "lgbm_plus")).not.toContain(null);
    expect(column(build(points(0, 4), forecast(3)), "lgbm_plus")).not.toContain(null);
  });

  it("draws what is served, with its own band, beside what the models say", () => {
    const model = build(
      points(0, 5),
      forecast(5, { served: served({ 1: "lgbm_plus", 15: "ewma" }, 800, 5) }),
    );
    expect(column(model, "served").slice(5)).toEqual([800, undefined, 800]);
    expect(column(model, "lgbm_plus").slice(5)).toEqual([21, 25, 35]);
    const [first] = served({ 15: "ewma" });
    expect(column(model, "p90").at(-1)).toBe(first?.p90);
  });

  it("shows what is missing of a silent feed as unknown, from the end of its data on", () => {
    const silent = build(points(0, 5), forecast(7, { status: "stale" }), { silentSeconds: 250 });
    expect(silent.end).toBe(toSeconds(at(5)));
    expect(silent.now).toBe(toSeconds(at(7)));
    expect(silent.outages).toEqual([[toSeconds(at(5)), toSeconds(at(9))]]);
    const long = build(points(0, 5), forecast(7, { status: "stale" }), { silentSeconds: 86_400 });
    expect(long.outages).toEqual([[toSeconds(at(5)), toSeconds(at(21))]]);
  });

  it("sets past forecasts beside the windows they were made for", () => {
    const past = [
      { timestamp: at(2), mean: 7 },
      { timestamp: at(4), mean: 9 },
    ];
    expect(column(build(points(0, 5), forecast(5), { past }), "past")).toEqual([
      null,
      null,
      7,
      null,
      9,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("stays in order when the server's clock jumped, back or ahead", () => {
    const back = build([...points(0, 60)], forecast(5));
    expect(back.futureFrom).toBe(back.times.length);
    expect(back.now).toBe(toSeconds(at(60)));
    const ahead = build([...points(0, 5), ...points(65, 68)], forecast(68));
    expect(ahead.outages).toEqual([[toSeconds(at(5)), toSeconds(at(65))]]);
    expect([...ahead.times].sort((a, b) => a - b)).toEqual(ahead.times);
  });

  it("joins no line to a forecast that does not follow on", () => {
    const model = build(points(0, 5), forecast(50));
    expect(minutes(model).slice(4, 7)).toEqual([4, 5, 50]);
    expect(column(model, "lgbm_plus")[5]).toBeNull();
    expect(model.futureFrom).toBe(6);
  });

  it("breaks the line where windows are absent", () => {
    const model = build([...points(0, 3), ...points(10, 12)]);
    expect(minutes(model)).toEqual([0, 1, 2, 3, 9, 10, 11]);
    expect(column(model, "actual")).toEqual([0, 1, 2, null, null, 10, 11]);
    expect(model.outages).toEqual([[toSeconds(at(3)), toSeconds(at(10))]]);
  });

  it("keeps nulls of the server's grid as gaps", () => {
    const model = build([point(0, 1), point(1, null), point(2, null), point(3, 1)]);
    expect(column(model, "actual")).toEqual([1, null, null, 1]);
    expect(model.outages).toEqual([[toSeconds(at(1)), toSeconds(at(3))]]);
  });

  it("has an outage up to now where the newest windows are unknown", () => {
    const model = build([point(0, 1), point(1, 1), point(2, null)]);
    expect(model.outages).toEqual([[toSeconds(at(2)), toSeconds(at(3))]]);
  });

  it("marks anomalies at the rate of their own window", () => {
    const bucket = point(1, 9, {
      anomalies: [
        ...(anomalous(1, 8).anomalies ?? []),
        { timestamp: at(2), actual_rps: 40, score: 0.9, reason: "far above" },
      ],
    });
    const model = build([point(0, 1), bucket]);
    expect(column(model, "anomaly")).toEqual([null, 40]);
  });

  it("takes the step of buckets from the points", () => {
    expect(build([point(0, 1), point(2, 1), point(4, 1)]).step).toBe(120);
    expect(build([point(0, 1)]).step).toBe(60);
  });
});

it("dottedIndices marks forecasts and values without a neighbour", () => {
  expect(dottedIndices([1, null, 2, null, 3, 4, 5], 6)).toEqual([0, 2, 6]);
});
