import type { Outcome, PolicyPath, SimulationAnswer, SimulationResult } from "@/api/types";
import { policy } from "./capacityFixtures";
import { at } from "./fixtures";

export function outcome(key: string, change: Partial<Outcome> = {}): Outcome {
  return {
    policy: key,
    label: key,
    description: `what ${key} does`,
    kind: "forecast",
    sweep: null,
    replica_hours: 100,
    idle_replica_hours: 20,
    missing_replica_hours: 1,
    minutes_short: 10,
    requests_short: 50,
    requests_short_share: 0.001,
    requests_in_short_minutes: 400,
    scale_events: 30,
    sign_changes: 20,
    theta_u: 1,
    theta_o: 30,
    time_u: 2,
    time_o: 90,
    speed_up: null,
    cost: null,
    weighed_cost: 29,
    oracle_replica_hours: 70,
    intervals: {},
    worst: [],
    ...change,
  };
}

/** Two hours from the fixtures' begin: the reader's policy, two quantiles, an HPA and the oracle. */
export function simulationResult(change: Partial<SimulationResult> = {}): SimulationResult {
  return {
    from: at(0),
    to: at(120),
    window_seconds: 60,
    windows: 120,
    unknown_windows: 0,
    requests: 1_000,
    days: 1,
    version: "lgbm_v1",
    seen_in_training: [],
    policy: policy(),
    settings: {
      policies: [],
      fixed_replicas: null,
      hpa_target: 0.8,
      sync_seconds: 15,
      scrape_seconds: 15,
      late_seconds: 5,
      schedule: [],
      schedule_timezone: "UTC",
      mean_headroom: 1.2,
      node_every: null,
      node_lead_seconds: 0,
      drain_seconds: 30,
      seed: 1,
      times: 1,
      spike: null,
      paste: null,
    },
    sentence: "With p90 you would have been short 10 minutes instead of 40.",
    recommendation: {
      quantile: 0.95,
      policy: "model_p95",
      shortage_cost: 9,
      sentence: "p95: it was the cheapest.",
      costs: [
        { policy: "model_p90", quantile: 0.9, weighed_cost: 29, interval: null },
        { policy: "model_p95", quantile: 0.95, weighed_cost: 25, interval: null },
      ],
    },
    notes: ["Within a window traffic is taken as even."],
    left_out: [{ policy: "week_ago", reason: "no window is known a week before" }],
    policies: [
      outcome("hpa", {
        label: "HPA",
        kind: "reactive",
        replica_hours: 120,
        minutes_short: 40,
        worst: [
          { start: at(60), end: at(63), requests_short: 33, needed: 5, replicas: 2.5 },
          { start: at(10), end: at(11), requests_short: 7, needed: 3, replicas: 2 },
        ],
      }),
      outcome("model", { label: "your policy" }),
      outcome("model_p90", { label: "forecast p90", sweep: "model" }),
      outcome("model_p95", { label: "forecast p95", sweep: "model", replica_hours: 110, minutes_short: 3 }),
      outcome("oracle", { kind: "oracle", replica_hours: 70, minutes_short: 0, requests_short: 0 }),
    ],
    ...change,
  };
}

export function simulation(change: Partial<SimulationAnswer> = {}): SimulationAnswer {
  const result = simulationResult();
  return {
    id: "one",
    filename: "access.log",
    state: "done",
    started_at: at(200),
    ended_at: at(201),
    share: null,
    problem: null,
    sentence: result.sentence,
    request: {
      filename: "access.log",
      policy: policy() as unknown as Record<string, unknown>,
      ...result.settings,
    },
    result,
    ...change,
  };
}

/** Four windows of a minute: two are needed, two short in the third, the fourth unknown. */
export function policyPath(key: string, change: Partial<PolicyPath> = {}): PolicyPath {
  const window = (minute: number, needed: number | null, requests_short: number | null) => ({
    timestamp: at(minute),
    rate: needed === null ? null : 10 * needed,
    needed,
    replicas: 2,
    requests_short,
  });
  return {
    id: "one",
    filename: "access.log",
    policy: key,
    label: key,
    bucket_seconds: 60,
    windows: [window(0, 2, 0), window(1, 2, 0), window(2, 4, 120), window(3, null, null)],
    worst: [],
    ...change,
  };
}
