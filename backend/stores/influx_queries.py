"""Every query of the InfluxDB store. influxdb/README.md describes what is stored."""

from datetime import UTC, datetime, timedelta

from backend.stores.contract import FORECAST_FIELDS, POINT_FIELDS

# Ranges always have both ends: without `stop` InfluxDB leaves out the future, where forecasts lie.
EARLIEST, LATEST = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
EPOCH = datetime.fromtimestamp(0, UTC)

SELECTED = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "{measurement}" and r.filename == filename and r.version == version)
"""


def _fields(*names: str) -> str:
    """A filter for these fields alone, in the form that the storage engine itself can apply."""
    wanted = " or ".join(f'r._field == "{name}"' for name in names)
    return f"  |> filter(fn: (r) => {wanted})\n"


READ_POINTS = (
    SELECTED.format(measurement="inference_metrics")
    + _fields(*POINT_FIELDS)
    + '  |> keep(columns: ["_time", "_field", "_value"])'
)
# Averages and the largest anomaly are both computed by the storage engine; union only puts them together. Each reads
# for itself: a stream with two readers is sent out of the engine whole. A pivot is cheap once few rows are left.
READ_BUCKETS = f"""
averages = {SELECTED.format(measurement="inference_metrics")}
{_fields(*(name for name in POINT_FIELDS if name != "anomaly"))}
  |> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start")
largest = {SELECTED.format(measurement="inference_metrics")}
{_fields("anomaly")}
  |> aggregateWindow(every: every, fn: max, createEmpty: false, timeSrc: "_start")
union(tables: [averages, largest])
  |> keep(columns: ["_time", "_field", "_value"])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
"""
ACTUAL = SELECTED.format(measurement="inference_metrics") + _fields("actual_rps")
# By months, because a plain count() over a range that ends before 1970 never returns (InfluxDB 2.8.0).
COUNT_POINTS = ACTUAL + "  |> aggregateWindow(every: 30d, fn: count, createEmpty: false)"
ACTUAL_OF_ALL = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "inference_metrics" and r._field == "actual_rps")
"""


def _summary(points: str) -> str:
    """Number and ends of every series in a stream."""
    kept = '|> keep(columns: ["filename", "version", "_value", "_time"])'
    return f"""
{points} |> count() {kept} |> yield(name: "points")
{points} |> first() {kept} |> yield(name: "first")
{points} |> last() {kept} |> yield(name: "last")
"""


SUMMARY, SUMMARY_OF_ALL = _summary(ACTUAL), _summary(ACTUAL_OF_ALL)
COUNT_VERSIONS = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "inference_metrics" and r.filename == filename)
  |> filter(fn: (r) => r._field == "actual_rps")
  |> count() |> keep(columns: ["_value"])
"""
READ_FORECASTS = (
    SELECTED.format(measurement="forecasts")
    + _fields(*FORECAST_FIELDS, "issued_at")
    + '  |> keep(columns: ["model", "horizon", "_time", "_field", "_value"])'
)
RATES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "inference_metrics" and r.version == version)
  |> filter(fn: (r) => r._field == "actual_rps")
"""
RATES_KEPT = '  |> keep(columns: ["filename", "_time", "_value"])'
SAMPLES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "samples")
""" + _fields("value", "kind")
SAMPLE_KEPT = '  |> keep(columns: ["filename", "source", "_time", "_field", "_value"])'
OF_ONE = "  |> filter(fn: (r) => r.filename == filename)\n"
# One point a series and field, at the epoch: what cannot be seen from the series' points.
LIST_SERIES = """
from(bucket: bucket)
  |> range(start: start, stop: stop)
  |> filter(fn: (r) => r._measurement == "series")
  |> keep(columns: ["filename", "version", "_field", "_value"])
"""
FIND_SERIES = SELECTED.format(measurement="series") + '  |> keep(columns: ["_field", "_value"])'
WHOLE = {"start": EARLIEST, "stop": LATEST}
AT_EPOCH = {"start": EPOCH, "stop": EPOCH + timedelta(seconds=1)}
