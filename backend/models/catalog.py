"""What forecasts: the models, and the naive baselines that they are measured against. One row each.

Whatever lists models or baselines reads these two tables, so that a new one is a row here and its rule. A model that
needs trees of its own is trained, too: backend/models/train.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from backend.arrays import Floats
from backend.models import naive
from backend.models.stack import Stack
from backend.models.trailing_stats import TrailingStats

# (statistics, horizon) -> at every row as an origin the rate forecast `horizon` windows ahead: requests per second, at
# least 0, NaN where there is nothing to go by. It looks at no more than the last 512 windows of an origin,
# by sums of backend/models/trailing_sums.py, whose last digit is the same in a backtest and a live step.
RateRule = Callable[[TrailingStats, int], Floats]
# (rates, horizons) -> for each horizon at every row the forecast made that many rows before it.
NaiveRule = Callable[[pd.Series, Sequence[int]], list[pd.Series]]


@dataclass(frozen=True)
class Model:
    """`column`: the field of a stored point that holds what the model forecast for the window just before it.

    `rule`: where its rates come from. Those of a stack are drawn to the expert average where it has not earned trust
    (backend/models/ensemble.py); those of a RateRule are taken as they are.
    """

    key: str
    label: str
    description: str
    column: str
    rule: Stack | RateRule


@dataclass(frozen=True)
class Baseline:
    """`season`: how far back it looks, where it repeats a season. `served`: whether selection may serve it in place of
    a model. `in_backtest`: whether every backtest scores it, or only what a user compares on the page."""

    key: str
    label: str
    description: str
    rule: NaiveRule
    season: timedelta | None = None
    served: bool = False
    in_backtest: bool = True


MODELS = (
    Model(
        "lgbm_plus",
        "LGBM+",
        "LightGBM on top of a baseline that follows the level",
        "predicted_rps_model1",
        Stack(
            "linear",
            {
                "lgbm_plus_trees": 0.8,
                "season_day_growth": 0.0,
                "season_weeks_growth": 0.0,
                "level": 0.0,
            },
        ),
    ),
    Model(
        "lgbm",
        "LGBM",
        "LightGBM alone",
        "predicted_rps_model2",
        Stack(
            "lgbm_trees",
            {
                "season_day_growth": 0.0,
                "season_weeks_growth": 0.0,
                "level": 0.0,
            },
        ),
    ),
)
# What is served while too little is known, and what the anomaly rule looks at.
PREFERRED = MODELS[0]
BASELINES = (
    Baseline("last_value", "last value", "the rate of the newest known window", naive.last_value, served=True),
    Baseline("ewma", "EWMA", "exponentially weighted moving average, alpha 0.15", naive.ewma, served=True),
    Baseline("ewma_tuned", "EWMA, tuned", "the EWMA whose alpha had the least squared error so far", naive.ewma_tuned),
    Baseline("mean_15", "mean of 15 windows", "mean of the last 15 windows", naive.mean_15),
    Baseline("seasonal_naive_day", "same time yesterday", "the rate a day before", naive.seasonal_naive_day, naive.DAY),
    Baseline(
        "seasonal_naive_week",
        "same time last week",
        "the rate a week before",
        naive.seasonal_naive_week,
        naive.WEEK,
        in_backtest=False,
    ),
)


def model_keys() -> tuple[str, ...]:
    return tuple(model.key for model in MODELS)


def candidates() -> tuple[str, ...]:
    """Keys of what selection chooses among."""
    return (*model_keys(), *served_baselines())


def served_baselines() -> tuple[str, ...]:
    return tuple(baseline.key for baseline in BASELINES if baseline.served)


def label(key: str) -> str:
    """What a person reads for the key of a model or a baseline."""
    return next(row.label for row in (*MODELS, *BASELINES) if row.key == key)
