import { describe, expect, it } from "vitest";
import { policy } from "@/test/capacityFixtures";
import { at } from "@/test/fixtures";
import { outcome, simulationResult } from "@/test/simulationFixtures";
import {
  columnsOf,
  nextSort,
  OUTCOME_COLUMNS,
  quantileOf,
  shownOutcome,
  sortedOutcomes,
  spanAround,
  valueTexts,
  withQuantile,
} from "./outcomes";
import { toSeconds } from "./time";

const keys = (outcomes: { policy: string }[]) => outcomes.map(({ policy }) => policy);

describe("the table of policies", () => {
  const [slow, fast, unmeasured, as] = [
    outcome("slow", { speed_up: 0.5 }),
    outcome("fast", { speed_up: 2 }),
    outcome("unmeasured", { speed_up: null }),
    outcome("as fast", { speed_up: 2 }),
  ];
  const all = [slow, unmeasured, fast, as].filter((each) => each !== undefined);

  it("is sorted by any column, both ways, what has no value last and equal ones as they were", () => {
    const by = (descending: boolean) => sortedOutcomes(all, { column: "speed_up", descending });
    expect(keys(by(false))).toEqual(["slow", "fast", "as fast", "unmeasured"]);
    expect(keys(by(true))).toEqual(["fast", "as fast", "slow", "unmeasured"]);
    expect(keys(sortedOutcomes(all, { column: "policy", descending: false }))[0]).toBe("as fast");
    expect(sortedOutcomes(all, null)).toEqual(all);
  });

  it("goes upwards, downwards, and back to the server's order", () => {
    const up = nextSort({ column: "policy", descending: true }, "cost");
    const down = nextSort(up, "cost");
    expect([up, down, nextSort(down, "cost")]).toEqual([
      { column: "cost", descending: false },
      { column: "cost", descending: true },
      null,
    ]);
  });

  it("has the columns that some policy has a value in, money in its currency", () => {
    const priced = simulationResult({
      policy: policy({ currency: "EUR" }),
      policies: [outcome("hpa", { cost: 12 })],
    });
    const labels = columnsOf(priced).map(({ label }) => label);
    expect(labels).toContain("EUR");
    expect(labels).not.toContain("Speed-up");
    expect(columnsOf(simulationResult()).map(({ key }) => key)).not.toContain("cost");
  });

  it("has the interval beside a value, and an unknown as such", () => {
    const [hours, share, speedUp] = ["replica_hours", "requests_short_share", "speed_up"].map((wanted) =>
      OUTCOME_COLUMNS.find(({ key }) => key === wanted),
    );
    if (!hours || !share || !speedUp) throw new Error("no such column");
    const one = outcome("one", {
      intervals: { replica_hours: [90, 1_234.5] },
      requests_short_share: 0.00004,
    });
    expect(valueTexts(hours, one)).toEqual({ value: "100", interval: "90 – 1,234" });
    expect(valueTexts(share, one).value).toBe("0.004");
    expect(valueTexts(speedUp, one)).toEqual({ value: "–", interval: null });
  });
});

describe("the policy that is looked at", () => {
  const result = simulationResult();

  it("is the reader's own until another is chosen that was replayed", () => {
    expect(shownOutcome(result, null)?.policy).toBe("model");
    expect(shownOutcome(result, "hpa")?.policy).toBe("hpa");
    expect(shownOutcome(result, "gone")?.policy).toBe("model");
    expect(shownOutcome(simulationResult({ policies: [outcome("hpa")] }), null)?.policy).toBe("hpa");
  });

  it("can be had where it is a quantile of the forecast", () => {
    const quantiles = ["model", "model_p95", "hpa"].map((key) => quantileOf(result, key));
    expect(quantiles).toEqual([0.9, 0.95, undefined]);
    expect(withQuantile(policy(), 0.9)).toEqual(policy());
    expect(withQuantile(policy(), 0.95)).toEqual(policy({ quantile: 0.95 }));
  });

  it("is seen near a moment, not beyond the span that was replayed", () => {
    const moment = { start: at(10), end: at(11), requests_short: 7, needed: 3, replicas: 2 };
    expect(spanAround(moment, result)).toEqual({ min: toSeconds(at(0)), max: toSeconds(at(31)) });
  });
});
