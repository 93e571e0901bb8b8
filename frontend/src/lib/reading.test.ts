import { expect, it } from "vitest";
import type { InspectedColumn } from "@/api/types";
import { inspection } from "@/test/fixtures";
import {
  asChosen,
  columnUse,
  detectedLabel,
  inReadingWords,
  READING_FIELDS,
  withField,
  withUse,
} from "./reading";

const column = (name: string, role: InspectedColumn["role"]): InspectedColumn => ({ name, role, cells: [] });
const COLUMNS = [
  column("when", "time"),
  column("a", "value"),
  column("b", "ignored"),
  column("host", "label"),
];

const fieldNamed = (name: string) => {
  const field = READING_FIELDS.find((row) => row.name === name);
  if (!field) throw new Error(`no field ${name}`);
  return field;
};

it("gives a role to another column in place of the one that had it, or along with it", () => {
  expect(withUse({}, COLUMNS, "b", "value")).toEqual({ value_column: "b" });
  expect(withUse({}, COLUMNS, "b", "also value")).toEqual({ value_column: "a + b" });
  expect(withUse({}, COLUMNS, "a", "time")).toEqual({ timestamp_column: "a" });
  expect(withUse({ rows: "sum" }, COLUMNS, "a", "value")).toEqual({ rows: "sum" });
});

it("shows the columns as they were chosen, and the others as they were detected", () => {
  const roles = (fields: Record<string, string>) => asChosen(COLUMNS, fields).map(({ role }) => role);
  expect(roles({})).toEqual(["time", "value", "ignored", "label"]);
  expect(roles({ value_column: "a + b" })).toEqual(["time", "value", "value", "label"]);
  expect(roles({ value_column: "host" })).toEqual(["time", "ignored", "ignored", "value"]);
});

it("takes a name with a plus in it for one column", () => {
  const columns = [column("when", "time"), column("a + b", "ignored"), column("a", "value")];
  expect(asChosen(columns, { value_column: "a + b" }).map(({ role }) => role)).toEqual([
    "time",
    "value",
    "ignored",
  ]);
});

it("tells the first column of a role from those that go along with it", () => {
  const columns = asChosen(COLUMNS, { value_column: "a + b" });
  expect(columns.map((each) => columnUse(columns, each))).toEqual(["time", "value", "also value", "neither"]);
});

it("leaves a field to be detected once nothing is chosen for it", () => {
  expect(withField({ kind: "raw", rows: "sum" }, "kind", "")).toEqual({ rows: "sum" });
});

it("says what was detected, in the words of the choice", () => {
  expect(detectedLabel(fieldNamed("value_unit"), inspection({ value_unit: "rate" }))).toBe(
    "detected: requests per second",
  );
  expect(detectedLabel(fieldNamed("date_order"), inspection())).toBe("detected");
  expect(detectedLabel(fieldNamed("kind"), undefined)).toBe("detected");
});

it.each([
  [
    'Times were read from the column "when" (override with timestamp_column).',
    'Times were read from the column "when".',
  ],
  [
    "If one is a number of requests, name it with value_column; if each row is a request, set kind to raw.",
    "If one is a number of requests, name it with value column; if each row is a request, choose “one per request” as kind of rows.",
  ],
  ["A smaller window_seconds may help.", "A smaller window may help."],
  ["rows dropped: 3, of another kind", "rows dropped: 3, of another kind"],
])("names what the form has, not parameters: %s", (message, words) => {
  expect(inReadingWords(message)).toBe(words);
});
