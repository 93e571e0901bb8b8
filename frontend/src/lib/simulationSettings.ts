import type { PolicyInfo, SimulationRequest, SimulationSettings } from "@/api/types";
import { isoTime, toSeconds } from "./time";

type SettingName = keyof SimulationSettings | "from" | "to";

/** What the reader sets of a simulation, as form and address hold it: text. A name that is missing has its default. */
export type SimulationChanges = Partial<Record<SettingName, string>>;

export const SETTING_SECTIONS = {
  traffic: "What if the traffic were another",
  span: "Span, UTC",
  others: "The policies beside yours",
  machines: "Machines",
} as const;

export type SettingSection = keyof typeof SETTING_SECTIONS;

interface SettingField {
  name: SettingName;
  label: string;
  section: SettingSection;
  hint?: string;
  /** One text of several parts, which commas part: a field each. */
  parts?: readonly SettingPart[];
  /** What its text is to the server, where that is not a number. */
  sent?: "text" | "lines" | "time" | "parts" | "policies";
  /** What the server takes where nothing is set. */
  standard?: string;
  example?: string;
  /** Of what changes the traffic: its parts in words. */
  told?: (parts: readonly string[]) => string;
}

interface SettingPart {
  label: string;
  type: "number" | "date" | "datetime-local";
}

/** Every setting that a form changes. */
export const SETTING_FIELDS: readonly SettingField[] = [
  {
    name: "times",
    label: "All traffic",
    hint: "times",
    section: "traffic",
    standard: "1",
    told: ([times]) => `all traffic times ${times}`,
  },
  {
    name: "spike",
    label: "A spike",
    section: "traffic",
    sent: "parts",
    parts: [
      { label: "Spike at, UTC", type: "datetime-local" },
      { label: "Spike, times", type: "number" },
      { label: "Spike, minutes", type: "number" },
    ],
    told: ([at, times, minutes]) => `times ${times} for ${minutes} minutes from ${at} on`,
  },
  {
    name: "paste",
    label: "A day in place of another",
    section: "traffic",
    sent: "parts",
    parts: [
      { label: "Copy the day", type: "date" },
      { label: "onto the day", type: "date" },
    ],
    told: ([from, onto]) => `${from} in place of ${onto}`,
  },
  { name: "from", label: "From", section: "span", sent: "time" },
  { name: "to", label: "To", section: "span", sent: "time" },
  {
    name: "hpa_target",
    label: "HPA's target",
    hint: "share",
    section: "others",
    standard: "0.8",
  },
  { name: "fixed_replicas", label: "Fixed fleet", hint: "replicas", section: "others" },
  { name: "mean_headroom", label: "Mean", hint: "times", section: "others", standard: "1.2" },
  {
    name: "schedule",
    label: "Schedule",
    hint: "cron lines",
    section: "others",
    sent: "lines",
    example: "0 8 * * 1-5 = 10",
  },
  {
    name: "schedule_timezone",
    label: "Zone of the schedule",
    section: "others",
    sent: "text",
    standard: "UTC",
  },
  { name: "policies", label: "Policies replayed", section: "others", sent: "policies" },
  { name: "node_every", label: "A node for every", hint: "replicas", section: "machines" },
  { name: "node_lead_seconds", label: "A node takes", hint: "s", section: "machines", standard: "0" },
  { name: "drain_seconds", label: "Drains for", hint: "s", section: "machines", standard: "30" },
  { name: "sync_seconds", label: "HPA looks every", hint: "s", section: "machines", standard: "15" },
  { name: "scrape_seconds", label: "Metric is late by", hint: "s", section: "machines", standard: "15" },
  { name: "late_seconds", label: "Decision is late by", hint: "s", section: "machines", standard: "5" },
  { name: "seed", label: "Seed", section: "machines", standard: "1" },
];

export function isSettingName(name: string): name is SettingName {
  return SETTING_FIELDS.some((field) => field.name === name);
}

/** The changes with another one; an empty text is the default again. */
export function withSetting(changes: SimulationChanges, name: SettingName, text: string): SimulationChanges {
  const { [name]: _before, ...others } = changes;
  return text.replaceAll(",", "").trim() === "" ? others : { ...others, [name]: text };
}

/** A text of several parts with another one of them; in a number a comma is a point. */
export function withPart(text: string, parts: number, place: number, typed: string): string {
  const values = text.split(",");
  const value = typed.replaceAll(",", ".");
  return Array.from({ length: parts }, (_, index) =>
    index === place ? value : (values[index] ?? ""),
  ).join();
}

/** The settings as the server takes them. What is no number goes as it was typed, and is answered in words. */
export function requestSettings(changes: SimulationChanges): Partial<SimulationRequest> {
  return Object.fromEntries(
    SETTING_FIELDS.flatMap(({ name, sent }) => {
      const text = changes[name];
      return text === undefined ? [] : [[name, sentValue(text, sent)]];
    }),
  );
}

function sentValue(text: string, sent: SettingField["sent"]): unknown {
  if (sent === "lines") return text.split(";").map((line) => line.trim());
  if (sent === "policies") return text.split(",");
  if (sent === "parts") return text.split(",").map((part) => numberOr(part));
  return sent === undefined ? numberOr(text) : text;
}

function numberOr(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** What a simulation was asked with, as form and address hold it. */
export function changesOf(request: SimulationRequest): SimulationChanges {
  return Object.fromEntries(
    SETTING_FIELDS.flatMap(({ name, sent, standard, parts }) => {
      const values = valuesOf(request, name).map((text, place) => typed(text, parts?.[place]?.type));
      const text = values.join(sent === "lines" ? "; " : ",");
      return text === "" || text === standard ? [] : [[name, text]];
    }),
  );
}

/** A time as its field has it: UTC, seconds only where there are some. */
function typed(text: string, type?: SettingPart["type"]): string {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return text;
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const time = isoTime(toSeconds(zoned));
  return type === "date" ? time.slice(0, 10) : time.replace(/(:00)?Z$/, "");
}

/** The keys of the policies that a text chooses, in the server's order; an empty one chooses all. */
export function chosenPolicies(text: string, all: readonly PolicyInfo[]): string[] {
  const keys = text.split(",");
  return all.map(({ policy }) => policy).filter((key) => text === "" || keys.includes(key));
}

/** The text with one policy more or less; empty where that is all of them. */
export function withPolicy(text: string, all: readonly PolicyInfo[], key: string, chosen: boolean): string {
  const before = chosenPolicies(text, all);
  const keys = all
    .map(({ policy }) => policy)
    .filter((each) => (each === key ? chosen : before.includes(each)));
  return keys.length === all.length ? "" : keys.join();
}

/** Every setting that a result was made with, in words; those that the server has a value for. */
export function settingTexts(
  settings: SimulationSettings,
  policyLabel: (key: string) => string,
): { label: string; text: string }[] {
  return SETTING_FIELDS.flatMap(({ name, label, hint, sent }) => {
    const parts = partsOf(settings, name).map((part) => (sent === "policies" ? policyLabel(part) : part));
    const text = parts.join(sent === "lines" ? "; " : ", ");
    return text === "" ? [] : [{ label: hint ? `${label} (${hint})` : label, text }];
  });
}

/** In what the traffic of a result was another than what came. */
export function whatIfTexts(settings: SimulationSettings): string[] {
  return SETTING_FIELDS.flatMap(({ name, standard, told }) => {
    const parts = partsOf(settings, name);
    return !told || parts.length === 0 || parts.join() === standard ? [] : [told(parts)];
  });
}

function partsOf(settings: SimulationSettings, name: SettingName): string[] {
  return valuesOf(settings, name).map(readable);
}

/** The value of a setting as texts, several of a list; none where it has no value. */
function valuesOf(settings: SimulationSettings, name: SettingName): string[] {
  const values: Partial<Record<SettingName, unknown>> = settings;
  const value = values[name];
  const parts = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => (part === null || part === undefined ? [] : [String(part)]));
}

/** A time as it is read: "1995-07-08 12:00 UTC", a day without its midnight. */
function readable(text: string): string {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00(?:Z|\+00:00)?$/.exec(text) ?? [];
  if (day === undefined) return text;
  return clock === "00:00" ? day : `${day} ${clock} UTC`;
}
