import { expect, it } from "vitest";
import { accuracy, limits, score } from "@/test/fixtures";
import { bestBaseline, byHorizon, gainOver, gainText, tabledCandidates } from "./accuracy";

it("groups scores by horizon, shortest first, without what was not scored", () => {
  const horizons = byHorizon(
    accuracy([
      score("lgbm_plus", 0.5, { horizon: 15 }),
      score("lgbm_plus", 0.2),
      score("last_value", 0, { origins: 0 }),
      score("ewma", 0.1),
    ]),
  );
  expect(horizons.map(({ horizon }) => horizon)).toEqual([1, 15]);
  expect([...(horizons[0]?.scores.keys() ?? [])]).toEqual(["lgbm_plus", "ewma"]);
  expect(horizons[0]?.leastWape).toBe(0.1);
});

it("lists the models, the reference baseline, then the others by their WAPE", () => {
  const scores = ["mean_15", "ewma", "last_value", "lgbm", "lgbm_plus"].map((model, place) =>
    score(model, 1 - place / 10),
  );
  const tabled = tabledCandidates(byHorizon(accuracy(scores)), limits());
  expect(tabled).toEqual(["lgbm_plus", "lgbm", "last_value", "ewma", "mean_15"]);
});

it("claims no gain over a baseline that is absent or without error", () => {
  const [absent] = byHorizon(accuracy([score("lgbm", 0.2)]));
  const [perfect] = byHorizon(accuracy([score("lgbm", 0.2), score("last_value", 0)]));
  if (!absent || !perfect) throw new Error("no horizon");
  expect(gainOver("last_value", "lgbm", absent)).toBeNull();
  expect(gainOver("last_value", "lgbm", perfect)).toBeNull();
});

it("has no least WAPE where there was no traffic", () => {
  const [silent] = byHorizon(accuracy([score("lgbm", 0, { wape: null }), score("ewma", 0, { wape: null })]));
  expect(silent?.leastWape).toBeNull();
  expect(silent && gainOver("ewma", "lgbm", silent)).toBeNull();
});

it("finds the best baseline, and takes no model for one", () => {
  const [scored] = byHorizon(accuracy([score("lgbm", 0.1), score("last_value", 0.3), score("ewma", 0.2)]));
  const [alone] = byHorizon(accuracy([score("lgbm", 0.1)]));
  if (!scored || !alone) throw new Error("no horizon");
  expect(bestBaseline(scored, limits())).toBe("ewma");
  expect(bestBaseline(alone, limits())).toBeNull();
});

it.each([
  [0.18, undefined, "18 % better"],
  [-0.03, "EWMA", "3 % worse than EWMA"],
  [0.001, "EWMA", "as good as EWMA"],
])("gainText says %s over %s as %s", (gain, baseline, text) =>
  expect(gainText(gain, baseline).replaceAll("\u00a0", " ")).toBe(text),
);
