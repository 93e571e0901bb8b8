import type { Limits, Model, Series } from "@/api/types";
import { formatDuration } from "./format";

/** The model that is served until another candidate has clearly less error. The server names it first. */
export function preferredModel({ models }: Limits): Model {
  const [preferred] = models;
  if (!preferred) throw new Error("The server has no model.");
  return preferred;
}

/** The baseline that errors are set against. The server names it first. */
export function referenceBaseline({ baselines }: Limits): string {
  const [reference] = baselines;
  if (!reference) throw new Error("The server has no baseline.");
  return reference.key;
}

/** What a model or baseline is called. */
export function labelOf({ models, baselines }: Limits, key: string): string {
  return [...models, ...baselines].find((candidate) => candidate.key === key)?.label ?? key;
}

/** What the line of past forecasts is called. */
export function pastName(seconds: number): string {
  return `Forecast ${formatDuration(seconds)} earlier`;
}

/** A name set apart from the text around it, for places that take no markup (options, titles, messages). */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** The name of a series with what sets it apart: "shop.csv (synthetic, incomplete)". */
export function seriesLabel({ filename, synthetic, incomplete }: Series): string {
  const marks = [synthetic && "synthetic", incomplete && "incomplete"].filter(Boolean).join(", ");
  return marks ? `${isolate(filename)} (${marks})` : isolate(filename);
}
