import type { ChartRange, Series } from "@/api/types";
import { isPolicyName, type PolicyChanges } from "./policy";
import { NO_SIMULATION, parseSimulation, type SimulationView, simulationParams } from "./simulationView";

/** What the page shows, as its URL says it: ?range=live|1h|6h|24h&series=…&headroom=1.2&capacity=log */
export interface View {
  range: ChartRange;
  series: string | null;
  /** What if: names of a policy with other values than the saved one has. */
  policy: PolicyChanges;
  /** Replicas that run, where the reader said so. */
  currentReplicas: string | null;
  /** Which part of the plan is open. */
  capacity: CapacityTab;
  simulation: SimulationView;
}

export const CAPACITY_TABS = {
  steps: "Steps",
  settings: "Settings",
  log: "Decisions",
  connect: "Connect",
} as const;

type CapacityTab = keyof typeof CAPACITY_TABS;

const CURRENT = "current_replicas";

export const RANGE_LABELS: Record<ChartRange, string> = {
  live: "Live",
  "1h": "1H",
  "6h": "6H",
  "24h": "24H",
};

function isRange(value: string | null): value is ChartRange {
  return value !== null && Object.hasOwn(RANGE_LABELS, value);
}

function isTab(value: string | null): value is CapacityTab {
  return value !== null && Object.hasOwn(CAPACITY_TABS, value);
}

/** Another series has another policy and other simulations: what was tried on the one before goes. */
export function changedView(view: View, change: Partial<View>): View {
  const leaves = change.series !== undefined && view.series !== null && change.series !== view.series;
  const fresh = leaves ? { policy: {}, currentReplicas: null, simulation: NO_SIMULATION } : {};
  return { ...view, ...fresh, ...change };
}

export function parseView(search: string): View {
  const params = new URLSearchParams(search);
  const range = params.get("range");
  const tab = params.get("capacity");
  return {
    range: isRange(range) ? range : "live",
    series: params.get("series") || null,
    policy: Object.fromEntries([...params].filter(([name]) => isPolicyName(name))),
    currentReplicas: params.get(CURRENT) || null,
    capacity: isTab(tab) ? tab : "steps",
    simulation: parseSimulation(params),
  };
}

export function viewSearch(view: View): string {
  const params = new URLSearchParams({ range: view.range });
  if (view.series !== null) params.set("series", view.series);
  for (const [name, text] of Object.entries(view.policy)) params.set(name, text);
  if (view.currentReplicas !== null) params.set(CURRENT, view.currentReplicas);
  if (view.capacity !== "steps") params.set("capacity", view.capacity);
  for (const [name, text] of simulationParams(view.simulation)) params.set(name, text);
  return `?${params}`;
}

/** The series to open when the URL names none: the live one, else the one written last. */
export function defaultSeries(list: readonly Series[]): Series | null {
  return list.find((series) => series.live) ?? list[0] ?? null;
}
