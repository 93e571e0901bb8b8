import { vi } from "vitest";
import type {
  Accuracy,
  ChartDataPoint,
  Forecast,
  Import,
  InspectionReport,
  Limits,
  LiveMessage,
  LiveStatus,
  Model,
  PreviewWindow,
  ReadingChoice,
  Score,
  Series,
  ServedPoint,
  UploadResult,
} from "@/api/types";
import type { UploadControls } from "@/hooks/useUploads";

const START = Date.UTC(1995, 7, 31, 22, 0);

/** The ISO time of a window of the fixtures' series, by its number. */
export function at(minute: number): string {
  return new Date(START + minute * 60_000).toISOString();
}

export function point(
  minute: number,
  actual: number | null,
  change: Partial<ChartDataPoint> = {},
): ChartDataPoint {
  return {
    timestamp: at(minute),
    actual_rps: actual,
    predicted_rps_model1: actual,
    predicted_rps_model2: actual,
    p10: actual,
    p90: actual,
    anomaly_score: 0,
    anomaly: false,
    anomalies: [],
    ...change,
  };
}

/** What makes a point an anomaly. */
export function anomalous(
  minute: number,
  actual: number,
  reason = "twice what was forecast",
): Partial<ChartDataPoint> {
  return {
    anomaly_score: 0.6,
    anomaly: true,
    anomalies: [{ timestamp: at(minute), actual_rps: actual, score: 0.6, reason }],
  };
}

export function points(from: number, to: number): ChartDataPoint[] {
  return Array.from({ length: to - from }, (_, index) => point(from + index, from + index));
}

export const MODELS: Model[] = [
  {
    key: "lgbm_plus",
    label: "LGBM+",
    description: "LightGBM on top of a baseline that follows the level",
    column: "predicted_rps_model1",
  },
  { key: "lgbm", label: "LGBM", description: "LightGBM alone", column: "predicted_rps_model2" },
];

/** A model that the page has never heard of. */
export const THIRD_MODEL: Model = {
  key: "toy",
  label: "Toy",
  description: "the newest rate, doubled",
  column: "predicted_rps_model3",
};

export function limits(change: Partial<Limits> = {}): Limits {
  return {
    max_upload_bytes: 2_048,
    max_rows: 1_000,
    accepted_extensions: [".csv", ".parquet"],
    live_interval_seconds: 1,
    max_replay_speed: 20,
    version: "lgbm_v1",
    horizons: [1, 5, 15],
    selection_windows: 240,
    models: MODELS,
    baselines: [
      { key: "last_value", label: "last value", description: "the newest rate" },
      { key: "ewma", label: "EWMA", description: "exponentially weighted moving average" },
      { key: "mean_15", label: "mean of 15 windows", description: "mean of the newest 15 windows" },
    ],
    ...change,
  };
}

export function forecast(issuedAt: number, change: Partial<Forecast> = {}): Forecast {
  const of = (model: string, horizon: number) => ({
    model,
    horizon,
    horizon_seconds: horizon * 60,
    timestamp: at(issuedAt + horizon - 1),
    mean: 20 + horizon,
    p10: 15 + horizon,
    p50: 20 + horizon,
    p67: 22 + horizon,
    p80: 23 + horizon,
    p90: 25 + horizon,
    p95: 26 + horizon,
    p98: 27 + horizon,
    p99: 28 + horizon,
    trend: "up" as const,
  });
  return {
    filename: "access.log",
    version: "lgbm_v1",
    window_seconds: 60,
    issued_at: at(issuedAt),
    stale: false,
    status: "live",
    warming_up: false,
    learning: false,
    points: [1, 5, 15].flatMap((horizon) => [of("lgbm_plus", horizon), of("lgbm", horizon)]),
    served: [],
    ...change,
  };
}

/** One mean, served at horizons by the candidates that `models` names, each with the least error of all. */
export function served(models: Record<number, string>, mean = 1, issuedAt = 0): ServedPoint[] {
  return forecast(issuedAt)
    .points.filter(({ model, horizon }) => model === "lgbm_plus" && horizon in models)
    .map((point) => {
      const model = models[point.horizon] ?? "";
      const errors = { lgbm_plus: 0.2, lgbm: 0.2, ewma: 0.2, last_value: 0.2, [model]: 0.1 };
      return { ...point, mean, model, reason: `The error of ${model} was least`, errors };
    });
}

export function status(change: Partial<LiveStatus> = {}): LiveStatus {
  return {
    filename: "access.log",
    status: "live",
    newest: at(0),
    growing: null,
    silent_seconds: null,
    store: "ok",
    replay: null,
    ...change,
  };
}

export function snapshot(sequence: number, known: ChartDataPoint[], filename = "access.log"): LiveMessage {
  return {
    type: "snapshot",
    sequence,
    data: { filename, window_seconds: 60, points: known, forecast: null, status: status({ filename }) },
  };
}

export function pointsMessage(
  sequence: number,
  known: ChartDataPoint[],
  forecast: Forecast | null = null,
): LiveMessage {
  return { type: "points", sequence, data: { filename: "access.log", points: known, forecast } };
}

export function series(change: Partial<Series> = {}): Series {
  return {
    filename: "access.log",
    version: "lgbm_v1",
    window_seconds: 60,
    points: 4_320,
    first: at(-4_320),
    last: at(-1),
    written_at: at(0),
    live: false,
    status: "historic",
    synthetic: false,
    origin: "upload",
    replay_of: null,
    burst_factor: null,
    incomplete: null,
    ...change,
  };
}

/** A score with this WAPE. Its RMSE goes the other way, so that the two cannot be taken for one another. */
export function score(model: string, wape: number, change: Partial<Score> = {}): Score {
  const shares = { bias: 0, under_forecast: 0.5, p10_coverage: 0.1, p90_coverage: 0.9 };
  const intervals = { coverage: 0.8, pinball: wape / 4 };
  return {
    model,
    horizon: 1,
    origins: 1_440,
    mae: wape,
    rmse: 10 - wape,
    smape: 5,
    mase: 0.8,
    wape,
    ...shares,
    ...intervals,
    ...change,
  };
}

export function accuracy(scores: Score[]): Accuracy {
  return {
    filename: "access.log",
    origin: "rolling",
    start: at(-1_440),
    stop: at(0),
    seen_in_training: [],
    scores,
  };
}

export function uploadResult(change: Partial<UploadResult> = {}): UploadResult {
  return {
    id: "upload-1",
    filename: "access.log",
    version: "lgbm_v1",
    already_stored: null,
    says: "Log: one request a row; 12,345 rows; 0.21 requests per second on average, 1.9 at most.",
    kind: "raw",
    format: "common log",
    timestamp_column: null,
    time_unit: "text",
    timezone: "UTC",
    value_column: null,
    value_unit: "count",
    assumptions: ["Times without a zone were taken as UTC (timezone overrides)."],
    rows_read: 12_345,
    rows_dropped: [{ reason: "not a time", count: 3, first_rows: [7, 9, 1_001] }],
    window_seconds: 60,
    first: at(-120),
    last: at(-1),
    windows: 120,
    gaps: 15,
    points_written: 105,
    scores: {},
    forecast: forecast(0),
    ...change,
  };
}

/** A reading that is certain. */
export function inspection(change: Partial<InspectionReport> = {}): InspectionReport {
  const { filename: _f, version: _v, already_stored: _a, ...result } = uploadResult();
  const { points_written: _p, scores: _s, forecast: _n, ...reading } = result;
  return {
    ...reading,
    kind: "series",
    value_unit: "count",
    says: "Series: requests per 1 min, counts, UTC; 120 rows; 0.21 req/s on average, 1.9 at most.",
    partial: false,
    columns: [
      { name: "time", role: "time", cells: ["2026-11-20 00:00", "2026-11-20 00:01"] },
      { name: "requests", role: "value", cells: ["12", null] },
      { name: "latency", role: "ignored", cells: ["80.5", "79"] },
    ],
    lines: [],
    preview: preview(0.2, null, 1.9),
    choices: [],
    ...change,
  };
}

export function preview(...rates: (number | null)[]): PreviewWindow[] {
  return rates.map((rps, minute) => ({ timestamp: at(minute - 120), rps }));
}

/** One answer to a question, which makes all values of the file so many requests a second. */
export function choice(fields: ReadingChoice["fields"], says: string, rate: number): ReadingChoice {
  const windows = preview(rate, rate);
  return { fields, says, window_seconds: 60, windows, preview: windows };
}

export function importRecord(change: Partial<Import> = {}): Import {
  return {
    id: "import-1",
    filename: "shop.csv",
    series: "shop.csv",
    sent_at: at(0),
    ended_at: at(1),
    bytes: 2_048,
    sha256: null,
    fields: {},
    state: "done",
    rows: 120,
    windows: 120,
    first: at(-120),
    last: at(-1),
    says: null,
    problem: null,
    share: null,
    rows_per_second: null,
    seconds_left: null,
    kept_until: null,
    ...change,
  };
}

/** A page that does nothing with files. */
export function uploadControls(change: Partial<UploadControls> = {}): UploadControls {
  return {
    uploads: [],
    imports: [],
    busy: false,
    add: vi.fn(),
    loadSample: vi.fn(),
    read: vi.fn(),
    resend: vi.fn(),
    abort: vi.fn(),
    dismiss: vi.fn(),
    show: vi.fn(),
    ...change,
  };
}
