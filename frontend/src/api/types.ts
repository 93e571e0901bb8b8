import type { components } from "./schema";

type Schemas = components["schemas"];

export type Accuracy = Schemas["Accuracy"];
export type ChartDataPoint = Schemas["ChartDataPoint"];
export type Forecast = Schemas["Forecast"];
export type ForecastPoint = Schemas["ForecastPoint"];
export type Limits = Schemas["Limits"];
export type Replay = Schemas["Replay"];
export type Score = Schemas["Score"];
export type Series = Schemas["Series"];
export type UploadProgress = Schemas["UploadProgress"];
export type UploadResult = Schemas["UploadResult"];

export type ModelName = ForecastPoint["model"];
export type UploadStep = UploadProgress["step"];
export type HistoryRange = "1h" | "6h" | "24h";
export type AccuracySpan = "1h" | "24h" | "7d";

export interface Problem {
  title: string;
  detail: string;
}

export interface LiveStatus {
  /** Null while nothing is stored. */
  filename: string | null;
  status: Forecast["status"] | null;
  newest: string | null;
  store: "ok" | "unreachable";
  replay: Replay | null;
}

export interface LiveSnapshot {
  filename: string | null;
  window_seconds: number | null;
  points: ChartDataPoint[];
  forecast: Forecast | null;
  status: LiveStatus;
}

export interface LivePoints {
  filename: string;
  points: ChartDataPoint[];
}

/** `sequence` rises by one with every message; `status` and `ping` may repeat the last one. */
export type LiveMessage =
  | { type: "snapshot"; sequence: number; data: LiveSnapshot }
  | { type: "points"; sequence: number; data: LivePoints }
  | { type: "forecast"; sequence: number; data: Forecast }
  | { type: "status"; sequence: number; data: LiveStatus }
  | { type: "ping"; sequence: number; data: Record<string, unknown> };

/** What the caller may say about a file when the reader's guesses were wrong. */
export interface UploadOverrides {
  timestamp_column?: string;
  value_column?: string;
  timezone?: string;
  window_seconds?: string;
  kind?: string;
  time_unit?: string;
  value_unit?: string;
}
