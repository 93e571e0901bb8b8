import type { Decision, Policy, Recommendation } from "@/api/types";
import { formatDuration } from "./format";
import { toSeconds } from "./time";

export type Mode = Policy["mode"];

/** What each mode does, in the order of trust. */
export const MODES: Record<Mode, { label: string; does: string }> = {
  observe: { label: "Observe", does: "Shows the plan on this page and keeps nothing." },
  advise: { label: "Advise", does: "Keeps every decision in the log; nothing acts on it." },
  serve: { label: "Serve", does: "Gives the number to KEDA, an HPA or a script, and keeps every decision." },
};

/** The step that a number follows from, as the log and the steps name it. */
export const STEPS: Record<Decision["binding"], string> = {
  forecast: "forecast",
  observed: "observed",
  min_replicas: "fewest replicas",
  max_replicas: "most replicas",
  up_limit: "limit up",
  down_limit: "limit down",
  stabilization: "stabilization",
};

/** Replicas and what they serve, from a time on (epoch seconds). */
export interface RunningStep {
  since: number;
  replicas: number;
  capacity: number;
}

/** What is drawn of capacity beside the traffic. Times in epoch seconds. */
export interface CapacityData {
  /** By decisions that were made, or that would have been. */
  past: readonly RunningStep[];
  /** By start of each window ahead. */
  ahead: ReadonlyMap<number, { forecast: number; running: RunningStep | null }>;
  origin: number;
  servingFrom: number;
  crossedAt: number | null;
  /** That in words: "in 6 min at p90". */
  crossing: string | null;
}

export function capacityData(decisions: readonly Decision[], recommendation: Recommendation): CapacityData {
  const ahead = recommendation.ahead.map(({ timestamp, forecast, replicas, capacity }) => {
    const since = toSeconds(timestamp);
    const running = replicas === null || capacity === null ? null : { since, replicas, capacity };
    return [since, { forecast, running }] as const;
  });
  return {
    past: runningSteps(decisions),
    ahead: new Map(ahead),
    origin: toSeconds(recommendation.at),
    servingFrom: toSeconds(recommendation.serving_from),
    crossedAt: recommendation.crossed_at === null ? null : toSeconds(recommendation.crossed_at),
    crossing: crossingText(recommendation),
  };
}

/** What decisions bring to run, in order; one that serves sooner replaces those before it. */
export function runningSteps(decisions: readonly Decision[]): RunningStep[] {
  const steps: RunningStep[] = [];
  for (const { serving_from, replicas, capacity } of decisions) {
    const since = toSeconds(serving_from);
    while ((steps.at(-1)?.since ?? Number.NEGATIVE_INFINITY) >= since) steps.pop();
    steps.push({ since, replicas, capacity });
  }
  return steps;
}

/** What runs at each of `times`, both ascending. */
export function runningAtEach(
  steps: readonly RunningStep[],
  times: readonly number[],
): (RunningStep | null)[] {
  let next = 0;
  return times.map((time) => {
    while (next < steps.length && (steps[next]?.since ?? 0) <= time) next += 1;
    return steps[next - 1] ?? null;
  });
}

/** "p90", "p66.7" */
export function percentile(level: number): string {
  return `p${Number((100 * level).toPrecision(3))}`;
}

/** When what runs is too little: "in 6 min at p90". */
export function crossingText({ at, crossed_at, level }: Recommendation): string | null {
  if (crossed_at === null) return null;
  const seconds = toSeconds(crossed_at) - toSeconds(at);
  return `${seconds > 0 ? `in ${formatDuration(seconds)}` : "now"} at ${percentile(level)}`;
}

/** How far ahead the plan looks, seconds. */
export function reachOf({ ahead, at }: Recommendation): number {
  const [first, second] = ahead;
  const last = ahead.at(-1);
  if (!first || !last) return 0;
  const window = second ? toSeconds(second.timestamp) - toSeconds(first.timestamp) : 0;
  return toSeconds(last.timestamp) + window - toSeconds(at);
}
