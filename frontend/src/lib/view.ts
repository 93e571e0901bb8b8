import type { ChartRange, Series } from "@/api/types";

/** What the page shows, as its URL says it: ?range=live|1h|6h|24h&series=… */
export interface View {
  range: ChartRange;
  series: string | null;
}

export const RANGE_LABELS: Record<ChartRange, string> = {
  live: "Live",
  "1h": "1H",
  "6h": "6H",
  "24h": "24H",
};

function isRange(value: string | null): value is ChartRange {
  return value !== null && Object.hasOwn(RANGE_LABELS, value);
}

export function parseView(search: string): View {
  const params = new URLSearchParams(search);
  const range = params.get("range");
  return { range: isRange(range) ? range : "live", series: params.get("series") || null };
}

export function viewSearch(view: View): string {
  const params = new URLSearchParams({ range: view.range });
  if (view.series !== null) params.set("series", view.series);
  return `?${params}`;
}

/** The series to open when the URL names none: the live one, else the one written last. */
export function defaultSeries(list: readonly Series[]): Series | null {
  return list.find((series) => series.live) ?? list[0] ?? null;
}
