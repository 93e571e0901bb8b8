import type { components } from "./schema";

type Schemas = components["schemas"];

export type Accuracy = Schemas["Accuracy"];
export type FailingQuery = Schemas["FailingQuery"];
export type ChartDataPoint = Schemas["ChartDataPoint"];
export type Forecast = Schemas["Forecast"];
export type ForecastPoint = Schemas["ForecastPoint"];
export type GrowingWindow = Schemas["GrowingWindow"];
export type Limits = Schemas["Limits"];
export type LivePoints = Schemas["LivePoints"];
export type LiveSnapshot = Schemas["LiveSnapshot"];
export type LiveStatus = Schemas["LiveStatus"];
export type PastForecast = Schemas["PastForecast"];
export type PastForecasts = Schemas["PastForecasts"];
export type Replay = Schemas["Replay"];
export type Score = Schemas["Score"];
export type Served = Schemas["Served"];
export type ServedPoint = Schemas["ServedPoint"];
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

/** The schema's LiveMessage, told apart by its type. `sequence` rises by one; `status` repeats the last one. */
export type LiveMessage =
  | { type: "snapshot"; sequence: number; data: LiveSnapshot }
  | { type: "points"; sequence: number; data: LivePoints }
  | { type: "forecast"; sequence: number; data: Forecast }
  | { type: "status"; sequence: number; data: LiveStatus };

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
