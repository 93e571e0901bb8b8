/** What became of files, in words. */

import type { Import } from "@/api/types";
import { countOf, formatCount, formatDuration, formatPercent } from "./format";

type State = Import["state"];

interface StateRow {
  label: string;
  tone: "neutral" | "accent" | "warn" | "danger";
  running?: true;
}

/** Every state an import can be in. */
export const IMPORT_STATES: Record<State, StateRow> = {
  receiving: { label: "Receiving", tone: "accent", running: true },
  waiting: { label: "Waiting for another upload to finish", tone: "accent", running: true },
  reading: { label: "Reading rows", tone: "accent", running: true },
  forecasting: { label: "Forecasting", tone: "accent", running: true },
  storing: { label: "Storing", tone: "accent", running: true },
  asking: { label: "Asks", tone: "warn" },
  done: { label: "Stored", tone: "neutral" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  incomplete: { label: "Incomplete", tone: "danger" },
};

export function isRunning({ state }: Pick<Import, "state">): boolean {
  return IMPORT_STATES[state].running === true;
}

/** "Reading rows, 41 %, 1,200,000 rows, 410,000 rows/s, 9 s left": of all that, what is known. */
export function progressText({ state, share, rows, rows_per_second, seconds_left }: Import): string {
  return [
    IMPORT_STATES[state].label,
    share !== null && formatPercent(share),
    rows !== null && countOf(rows, "row"),
    state === "reading" && rows_per_second !== null && `${formatCount(rows_per_second)} rows/s`,
    seconds_left !== null && `${formatDuration(Math.ceil(seconds_left))} left`,
  ]
    .filter(Boolean)
    .join(" · ");
}
