import type { Anomaly, ChartDataPoint } from "@/api/types";

/** Windows kept in memory, so that a frozen page can count what arrives; a day at one minute. */
const KEPT_WINDOWS = 1_440;

/** Windows that the Live tab shows, as many as the server's snapshot brings. */
export const LIVE_WINDOWS = 240;

/** Append new windows, replace those that came again, stay ascending, keep the newest `limit`. */
export function mergePoints(
  existing: readonly ChartDataPoint[],
  incoming: readonly ChartDataPoint[],
  limit = KEPT_WINDOWS,
): ChartDataPoint[] {
  const newest = existing.at(-1);
  const first = incoming[0];
  if (!first) return existing.slice(-limit);
  const appends = !newest || Date.parse(first.timestamp) > Date.parse(newest.timestamp);
  if (appends && isAscending(incoming)) return [...existing, ...incoming].slice(-limit);

  const byTime = new Map<number, ChartDataPoint>();
  for (const point of existing) byTime.set(Date.parse(point.timestamp), point);
  for (const point of incoming) byTime.set(Date.parse(point.timestamp), point);
  return [...byTime.entries()]
    .sort(([left], [right]) => left - right)
    .map(([, point]) => point)
    .slice(-limit);
}

function isAscending(points: readonly ChartDataPoint[]): boolean {
  let previous = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const time = Date.parse(point.timestamp);
    if (time <= previous) return false;
    previous = time;
  }
  return true;
}

/** How many of `points` are newer than the newest of `held`. */
export function countNewer(points: readonly ChartDataPoint[], held: readonly ChartDataPoint[]): number {
  const newest = held.at(-1);
  if (!newest) return points.length;
  const time = Date.parse(newest.timestamp);
  return points.filter((point) => Date.parse(point.timestamp) > time).length;
}

/** The newest window whose rate is known. */
export function newestKnown(points: readonly ChartDataPoint[]): ChartDataPoint | null {
  return points.findLast((point) => point.actual_rps !== null) ?? null;
}

/** What a model forecast for a window. `column`: of the model, as the limits name it. */
export function modelRate(point: ChartDataPoint, column: string): number | null {
  const values: Record<string, unknown> = point;
  const rate = values[column];
  return typeof rate === "number" ? rate : null;
}

/** The window of a point, or of a bucket, that is most anomalous; undefined where none is. */
export function worstAnomaly({ anomalies }: ChartDataPoint): Anomaly | undefined {
  return anomalies.reduce<Anomaly | undefined>(
    (worst, each) => (worst && worst.score >= each.score ? worst : each),
    undefined,
  );
}
