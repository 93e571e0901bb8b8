import type { Accuracy, AccuracySpan, Limits, Score } from "@/api/types";
import { formatPercent } from "./format";
import { groupBy } from "./groupBy";
import { referenceBaseline } from "./names";

export const SPANS: Record<AccuracySpan, string> = { "1h": "1 h", "24h": "24 h", "7d": "7 days" };

/** Scores below which an error says little: the first few could as well have gone the other way. */
export const FEW_ORIGINS = 60;

/** What one horizon's scores say, all of them over the same windows. Errors are compared by WAPE, as selection does. */
export interface HorizonScores {
  horizon: number;
  /** How many windows were scored. */
  origins: number;
  /** By model or baseline. */
  scores: ReadonlyMap<string, Score>;
  /** The least WAPE of any model or baseline; null where none has one, because there was no traffic. */
  leastWape: number | null;
}

/** The scores of each horizon, shortest first; horizons without a scored window are left out. */
export function byHorizon(accuracy: Accuracy): HorizonScores[] {
  const scored = accuracy.scores.filter(({ origins }) => origins > 0);
  const horizons = groupBy(scored, ({ horizon }) => horizon).map((scores) => {
    const wapes = scores.flatMap(({ wape }) => (wape === null ? [] : [wape]));
    return {
      horizon: scores[0].horizon,
      origins: Math.min(...scores.map(({ origins }) => origins)),
      scores: new Map(scores.map((score) => [score.model, score])),
      leastWape: wapes.length > 0 ? Math.min(...wapes) : null,
    };
  });
  return horizons.sort((one, other) => one.horizon - other.horizon);
}

/** No scores yet at any horizon: what is shown until they come, in the same rows. */
export function notScored(limits: Limits): HorizonScores[] {
  return limits.horizons.map((horizon) => ({ horizon, origins: 0, scores: new Map(), leastWape: null }));
}

/** Models and baselines in order of the table: the models, the reference baseline, the others by their WAPE. All of
 * them: a series without a yesterday has no score of that baseline, and the same rows. */
export function tabledCandidates(horizons: readonly HorizonScores[], limits: Limits): string[] {
  const fixed = [...limits.models.map(({ key }) => key), referenceBaseline(limits)];
  const wapeOf = (key: string) => horizons[0]?.scores.get(key)?.wape ?? Number.MAX_VALUE;
  const others = limits.baselines.map(({ key }) => key).filter((key) => !fixed.includes(key));
  return [...fixed, ...others.sort((left, right) => wapeOf(left) - wapeOf(right))];
}

function byWape(left: Score, right: Score): number {
  return (left.wape ?? Number.MAX_VALUE) - (right.wape ?? Number.MAX_VALUE);
}

/** How much lower a model's WAPE is than a baseline's, as a share; null where there is none to compare. */
export function gainOver(baseline: string, model: string, { scores }: HorizonScores): number | null {
  const reference = scores.get(baseline)?.wape;
  const own = scores.get(model)?.wape;
  return reference && own != null ? 1 - own / reference : null;
}

/** The baseline with the least WAPE; null where none was scored. */
export function bestBaseline({ scores }: HorizonScores, { models }: Limits): string | null {
  const [best] = [...scores.values()]
    .filter(({ model }) => !models.some(({ key }) => key === model))
    .sort(byWape);
  return best?.model ?? null;
}

/** Less of a gain than this is rounded away. */
export const AS_GOOD = 0.005;

/** "18 % better", "3 % worse than EWMA", "as good as EWMA". */
export function gainText(gain: number, baseline?: string): string {
  const [text, than] =
    Math.abs(gain) < AS_GOOD
      ? ["as good", "as"]
      : [`${formatPercent(gain)} ${gain > 0 ? "better" : "worse"}`, "than"];
  return baseline === undefined ? text : `${text} ${than} ${baseline}`;
}
