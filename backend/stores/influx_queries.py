"""Every query of the InfluxDB store. influxdb/README.md describes what is stored.

Names of measurements, tags and fields come from the table of measurements; values go as parameters.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from backend.stores.contract import Field, Measurement

# Ranges always have both ends: without `stop` InfluxDB leaves out the future.
EARLIEST, LATEST = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
EPOCH = datetime.fromtimestamp(0, UTC)
AT_EPOCH: dict[str, object] = {"start": EPOCH, "stop": EPOCH + timedelta(seconds=1)}

# One point a series, at the epoch: its record as JSON text. group() makes one table of them, in the storage engine.
RECORDS = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "series" and r._field == "record"{of_name})
  |> group()
  |> keep(columns: ["filename", "version", "_value"])
"""
ALL_RECORDS = RECORDS.format(of_name="")
RECORDS_OF_NAME = RECORDS.format(of_name=" and r.filename == filename")

FIRST_VALUES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == measurement and r._field == field)
  |> first()
  |> drop(columns: ["_start", "_stop"])
"""  # of a field, one a series


def select(measurement: Measurement, tags: Mapping[str, str]) -> str:
    """The rows of a measurement that have these tags; each tag's value is a parameter of its name."""
    conditions = [f'r._measurement == "{measurement.name}"', *(f"r.{tag} == {tag}" for tag in tags)]
    return f"""
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => {" and ".join(conditions)})
"""


def read(measurement: Measurement, tags: Mapping[str, str], fields: Sequence[str]) -> str:
    """Rows field by field: the free tags, time, field and value. `fields` empty: whatever there are."""
    free = [tag for tag in measurement.tags if tag not in tags]
    kept = ", ".join(f'"{column}"' for column in (*free, "_time", "_field", "_value"))
    return select(measurement, tags) + only(fields) + f"  |> keep(columns: [{kept}])"


def read_buckets(measurement: Measurement, tags: Mapping[str, str]) -> str:
    """Rows averaged into buckets.

    Averages and maxima are both computed by the storage engine; union only puts them together. Each reads for itself:
    a stream with two readers is sent out of the engine whole. A pivot is cheap once few rows are left.
    """
    streams = []
    for aggregate in ("mean", "max"):
        names = [field.name for field in measurement.fields if field.aggregate == aggregate]
        if names:
            window = f'aggregateWindow(every: every, fn: {aggregate}, createEmpty: false, timeSrc: "_start")'
            streams.append(f"{aggregate}s = {select(measurement, tags)}{only(names)}  |> {window}\n")
    names = [stream.split(" ", 1)[0] for stream in streams]
    joined = f"union(tables: [{', '.join(names)}])" if len(names) > 1 else names[0]
    return (
        "".join(streams)
        + joined
        + '\n  |> keep(columns: ["_time", "_field", "_value"])'
        + '\n  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
    )


def count(measurement: Measurement, tags: Mapping[str, str]) -> str:
    """How many rows there are, by months: a plain count() over a range that ends before 1970 never returns (2.8.0)."""
    return (
        select(measurement, tags)
        + only([str(measurement.required)])
        + ("  |> aggregateWindow(every: 30d, fn: count, createEmpty: false)")
    )


def summary(measurement: Measurement, tags: Mapping[str, str]) -> str:
    """Number and both ends of the rows of each series."""
    rows = select(measurement, tags) + only([str(measurement.required)])
    kept = '|> keep(columns: ["filename", "version", "_value", "_time"])'
    return "".join(
        f'{rows} |> {function}() {kept} |> yield(name: "{function}")\n' for function in ("count", "first", "last")
    )


def only(fields: Sequence[str]) -> str:
    """A filter for these fields alone, in the form that the storage engine itself can apply; none for no fields."""
    wanted = " or ".join(f'r._field == "{name}"' for name in fields)
    return f"  |> filter(fn: (r) => {wanted})\n" if fields else ""


def is_number(field: Field) -> bool:
    """Whether InfluxDB stores a number for it."""
    return field.kind == "float" or bool(field.choices)
