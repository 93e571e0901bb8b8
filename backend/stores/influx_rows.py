"""Rows of measurements as InfluxDB takes and gives them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from backend.stores.contract import TIME, Measurement, row_times
from backend.stores.influx_queries import is_number
from backend.stores.line_writer import Tags, original_name, series_lines
from backend.stores.packing import as_kept

EMPTY = "-"  # an empty tag value cannot be stored


def lines_of(measurement: Measurement, table: pd.DataFrame) -> list[str]:
    """The table's rows in line protocol."""
    tags: Tags = {tag: _stored_tag(tag, table[tag]) for tag in measurement.tags}
    return series_lines(measurement.name, tags, _stored_fields(measurement, table), row_times(measurement, table))


def _stored_tag(tag: str, values: pd.Series) -> pd.Series:
    return values if tag in ("filename", "version") else values.replace("", EMPTY)


def _stored_fields(measurement: Measurement, table: pd.DataFrame) -> dict[str, pd.Series]:
    if not measurement.fields:
        # Rounded as SQLite keeps them: the same answers from both, in a third of the bytes that 52 bits would take.
        kept = as_kept(measurement, table)
        return {str(name): kept[name] for name in kept}
    fields = {}
    for field in measurement.fields:
        column = table[field.name]
        fields[field.name] = column.map(field.choices.index) if field.choices else column
    return fields


def to_table(
    measurement: Measurement, answer: pd.DataFrame, texts: pd.DataFrame, tags: Mapping[str, str], names: Sequence[str]
) -> pd.DataFrame:
    """What a query gave, field by field, as Store.read gives it: whole rows only.

    Fields appear and go one after the other while rows are written or deleted; a row is there where what the
    measurement requires is.
    """
    free = [tag for tag in measurement.tags if tag not in tags]
    tables = [
        part.pivot(index=[*free, "_time"], columns="_field", values="_value") for part in (answer, texts) if len(part)
    ]
    if not tables:
        return _empty(measurement, free, names)
    wide = pd.concat(tables, axis=1) if len(tables) > 1 else tables[0]
    wide = wide.reindex(columns=list(names) if measurement.fields or names else sorted(wide.columns))
    wide = wide.reset_index().rename(columns={"_time": TIME})
    wide.columns.name = None
    choices = [field.name for field in measurement.fields if field.choices]
    for name in (measurement.required, *choices):
        if name in wide:
            wide = wide[wide[name].notna()]
    for tag in free:
        known = {text: original_name(text) for text in wide[tag].unique()}
        wide[tag] = wide[tag].map(known)
        if tag not in ("filename", "version"):
            wide[tag] = wide[tag].replace(EMPTY, "")
    for field in measurement.fields:
        if field.choices and field.name in wide:
            wide[field.name] = [field.choices[int(place)] for place in wide[field.name]]
    wide[TIME] = pd.DatetimeIndex(wide[TIME]).as_unit(measurement.precision)
    return wide.sort_values([TIME, *free], ignore_index=True)


def to_buckets(measurement: Measurement, answer: pd.DataFrame, every: int) -> pd.DataFrame:
    """What a query of buckets gave."""
    if answer.empty:
        return _empty(measurement, [], measurement.field_names)
    table = answer.reindex(columns=["_time", *measurement.field_names]).rename(columns={"_time": TIME})
    seconds = pd.DatetimeIndex(table[TIME]).as_unit("s").asi8 // every * every  # the first begins where the range does
    table[TIME] = pd.DatetimeIndex(seconds.astype("datetime64[s]")).as_unit("s").tz_localize("UTC")
    table = table.astype(dict.fromkeys(measurement.field_names, "float64"))
    return table[table[measurement.required].notna()].sort_values(TIME, ignore_index=True)


def _empty(measurement: Measurement, free: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame({tag: pd.Series(dtype="str") for tag in free})
    table[TIME] = pd.DatetimeIndex([], tz="UTC").as_unit(measurement.precision)
    texts = {field.name for field in measurement.fields if not is_number(field) or field.choices}
    for name in names:
        table[name] = pd.Series(dtype="str" if name in texts else "float64")
    return table
