"""RPSEstimator: the catalog's models, applied to one series at a time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from backend.models import catalog, features, model_file
from backend.models.ensemble import HISTORY_WINDOWS, HorizonModel, LinearPrior, at_horizon, forecasts
from backend.models.frames import ForecastResult, by_level, series_of
from backend.models.intervals import INTERVAL, LEVEL_NAMES
from backend.models.live import GROUP, LiveForecaster
from backend.models.model_file import Content, HorizonContent, Manifest
from backend.models.shrinkage import MIN_WINDOWS
from backend.models.trailing_sums import shift
from backend.models.trees import Trees

COLUMNS = ["model", "horizon", "timestamp", "mean", *LEVEL_NAMES]


class RPSEstimator:
    """Forecasts of request rates by the models of catalog.MODELS, see docs/decisions/0003-forecasting.md.

    Frames: UTC DatetimeIndex on a regular grid (1 s to 1 day), column `actual_rps` in requests per second, NaN where
    unknown. Horizons: `horizons` are trained, those between are interpolated (interpolation.py), none beyond is given.
    Only the last `history_windows` windows have an effect. No state that calls could disturb: thread-safe.
    Can be pickled.
    """

    history_windows = HISTORY_WINDOWS

    def __init__(self, version: str, models: dict[int, HorizonModel], manifest: Manifest) -> None:
        self.version = version
        self.manifest = manifest
        self.horizons = tuple(sorted(models))
        self._models = models

    @classmethod
    def load(cls, path: str | Path) -> "RPSEstimator":
        """The estimator in `path` (.pkl), checked against the .json beside it first. Raises ModelFileError."""
        path = Path(path)
        content, manifest = model_file.read(path)
        return cls.from_content(path.stem, content, manifest)

    @classmethod
    def from_content(cls, version: str, content: Content, manifest: Manifest) -> "RPSEstimator":
        """The estimator of a model file's content."""
        return cls(version, {horizon: _horizon_model(part) for horizon, part in content["horizons"].items()}, manifest)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """For every row the forecast one window ahead that was made just before it: a column a model, named as in
        catalog.MODELS, and the edges of the preferred model's interval, p10 and p90.

        NaN in rows before which nothing is known.
        """
        return predictions(self.forecasts_at(frame, 1))

    def rolling_forecasts(self, frame: pd.DataFrame, horizon: int, start: int = 0) -> dict[str, pd.DataFrame]:
        """For every row from number `start` the forecast made `horizon` windows before it, by model.

        Columns mean and intervals.LEVEL_NAMES; NaN in rows before whose origin nothing is known.
        """
        first = max(0, start - horizon)
        tables = {}
        for key, table in self.forecasts_at(frame, horizon, first).items():
            rows = {name: shift(column.to_numpy(), horizon, np.nan)[start - first :] for name, column in table.items()}
            tables[key] = pd.DataFrame(rows, index=frame.index[start:])
        return tables

    def forecasts_at(self, frame: pd.DataFrame, horizon: int, first: int = 0) -> dict[str, pd.DataFrame]:
        """For every row from number `first` the forecast `horizon` windows ahead from its end, by model.

        Columns mean and intervals.LEVEL_NAMES; NaN in rows where nothing is known.
        """
        models = self._models_for(horizon)
        if first >= len(frame):
            empty = pd.DataFrame(columns=["mean", *LEVEL_NAMES], index=frame.index[first:], dtype=np.float64)
            return dict.fromkeys(catalog.model_keys(), empty)
        begin = max(0, first - HISTORY_WINDOWS)
        values, grid = series_of(frame.iloc[begin:])
        computed = at_horizon(
            {each: forecasts(values, grid, each, models[each], first - begin) for each in models}, horizon
        )
        return {
            key: pd.DataFrame({"mean": mean} | by_level(computed.quantiles[key]), index=frame.index[first:])
            for key, mean in computed.mean.items()
        }

    def forecast(self, frame: pd.DataFrame, horizons: Sequence[int] | None = None) -> ForecastResult:
        """Forecasts of every model from the end of `frame`."""
        values, grid = series_of(frame)
        wanted = tuple(horizons or self.horizons)
        models = self._models_of(wanted)
        last = len(values) - 1
        trained = {each: forecasts(values, grid, each, model, last) for each, model in models.items()}
        window = pd.Timedelta(grid.step_ns, unit="ns")
        rows = []
        for horizon in wanted:
            computed = at_horizon(trained, horizon)
            for key, (mean,) in computed.mean.items():
                if np.isfinite(mean):
                    named = {"model": key, "horizon": horizon, "timestamp": frame.index[-1] + horizon * window}
                    levels = {name: float(column[0]) for name, column in by_level(computed.quantiles[key]).items()}
                    rows.append(named | {"mean": float(mean)} | levels)
        known = int(np.isfinite(values[-features.MAX_AGE :]).sum())
        return ForecastResult(pd.DataFrame(rows, columns=COLUMNS), known < MIN_WINDOWS, frame.index[-1] + window)

    def live(self, window_seconds: int, horizons: Sequence[int] | None = None, together: int = GROUP) -> LiveForecaster:
        """For series that grow by a window at a time: the same forecasts, in a hundredth of the time. `together`: how
        many are computed at once, where there are so many."""
        wanted = tuple(horizons or self.horizons)
        return LiveForecaster(self._models_of(wanted), wanted, window_seconds * 10**9, together)

    def _models_of(self, horizons: Sequence[int]) -> dict[int, HorizonModel]:
        models = {trained: model for horizon in horizons for trained, model in self._models_for(horizon).items()}
        return dict(sorted(models.items()))

    def _models_for(self, horizon: int) -> dict[int, HorizonModel]:
        """Those that a horizon's forecasts follow from: its own, or between two trained ones all. Raises ValueError."""
        if horizon in self._models:
            return {horizon: self._models[horizon]}
        if not self.horizons[0] < horizon < self.horizons[-1]:
            raise ValueError(
                f"Horizon {horizon} lies outside those of {self.version}, {self.horizons[0]} to {self.horizons[-1]} "
                "windows ahead. Ask for one within, or train a model for it: scaleops train --horizons"
            )
        return self._models


def predictions(forecasts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What RPSEstimator.predict gives, from what forecasts_at gave one window ahead of every row."""
    columns = {model.column: forecasts[model.key]["mean"] for model in catalog.MODELS}
    columns |= {edge: forecasts[catalog.PREFERRED.key][edge] for edge in INTERVAL}
    return pd.DataFrame(columns).shift(1)


def _horizon_model(part: HorizonContent) -> HorizonModel:
    return HorizonModel(
        trees={key: Trees(text) for key, text in part["trees"].items()},
        linear=tuple(
            LinearPrior(prior["step_seconds"], np.array(prior["gram"]), np.array(prior["coefficients"]))
            for prior in part["linear"]
        ),
        errors={key: np.array(errors) for key, errors in part["errors"].items()},
    )
