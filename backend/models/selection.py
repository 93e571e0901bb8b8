"""Selection: of all candidates for a horizon the one to act on, by the least error lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from backend.arrays import Floats, Ints
from backend.models import catalog
from backend.models.baselines import baselines, baselines_at
from backend.models.intervals import LEVELS

SPAN = 240  # windows that errors are taken over
LOOKBACK = 3 * SPAN  # windows to hand over: the choice is walked through anew every time, so it outlives a restart
MARGIN = 0.05  # a challenger must be so much better than the one selected, or the two would take turns
FEWEST = 60  # scored forecasts below which the preferred model is selected unasked

# least_error: it had the least error over the last SPAN windows. kept: another had, but was not MARGIN better.
# too_few: fewer than FEWEST forecasts could be scored, so it is the preferred model.
Why = Literal["least_error", "kept", "too_few"]


@dataclass(frozen=True)
class Selection:
    """model: the key of a model or baseline. errors: by candidate the WAPE over the last SPAN windows; empty where too
    few forecasts could be scored."""

    model: str
    why: Why
    errors: dict[str, float]


@dataclass(frozen=True)
class BaselineForecast:
    """From the end of the rates, requests per second; quantiles: (levels,), levels as intervals.LEVELS."""

    mean: float
    quantiles: Floats


def choose(rates: pd.Series, horizon: int, forecasts: Mapping[str, npt.ArrayLike]) -> Selection:
    """The candidate to act on `horizon` windows after the last of `rates` (regular grid, NaN unknown).

    `forecasts`: by model what was forecast for each window of `rates` that many windows before, NaN where nothing was;
    empty where no model's forecasts are known. Candidates are these models and the baselines that may be served, all
    scored on the windows that all of them forecast.
    """
    of_one = {horizon: {key: _column(each) for key, each in forecasts.items()}}
    return choose_each(rates.to_frame(), of_one)[horizon][0]


def choose_each(rates: pd.DataFrame, forecasts: Mapping[int, Mapping[str, Floats]]) -> dict[int, list[Selection]]:
    """As choose(), by horizon and of many series: `rates` has a column each, and what was forecast by model is
    (windows, series)."""
    naive = baselines_at(rates, list(forecasts), catalog.served_baselines())
    chosen = {}
    for horizon, models in forecasts.items():
        keys = _keys(models)
        errors = _trailing_errors(rates, {**models, **naive[horizon]}, keys)
        chosen[horizon] = [_selection(errors[..., place], keys) for place in range(rates.shape[1])]
    return chosen


def _column(forecast: npt.ArrayLike) -> Floats:
    return np.asarray(forecast, np.float64)[:, np.newaxis]


def _selection(errors: Floats, keys: Sequence[str]) -> Selection:
    """From the errors of the candidates `keys` at every window: (candidates, windows)."""
    if len(keys) == len(catalog.served_baselines()) or np.isnan(errors[0, -1]):
        return Selection(catalog.PREFERRED.key, "too_few", {})
    selected = keys[int(_walk(errors[:, np.isfinite(errors[0])])[-1])]
    newest = dict(zip(keys, errors[:, -1].tolist(), strict=True))
    return Selection(selected, "least_error" if newest[selected] == min(newest.values()) else "kept", newest)


def selections(rates: pd.Series, horizon: int, forecasts: Mapping[str, npt.ArrayLike]) -> list[str]:
    """At the end of every window of `rates` the key that is selected, the arguments being those of choose()."""
    if not forecasts:
        return [catalog.PREFERRED.key] * len(rates)
    keys = _keys(forecasts)
    naive = baselines(rates, horizon, catalog.served_baselines())
    columns = {key: _column(each) for key, each in {**forecasts, **naive}.items()}
    errors = _trailing_errors(rates.to_frame(), columns, keys)[..., 0]
    scored = np.flatnonzero(np.isfinite(errors[0]))
    selected = np.zeros(len(rates), dtype=np.int64)  # the preferred model, which comes first
    selected[scored] = _walk(errors[:, scored])
    return [keys[place] for place in selected]


def _keys(forecasts: Mapping[str, npt.ArrayLike]) -> list[str]:
    return [*(key for key in catalog.model_keys() if key in forecasts), *catalog.served_baselines()]


def _walk(errors: Floats) -> Ints:
    """Place of the candidate that is selected at each window of `errors` (candidates, windows), from the first on."""
    places = np.zeros(errors.shape[1], dtype=np.int64)
    selected, window = 0, 0
    least = errors.min(axis=0)
    while (better := least[window:] < (1 - MARGIN) * errors[selected, window:]).any():
        window += int(np.argmax(better)) + 1
        selected = int(np.argmin(errors[:, window - 1]))
        places[window - 1 :] = selected
    return places


def baseline_forecast(rates: pd.Series, horizon: int, key: str, step: pd.Timedelta) -> BaselineForecast:
    """The forecast of a baseline from the end of the rates, with the quantiles of its own errors lately."""
    ahead = pd.date_range(rates.index[-1], periods=horizon + 1, freq=step)[1:]
    longer = pd.concat([rates, pd.Series(np.nan, index=ahead)])
    forecasts = baselines(longer, horizon, [key])[key]
    errors = (longer - forecasts).iloc[-SPAN - horizon :].dropna()
    mean = float(forecasts.iloc[-1])
    edges = np.quantile(errors, LEVELS) if len(errors) else np.zeros(len(LEVELS))
    return BaselineForecast(mean, around(mean, edges))


def around(mean: Floats | float, errors: Floats) -> Floats:
    """Quantiles of a baseline, requests per second, from those of its errors (..., levels). The lowest and the highest
    enclose its forecast: it says what it is (the last value), and is not moved as a model's mean is."""
    edges = errors.copy()
    edges[..., 0], edges[..., -1] = np.minimum(edges[..., 0], 0.0), np.maximum(edges[..., -1], 0.0)
    return np.maximum(mean + edges, 0.0)


def _trailing_errors(rates: pd.DataFrame, forecasts: Mapping[str, npt.ArrayLike], keys: Sequence[str]) -> Floats:
    """By candidate, window and series the WAPE over the trailing SPAN; NaN for all where too few were scored."""
    stacked = np.stack([np.asarray(forecasts[key], np.float64) for key in keys])
    actual = rates.to_numpy(np.float64)
    scored = np.isfinite(actual) & np.isfinite(stacked).all(axis=0)
    absolute = np.where(scored, np.abs(stacked - actual), 0.0)
    traffic, count = (_trailing(np.where(scored, each, 0.0)) for each in (actual, np.ones_like(actual)))
    usable = (count >= FEWEST) & (traffic > 0)
    errors: Floats = np.divide(_trailing(absolute), traffic, out=np.full(stacked.shape, np.nan), where=usable)
    return errors


def _trailing(values: Floats) -> Floats:
    """Over windows, the axis before that of series."""
    total: Floats = np.cumsum(values, axis=-2)
    total[..., SPAN:, :] -= total[..., :-SPAN, :].copy()
    return total
