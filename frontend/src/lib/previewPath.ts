import type { PreviewWindow } from "@/api/types";
import { toSeconds } from "./time";

/** The drawing's own units: it is stretched to whatever room it has. */
export const PREVIEW_WIDTH = 300;
export const PREVIEW_HEIGHT = 60;
/** Above the largest rate, so that its line is whole. */
const HEADROOM = 1.06;

/** SVG paths of a line of rates from zero up, and of the area under it; unknown windows interrupt both. */
export function previewPaths(windows: readonly PreviewWindow[]): { line: string; area: string } {
  const times = windows.map(({ timestamp }) => toSeconds(timestamp));
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const largest = Math.max(0, ...windows.map(({ rps }) => rps ?? 0)) * HEADROOM || 1;
  const x = (place: number) =>
    round(
      last > first ? (((times[place] ?? 0) - first) / (last - first)) * PREVIEW_WIDTH : PREVIEW_WIDTH / 2,
    );
  const y = (rate: number) => round(PREVIEW_HEIGHT * (1 - rate / largest));

  const line: string[] = [];
  const area: string[] = [];
  for (const run of knownRuns(windows)) {
    const corners = run.map(({ place, rate }) => `${x(place)} ${y(rate)}`);
    // A lone window has no length: its round cap makes it a dot.
    const drawn = corners.length > 1 ? corners.join("L") : `${corners[0]}h0`;
    const [from, to] = [run[0], run.at(-1)];
    line.push(`M${drawn}`);
    if (from && to)
      area.push(`M${x(from.place)} ${PREVIEW_HEIGHT}L${drawn}L${x(to.place)} ${PREVIEW_HEIGHT}Z`);
  }
  return { line: line.join(""), area: area.join("") };
}

interface KnownWindow {
  place: number;
  rate: number;
}

function knownRuns(windows: readonly PreviewWindow[]): KnownWindow[][] {
  const runs: KnownWindow[][] = [];
  let run: KnownWindow[] = [];
  for (const [place, { rps }] of windows.entries()) {
    if (rps === null) run = [];
    else {
      if (run.length === 0) runs.push(run);
      run.push({ place, rate: rps });
    }
  }
  return runs;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
