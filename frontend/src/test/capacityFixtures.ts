import type { Decision, Policy, Recommendation } from "@/api/types";
import { at } from "./fixtures";

export function policy(change: Partial<Policy> = {}): Policy {
  return {
    sizing: "rate",
    rps_per_replica: 10,
    service_seconds: null,
    workers: 1,
    wait_seconds: 0,
    wait_share: 0.05,
    measured: [],
    shortage_cost: 9,
    quantile: null,
    lead_seconds: 120,
    lead_samples: [],
    cadence_seconds: 60,
    headroom: 1,
    burst_factor: 1,
    reactive_floor: true,
    min_replicas: 1,
    max_replicas: 100,
    max_behavior: "honor",
    max_buffer_percent: 0,
    up_percent: null,
    up_pods: null,
    down_percent: null,
    down_pods: null,
    stabilization_seconds: 300,
    price_per_replica_hour: null,
    currency: null,
    hpa_tolerance: 0.1,
    serve_forecast_windows: 5,
    mode: "observe",
    ...change,
  };
}

/** A decision of a policy of 10 req/s a replica and a lead of two minutes. */
export function decision(minute: number, replicas: number, change: Partial<Decision> = {}): Decision {
  return {
    at: at(minute),
    replicas,
    before: null,
    wanted: replicas,
    demand: 10 * replicas,
    forecast: 10 * replicas,
    level: 0.9,
    observed: 10,
    binding: "forecast",
    policy: 1,
    serving_from: at(minute + 2),
    capacity: 10 * replicas,
    ...change,
  };
}

/** At minute 120: 2 run, 5 come to run at 122, and what runs is crossed at 121. */
export function recommendation(change: Partial<Recommendation> = {}): Recommendation {
  const held = policy();
  return {
    filename: "access.log",
    at: at(120),
    serving_from: at(122),
    replicas: 5,
    wanted: 5,
    demand: 45,
    forecast: 45,
    level: 0.9,
    observed: 18,
    capacity: 50,
    steps: [
      { name: "forecast", limit: 5, replicas: 5 },
      { name: "min_replicas", limit: 1, replicas: 5 },
      { name: "max_replicas", limit: 100, replicas: 5 },
    ],
    binding: "forecast",
    sentence: "p90 of the forecast reaches 45 req/s.",
    policy: held,
    lead: { seconds: 120, samples: 0, margin: 0 },
    running: { since: at(100), replicas: 2, capacity: 20 },
    crossed_at: at(121),
    ahead: [
      { timestamp: at(120), forecast: 15, replicas: 2, capacity: 20 },
      { timestamp: at(121), forecast: 30, replicas: 2, capacity: 20 },
      { timestamp: at(122), forecast: 45, replicas: 5, capacity: 50 },
    ],
    hpa: null,
    ...change,
  };
}
