"""What forecasts: the models, and the naive baselines that they are measured against. One row each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """`column`: the field of a stored point that holds what the model forecast for the window just before it."""

    key: str
    label: str
    description: str
    column: str


@dataclass(frozen=True)
class Baseline:
    """`served`: whether selection may serve it in place of a model."""

    key: str
    label: str
    description: str
    served: bool = False


# The first is the preferred one: what is served while too little is known, and what the anomaly rule looks at.
MODELS = (
    Model("lgbm_plus", "LGBM+", "LightGBM on top of a baseline that follows the level", "predicted_rps_model1"),
    Model("lgbm", "LGBM", "LightGBM alone", "predicted_rps_model2"),
)
BASELINES = (
    Baseline("last_value", "last value", "the rate of the newest known window", served=True),
    Baseline("ewma", "EWMA", "exponentially weighted moving average, alpha 0.15", served=True),
    Baseline("ewma_tuned", "EWMA, tuned", "the EWMA whose alpha had the least squared error so far"),
    Baseline("mean_15", "mean of 15 windows", "mean of the last 15 windows"),
    Baseline("seasonal_naive_day", "same time yesterday", "the rate a day before"),
    Baseline("seasonal_naive_week", "same time last week", "the rate a week before"),
)
