"""The answers about files: what one is, how it was read, and the imports."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from backend.schemas import Forecast, Score

# receiving to storing: running. asking: it waits for an answer. incomplete: it ended while it was stored, and only some
# of its windows may be there.
ImportState = TypeAliasType(
    "ImportState",
    Literal[
        "receiving",
        "waiting",
        "reading",
        "forecasting",
        "storing",
        "asking",
        "done",
        "failed",
        "cancelled",
        "incomplete",
    ],
)


class DroppedRowsReport(BaseModel):
    reason: str
    count: int
    first_rows: list[int]


class PreviewWindow(BaseModel):
    timestamp: datetime
    rps: float | None = Field(description="requests per second; null where unknown")


class ReadingChoice(BaseModel):
    """One likely reading of a file that has several, or one way to store it."""

    fields: dict[str, str] = Field(description="the form fields that select it")
    says: str = Field(description="what it is, for people")
    window_seconds: int
    windows: list[PreviewWindow] = Field(description="the first windows that it gives")
    preview: list[PreviewWindow] = Field(description="its whole span in at most 300 points")


class InspectedColumn(BaseModel):
    name: str
    role: Literal["time", "value", "label", "ignored"]
    cells: list[str | None] = Field(description="of the first rows, as the file has them")


class ReadingReport(BaseModel):
    """How a file is read."""

    says: str = Field(description="the reading in one sentence")
    kind: Literal["raw", "series"]
    format: str
    timestamp_column: str | None
    time_unit: str
    timezone: str
    value_column: str | None
    value_unit: Literal["count", "rate", "total"] | None
    assumptions: list[str] = Field(description="what was detected rather than given, and how to override it")
    rows_read: int
    rows_dropped: list[DroppedRowsReport]
    window_seconds: int
    first: datetime
    last: datetime
    windows: int
    gaps: int = Field(description="windows between first and last whose rate is unknown")


class InspectionReport(ReadingReport):
    """What a file is: its reading, or the first of several, of which `choices` has all."""

    id: str = Field(description="of the upload, to read it again without sending it: POST /api/uploads/{id}/read")
    partial: bool = Field(description="only the head of a large file was looked at; rows, span and preview are its")
    columns: list[InspectedColumn] = Field(description="none for the lines of a log")
    lines: list[str] = Field(description="the first ones of a log")
    preview: list[PreviewWindow] = Field(description="the whole span in at most 300 points")
    choices: list[ReadingChoice]


class UploadResult(ReadingReport):
    id: str = Field(description="of the upload")
    filename: str = Field(description="the series' name")
    version: str
    already_stored: datetime | None = Field(
        description="when these bytes were stored with these fields before, so that nothing was read; null otherwise"
    )
    points_written: int
    scores: dict[str, Score] = Field(description="one window ahead: every model and the naive baselines")
    forecast: Forecast | None


class ImportRecord(BaseModel):
    """What a file was, and what became of it; kept over restarts."""

    id: str
    filename: str = Field(description="as it was sent; empty until it is known")
    series: str | None = Field(default=None, description="the name of the series that it became")
    sent_at: datetime
    ended_at: datetime | None = None
    bytes: int = Field(default=0, description="received so far")
    sha256: str | None = None
    fields: dict[str, str] = Field(default={}, description="form fields that it was sent with")
    state: ImportState = "receiving"
    rows: int | None = Field(default=None, description="read so far")
    windows: int | None = None
    first: datetime | None = None
    last: datetime | None = None
    says: str | None = Field(default=None, description="the reading in one sentence")
    problem: str | None = Field(default=None, description="why it ended, or what is asked")


class Import(ImportRecord):
    """An import as it is now. `state` of one that runs is its step."""

    share: float | None = Field(default=None, description="of the step that is done, 0 to 1; null where nobody knows")
    rows_per_second: float | None = Field(default=None, description="of reading")
    seconds_left: float | None = Field(default=None, description="of the step, at its rate so far")
    kept_until: datetime | None = Field(
        default=None, description="until when the file can be read again without being sent; null: it is not kept"
    )


RUNNING: tuple[ImportState, ...] = ("receiving", "waiting", "reading", "forecasting", "storing")
