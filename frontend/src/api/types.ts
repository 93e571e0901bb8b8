import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Accuracy = Schemas["Accuracy"];
export type Decision = Schemas["RunDecision"];
export type DecisionLog = Schemas["DecisionLog"];
export type FailingQuery = Schemas["FailingQuery"];
export type Anomaly = Schemas["Anomaly"];
export type ChartDataPoint = Schemas["ChartDataPoint"];
export type Forecast = Schemas["Forecast"];
export type ForecastPoint = Schemas["ForecastPoint"];
export type GrowingWindow = Schemas["GrowingWindow"];
/** The server sends every member, if null. */
export type Import = Required<Schemas["Import"]>;
export type InspectedColumn = Schemas["InspectedColumn"];
export type InspectionReport = Schemas["InspectionReport"];
export type Limits = Schemas["Limits"];
export type LiveMessage = Schemas["LiveMessage"];
export type LiveStatus = Schemas["LiveStatus"];
export type ManifestInfo = Schemas["ManifestInfo"];
export type Outcome = Schemas["Outcome"];
export type PastForecast = Schemas["PastForecast"];
export type Policy = Schemas["Policy"];
export type PolicyInfo = Schemas["PolicyInfo"];
export type PolicyKind = Schemas["PolicyKind"];
export type PolicyPath = Schemas["PolicyPath"];
export type PolicyVersion = Schemas["PolicyVersion"];
export type PreviewWindow = Schemas["PreviewWindow"];
export type Problem = Schemas["Problem"];
export type ReadingChoice = Schemas["ReadingChoice"];
export type Recommendation = Schemas["Recommendation"];
export type Replay = Schemas["Replay"];
export type Score = Schemas["Score"];
export type ServedReplicas = Schemas["ServedReplicas"];
export type ServedPoint = Schemas["ServedPoint"];
export type Series = Schemas["Series"];
export type SeriesPolicy = Schemas["SeriesPolicy"];
/** The server sends every member, if null. */
export type SimulationAnswer = Required<Schemas["SimulationAnswer"]>;
/** The server sends every member, if null. */
export type SimulationRecord = Required<Schemas["SimulationRecord"]>;
export type SimulationRequest = Schemas["SimulationRequest"];
export type SimulationResult = Schemas["SimulationResult"];
export type SimulationSettings = Schemas["SimulationSettings"];
export type UploadForm = Schemas["UploadForm"];
export type UploadResult = Schemas["UploadResult"];
export type WorstMoment = Schemas["WorstMoment"];

export type Model = Limits["models"][number];
export type HistoryRange = paths["/api/history"]["get"]["parameters"]["query"]["range"];
/** A range of history, or the live one. */
export type ChartRange = paths["/api/forecast/past"]["get"]["parameters"]["query"]["range"];
export type AccuracySpan = NonNullable<
  NonNullable<paths["/api/accuracy"]["get"]["parameters"]["query"]>["span"]
>;

/** Fields that go with a file, as a form holds them: text. */
export type UploadOverrides = Partial<Record<Exclude<keyof UploadForm, "file">, string>>;
