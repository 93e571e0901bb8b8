import type { ChartDataPoint, Forecast, GrowingWindow, PastForecast } from "@/api/types";
import { toSeconds } from "./time";

type Column = (number | null)[];

/** Columns for uPlot, equally long, x ascending in seconds, null for a gap. */
export type Columns = [
  x: number[],
  p90: Column,
  p10: Column,
  actual: Column,
  lgbm: Column,
  lgbmPlus: Column,
  anomaly: Column,
  past: Column,
  growing: Column,
];

/** Where each column stands in `Columns`; also uPlot's series index, and so the order of drawing. */
export const SERIES = {
  p90: 1,
  p10: 2,
  actual: 3,
  lgbm: 4,
  lgbmPlus: 5,
  anomaly: 6,
  past: 7,
  growing: 8,
} as const;

export interface ChartModel {
  columns: Columns;
  /** Index of the first forecast row; columns[0].length when there is none. */
  futureFrom: number;
  /** End of the newest window: left of it is known, right of it is forecast. */
  now: number;
  /** Seconds between neighbouring rows of the known part. */
  step: number;
  /** Spans whose rate is unknown: [from, to) in seconds. */
  outages: [from: number, to: number][];
}

interface Row {
  x: number;
  p90: number | null;
  p10: number | null;
  lgbm: number | null;
  lgbmPlus: number | null;
  actual: number | null;
  anomaly: number | null;
  past: number | null;
  growing: number | null;
}

/** What is drawn beside the known points. */
export interface Beside {
  forecast: Forecast | null;
  /** What was said of the windows some time before. */
  past?: readonly PastForecast[] | undefined;
  /** The window that is still open. */
  growing?: GrowingWindow | null | undefined;
}

/** Known points and, right of them, the forecast. Null where there is nothing to draw. */
export function buildChartModel(
  points: readonly ChartDataPoint[],
  windowSeconds: number,
  { forecast, past = [], growing = null }: Beside,
): ChartModel | null {
  const said = new Map(past.map(({ timestamp, mean }) => [toSeconds(timestamp), mean]));
  const known = points.map((point) => knownRow(point, said));
  const last = known.at(-1);
  if (!last) return null;

  const step = stepOf(known, windowSeconds);
  const future = futureRows(forecast, growing, last.x);
  const rows = withGaps(known, step);
  const futureFrom = rows.length;
  const firstFuture = future[0];
  // Where the forecast does not follow on the newest point, no line may join them.
  const detached = firstFuture !== undefined && firstFuture.x - last.x > 1.5 * step;
  if (detached) rows.push(emptyRow(last.x + step));
  rows.push(...future);

  return {
    columns: toColumns(rows),
    futureFrom: futureFrom + (detached ? 1 : 0),
    now:
      firstFuture && forecast
        ? Math.max(toSeconds(forecast.issued_at), last.x + windowSeconds)
        : last.x + step,
    step,
    outages: outagesOf(rows.slice(0, futureFrom), step),
  };
}

function knownRow(point: ChartDataPoint, said: ReadonlyMap<number, number>): Row {
  const x = toSeconds(point.timestamp);
  return {
    x,
    p90: point.p90,
    p10: point.p10,
    lgbm: point.predicted_rps_model2,
    lgbmPlus: point.predicted_rps_model1,
    actual: point.actual_rps,
    anomaly: point.anomaly ? point.actual_rps : null,
    past: said.get(x) ?? null,
    growing: null,
  };
}

function emptyRow(x: number): Row {
  return {
    x,
    p90: null,
    p10: null,
    lgbm: null,
    lgbmPlus: null,
    actual: null,
    anomaly: null,
    past: null,
    growing: null,
  };
}

/** The step of the grid: the smallest distance between neighbours, a window where there is one point. */
function stepOf(rows: readonly Row[], windowSeconds: number): number {
  let step = Number.POSITIVE_INFINITY;
  for (let index = 1; index < rows.length; index += 1) {
    const distance = (rows[index]?.x ?? 0) - (rows[index - 1]?.x ?? 0);
    if (distance > 0 && distance < step) step = distance;
  }
  return Number.isFinite(step) ? step : windowSeconds;
}

/** Points may simply be absent during an outage: an empty row on each side breaks the line there. */
function withGaps(rows: readonly Row[], step: number): Row[] {
  const result: Row[] = [];
  for (const row of rows) {
    const previous = result.at(-1);
    if (previous && row.x - previous.x > 1.5 * step) {
      result.push(emptyRow(previous.x + step));
      if (row.x - previous.x > 2.5 * step) result.push(emptyRow(row.x - step));
    }
    result.push(row);
  }
  return result;
}

function futureRows(forecast: Forecast | null, growing: GrowingWindow | null, after: number): Row[] {
  const rows = new Map<number, Row>();
  const change = (timestamp: string, values: Partial<Row>) => {
    const x = toSeconds(timestamp);
    if (x > after) rows.set(x, { ...(rows.get(x) ?? emptyRow(x)), ...values });
  };
  for (const { model, timestamp, mean, p10, p90 } of forecast?.points ?? [])
    change(timestamp, model === "lgbm" ? { lgbm: mean } : { lgbmPlus: mean, p10, p90 });
  if (growing) change(growing.timestamp, { growing: growing.rps });
  return [...rows.values()].sort((left, right) => left.x - right.x);
}

function outagesOf(rows: readonly Row[], step: number): [number, number][] {
  const outages: [number, number][] = [];
  let from: number | null = null;
  for (const row of rows) {
    if (row.actual === null) from ??= row.x;
    else if (from !== null) {
      outages.push([from, row.x]);
      from = null;
    }
  }
  const last = rows.at(-1);
  if (from !== null && last) outages.push([from, last.x + step]);
  return outages;
}

function toColumns(rows: readonly Row[]): Columns {
  return [
    rows.map((row) => row.x),
    rows.map((row) => row.p90),
    rows.map((row) => row.p10),
    rows.map((row) => row.actual),
    rows.map((row) => row.lgbm),
    rows.map((row) => row.lgbmPlus),
    rows.map((row) => row.anomaly),
    rows.map((row) => row.past),
    rows.map((row) => row.growing),
  ];
}

/** Rows that need a dot: forecasts, and known values without a neighbour to draw a line to. */
export function dottedRows(column: readonly (number | null)[], futureFrom: number): number[] {
  const rows: number[] = [];
  for (let index = 0; index < column.length; index += 1) {
    if (column[index] == null) continue;
    const alone = column[index - 1] == null && column[index + 1] == null;
    if (index >= futureFrom || alone) rows.push(index);
  }
  return rows;
}
