"""Where points and forecasts are kept: the Store contract and the one place that chooses a store."""

from collections.abc import Sequence

from backend.config import Settings
from backend.stores.contract import (
    TIME,
    Field,
    Measurement,
    Origin,
    SeriesInfo,
    SeriesKey,
    SeriesRecord,
    Span,
    Store,
    Tables,
)
from backend.stores.sqlite import SqliteStore

__all__ = [
    "TIME",
    "Field",
    "Measurement",
    "Origin",
    "SeriesInfo",
    "SeriesKey",
    "SeriesRecord",
    "Span",
    "Store",
    "Tables",
    "open_store",
]


def open_store(
    settings: Settings, measurements: Sequence[Measurement], verify: bool = False, *, first: bool = True
) -> Store:
    """Open the store that the settings name; one that is a server is waited for while it starts.

    `verify`: read all of a file first, and raise where it is damaged. `first`: false for a child of a process that
    has the store open, so nothing is waited for or checked.
    """
    if settings.store == "influxdb":
        from backend.stores import influx  # half a second of imports that SQLite does not need

        return (influx.wait_for_influxdb if first else influx.opened_by_another)(settings, measurements)
    return SqliteStore(settings.sqlite_path, measurements, verify)
