"""The shapes of the HTTP and WebSocket answers. frontend/src/api/schema.ts is generated from these."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypeAliasType

MAX_REPLAY_SPEED = 20.0  # windows a second: one forecast of every model at every horizon takes about 20 ms


def in_utc(moment: datetime) -> datetime:
    """A time without an offset is UTC. Raises ValueError."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("the year is to be from 1 to 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(in_utc)]  # that a caller names
Model = Annotated[str, Field(description="key of a model, one of those that /api/limits lists")]
Candidate = Annotated[str, Field(description="key of a model or of a baseline, as /api/limits lists them")]
# These have their names in the API document too, so the page's types come from there.
Range = TypeAliasType("Range", Literal["1h", "6h", "24h"])
LiveRange = TypeAliasType("LiveRange", Literal["live", "1h", "6h", "24h"])  # one list: of a union two are told
AccuracySpan = TypeAliasType("AccuracySpan", Literal["1h", "24h", "7d"])
Trend = TypeAliasType("Trend", Literal["up", "down", "flat"])
# live: being fed now. stale: it was, until three windows ago. historic: a file; its forecast goes on from its own end.
SeriesStatus = TypeAliasType("SeriesStatus", Literal["live", "historic", "stale"])
# issued: as the forecasts were made at the time. rolling: a file's, as if made at every window, as a backtest does.
Origin = TypeAliasType("Origin", Literal["issued", "rolling"])
MessageType = Literal["snapshot", "points", "forecast", "status"]
Rate = Annotated[float | None, Field(description="requests per second; null where unknown")]


class Problem(BaseModel):
    """RFC 9457 problem details; further members say where: row, column, field, limit. Beside a `question`, `choices`
    has the answers, each with the form fields that select it (ReadingChoice), and `id` is the upload's, to answer with
    (POST /api/uploads/{id}/read)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:scaleops:problem: and its kind; about:blank where the status says it all")
    title: str
    status: int
    detail: str = Field(description="what was wrong, where, and what is allowed")
    question: str | None = Field(
        default=None,
        description="what is asked, without the answers; only where a choice must be made",
    )


class InfluxError(BaseModel):
    """An error of the write call, as InfluxDB v2 answers it."""

    code: str
    message: str


class Anomaly(BaseModel):
    """A window that a person would want to see."""

    timestamp: datetime = Field(description="start of the window, UTC")
    actual_rps: float
    score: float = Field(description="from 0.5 to 1")
    reason: str = Field(description="in words, such as: 41 % below what was forecast or usual by the week before")


class ChartDataPoint(BaseModel):
    """One window or bucket. A further model of the catalog adds its own column."""

    model_config = ConfigDict(extra="allow")

    timestamp: datetime = Field(description="start of the window or bucket, UTC")
    actual_rps: Rate
    predicted_rps_model1: Rate
    predicted_rps_model2: Rate
    p10: Rate = Field(description="lower edge of model1's 80 % band")
    p90: Rate = Field(description="upper edge of model1's 80 % band")
    anomaly_score: Rate = Field(description="how anomalous the window is, 0 to 1; of a bucket the largest")
    anomaly: bool = Field(description="whether a window in it has a score of at least 0.5")
    anomalies: list[Anomaly] = Field(description="those windows, with the rates that they had themselves")


class ForecastPoint(BaseModel):
    model: Model
    horizon: int = Field(description="windows ahead")
    horizon_seconds: int
    timestamp: datetime = Field(description="start of the forecast window, UTC")
    mean: float
    p10: float
    p50: float
    p67: float
    p80: float
    p90: float
    p95: float
    p98: float
    p99: float
    trend: Trend = Field(description="against the newest actual rate; within 2 % is flat")


class ServedPoint(ForecastPoint):
    """The forecast to act on at one horizon: of the candidate with the least error there lately, kept until another is
    clearly better."""

    model: Candidate
    reason: str = Field(description="why it is served: a sentence with the figures")
    errors: dict[str, float] = Field(
        description="by candidate the sum of absolute errors over the sum of traffic (WAPE) at this horizon over the "
        "last 240 windows; empty while too few forecasts could be scored"
    )


class Forecast(BaseModel):
    filename: str
    version: str
    window_seconds: int
    issued_at: datetime = Field(description="end of the newest window it was made from, UTC")
    stale: bool = Field(description="a file's or a silent feed's: made more than three windows ago")
    status: SeriesStatus
    warming_up: bool = Field(description="too little history for the models: an average of simple forecasts instead")
    learning: bool = Field(
        default=False,
        description="of many series that came up at once: from the newest windows alone, until the rest is learned",
    )
    points: list[ForecastPoint] = Field(description="of every model at every horizon")
    served: list[ServedPoint] = Field(description="one a horizon; empty where nothing is known of the series any more")


class PastForecast(BaseModel):
    timestamp: datetime = Field(description="start of the window or bucket that was forecast, UTC")
    mean: float


class PastForecasts(BaseModel):
    """What one model forecast for each window, `horizon` windows before it."""

    filename: str
    model: Model
    horizon: int = Field(description="windows ahead")
    horizon_seconds: int
    origin: Origin
    points: list[PastForecast]


class Incomplete(BaseModel):
    """The span of an import that is still running or was interrupted: only part of its windows may be stored."""

    first: datetime
    last: datetime


class Series(BaseModel):
    filename: str
    version: str
    origin: Literal["upload", "feed", "replay", "sample"]
    window_seconds: int
    points: int
    first: datetime
    last: datetime
    written_at: datetime
    live: bool
    status: SeriesStatus
    synthetic: bool = Field(description="generated by `scaleops sample`, not real traffic, or a replay of that")
    replay_of: str | None = Field(description="the series that a replay plays; null for any other")
    burst_factor: float | None = Field(
        description="of the log that it was read from, the peak second over its window's mean: the 95th percentile "
        "over busy windows; null where no log told one"
    )
    incomplete: Incomplete | None = Field(
        description="send the file again, or delete the series; null where it is whole"
    )


class Score(BaseModel):
    """Errors over the same known windows; rates in requests per second, smape in percent."""

    model: str
    horizon: int
    origins: int
    mae: float
    rmse: float
    smape: float
    mase: float | None
    wape: float | None = Field(description="sum of absolute errors over the sum of traffic")
    bias: float = Field(description="mean of forecast less actual")
    under_forecast: float = Field(description="share of windows that were under-forecast")
    p10_coverage: float | None = Field(description="share of windows at or below p10; null for baselines")
    p90_coverage: float | None
    coverage: float | None = Field(description="share of windows from p10 to p90, those on an edge inside")
    pinball: float | None = Field(description="mean pinball loss of p10, p50 and p90, requests per second")


class DailyScore(BaseModel):
    """Errors of the forecasts that were issued for the windows of one day (UTC); rates in requests per second."""

    day: date
    model: str
    horizon: int = Field(description="in windows")
    origins: int = Field(description="forecasts that were scored")
    mae: float
    rmse: float
    wape: float | None = Field(description="sum of absolute errors over the sum of traffic; null without traffic")
    bias: float = Field(description="mean of forecast less actual")
    coverage: float = Field(description="share of windows from p10 to p90")


class Trained(BaseModel):
    """A series that the model was trained on, and its first and last window."""

    name: str
    first: datetime
    last: datetime


class Accuracy(BaseModel):
    """For each horizon every model and the baselines on the same windows."""

    filename: str
    origin: Origin
    start: datetime
    stop: datetime
    seen_in_training: list[Trained] = Field(
        description="training series with windows in this span: where this is one of them, its scores are optimistic"
    )
    scores: list[Score]


class BaselineInfo(BaseModel):
    """What the models are compared with; selection may serve some of them."""

    key: str = Field(description="as in answers")
    label: str = Field(description="as people read it")
    description: str


class ModelInfo(BaselineInfo):
    column: str = Field(description="member of a chart point that holds its forecast")


class Limits(BaseModel):
    """What the page writes on the drop zone, lays the chart out by and calls the models."""

    max_upload_bytes: int
    max_rows: int
    accepted_extensions: list[str]
    live_interval_seconds: float
    max_replay_speed: float
    version: str
    horizons: list[int]
    models: list[ModelInfo] = Field(description="the first is the one that is served until enough is known")
    baselines: list[BaselineInfo]
    selection_windows: int = Field(description="windows over which selection compares errors")


class ReplayRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filename: str = Field(max_length=100)
    speed: float = Field(default=2.0, gt=0, le=MAX_REPLAY_SPEED, description="windows a second")
    start: Moment | None = Field(
        default=None, description="first window to play; none: from the beginning. Earlier windows are history."
    )


class Replay(BaseModel):
    filename: str = Field(description="the series being played")
    replay_filename: str = Field(description="the live series it is played into")
    speed: float
    position: datetime
    last: datetime


class Deleted(BaseModel):
    filename: str
    points: int


class Health(BaseModel):
    status: Literal["ok"]


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=1000, description="SCALEOPS_API_TOKEN, or SCALEOPS_READ_TOKEN to look only")


class SessionView(BaseModel):
    """What a signed-in page may do."""

    rights: list[Literal["read", "write", "change"]] = Field(description="none: not signed in")


class StaleFeed(BaseModel):
    filename: str
    newest: datetime = Field(description="time of its newest sample")


class FailingQuery(BaseModel):
    filename: str
    problem: str


class Ready(BaseModel):
    status: Literal["ready"]
    store: str
    model: str
    stale_feeds: list[StaleFeed] = Field(description="feeds without a sample for three windows, up to a day")
    failing_queries: list[FailingQuery] = Field(description="why Prometheus gives no value for their newest window")


class GrowingWindow(BaseModel):
    """The window of a feed that is still open: never stored as a point, never scored."""

    timestamp: datetime
    rps: float = Field(description="of what came so far")
    elapsed_seconds: float = Field(description="how much of the window that is")


class LiveStatus(BaseModel):
    filename: str | None = Field(description="null while nothing is stored")
    status: SeriesStatus | None
    newest: datetime | None
    growing: GrowingWindow | None
    silent_seconds: float | None = Field(description="since the newest sample of a feed; null for what is not fed")
    store: Literal["ok", "unreachable"]
    replay: Replay | None


class LiveSnapshot(BaseModel):
    filename: str | None
    window_seconds: int | None
    points: list[ChartDataPoint]
    forecast: Forecast | None
    status: LiveStatus


class LivePoints(BaseModel):
    filename: str
    points: list[ChartDataPoint]
    forecast: Forecast | None = Field(description="from the end of the newest of them; null where it comes by itself")


class SnapshotMessage(BaseModel):
    type: Literal["snapshot"]
    sequence: int
    data: LiveSnapshot


class PointsMessage(BaseModel):
    type: Literal["points"]
    sequence: int
    data: LivePoints


class ForecastMessage(BaseModel):
    type: Literal["forecast"]
    sequence: int
    data: Forecast


class StatusMessage(BaseModel):
    type: Literal["status"]
    sequence: int
    data: LiveStatus


class LiveMessage(
    RootModel[Annotated[SnapshotMessage | PointsMessage | ForecastMessage | StatusMessage, Field(discriminator="type")]]
):
    """One WebSocket message. `sequence` rises by one with snapshot, points and forecast; status repeats the last."""
