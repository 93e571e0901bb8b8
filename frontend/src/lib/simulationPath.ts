import type { PolicyPath } from "@/api/types";
import type { ChartLine, ChartWindow } from "./chartLines";
import { type ChartModel, emptyWindow, presentRates, spansWhere } from "./chartModel";
import { countOf, formatQuantity } from "./format";
import { formatSpan, toSeconds, type Zone } from "./time";

type PathWindow = PolicyPath["windows"][number];
type ByTime = ReadonlyMap<number, PathWindow>;

/** How the replicas of a policy are drawn, and those of another beside it. */
const STYLES: readonly Pick<ChartLine, "token" | "dash">[] = [
  { token: "--series-model-1" },
  { token: "--series-model-2", dash: [7, 4] },
];

/** What is counted of a path: its windows, or stretches of several. */
const WINDOWS: [string, string] = ["short window", "short windows"];
const STRETCHES: [string, string] = ["short stretch", "short stretches"];

/**
 * Replicas that were needed and replicas that served, of one policy or of two over one span, with the shortages of the
 * first. Null where there is nothing to draw.
 */
export function pathModel(paths: readonly PolicyPath[], windowSeconds: number): ChartModel | null {
  const [path] = paths;
  if (!path || path.windows.length === 0) return null;
  const byTime = timesOf(path);
  const flag = path.bucket_seconds > windowSeconds ? STRETCHES : WINDOWS;
  const lines = [neededLine(byTime), ...paths.map(replicasLine), shortLine(byTime, flag)];
  const windows = [...byTime.keys()].map(emptyWindow);
  const times = windows.map(({ time }) => time);
  const end = (times.at(-1) ?? 0) + path.bucket_seconds;
  return {
    lines,
    windows,
    times,
    rates: Object.fromEntries(
      lines.flatMap(({ columns }) => columns.map(({ key, value }) => [key, windows.map(value)])),
    ),
    futureFrom: times.length,
    now: end,
    end,
    windowSeconds,
    step: path.bucket_seconds,
    outages: spansWhere(windows, ({ time }) => byTime.get(time)?.rate === null, end),
    shortages: spansWhere(windows, ({ time }) => Boolean(byTime.get(time)?.requests_short), end),
    capacity: null,
  };
}

function timesOf({ windows }: PolicyPath): ByTime {
  return new Map(windows.map((window) => [toSeconds(window.timestamp), window]));
}

function neededLine(byTime: ByTime): ChartLine {
  return {
    ...stepsLine("needed", "Needed", ({ time }) => byTime.get(time)?.needed ?? null),
    token: "--series-actual",
    width: 1.5,
    layer: 1,
  };
}

function replicasLine(path: PolicyPath, place: number): ChartLine {
  const byTime = timesOf(path);
  const line = stepsLine(`replicas of ${path.policy}`, path.label, ({ time }) => {
    return byTime.get(time)?.replicas ?? null;
  });
  return { ...line, ...(STYLES[place] ?? {}) };
}

function stepsLine(key: string, name: string, value: (window: ChartWindow) => number | null): ChartLine {
  return {
    key,
    kind: "steps",
    token: "--series-served",
    width: 2,
    layer: 2,
    unit: "replicas",
    columns: [{ key, label: name, value }],
    legend: name,
    tooltip: name,
    spoken: name,
    named: "known",
  };
}

function shortLine(byTime: ByTime, flag: [string, string]): ChartLine {
  const short = (time: number) => byTime.get(time)?.requests_short || null;
  return {
    key: "short",
    kind: "dots",
    token: "--series-anomaly",
    width: 8,
    layer: 3,
    unit: "replicas",
    columns: [
      {
        key: "short",
        label: "Short",
        value: ({ time }) => (short(time) === null ? null : (byTime.get(time)?.needed ?? null)),
      },
    ],
    legend: "short",
    tooltip: "Short",
    spoken: "short",
    named: "where present",
    flag,
    why: ({ time }) => `${formatQuantity(short(time) ?? 0)} requests beyond capacity`,
  };
}

/** The chart in words, for those who cannot see it. */
export function pathSummary(model: ChartModel, [path, beside]: readonly PolicyPath[], zone: Zone): string {
  const { times, now, step, lines } = model;
  const span = formatSpan(times[0] ?? now, now, zone, step);
  const of = beside ? `${path?.label} and of ${beside.label}` : path?.label;
  const short = lines.flatMap((line) =>
    line.flag ? [countOf(presentRates(model, line).length, ...line.flag)] : [],
  );
  return `Replicas needed, and those of ${of}, from ${span}. ${short} of ${path?.label}.`;
}
