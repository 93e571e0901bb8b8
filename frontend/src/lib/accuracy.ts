import type { Accuracy, AccuracySpan, Score } from "@/api/types";
import { formatPercent } from "./format";
import { MODELS, NAIVE } from "./names";

export const SPANS: Record<AccuracySpan, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 days" };

/** Scores below which an error says little: the first few could as well have gone the other way. */
export const FEW_ORIGINS = 60;

/** What one horizon's scores say, all of them over the same windows. */
export interface HorizonScores {
  horizon: number;
  /** How many windows were scored. */
  origins: number;
  /** By model or baseline. */
  scores: ReadonlyMap<string, Score>;
  /** The least error of any model or baseline. */
  best: number;
}

/** The scores of each horizon, shortest first; horizons without a scored window are left out. */
export function byHorizon(accuracy: Accuracy): HorizonScores[] {
  const horizons = [...new Set(accuracy.scores.map(({ horizon }) => horizon))].sort((a, b) => a - b);
  return horizons.flatMap((horizon) => {
    const scores = accuracy.scores.filter((score) => score.horizon === horizon && score.origins > 0);
    if (scores.length === 0) return [];
    return [
      {
        horizon,
        origins: Math.min(...scores.map(({ origins }) => origins)),
        scores: new Map(scores.map((score) => [score.model, score])),
        best: Math.min(...scores.map(({ rmse }) => rmse)),
      },
    ];
  });
}

/** Models and baselines in order of the table: the models, the naive baseline, the others by error. */
export function scoredModels(horizons: readonly HorizonScores[]): string[] {
  const first = horizons[0];
  if (!first) return [];
  const fixed = [...MODELS, NAIVE];
  const others = [...first.scores.values()]
    .filter(({ model }) => !fixed.includes(model))
    .sort((left, right) => left.rmse - right.rmse)
    .map(({ model }) => model);
  return [...fixed.filter((model) => first.scores.has(model)), ...others];
}

/** How much lower a model's RMSE is than a baseline's, as a share; null where there is none to compare. */
export function gainOver(baseline: string, model: string, { scores }: HorizonScores): number | null {
  const reference = scores.get(baseline)?.rmse;
  const own = scores.get(model)?.rmse;
  return reference && own !== undefined ? 1 - own / reference : null;
}

/** The baseline with the least error; null where none was scored. */
export function bestBaseline({ scores }: HorizonScores): string | null {
  const baselines = [...scores.values()].filter(({ model }) => !MODELS.some((one) => one === model));
  const [best] = baselines.sort((left, right) => left.rmse - right.rmse);
  return best?.model ?? null;
}

/** "18 % better", "3 % worse than EWMA", "as good as EWMA". */
export function gainText(gain: number, baseline?: string): string {
  const [text, than] =
    Math.abs(gain) < 0.005
      ? ["as good", "as"]
      : [`${formatPercent(gain)} ${gain > 0 ? "better" : "worse"}`, "than"];
  return baseline === undefined ? text : `${text} ${than} ${baseline}`;
}
