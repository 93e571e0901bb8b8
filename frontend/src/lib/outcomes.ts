import type { Outcome, Policy, PolicyKind, SimulationResult, WorstMoment } from "@/api/types";
import { formatQuantity, UNKNOWN } from "./format";
import { toSeconds } from "./time";

/** A part of the time that was replayed, epoch seconds. */
export interface Span {
  min: number;
  max: number;
}

/** The order of the table. */
export interface Sort {
  column: string;
  descending: boolean;
}

/** What a picture counts upwards. */
export type Shortage = "minutes_short" | "requests_short";

export const SHORTAGES: Record<Shortage, { label: string; unit: string }> = {
  minutes_short: { label: "Minutes short", unit: "minutes short" },
  requests_short: { label: "Requests short", unit: "requests short" },
};

export type Shape = "circle" | "square" | "diamond" | "triangle" | "cross";

/** How the kinds of policies are told apart: by shape, and by colour. */
export const KINDS: Record<PolicyKind, { label: string; shape: Shape; token: string }> = {
  forecast: { label: "by forecast", shape: "circle", token: "--series-model-1" },
  reactive: { label: "by what is observed", shape: "square", token: "--series-model-2" },
  scheduled: { label: "by schedule", shape: "triangle", token: "--series-model-3" },
  fixed: { label: "fixed", shape: "diamond", token: "--series-actual" },
  oracle: { label: "oracle", shape: "cross", token: "--series-served" },
};

export interface OutcomeColumn {
  key: string;
  label: string;
  /** What the heading leaves out. */
  title: string;
  value: (outcome: Outcome) => number | string | null;
  text: (value: number) => string;
}

type Measure = {
  [Name in keyof Outcome]: Outcome[Name] extends number | null ? Name : never;
}[keyof Outcome];

const measure = (key: Measure, label: string, title: string, text = formatQuantity): OutcomeColumn => ({
  key,
  label,
  title,
  value: (outcome) => outcome[key],
  text,
});

/** The columns of the table, in reading order. */
export const OUTCOME_COLUMNS: readonly OutcomeColumn[] = [
  {
    key: "policy",
    label: "Policy",
    title: "What decides the replicas",
    value: ({ label }) => label,
    text: String,
  },
  measure("replica_hours", "Replica-hours", "Paid for: starting, serving and draining"),
  measure("minutes_short", "Minutes short", "With more traffic than what served could take"),
  measure("requests_short", "Requests short", "Beyond capacity"),
  measure("requests_short_share", "of all, %", "Share of all requests that was beyond capacity", (share) =>
    formatQuantity(100 * share),
  ),
  measure("requests_in_short_minutes", "In short minutes", "Requests that came while it was short"),
  measure("idle_replica_hours", "Idle", "Replica-hours that the demand did not need"),
  measure("missing_replica_hours", "Missing", "Replica-hours that the demand needed beyond what served"),
  measure("weighed_cost", "Weighed cost", "Idle replica-hours, and missing ones times the shortage cost"),
  measure("cost", "Money", "Replica-hours times the price"),
  measure("scale_events", "Changes", "Changes of the replicas that were asked for"),
  measure("sign_changes", "Reversals", "Changes the other way than the one before"),
  measure("theta_u", "θU %", "By how much supply was below demand, over time"),
  measure("theta_o", "θO %", "By how much supply was above demand, over time"),
  measure("time_u", "TU %", "Share of the time below demand"),
  measure("time_o", "TO %", "Share of the time above demand"),
  measure("speed_up", "Speed-up", "Elastic speed-up against the HPA; above 1 is better"),
];

/** The columns in which some outcome of a result has a value. */
export function columnsOf({ policies, policy }: SimulationResult): OutcomeColumn[] {
  return OUTCOME_COLUMNS.filter(({ value }) => policies.some((outcome) => value(outcome) !== null)).map(
    (column) => (column.key === "cost" && policy.currency ? { ...column, label: policy.currency } : column),
  );
}

/** A value with its interval beside it, where the days are enough for one. */
export function valueTexts(
  column: OutcomeColumn,
  outcome: Outcome,
): { value: string; interval: string | null } {
  const value = column.value(outcome);
  const interval = outcome.intervals[column.key];
  return {
    value: typeof value === "number" ? column.text(value) : (value ?? UNKNOWN),
    interval: interval ? interval.map(column.text).join(" – ") : null,
  };
}

/** A worst moment with the time around it, within the span of the result. */
export function spanAround({ start, end }: WorstMoment, result: SimulationResult): Span {
  const [from, to] = [toSeconds(start), toSeconds(end)];
  const around = Math.max(WINDOWS_AROUND * result.window_seconds, to - from);
  return withinResult({ min: from - around, max: to + around }, result);
}

const WINDOWS_AROUND = 20;

/** Whole windows of the span that was replayed. */
export function withinResult({ min, max }: Span, { from, to, window_seconds }: SimulationResult): Span {
  return {
    min: Math.max(toSeconds(from), Math.floor(min / window_seconds) * window_seconds),
    max: Math.min(toSeconds(to), Math.ceil(max / window_seconds) * window_seconds),
  };
}

/** Sorted by a column, what has no value last, equal ones as the server has them. */
export function sortedOutcomes(outcomes: readonly Outcome[], sort: Sort | null): Outcome[] {
  const value = OUTCOME_COLUMNS.find(({ key }) => key === sort?.column)?.value;
  if (!value) return [...outcomes];
  const sign = sort?.descending ? -1 : 1;
  return [...outcomes].sort((one, other) => {
    const [left, right] = [value(one), value(other)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const order = typeof left === "string" ? left.localeCompare(String(right)) : left - Number(right);
    return sign * order;
  });
}

/** A click on a heading: upwards first, then downwards, then as the server has them. */
export function nextSort(sort: Sort | null, column: string): Sort | null {
  if (sort?.column !== column) return { column, descending: false };
  return sort.descending ? null : { column, descending: true };
}

/** The policy whose replicas are drawn where the reader chose none: the reader's own, else the first. */
export function shownOutcome({ policies }: SimulationResult, key: string | null): Outcome | undefined {
  const find = (wanted: string | null) => policies.find(({ policy }) => policy === wanted);
  return find(key) ?? find("model") ?? policies[0];
}

/** What a policy is called in a result. */
export function labelOf({ policies }: SimulationResult, key: string): string {
  return policies.find(({ policy }) => policy === key)?.label ?? key;
}

/** The quantile that an outcome is of; undefined where no policy can have it. */
export function quantileOf(
  { policy, recommendation }: Pick<SimulationResult, "policy" | "recommendation">,
  key: string,
): number | undefined {
  if (key === "model") return levelOf(policy);
  return recommendation?.costs.find((cost) => cost.policy === key)?.quantile;
}

/** A policy with a quantile: of its own where its cost gives another. */
export function withQuantile(policy: Policy, quantile: number): Policy {
  return sameLevel(levelOf(policy), quantile) ? policy : { ...policy, quantile };
}

export function sameLevel(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && Math.abs(one - other) < 1e-9;
}

function levelOf({ quantile, shortage_cost }: Policy): number {
  return quantile ?? shortage_cost / (1 + shortage_cost);
}
