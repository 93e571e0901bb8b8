"""Issued forecasts as the store keeps them: a row a model and origin, a field a quantity and horizon.

`mean_900` is the mean of the window 900 s ahead. The row's time is the end of the newest window that the forecasts were
made from, so a horizon of one window is about the window that begins then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from backend.arrays import Floats, Ints
from backend.measurements import FORECASTS, QUANTITIES
from backend.models import catalog
from backend.models.ensemble import Forecasts
from backend.models.frames import ForecastTables
from backend.models.trailing_stats import LONGEST
from backend.stores import TIME, SeriesKey, SeriesRecord, Store
from backend.stores.contract import SERIES_TAGS
from backend.stores.packing import groups_as_kept

KEPT_DAYS = 7  # of a file's forecasts, which the accuracy of seven days asks for
KEPT_WINDOWS = (720, 50_000)  # at least as many as selection looks back on; at most 15 MB


def field(quantity: str, horizon_seconds: int) -> str:
    return f"{quantity}_{horizon_seconds}"


def issued_table(
    keys: Sequence[SeriesKey], forecasts: Forecasts, horizons: Sequence[int], window_seconds: int, window: int
) -> pd.DataFrame:
    """What a live step forecast from the end of a window, as the store keeps it: what goes on with it sees what a
    restart would. No row of what nothing is known of."""
    parts = []
    for model, means in forecasts.mean.items():
        known = np.flatnonzero(np.isfinite(means).any(axis=0)).tolist()
        own: dict[str, Any] = {tag: [keys[place].tags[tag] for place in known] for tag in SERIES_TAGS}
        own |= {"model": model, TIME: pd.Timestamp((window + 1) * window_seconds, unit="s", tz="UTC").as_unit("s")}
        for place, horizon in enumerate(horizons):
            quantities = np.concatenate([means[np.newaxis, place], forecasts.quantiles[model][:, place]])[:, known]
            names = (field(quantity, horizon * window_seconds) for quantity in QUANTITIES)
            own |= dict(zip(names, groups_as_kept(quantities.T).T, strict=True))
        parts.append(pd.DataFrame(own, index=known))
    return pd.concat(parts, ignore_index=True)


def forecasts_as_kept(forecasts: pd.DataFrame) -> pd.DataFrame:
    """QUANTITIES of forecasts, a row an origin, as the store keeps them."""
    return pd.DataFrame(groups_as_kept(forecasts[list(QUANTITIES)].to_numpy()), forecasts.index, list(QUANTITIES))


def first_kept_row(file_rows: int, rows: int, window_seconds: int) -> int:
    """The row of a frame, whose last `file_rows` are a file's, from whose end on the file's forecasts are kept."""
    kept = int(np.clip(KEPT_DAYS * 86_400 // window_seconds, *KEPT_WINDOWS))
    return rows - min(file_rows, kept)


def rolling_table(key: SeriesKey, forecasts: ForecastTables, window_seconds: int) -> pd.DataFrame:
    """What would have been issued at the end of every row, as the store takes it: by horizon (windows) and model as
    RPSEstimator.forecasts_at gives it, of the same rows."""
    columns: dict[str, list[pd.DataFrame]] = {}
    for horizon, tables in forecasts.items():
        names = {quantity: field(quantity, horizon * window_seconds) for quantity in QUANTITIES}
        for model, table in tables.items():
            columns.setdefault(model, []).append(table[list(QUANTITIES)].rename(columns=names))
    rows = pd.concat(
        [pd.concat(parts, axis=1).dropna(how="all").assign(model=model) for model, parts in columns.items()]
    )
    rows = rows.rename_axis(TIME).reset_index()
    return rows.assign(**{TIME: rows[TIME] + pd.Timedelta(window_seconds, "s")}, **key.tags)


def newest_forecasts(store: Store, key: SeriesKey, since: datetime, until: datetime | None = None) -> pd.DataFrame:
    """The newest forecasts of every model: model, horizon_seconds, issued_at, QUANTITIES. until: the last origin.

    None of those that an earlier version issued, which had fewer quantiles: the next window brings a whole one.
    """
    table = store.read(FORECASTS, key.tags, since, until and until + timedelta(seconds=1))
    newest = table[table[TIME] == table[TIME].max()]
    rows = []
    for row in newest.to_dict("records"):
        horizons = [int(name.removeprefix("mean_")) for name in row if name.startswith("mean_")]
        rows += [
            {"model": row["model"], "horizon_seconds": horizon, "issued_at": row[TIME]}
            | {quantity: row[field(quantity, horizon)] for quantity in QUANTITIES}
            for horizon in sorted(horizons)
            if all(pd.notna(row.get(field(quantity, horizon))) for quantity in QUANTITIES)
        ]
    return pd.DataFrame(rows, columns=["model", "horizon_seconds", "issued_at", *QUANTITIES])


def issued_for(
    store: Store,
    key: SeriesKey,
    index: pd.DatetimeIndex,
    window_seconds: int,
    horizons: Sequence[int] | None,
    quantities: Sequence[str] = ("mean",),
) -> dict[int, dict[str, pd.DataFrame]]:
    """What was issued for the windows of `index`: by horizon (windows) and model a table of the quantities on that
    index, NaN where nothing was. `horizons` None: whatever was issued up to LONGEST windows ahead."""
    window = pd.Timedelta(window_seconds, "s")
    start, stop = index[0] - (max(horizons or (LONGEST,)) - 1) * window, index[-1] + window
    fields = [field(quantity, horizon * window_seconds) for horizon in horizons or () for quantity in quantities]
    table = store.read(FORECASTS, key.tags, start.to_pydatetime(), stop.to_pydatetime(), fields=fields or None)
    if horizons is None:
        seconds = {int(name.rsplit("_", 1)[1]) for name in table.columns if name.startswith("mean_")}
        horizons = sorted(second // window_seconds for second in seconds)
    issued: dict[int, dict[str, pd.DataFrame]] = {}
    windows, origins = _seconds(index), _seconds(table[TIME])
    stored = table.drop(columns=[TIME, "model"])
    places = {str(name): place for place, name in enumerate(stored.columns)}
    codes, models = pd.factorize(table["model"])
    for code, model in enumerate(models):
        rows = codes == code
        values, begun = stored.to_numpy()[rows], origins[rows]
        for horizon in horizons:
            names = [field(quantity, horizon * window_seconds) for quantity in quantities]
            if places.keys() >= set(names):
                columns = values[:, [places[name] for name in names]]
                by_window = _at(windows, begun + (horizon - 1) * window_seconds, columns)
                issued.setdefault(horizon, {})[str(model)] = pd.DataFrame(by_window, index, list(quantities))
    return issued


def issued_tables(
    store: Store,
    stored: SeriesRecord,
    index: pd.DatetimeIndex,
    horizons: Sequence[int],
    quantities: Sequence[str] = ("mean",),
) -> dict[int, dict[str, pd.DataFrame]]:
    """As issued_for() of the catalog's models, but only what was issued for one of these windows at least: a model that
    came to the catalog later is absent, so that the others are still scored."""
    tables = issued_for(store, stored.key, index, stored.window_seconds, horizons, quantities)
    issued: dict[int, dict[str, pd.DataFrame]] = {}
    for horizon, models in tables.items():
        for key in catalog.model_keys():
            if key in models and models[key]["mean"].notna().any():
                issued.setdefault(horizon, {})[key] = models[key]
    return issued


def _at(windows: Ints, targets: Ints, values: Floats) -> Floats:
    """The row of values of each window, from rows that are each about a target; NaN for windows that are none."""
    rows = np.full((len(windows), values.shape[1]), np.nan)
    places = np.minimum(np.searchsorted(windows, targets), len(windows) - 1)
    known = windows[places] == targets
    rows[places[known]] = values[known]
    return rows


def _seconds(times: pd.Series | pd.DatetimeIndex) -> Ints:
    return np.asarray(pd.DatetimeIndex(times).as_unit("s").asi8)
