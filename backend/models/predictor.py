"""RPSEstimator: the two trained models, applied to one series at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from backend.models import model_file
from backend.models.ensemble import (
    HISTORY_WINDOWS,
    Forecasts,
    HorizonModel,
    LinearPrior,
    Matrix,
    Trees,
    forecasts,
)
from backend.models.expert_average import MIN_WINDOWS
from backend.models.frames import MODELS, ForecastResult, by_level, series_of
from backend.models.intervals import LEVELS, ResidualPrior
from backend.models.live import LiveForecaster
from backend.models.rolling import Floats


class RPSEstimator:
    """Forecasts of request rates by LGBM+ (model1) and LGBM (model2), see docs/decisions/0003-forecasting.md.

    Frames: UTC DatetimeIndex on a regular grid (1 s to 1 day), column `actual_rps` in requests per second, NaN where
    unknown. Only the last `history_windows` windows have an effect. No state that calls could disturb: thread-safe.
    """

    min_windows = MIN_WINDOWS
    history_windows = HISTORY_WINDOWS

    def __init__(self, version: str, models: dict[int, HorizonModel], manifest: dict[str, Any]) -> None:
        self.version = version
        self.manifest = manifest
        self.horizons = tuple(models)
        self._models = models

    @classmethod
    def load(cls, path: str | Path) -> "RPSEstimator":
        """The estimator in `path` (.pkl), checked against the .json beside it first. Raises ModelFileError."""
        path = Path(path)
        content, manifest = model_file.read(path)
        return cls.from_parts(path.stem, content, manifest)

    @classmethod
    def from_parts(cls, version: str, content: dict[str, Any], manifest: dict[str, Any]) -> "RPSEstimator":
        """The estimator of a model file's content."""
        return cls(version, {int(h): _horizon_model(part) for h, part in content["horizons"].items()}, manifest)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """For every row the forecast made just before it: predicted_rps_model1, predicted_rps_model2, p10, p90.

        p10 and p90 are model1's. NaN in rows before which nothing is known.
        """
        made = self._made(frame, 1, 0, (True, False))
        columns = {
            "predicted_rps_model1": made.mean[0],
            "predicted_rps_model2": made.mean[1],
            "p10": made.quantiles[0, LEVELS.index(0.1)],
            "p90": made.quantiles[0, LEVELS.index(0.9)],
        }
        return pd.DataFrame({name: _behind(column, 1) for name, column in columns.items()}, index=frame.index)

    def rolling_forecasts(self, frame: pd.DataFrame, horizon: int, start: int = 0) -> dict[str, pd.DataFrame]:
        """For every row from number `start` the forecast made `horizon` windows before it, by model.

        Columns mean, p10, p50, p90, p95; NaN in rows before whose origin nothing is known.
        """
        first = max(0, start - horizon)
        tables = {}
        for model, table in self.forecasts_at(frame, horizon, first).items():
            rows = {name: _behind(column.to_numpy(), horizon)[start - first :] for name, column in table.items()}
            tables[model] = pd.DataFrame(rows, index=frame.index[start:])
        return tables

    def forecasts_at(self, frame: pd.DataFrame, horizon: int, first: int = 0) -> dict[str, pd.DataFrame]:
        """For every row from number `first` the forecast `horizon` windows ahead from its end, by model.

        Columns mean, p10, p50, p90, p95; NaN in rows where nothing is known.
        """
        made = self._made(frame, horizon, first, (True, True))
        tables = {}
        for place, model in enumerate(MODELS):
            columns = {"mean": made.mean[place]} | by_level(made.quantiles[place])
            tables[model] = pd.DataFrame(columns, index=frame.index[first:])
        return tables

    def forecast(
        self, frame: pd.DataFrame, horizons: Sequence[int] | None = None, step: pd.Timedelta | None = None
    ) -> ForecastResult:
        """Forecasts of both models from the end of `frame`. `step`: the window, needed only for a frame of one row."""
        return self.live(horizons).forecast(frame, step)

    def live(self, horizons: Sequence[int] | None = None) -> LiveForecaster:
        """For one series that grows by a window at a time: the same forecasts, in a thirtieth of the time."""
        return LiveForecaster({horizon: self._model(horizon) for horizon in horizons or self.horizons})

    def _made(self, frame: pd.DataFrame, horizon: int, first: int, bands: tuple[bool, bool]) -> Forecasts:
        if len(frame) == 0:
            return Forecasts(np.empty((2, 0)), np.empty((2, len(LEVELS), 0)))
        values, grid = series_of(frame)
        return forecasts(values, grid, horizon, self._model(horizon), first, bands)

    def _model(self, horizon: int) -> HorizonModel:
        if horizon not in self._models:
            raise ValueError(f"Horizon {horizon} was not trained; {self.version} has {self.horizons}.")
        return self._models[horizon]


def _behind(column: Floats, horizon: int) -> Floats:
    """By origin -> by target row, as many rows: the first `horizon` have no origin."""
    return np.concatenate([np.full(min(horizon, len(column)), np.nan), column[:-horizon]])


def _horizon_model(part: dict[str, Any]) -> HorizonModel:
    return HorizonModel(
        residual=trees_of(part["residual"]),
        direct=trees_of(part["direct"]),
        linear=tuple(
            LinearPrior(prior["step_seconds"], np.array(prior["gram"]), np.array(prior["coefficients"]))
            for prior in part["linear"]
        ),
        errors=(ResidualPrior(np.array(part["errors_plus"])), ResidualPrior(np.array(part["errors_direct"]))),
    )


def trees_of(text: str) -> Trees:
    """A boosted ensemble from LightGBM's text, whose hash must have been checked: damaged text kills the process."""
    booster = lgb.Booster(model_str=text)

    def predict(rows: Matrix) -> Floats:
        # One thread for a live step: starting more costs more than they save.
        return np.asarray(booster.predict(rows, num_threads=1 if len(rows) < 4_096 else 0), dtype=np.float64)

    return predict
