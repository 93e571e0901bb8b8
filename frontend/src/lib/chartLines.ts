import type { ChartDataPoint, ForecastPoint, Limits, Model, ServedPoint } from "@/api/types";
import type { RunningStep } from "./capacity";
import { formatDuration } from "./format";
import { labelOf, pastName, preferredModel } from "./names";
import { modelRate, worstAnomaly } from "./points";

/** What is known of one window: its point once it is over, its forecasts before that. */
export interface ChartWindow {
  /** Its start, epoch seconds. */
  time: number;
  point: ChartDataPoint | null;
  /** By model. */
  forecasts: Readonly<Record<string, ForecastPoint>>;
  /** The forecast to act on, where one is served for it. */
  served: ServedPoint | null;
  /** What was forecast for it some time earlier, where the reader chose to see that. */
  past: number | null;
  /** Its rate so far, while it is open. */
  growing: number | null;
  /** The replicas that run in it, by decisions made and planned. */
  running: RunningStep | null;
}

export interface LineColumn {
  key: string;
  /** Its heading in the table. */
  label: string;
  value: (window: ChartWindow) => number | null;
}

/** One thing that the chart draws. Canvas, legend, tooltip, table and spoken text follow from a list of these. */
export interface ChartLine {
  key: string;
  kind: "line" | "band" | "dots" | "steps" | "lane";
  /** The CSS custom property that holds its colour. */
  token: string;
  /** Lengths of dashes and of the spaces between them, CSS pixels. */
  dash?: number[];
  /** Of a line, or across a dot, CSS pixels. */
  width: number;
  /** Dots drawn as rings. */
  hollow?: boolean;
  /** Higher layers lie over lower ones; within a layer, the first line of the list is on top. */
  layer: number;
  /** What its values count, where that is not requests per second. */
  unit?: "replicas";
  /** The values; of a band its lower and its upper edge. A table has lines as columns and dots as remarks. */
  columns: readonly LineColumn[];
  /** Its names by place; null leaves it out there. */
  legend: string | null;
  tooltip: string;
  spoken: string | null;
  /** Where its values at several windows are of several models: the name of the one at a window. */
  of?: (window: ChartWindow) => string | null;
  /** The windows whose tooltip and spoken text name it, as unknown if need be: known ones, or only those with a value. */
  named: "known" | "where present";
  /** Dots that say that something is so, not how much: what one and several of them are called. */
  flag?: [singular: string, plural: string];
  /** Of a flag: why it is at a window, in words. */
  why?: (window: ChartWindow) => string | null;
  /** Another line's key: the two are shown and hidden together. */
  shownWith?: string;
}

/** What runs serves so much; and how many replicas that is, in a lane of its own under the rates. */
const CAPACITY_LINES: readonly ChartLine[] = [
  {
    key: "capacity",
    kind: "steps",
    token: "--series-capacity",
    width: 2,
    layer: 2,
    columns: [{ key: "capacity", label: "Capacity", value: ({ running }) => running?.capacity ?? null }],
    legend: "Capacity",
    tooltip: "Capacity",
    spoken: "capacity",
    named: "where present",
  },
  {
    key: "replicas",
    kind: "lane",
    token: "--series-replicas",
    width: 1.5,
    layer: 0,
    unit: "replicas",
    columns: [{ key: "replicas", label: "Replicas", value: ({ running }) => running?.replicas ?? null }],
    legend: "Replicas",
    tooltip: "Replicas",
    spoken: "", // its unit says it
    named: "where present",
  },
];

/** Styles of model lines in the order of the models; further models begin again from the first. */
const MODEL_STYLES = [
  { token: "--series-model-1", dash: [7, 4], width: 2 },
  { token: "--series-model-2", dash: [2, 3], width: 1.75 },
  { token: "--series-model-3", dash: [12, 3], width: 1.75 },
  { token: "--series-model-4", dash: [5, 2, 1, 2], width: 1.75 },
] as const;

/**
 * The lines of the chart in reading order. `pastSeconds`: how long before its window a past forecast was issued;
 * null where none are shown. `withCapacity`: whether there is a plan to draw.
 */
export function chartLines(limits: Limits, pastSeconds: number | null, withCapacity = false): ChartLine[] {
  return [
    {
      key: "actual",
      kind: "line",
      token: "--series-actual",
      width: 1.5,
      layer: 1,
      columns: [{ key: "actual", label: "Actual", value: ({ point }) => point?.actual_rps ?? null }],
      legend: "Actual",
      tooltip: "Actual",
      spoken: "actual",
      named: "known",
    },
    {
      key: "growing",
      kind: "dots",
      token: "--series-actual",
      width: 8,
      hollow: true,
      layer: 3,
      columns: [{ key: "growing", label: "So far", value: ({ growing }) => growing }],
      legend: "open window so far",
      tooltip: "So far",
      spoken: "so far",
      named: "where present",
      shownWith: "actual",
    },
    {
      key: "served",
      kind: "line",
      token: "--series-served",
      width: 2.5,
      layer: 3,
      columns: [{ key: "served", label: "Served", value: ({ served }) => served?.mean ?? null }],
      legend: "Served",
      tooltip: "Served",
      spoken: "the served model",
      of: ({ served }) => served && labelOf(limits, served.model),
      named: "where present",
    },
    bandLine(limits),
    ...limits.models.map(modelLine),
    ...(pastSeconds === null ? [] : [pastLine(pastSeconds)]),
    ...(withCapacity ? CAPACITY_LINES : []),
    {
      key: "anomaly",
      kind: "dots",
      token: "--series-anomaly",
      width: 8,
      layer: 3,
      columns: [
        {
          key: "anomaly",
          label: "Anomaly",
          // Of a bucket the rate of the window that is marked: its mean may lie where nothing is odd.
          value: ({ point }) => (point && worstAnomaly(point)?.actual_rps) ?? null,
        },
      ],
      legend: "anomaly",
      tooltip: "Anomaly",
      spoken: "anomaly",
      named: "where present",
      flag: ["anomaly", "anomalies"],
      why: ({ point }) => (point && worstAnomaly(point)?.reason) ?? null,
      shownWith: "actual",
    },
  ];
}

function modelLine({ key, label, column }: Model, place: number): ChartLine {
  const { dash, ...style } = MODEL_STYLES[place % MODEL_STYLES.length] ?? MODEL_STYLES[0];
  return {
    key,
    kind: "line",
    ...style,
    dash: [...dash],
    layer: 2,
    columns: [
      {
        key,
        label,
        value: ({ point, forecasts }) => (point ? modelRate(point, column) : (forecasts[key]?.mean ?? null)),
      },
    ],
    legend: label,
    tooltip: label,
    spoken: label,
    named: "known",
  };
}

/** The 80 % interval: of windows that are over the preferred model's, of those to come that of what is served. */
function bandLine(limits: Limits): ChartLine {
  const preferred = preferredModel(limits);
  const ahead = ({ forecasts, served }: ChartWindow) => served ?? forecasts[preferred.key];
  const edge = (name: "p10" | "p90"): LineColumn => ({
    key: name,
    label: name,
    value: (window) => (window.point ? window.point[name] : (ahead(window)?.[name] ?? null)),
  });
  return {
    key: "band",
    kind: "band",
    token: "--series-band",
    width: 0,
    layer: 0,
    columns: [edge("p10"), edge("p90")],
    legend: "p10–p90",
    tooltip: "p10–p90",
    spoken: "p10–p90",
    of: (window) => {
      const model = window.point ? preferred.key : ahead(window)?.model;
      return model === undefined ? null : labelOf(limits, model);
    },
    named: "known",
  };
}

function pastLine(seconds: number): ChartLine {
  const name = pastName(seconds);
  return {
    key: "past",
    kind: "line",
    token: "--series-past",
    dash: [9, 3, 2, 3],
    width: 1.5,
    layer: 3,
    columns: [{ key: "past", label: name, value: ({ past }) => past }],
    legend: null,
    tooltip: name,
    spoken: `forecast ${formatDuration(seconds)} earlier`,
    named: "where present",
  };
}
