/** How a file may be read: what the form offers, in the form's words, and what goes to the server. */

import type { InspectedColumn, InspectionReport, UploadForm, UploadOverrides } from "@/api/types";
import { formatDuration } from "./format";

type Role = InspectedColumn["role"];

export const ROLE_LABELS: Record<Role, string> = {
  time: "time",
  value: "value",
  label: "label",
  ignored: "ignored",
};

/** Names of several columns of one role, as the server takes and gives them. */
const JOINED = " + ";

const COLUMN_FIELDS = { time: "timestamp_column", value: "value_column" } as const;

type ChoiceField = Exclude<keyof UploadForm, "timestamp_column" | "value_column" | "file">;

interface FieldRow {
  name: ChoiceField;
  label: string;
  options: Record<string, string>;
  /** What the server made of the file, where it says so of this field. */
  detected?: (report: InspectionReport) => string | null;
  /** Says nothing of lines of a log, which have no columns. */
  needsColumns: boolean;
}

const WINDOWS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** The fields of the form beside the columns. A new one is a row. */
export const READING_FIELDS: readonly FieldRow[] = [
  {
    name: "kind",
    label: "Kind of rows",
    options: { raw: "one per request", series: "one per window" },
    detected: ({ kind }) => kind,
    needsColumns: true,
  },
  {
    name: "value_unit",
    label: "Unit of values",
    options: { count: "requests per row", rate: "requests per second", total: "a counter" },
    detected: ({ value_unit }) => value_unit,
    needsColumns: true,
  },
  {
    name: "rows",
    label: "Rows of one time",
    options: { sum: "added up", mean: "averaged", last: "replaced by the last" },
    needsColumns: true,
  },
  {
    name: "window_seconds",
    label: "Window",
    options: Object.fromEntries(WINDOWS.map((seconds) => [seconds, formatDuration(seconds)])),
    detected: ({ window_seconds }) => String(window_seconds),
    needsColumns: false,
  },
  {
    name: "timezone",
    label: "Time zone",
    options: Object.fromEntries(ZONES.map((zone) => [zone, zone])),
    detected: ({ timezone }) => timezone,
    needsColumns: false,
  },
  {
    name: "date_order",
    label: "Order of dates",
    options: {
      dmy: "day, month, year",
      mdy: "month, day, year",
      ymd: "year, month, day",
      ydm: "year, day, month",
    },
    needsColumns: false,
  },
  {
    name: "time_unit",
    label: "Unit of times",
    options: {
      s: "seconds",
      ms: "milliseconds",
      us: "microseconds",
      ns: "nanoseconds",
      days: "days of a spreadsheet",
    },
    detected: ({ time_unit }) => time_unit,
    needsColumns: true,
  },
];

/** What the empty option of a field says: that it is detected, and as what, where the server says so. */
export function detectedLabel({ detected, options }: FieldRow, report: InspectionReport | undefined): string {
  const value = report && detected?.(report);
  const label = value ? (options[value] ?? null) : null;
  return label === null ? "detected" : `detected: ${label}`;
}

/** The fields once `value` is chosen for one of them; an empty one is left to be detected. */
export function withField(
  fields: UploadOverrides,
  name: keyof UploadOverrides,
  value: string,
): UploadOverrides {
  const { [name]: _, ...others } = fields;
  return value === "" ? others : { ...others, [name]: value };
}

/** What may be chosen for a column: to be the time or the value in place of others, or along with them, or neither. */
export type ColumnUse = "time" | "also time" | "value" | "also value" | "neither";

export const COLUMN_USES: Record<Exclude<ColumnUse, "neither">, string> = {
  time: "time column",
  "also time": "part of the time",
  value: "value column",
  "also value": "added to the value",
};

/** The columns with the roles that the chosen fields give them; the others keep what was detected. */
export function asChosen(
  columns: readonly InspectedColumn[],
  fields: UploadOverrides,
): readonly InspectedColumn[] {
  const names = new Set(columns.map(({ name }) => name));
  const chosen = (role: keyof typeof COLUMN_FIELDS) => {
    const joined = fields[COLUMN_FIELDS[role]];
    if (joined === undefined) return columns.filter((column) => column.role === role).map(({ name }) => name);
    return names.has(joined) ? [joined] : joined.split(JOINED);
  };
  const [times, values] = [chosen("time"), chosen("value")];
  return columns.map((column) => {
    if (times.includes(column.name)) return { ...column, role: "time" };
    if (values.includes(column.name)) return { ...column, role: "value" };
    return column.role === "label" ? column : { ...column, role: "ignored" };
  });
}

/** What a column is used as now, its fellows of the same role being counted from the left. */
export function columnUse(columns: readonly InspectedColumn[], { name, role }: InspectedColumn): ColumnUse {
  if (role !== "time" && role !== "value") return "neither";
  const first = columns.find((column) => column.role === role);
  return first?.name === name ? role : `also ${role}`;
}

/** The fields once a column is used otherwise. */
export function withUse(
  fields: UploadOverrides,
  columns: readonly InspectedColumn[],
  name: string,
  use: ColumnUse,
): UploadOverrides {
  let changed = fields;
  for (const role of ["time", "value"] as const) {
    const before = columns.filter((column) => column.role === role).map((column) => column.name);
    const others = before.filter((column) => column !== name);
    const after = use === role ? [name] : use === `also ${role}` ? [...others, name] : others;
    if (before.join(JOINED) !== after.join(JOINED))
      changed = withField(changed, COLUMN_FIELDS[role], after.join(JOINED));
  }
  return changed;
}

/** What the form calls a parameter that the server's messages name. */
const WORDS: Record<string, string> = {
  timestamp_column: COLUMN_USES.time,
  value_column: COLUMN_USES.value,
  ...Object.fromEntries(READING_FIELDS.map(({ name, label }) => [name, label.toLowerCase()])),
};

/** Values of a field that a message names after it. */
const SET_TO = /\b(?:set )?(kind|rows|value_unit|time_unit|date_order)(?: to |=)(\w+)/g;
/** Names that are no words of English; the others are parameters only where something is overridden with them. */
const PARAMETER =
  /\b(timestamp_column|value_column|value_unit|time_unit|window_seconds|date_order|timezone)\b/g;
const OVERRIDE = / \(override with [\w ,]+\)/g;

/**
 * A message in the form's words. The server speaks to scripts and terminals as well, so it names parameters; beside
 * what was detected there is the form itself, and how to override it need not be said.
 */
export function inReadingWords(message: string): string {
  const field = (name: string) => WORDS[name] ?? name;
  const option = (name: string, value: string) =>
    READING_FIELDS.find((row) => row.name === name)?.options[value] ?? value;
  return message
    .replace(OVERRIDE, "")
    .replace(SET_TO, (_, name: string, value: string) => `choose “${option(name, value)}” as ${field(name)}`)
    .replace(PARAMETER, (name) => field(name));
}
