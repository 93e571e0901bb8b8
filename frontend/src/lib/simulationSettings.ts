import type { SimulationRequest, SimulationSettings } from "@/api/types";

type SettingName = Exclude<keyof SimulationSettings, "policies"> | "from" | "to";

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
  sent?: "text" | "lines" | "time" | "parts";
  example?: string;
  /** Of what changes the traffic: its parts in words. */
  told?: (parts: readonly string[]) => string;
}

interface SettingPart {
  label: string;
  type: "number" | "date" | "datetime-local";
}

/** Every setting that a form changes; which policies are replayed is not asked: all that can be. */
export const SETTING_FIELDS: readonly SettingField[] = [
  {
    name: "times",
    label: "All traffic",
    hint: "times",
    section: "traffic",
    example: "1",
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
    example: "0.8",
  },
  { name: "fixed_replicas", label: "Fixed fleet", hint: "replicas", section: "others" },
  { name: "mean_headroom", label: "Mean", hint: "times", section: "others", example: "1.2" },
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
    example: "UTC",
  },
  { name: "node_every", label: "A node for every", hint: "replicas", section: "machines" },
  { name: "node_lead_seconds", label: "A node takes", hint: "s", section: "machines", example: "0" },
  { name: "drain_seconds", label: "Drains for", hint: "s", section: "machines", example: "30" },
  { name: "sync_seconds", label: "HPA looks every", hint: "s", section: "machines", example: "15" },
  { name: "scrape_seconds", label: "Metric is late by", hint: "s", section: "machines", example: "15" },
  { name: "late_seconds", label: "Decision is late by", hint: "s", section: "machines", example: "5" },
  { name: "seed", label: "Seed", section: "machines", example: "1" },
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
  if (sent === "parts") return text.split(",").map((part) => numberOr(part));
  return sent === undefined ? numberOr(text) : text;
}

function numberOr(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** A message of the server in the words of the form. */
export function inSettingWords(text: string): string {
  return SETTING_FIELDS.reduce((words, { name, label }) => {
    const named = new RegExp(name.includes("_") ? `\\b${name}\\b` : `^${name}(?=:)`, "g");
    return words.replace(named, `“${label}”`);
  }, text);
}

/** Every setting that a result was made with, in words; those that the server has a value for. */
export function settingTexts(settings: SimulationSettings): { label: string; text: string }[] {
  return SETTING_FIELDS.flatMap(({ name, label, hint, sent }) => {
    const text = partsOf(settings, name).join(sent === "lines" ? "; " : ", ");
    return text === "" ? [] : [{ label: hint ? `${label} (${hint})` : label, text }];
  });
}

/** In what the traffic of a result was another than what came. */
export function whatIfTexts(settings: SimulationSettings): string[] {
  return SETTING_FIELDS.flatMap(({ name, example, told }) => {
    const parts = partsOf(settings, name);
    return !told || parts.length === 0 || parts.join() === example ? [] : [told(parts)];
  });
}

function partsOf(settings: SimulationSettings, name: SettingName): string[] {
  const values: Partial<Record<SettingName, unknown>> = settings;
  const value = values[name];
  const parts = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => (part === null || part === undefined ? [] : [readable(String(part))]));
}

/** A time as it is read: "1995-07-08 12:00 UTC", a day without its midnight. */
function readable(text: string): string {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00(?:Z|\+00:00)?$/.exec(text) ?? [];
  if (day === undefined) return text;
  return clock === "00:00" ? day : `${day} ${clock} UTC`;
}
