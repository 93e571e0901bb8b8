import { describe, expect, it } from "vitest";
import { decision, recommendation } from "@/test/capacityFixtures";
import { at, forecast, limits, points } from "@/test/fixtures";
import { capacityData, crossingText, percentile, reachOf, runningAtEach, runningSteps } from "./capacity";
import { chartLines } from "./chartLines";
import { buildChartModel, rateAt } from "./chartModel";
import { chartSummary, windowText } from "./chartSummary";
import { toSeconds } from "./time";

const time = (minute: number) => toSeconds(at(minute));

describe("what runs", () => {
  it("is a decision's from its lead on", () => {
    const steps = runningSteps([decision(10, 2), decision(20, 3)]);
    const counts = runningAtEach(steps, [11, 12, 21, 22, 30].map(time)).map((step) => step?.replicas ?? null);
    expect(counts).toEqual([null, 2, 2, 3, 3]);
  });

  it("is of the later decision where that serves sooner", () => {
    const steps = runningSteps([decision(10, 9, { serving_from: at(40) }), decision(11, 4)]);
    expect(steps.map(({ replicas }) => replicas)).toEqual([4]);
  });
});

it("says when what runs is crossed, and how far the plan looks", () => {
  expect(crossingText(recommendation())).toMatch(/^in 1.min at p90$/);
  expect(crossingText(recommendation({ crossed_at: at(120) }))).toBe("now at p90");
  expect(crossingText(recommendation({ crossed_at: null }))).toBeNull();
  expect(reachOf(recommendation())).toBe(180);
  expect(percentile(2 / 3)).toBe("p66.7");
});

describe("the chart with a plan", () => {
  const drawn = (change: Parameters<typeof recommendation>[0] = {}) => {
    const built = buildChartModel(points(100, 120), 60, {
      lines: chartLines(limits(), null, true),
      forecast: forecast(120),
      capacity: capacityData([decision(108, 2)], recommendation(change)),
    });
    if (!built) throw new Error("no model");
    return built;
  };
  const model = drawn();
  const valueAt = (key: string, minute: number) => {
    const column = model.lines.find((line) => line.key === key)?.columns[0];
    return column ? rateAt(model, column, model.times.indexOf(time(minute))) : undefined;
  };

  it("has capacity and replicas at every window since the first decision, and at every planned one", () => {
    expect(valueAt("capacity", 109)).toBeNull();
    expect([110, 119, 120, 121, 122].map((minute) => valueAt("capacity", minute))).toEqual([
      20, 20, 20, 20, 50,
    ]);
    expect([119, 122].map((minute) => valueAt("replicas", minute))).toEqual([2, 5]);
  });

  it("says both where the crosshair is", () => {
    const text = windowText(model, model.times.indexOf(time(122)), "utc");
    expect(text).toMatch(/capacity 50.0.req\/s, 5.replicas$/);
  });

  it("says in words what is planned, and when what runs is crossed", () => {
    expect(chartSummary(model, "utc")).toMatch(
      /Planned: 2.replicas from .* for 20.0.req\/s, 5.replicas from 1 Sept? 1995, 00:02 for 50.0.req\/s\. What runs is crossed in 1.min at p90\.$/,
    );
    expect(chartSummary(drawn({ crossed_at: at(120) }), "utc")).toMatch(/What runs is crossed now at p90\.$/);
  });
});
