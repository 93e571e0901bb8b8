import type { ModelName, Series } from "@/api/types";
import { formatDuration } from "./format";

const SCORED: Record<string, string> = {
  lgbm_plus: "LGBM+",
  lgbm: "LGBM",
  last_value: "last value",
  ewma: "EWMA",
  ewma_tuned: "EWMA, tuned",
  mean_15: "mean of 15 windows",
  seasonal_naive_day: "same time yesterday",
  seasonal_naive_week: "same time last week",
};

export const MODELS: readonly ModelName[] = ["lgbm_plus", "lgbm"];

/** The model that is served until another candidate has clearly less error, and whose errors are told. */
export const PREFERRED: ModelName = "lgbm_plus";

/** The baseline that every error is set against. */
export const NAIVE = "last_value";

export function scoredName(model: string): string {
  return SCORED[model] ?? model;
}

/** What the line of past forecasts is called. */
export function pastName(secondsBefore: number): string {
  return `Said ${formatDuration(secondsBefore)} before`;
}

/** A name set apart from the text around it, for places that take no markup (options, titles, messages). */
export function isolate(name: string): string {
  return `⁨${name}⁩`;
}

export function seriesLabel(series: Series): string {
  return series.synthetic ? `${isolate(series.filename)} (synthetic)` : isolate(series.filename);
}

const REPLAY_PREFIX = "replay of ";

/** The series that a replay series plays, by its name; null for any other. */
export function replayedName(filename: string): string | null {
  return filename.startsWith(REPLAY_PREFIX) ? filename.slice(REPLAY_PREFIX.length) : null;
}
