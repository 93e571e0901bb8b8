import type { Anomaly, ChartDataPoint } from "@/api/types";

/** Windows kept in memory, so that a frozen page can count what arrives; a day at one minute. */
const KEPT_WINDOWS = 1_440;

/** Windows that the Live tab shows, as many as the server's snapshot brings. */
export const LIVE_WINDOWS = 240;

/** New windows are added, those that came again replaced; ascending, the newest as many as are kept. */
export function mergePoints(
  existing: readonly ChartDataPoint[],
  incoming: readonly ChartDataPoint[],
): ChartDataPoint[] {
  const byTime = new Map([...existing, ...incoming].map((point) => [Date.parse(point.timestamp), point]));
  return [...byTime]
    .sort(([left], [right]) => left - right)
    .map(([, point]) => point)
    .slice(-KEPT_WINDOWS);
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
