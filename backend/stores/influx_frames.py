"""Answers of InfluxDB as the tables of the Store contract."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.stores.contract import FORECAST_FIELDS, POINT_FIELDS, SAMPLE_COLUMNS
from backend.stores.line_writer import original_name

# What a sample is must not be part of its identity, so it is a field; as a number, as all fields are.
KINDS = ("count", "rate", "counter")
NO_SOURCE = "-"  # an empty tag value cannot be stored


def points_table(found: pd.DataFrame, every: int | None) -> pd.DataFrame:
    """A column a field, as the contract has it; a window is there where its actual is."""
    if found.empty:
        return pd.DataFrame(columns=list(POINT_FIELDS), index=times_of([]), dtype="float64")
    if "_field" in found:
        wide = found.pivot(index="_time", columns="_field", values="_value")
    else:
        wide = found.set_index("_time").sort_index()
    wide = wide.reindex(columns=list(POINT_FIELDS)).astype("float64")
    seconds = seconds_of(wide.index)
    if every is not None:  # the first bucket begins where the range does
        seconds = seconds // every * every
    wide.index = times_of(seconds)
    wide.columns.name = None
    return wide[wide["actual_rps"].notna()]


def forecasts_table(found: pd.DataFrame) -> pd.DataFrame:
    """Whole forecasts only: fields appear and go one after the other while forecasts are written or deleted."""
    columns = ["model", "horizon_seconds", "timestamp", *FORECAST_FIELDS, "issued_at"]
    if found.empty:
        empty = pd.DataFrame(columns=columns).astype(dict.fromkeys(FORECAST_FIELDS, "float64"))
        return empty.assign(timestamp=times_of([]), issued_at=times_of([]), horizon_seconds=np.empty(0, dtype="int64"))
    wide = found.pivot(index=["model", "horizon", "_time"], columns="_field", values="_value")
    wide = wide.reindex(columns=[*FORECAST_FIELDS, "issued_at"]).dropna().reset_index()
    wide = wide.rename(columns={"horizon": "horizon_seconds", "_time": "timestamp"})
    wide["model"] = [original_name(model) for model in wide["model"]]
    wide["timestamp"] = times_of(seconds_of(wide["timestamp"]))
    wide["issued_at"] = times_of(wide["issued_at"].astype("int64"))
    wide.columns.name = None
    return wide.sort_values(["model", "horizon_seconds", "timestamp"], ignore_index=True)[columns]


def rates_table(found: pd.DataFrame) -> pd.DataFrame:
    """What came, of many series."""
    if found.empty:
        found = pd.DataFrame({"filename": [], "_time": times_of([]), "_value": np.empty(0)})
    table = found.rename(columns={"_time": "timestamp", "_value": "actual_rps"})
    table["timestamp"] = times_of(seconds_of(table["timestamp"]))
    known = {text: original_name(text) for text in table["filename"].unique()}
    return table.assign(filename=table["filename"].map(known))[["filename", "timestamp", "actual_rps"]]


def samples_table(found: pd.DataFrame) -> pd.DataFrame:
    """Whole samples only, as with forecasts."""
    if found.empty:
        found = pd.DataFrame(columns=["filename", "source", "_time", "_field", "_value"])
        found["_time"] = pd.DatetimeIndex([], tz="UTC").as_unit("ns")
    wide = found.pivot(index=["filename", "source", "_time"], columns="_field", values="_value")
    wide = wide.reindex(columns=["kind", "value"]).dropna().reset_index().rename(columns={"_time": "time"})
    wide.columns.name = None
    for name in ("filename", "source"):
        known = {text: original_name(text) for text in wide[name].unique()}
        wide[name] = wide[name].map(known)
    wide["source"] = wide["source"].replace(NO_SOURCE, "")
    wide["kind"] = [KINDS[int(code)] for code in wide["kind"]]
    return wide.sort_values("time", ignore_index=True)[list(SAMPLE_COLUMNS)]


def seconds_of(times: pd.Index | pd.Series) -> npt.NDArray[np.int64]:
    seconds: npt.NDArray[np.int64] = pd.DatetimeIndex(times).as_unit("s").asi8
    return seconds


def times_of(seconds: object) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(pd.to_datetime(np.asarray(seconds, dtype="int64"), unit="s", utc=True))
    return index.as_unit("s").rename("timestamp")
