import type { Accuracy, ModelName, Score } from "@/api/types";
import { formatPercent } from "./format";
import { MODELS, NAIVE } from "./names";

export interface ModelError {
  model: ModelName;
  score: Score;
  /** How much lower than the naive baseline's RMSE, as a share; negative where it is higher. */
  gain: number | null;
}

export interface ErrorComparison {
  models: ModelError[];
  naive: Score | null;
  /** The remaining baselines, best first. */
  others: Score[];
}

/** The scores of the shortest horizon, arranged for showing each model beside the naive baseline. */
export function compareErrors(accuracy: Accuracy): ErrorComparison {
  const horizon = Math.min(...accuracy.scores.map((score) => score.horizon));
  const scores = accuracy.scores.filter((score) => score.horizon === horizon && score.origins > 0);
  const naive = scores.find((score) => score.model === NAIVE) ?? null;
  const models = MODELS.flatMap((model) => {
    const score = scores.find((candidate) => candidate.model === model);
    return score
      ? [{ model, score, gain: naive && naive.rmse > 0 ? 1 - score.rmse / naive.rmse : null }]
      : [];
  });
  const others = scores
    .filter((score) => score.model !== NAIVE && !models.some((entry) => entry.model === score.model))
    .sort((left, right) => left.rmse - right.rmse);
  return { models, naive, others };
}

/** "18 % better than last value", "3 % worse than …", "as good as …". */
export function gainText(gain: number, baseline: string): string {
  if (Math.abs(gain) < 0.005) return `as good as ${baseline}`;
  return `${formatPercent(gain)} ${gain > 0 ? "better" : "worse"} than ${baseline}`;
}
