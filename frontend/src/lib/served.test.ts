import { expect, it } from "vitest";
import type { ServedPoint } from "@/api/types";
import { accuracy, limits, score, served } from "@/test/fixtures";
import { byHorizon } from "./accuracy";
import { disagreementText } from "./served";

const [POINT] = served({ 1: "ewma" }) as [ServedPoint];

/** What is said of a served EWMA where the panel's errors favour another. */
function disagreement(change: Partial<ServedPoint>, ...favoured: ReturnType<typeof score>[]): string | null {
  const [scores] = byHorizon(accuracy([score("ewma", 0.3), ...favoured]));
  if (!scores) throw new Error("nothing scored");
  return disagreementText({ ...POINT, ...change }, scores, "7d", limits());
}

it("is silent where the served one has the least error over the span too, alone or with another", () => {
  expect(disagreement({}, score("lgbm", 0.4))).toBeNull();
  expect(disagreement({}, score("lgbm", 0.3))).toBeNull();
});

it.each<[string, Partial<ServedPoint>, string]>([
  [
    "had the least error lately",
    { errors: { ewma: 0.1, lgbm: 0.2 } },
    "it had the least error over the last 240 windows",
  ],
  [
    "is kept, others being hardly better",
    { errors: { ewma: 0.2, lgbm: 0.19 } },
    "no other candidate was clearly better over the last 240 windows",
  ],
  ["is served unasked", { errors: {} }, "too few forecasts were scored to select by error"],
])("says it where the served one %s", (_case, change, reason) => {
  expect(disagreement(change, score("lgbm", 0.2))).toBe(`${reason}; over 7 days LGBM has the least`);
});

it("says it where the best is not among the candidates", () => {
  expect(disagreement({ errors: { ewma: 0.1, lgbm: 0.2 } }, score("mean_15", 0.2))).toBe(
    "it had the least error over the last 240 windows; over 7 days mean of 15 windows has the least, " +
      "which is not among the candidates",
  );
});
