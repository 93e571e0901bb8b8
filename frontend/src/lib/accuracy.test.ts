import { describe, expect, it } from "vitest";
import { accuracy, score } from "@/test/fixtures";
import { compareErrors, gainText } from "./accuracy";

describe("compareErrors", () => {
  it("sets both models against the naive baseline", () => {
    const { models, naive, others } = compareErrors(
      accuracy([
        score("last_value", 0.28),
        score("ewma", 0.25),
        score("lgbm_plus", 0.23),
        score("lgbm", 0.3),
      ]),
    );
    expect(models.map(({ model }) => model)).toEqual(["lgbm_plus", "lgbm"]);
    expect(models[0]?.gain).toBeCloseTo(0.179, 3);
    expect(models[1]?.gain).toBeCloseTo(-0.071, 3);
    expect(naive?.rmse).toBe(0.28);
    expect(others.map(({ model }) => model)).toEqual(["ewma"]);
  });

  it("compares the shortest horizon only, and nothing that was not scored", () => {
    const { models, naive } = compareErrors(
      accuracy([
        score("lgbm_plus", 0.2),
        score("lgbm_plus", 0.5, { horizon: 15 }),
        score("last_value", 0, { origins: 0 }),
      ]),
    );
    expect(models.map((entry) => entry.score.rmse)).toEqual([0.2]);
    expect(naive).toBeNull();
    expect(models[0]?.gain).toBeNull();
  });

  it("claims no gain over a baseline without error", () => {
    expect(compareErrors(accuracy([score("lgbm", 0.2), score("last_value", 0)])).models[0]?.gain).toBeNull();
  });
});

it.each([
  [0.18, "18 % better than last value"],
  [-0.03, "3 % worse than last value"],
  [0.001, "as good as last value"],
])("gainText says %s as %s", (gain, text) =>
  expect(gainText(gain, "last value").replaceAll(" ", " ")).toBe(text),
);
