import type {
  Accuracy,
  ChartDataPoint,
  Forecast,
  LiveMessage,
  LiveStatus,
  Score,
  Series,
  Served,
  UploadResult,
} from "@/api/types";

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
    anomaly: false,
    ...change,
  };
}

export function points(from: number, to: number): ChartDataPoint[] {
  return Array.from({ length: to - from }, (_, index) => point(from + index, from + index));
}

export function forecast(issuedAt: number, change: Partial<Forecast> = {}): Forecast {
  const of = (model: "lgbm_plus" | "lgbm", horizon: number) => ({
    model,
    horizon,
    horizon_seconds: horizon * 60,
    timestamp: at(issuedAt + horizon - 1),
    mean: 20 + horizon,
    p10: 15 + horizon,
    p50: 20 + horizon,
    p90: 25 + horizon,
    p95: 26 + horizon,
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
    points: [1, 5, 15].flatMap((horizon) => [of("lgbm_plus", horizon), of("lgbm", horizon)]),
    served: null,
    ...change,
  };
}

/** A served forecast of one mean at every horizon. */
export function served(model: Served["model"], mean: number): Served {
  const points = forecast(0).points.filter((one) => one.model === "lgbm_plus");
  const reason = `${model === "ewma" ? "EWMA" : model} had the least error`;
  return { model, reason, errors: {}, points: points.map((one) => ({ ...one, mean })) };
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

export function pointsMessage(sequence: number, known: ChartDataPoint[]): LiveMessage {
  return { type: "points", sequence, data: { filename: "access.log", points: known } };
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
    ...change,
  };
}

export function score(model: string, rmse: number, change: Partial<Score> = {}): Score {
  const shares = { wape: 0.1, bias: 0, under_forecast: 0.5, p10_coverage: 0.1, p90_coverage: 0.9 };
  return {
    model,
    horizon: 1,
    origins: 1_440,
    mae: rmse / 2,
    rmse,
    smape: 5,
    mase: 0.8,
    ...shares,
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
    filename: "access.log",
    version: "lgbm_v1",
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
