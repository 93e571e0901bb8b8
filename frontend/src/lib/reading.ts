/** How a file may be read: what the form offers, in the form's words, and what goes to the server. */

import type { InspectedColumn, InspectionReport, UploadForm, UploadOverrides } from "@/api/types";
import { formatDuration } from "./format";

export type Role = InspectedColumn["role"];

export const ROLE_LABELS: Record<Role, string> = {
  time: "time",
  value: "value",
  label: "label",
  ignored: "ignored",
};

/** Names of several columns of one role, as the server takes and gives them. */
const JOINED = " + ";

const COLUMN_FIELDS = { time: "timestamp_column", value: "value_column" } as const;

export type ChoiceField = Exclude<keyof UploadForm, "timestamp_column" | "value_column" | "file">;

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
    label: "A row is",
    options: { raw: "one request", series: "one window" },
    detected: ({ kind }) => kind,
    needsColumns: true,
  },
  {
    name: "value_unit",
    label: "Values are",
    options: { count: "requests in a row", rate: "requests per second", total: "a counter" },
    detected: ({ value_unit }) => value_unit,
    needsColumns: true,
  },
  {
    name: "rows",
    label: "Rows of one time are",
    options: { sum: "added up", mean: "averaged", last: "replaced by the last" },
    needsColumns: true,
  },
  {
    name: "window_seconds",
    label: "Windows are",
    options: Object.fromEntries(WINDOWS.map((seconds) => [seconds, formatDuration(seconds)])),
    detected: ({ window_seconds }) => String(window_seconds),
    needsColumns: false,
  },
  {
    name: "timezone",
    label: "Times without a zone are in",
    options: Object.fromEntries(ZONES.map((zone) => [zone, zone])),
    detected: ({ timezone }) => timezone,
    needsColumns: false,
  },
  {
    name: "date_order",
    label: "Dates are written",
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
    label: "Times in numbers are",
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
