import type { Policy } from "@/api/types";

export type PolicyName = keyof Policy & string;

/** What the reader changes of a policy, as the address and the query hold it: text, empty for the default. */
export type PolicyChanges = Partial<Record<PolicyName, string>>;

interface PolicyField {
  name: PolicyName;
  label: string;
  section: Section;
  /** What stands beside the label: a unit, or what leaving it empty means. */
  hint?: string;
  /** The values that it takes, and what they are called; a number or text where there are none. */
  options?: Record<string, string>;
  /** Only of this sizing. */
  sizing?: Policy["sizing"];
  text?: boolean;
}

export const SECTIONS = {
  size: "Size",
  demand: "Demand",
  time: "Time",
  bounds: "Bounds",
  limits: "Rate limits",
  other: "Cost and machines",
} as const;

export type Section = keyof typeof SECTIONS;

/** Every name of a policy that a form changes; the mode has a switch of its own. */
export const POLICY_FIELDS: readonly PolicyField[] = [
  {
    name: "sizing",
    label: "Sizing",
    section: "size",
    options: { rate: "by rate", queue: "by waiting (Erlang C)", curve: "as measured" },
  },
  { name: "rps_per_replica", label: "Rate of a replica", hint: "req/s", section: "size", sizing: "rate" },
  { name: "service_seconds", label: "Service time", hint: "s, mean", section: "size", sizing: "queue" },
  { name: "workers", label: "Workers", hint: "a replica", section: "size", sizing: "queue" },
  { name: "wait_seconds", label: "Longest wait", hint: "s", section: "size", sizing: "queue" },
  { name: "wait_share", label: "May wait longer", hint: "share", section: "size", sizing: "queue" },
  {
    name: "measured",
    label: "Measured",
    hint: "2:150,4:290",
    section: "size",
    sizing: "curve",
    text: true,
  },
  { name: "shortage_cost", label: "Shortage cost", hint: "idle = 1", section: "demand" },
  { name: "quantile", label: "Quantile", hint: "over the cost", section: "demand" },
  { name: "headroom", label: "Headroom", hint: "factor", section: "demand" },
  { name: "burst_factor", label: "Burst factor", hint: "peak ÷ mean", section: "demand" },
  {
    name: "reactive_floor",
    label: "Never below observed",
    section: "demand",
    options: { true: "yes", false: "no" },
  },
  { name: "lead_seconds", label: "Lead", hint: "s", section: "time" },
  { name: "lead_samples", label: "Measured leads", hint: "s, …", section: "time", text: true },
  { name: "cadence_seconds", label: "Cadence", hint: "s", section: "time" },
  { name: "stabilization_seconds", label: "Stabilization", hint: "s", section: "time" },
  { name: "min_replicas", label: "Fewest replicas", section: "bounds" },
  { name: "max_replicas", label: "Most replicas", section: "bounds" },
  {
    name: "max_behavior",
    label: "Beyond the most",
    section: "bounds",
    options: { honor: "stay there", extend: "raise it" },
  },
  { name: "max_buffer_percent", label: "Buffer when raised", hint: "%", section: "bounds" },
  { name: "up_percent", label: "Up", hint: "%/min", section: "limits" },
  { name: "up_pods", label: "Up", hint: "replicas/min", section: "limits" },
  { name: "down_percent", label: "Down", hint: "%/min", section: "limits" },
  { name: "down_pods", label: "Down", hint: "replicas/min", section: "limits" },
  { name: "price_per_replica_hour", label: "Price", hint: "a replica hour", section: "other" },
  { name: "currency", label: "Currency", section: "other", text: true },
  { name: "hpa_tolerance", label: "HPA tolerance", hint: "share", section: "other" },
  { name: "serve_forecast_windows", label: "When silent", hint: "windows", section: "other" },
];

export function isPolicyName(name: string): name is PolicyName {
  return POLICY_FIELDS.some((field) => field.name === name);
}

/** A value of a policy as a field, the address and the query have it. */
export function textOf(value: Policy[PolicyName] | undefined): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value))
    return value.map((each) => (Array.isArray(each) ? each.join(":") : String(each))).join(",");
  return String(value);
}

/** The changes with another one; what the saved policy already says is no change. */
export function withChange(
  saved: Policy | null,
  changes: PolicyChanges,
  name: PolicyName,
  text: string,
): PolicyChanges {
  const { [name]: _before, ...others } = changes;
  return saved !== null && textOf(saved[name]) === text ? others : { ...others, [name]: text };
}

export function labelOfName(name: string): string {
  const field = POLICY_FIELDS.find((one) => one.name === name);
  if (!field) return name;
  return field.section === "limits" ? `${field.label}, ${field.hint}` : field.label;
}

function shown(name: string, text: string): string {
  const options = POLICY_FIELDS.find((field) => field.name === name)?.options;
  return options?.[text] ?? (text || "default");
}

/** What differs from one policy to another: "Headroom 1 → 1.2". Where there was none, what `named` says of the new one. */
export function changeTexts(
  before: Policy | null,
  after: Policy,
  named: readonly string[] = FIRST,
): string[] {
  return POLICY_FIELDS.flatMap(({ name }) => {
    const next = shown(name, textOf(after[name]));
    if (before === null) return named.includes(name) ? [`${labelOfName(name)} ${next}`] : [];
    const old = shown(name, textOf(before[name]));
    return old === next ? [] : [`${labelOfName(name)} ${old} → ${next}`];
  });
}

/** Every value of a policy that counts for its sizing, in words. */
export function policyTexts(policy: Policy): { label: string; text: string }[] {
  return POLICY_FIELDS.flatMap(({ name, label, hint, sizing }) => {
    const text = textOf(policy[name]);
    if (text === "" || ![undefined, policy.sizing].includes(sizing)) return [];
    return [{ label: hint ? `${label} (${hint})` : label, text: shown(name, text) }];
  });
}

/** What is said of a first policy: the rest are defaults, most likely. */
const FIRST: readonly PolicyName[] = ["rps_per_replica", "lead_seconds"];
