import type { ChartDataPoint, Forecast, GrowingWindow, PastForecast } from "@/api/types";
import { type CapacityData, runningAtEach } from "./capacity";
import type { ChartLine, ChartWindow, LineColumn } from "./chartLines";
import { formatQuantity, formatRateWithUnit, NBSP, rateFormat, UNKNOWN } from "./format";
import { toSeconds } from "./time";

/** Null breaks a line; undefined only has no value there, and the line passes. */
type Rates = (number | null | undefined)[];

/** What a chart draws: its lines over windows in ascending order. */
export interface ChartModel {
  /** In reading order. */
  lines: readonly ChartLine[];
  windows: readonly ChartWindow[];
  /** Starts of the windows, epoch seconds. */
  times: number[];
  /** By key of a line's column, each as long as `times`. */
  rates: Readonly<Record<string, Rates>>;
  /** Index of the first forecast window; the number of windows when there is none. */
  futureFrom: number;
  /** Right of it is forecast. */
  now: number;
  /** End of the newest known window: where nothing is known of the windows since, before `now`. */
  end: number;
  /** Seconds of a window. */
  windowSeconds: number;
  /** Seconds between neighbouring windows of the known part: several windows where they are averages. */
  step: number;
  /** Spans whose rate is unknown: [from, to) in seconds. */
  outages: [from: number, to: number][];
  /** Spans in which there was too little, where the lines do not show that themselves: [from, to) in seconds. */
  shortages?: [from: number, to: number][];
  /** The plan that the steps are of. */
  capacity: CapacityData | null;
}

interface Drawn {
  lines: readonly ChartLine[];
  forecast: Forecast | null;
  /** What was forecast for the windows some time earlier. */
  past?: readonly PastForecast[] | undefined;
  /** The window that is still open. */
  growing?: GrowingWindow | null | undefined;
  /** How long a silent feed has brought nothing. */
  silentSeconds?: number | undefined;
  capacity?: CapacityData | null | undefined;
}

/** Known points and, right of them, the forecast. Null where there is nothing to draw. */
export function buildChartModel(
  points: readonly ChartDataPoint[],
  windowSeconds: number,
  { lines, forecast, past = [], growing = null, silentSeconds = 0, capacity = null }: Drawn,
): ChartModel | null {
  const pastRates = new Map(past.map(({ timestamp, mean }) => [toSeconds(timestamp), mean]));
  const known = points.map((point) => knownWindow(point, pastRates));
  const last = known.at(-1);
  if (!last) return null;

  const step = stepOf(known, windowSeconds);
  const issuedAt = forecast ? toSeconds(forecast.issued_at) : Number.NEGATIVE_INFINITY;
  const future = futureWindows(forecast, growing, capacity, last.time);
  // Of averages the newest may have only begun.
  const end = Math.min(Math.max(issuedAt, last.time + windowSeconds), last.time + step);
  const now = future.length > 0 ? Math.max(issuedAt, end) : end;
  let windows = withGaps(known, step);
  const outages = outagesOf(windows, end);
  const firstFuture = future[0]?.time ?? end;
  // Nothing is known of the windows between: no line may join what was before and what is forecast.
  if (now > end && firstFuture > end) windows.push(emptyWindow(end));
  const unknownUntil = Math.max(now, end + wholeWindows(silentSeconds, windowSeconds));
  const drawnUntil = Math.max(now, future.at(-1)?.time ?? end);
  if (unknownUntil > end) outages.push([end, Math.min(unknownUntil, drawnUntil)]);
  const futureFrom = windows.length;
  windows.push(...future);
  if (capacity) windows = withRunning(windows, capacity);
  return {
    lines,
    windows,
    times: windows.map(({ time }) => time),
    rates: Object.fromEntries(
      lines.flatMap(({ columns }) =>
        columns.map(({ key, value }) => [key, passing(windows.map(value), futureFrom)]),
      ),
    ),
    futureFrom,
    now,
    end,
    windowSeconds,
    step,
    outages,
    capacity,
  };
}

/** What runs in each window: by decisions made, from the origin on also by those planned. */
function withRunning(windows: readonly ChartWindow[], { past, ahead, origin }: CapacityData): ChartWindow[] {
  const before = runningAtEach(
    past,
    windows.map(({ time }) => time),
  );
  return windows.map((window, index) => {
    const planned = ahead.get(window.time)?.running;
    return { ...window, running: (window.time < origin ? before[index] : planned) ?? null };
  });
}

/** The columns in the order of drawing, with the line that each belongs to. */
export function drawnColumns(lines: readonly ChartLine[]): { line: ChartLine; column: LineColumn }[] {
  return [...lines]
    .reverse()
    .sort((left, right) => left.layer - right.layer)
    .flatMap((line) => line.columns.map((column) => ({ line, column })));
}

export function rateAt({ rates }: ChartModel, column: LineColumn, index: number): number | null {
  return rates[column.key]?.[index] ?? null;
}

/** The rates of a line that are there, oldest first; of a band those of its lower edge. */
export function presentRates({ rates }: ChartModel, { columns }: ChartLine): number[] {
  const [column] = columns;
  return column ? (rates[column.key] ?? []).filter((rate) => rate != null) : [];
}

/** The values of lines side by side, in one precision: rates without their unit, replicas as a count. */
export function valueFormat(model: ChartModel, columns: readonly LineColumn[], index: number) {
  const format = rateFormat(columns.map((column) => rateAt(model, column, index)));
  return ({ unit }: ChartLine, value: number | null): string =>
    unit === undefined ? format(value) : value === null ? UNKNOWN : formatQuantity(value);
}

/** A value of a line with its unit: "12.3 req/s", "12 replicas". */
export function valueText({ unit }: ChartLine, value: number | null | undefined): string {
  if (unit === undefined || value == null) return formatRateWithUnit(value);
  return `${formatQuantity(value)}${NBSP}${value === 1 ? "replica" : "replicas"}`;
}

/** Whose values a line has, at one window or at all of them: "LGBM+, EWMA"; empty where that is its own name. */
export function modelsOf({ windows }: ChartModel, line: ChartLine, index?: number): string {
  const asked = index === undefined ? windows : windows.slice(index, index + 1);
  const models = asked.map((window) => line.of?.(window));
  return [...new Set(models)].filter((model) => model != null).join(", ");
}

/** A name of a line with the models whose values it has: "Served: LGBM+, EWMA". */
export function nameOf(model: ChartModel, line: ChartLine, name: string, index?: number): string {
  const models = modelsOf(model, line, index);
  return models ? `${name}: ${models}` : name;
}

/** A flag with why it is at a window: "Anomaly: 41 % below what was forecast". */
export function flagText({ windows }: ChartModel, line: ChartLine, name: string, index: number): string {
  const window = windows[index];
  const why = window && line.why?.(window);
  return why ? `${name}: ${why}` : name;
}

/** The lines that tooltip and spoken text name at a window. */
export function namedLines(model: ChartModel, index: number): ChartLine[] {
  const known = index < model.futureFrom;
  return model.lines.filter(({ named, columns }) => {
    const present = columns.some((column) => rateAt(model, column, index) !== null);
    return present || (known && named !== "where present");
  });
}

function knownWindow(point: ChartDataPoint, pastRates: ReadonlyMap<number, number>): ChartWindow {
  const time = toSeconds(point.timestamp);
  return { ...emptyWindow(time), point, past: pastRates.get(time) ?? null };
}

export function emptyWindow(time: number): ChartWindow {
  return { time, point: null, forecasts: {}, served: null, past: null, growing: null, running: null };
}

/** The step of the grid: the smallest distance between neighbours, a window where there is one point. */
function stepOf(windows: readonly ChartWindow[], windowSeconds: number): number {
  let step = Number.POSITIVE_INFINITY;
  for (let index = 1; index < windows.length; index += 1) {
    const distance = (windows[index]?.time ?? 0) - (windows[index - 1]?.time ?? 0);
    if (distance > 0 && distance < step) step = distance;
  }
  return Number.isFinite(step) ? step : windowSeconds;
}

/** Points may simply be absent during an outage: an empty window on each side breaks the line there. */
function withGaps(windows: readonly ChartWindow[], step: number): ChartWindow[] {
  const result: ChartWindow[] = [];
  for (const window of windows) {
    const previous = result.at(-1);
    if (previous && window.time - previous.time > 1.5 * step) {
      result.push(emptyWindow(previous.time + step));
      if (window.time - previous.time > 2.5 * step) result.push(emptyWindow(window.time - step));
    }
    result.push(window);
  }
  return result;
}

function futureWindows(
  forecast: Forecast | null,
  growing: GrowingWindow | null,
  capacity: CapacityData | null,
  after: number,
): ChartWindow[] {
  const windows = new Map<number, ChartWindow>();
  const change = (timestamp: string, changed: (window: ChartWindow) => Partial<ChartWindow>) => {
    const time = toSeconds(timestamp);
    const window = windows.get(time) ?? emptyWindow(time);
    if (time > after) windows.set(time, { ...window, ...changed(window) });
  };
  for (const point of forecast?.points ?? [])
    change(point.timestamp, ({ forecasts }) => ({ forecasts: { ...forecasts, [point.model]: point } }));
  for (const point of forecast?.served ?? []) change(point.timestamp, () => ({ served: point }));
  if (growing) change(growing.timestamp, () => ({ growing: growing.rps }));
  // A plan that is newer or older than the forecast would draw times that the chart has not.
  if (capacity && forecast && capacity.origin === toSeconds(forecast.issued_at))
    for (const time of capacity.ahead.keys())
      if (time > after && !windows.has(time)) windows.set(time, emptyWindow(time));
  return [...windows.values()].sort((left, right) => left.time - right.time);
}

/** Horizons are windows apart, and the open window may lie between two: there a line passes. */
function passing(rates: (number | null)[], futureFrom: number): Rates {
  return rates.map((rate, index) => (index < futureFrom ? rate : (rate ?? undefined)));
}

function wholeWindows(seconds: number, windowSeconds: number): number {
  return Math.floor(seconds / windowSeconds) * windowSeconds;
}

function outagesOf(windows: readonly ChartWindow[], end: number): [number, number][] {
  return spansWhere(windows, ({ point }) => point === null || point.actual_rps === null, end);
}

/** Spans of neighbouring windows of which something is so; the last window lasts until `end`. */
export function spansWhere<Window extends { time: number }>(
  windows: readonly Window[],
  isSo: (window: Window) => boolean,
  end: number,
): [from: number, to: number][] {
  const spans: [number, number][] = [];
  let from: number | null = null;
  for (const window of windows) {
    if (isSo(window)) from ??= window.time;
    else if (from !== null) {
      spans.push([from, window.time]);
      from = null;
    }
  }
  if (from !== null) spans.push([from, end]);
  return spans;
}

/** Indices that need a dot: forecasts, and known rates without a neighbour to draw a line to. */
export function dottedIndices(rates: Readonly<Rates>, futureFrom: number): number[] {
  const indices: number[] = [];
  for (let index = 0; index < rates.length; index += 1) {
    if (rates[index] == null) continue;
    const alone = rates[index - 1] == null && rates[index + 1] == null;
    if (index >= futureFrom || alone) indices.push(index);
  }
  return indices;
}
