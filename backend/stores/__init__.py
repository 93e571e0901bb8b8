"""Where points and forecasts are kept: the Store contract and the one place that chooses a store."""

from backend.config import Settings
from backend.stores.contract import FORECAST_FIELDS, POINT_FIELDS, SAMPLE_COLUMNS, SeriesKey, Store, StoredSeries
from backend.stores.sqlite import SqliteStore

__all__ = ["FORECAST_FIELDS", "POINT_FIELDS", "SAMPLE_COLUMNS", "SeriesKey", "Store", "StoredSeries", "open_store"]


def open_store(settings: Settings) -> Store:
    """Open the store that the settings name; one that is a server is waited for while it starts."""
    if settings.store == "influxdb":
        from backend.stores.influx import wait_for_influxdb  # half a second of imports that SQLite does not need

        return wait_for_influxdb(settings)
    return SqliteStore(settings.sqlite_path)
