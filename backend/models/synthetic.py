"""Synthetic traffic to train on beside traces: drawn from simple processes, none of them fitted to a trace.

A trace shows a kind of traffic or two. Trees that have met none but daily cycles take every burst for the start of one.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from backend.models.rolling import Floats

WINDOWS = 3_000  # of each series
STEPS = ("1min", "5min", "10min", "1h")  # a series of each kind and each of these
DAY = pd.Timedelta(days=1)

# (random, time in days) -> expected requests relative to their mean, at every window
Shape = Callable[[np.random.Generator, Floats], Floats]


def series(seed: int = 1) -> list[tuple[str, pd.DataFrame]]:
    """A named frame of each kind and window length, as RPSEstimator takes them; the same seed gives the same ones."""
    frames = []
    for kind, shape in KINDS.items():
        for step in STEPS:
            random = np.random.default_rng([seed, *kind.encode(), *step.encode()])
            frames.append((f"synthetic {kind}, {step}", _frame(random, shape, pd.Timedelta(step))))
    return frames


def _frame(random: np.random.Generator, shape: Shape, step: pd.Timedelta) -> pd.DataFrame:
    """Counts around the drawn shape: negative binomial, their variance 1 to 8 times the mean."""
    start = pd.Timestamp("2001-01-01", tz="UTC") + pd.Timedelta(days=int(random.integers(0, 3_000)))
    index = pd.date_range(start, periods=WINDOWS, freq=step)
    expected = 10.0 ** random.uniform(0.5, 3.5) * shape(random, np.arange(WINDOWS, dtype=np.float64) * (step / DAY))
    excess = random.uniform(0.05, 7.0)
    counts = random.negative_binomial(np.maximum(expected, 1e-6) / excess, 1.0 / (1.0 + excess))
    return pd.DataFrame({"actual_rps": counts / step.total_seconds()}, index=index)


def _steady(_: np.random.Generator, days: Floats) -> Floats:
    return np.ones(len(days))


def _seasonal(random: np.random.Generator, days: Floats) -> Floats:
    """A day of two harmonics and a weekend, around a level that wanders slowly."""
    phase, size = random.uniform(0, 2 * np.pi, 2), random.uniform(0.2, 0.9)
    day = np.sin(2 * np.pi * days + phase[0]) + random.uniform(0, 0.5) * np.sin(4 * np.pi * days + phase[1])
    weekend = np.where(days // 1 % 7 >= 5, random.uniform(0.4, 1.0), 1.0)
    return np.asarray(np.exp(size * day) * weekend * _wandering(random, days))


def _trending(random: np.random.Generator, days: Floats) -> Floats:
    """A cycle on a trend that turns a few times: to a third or to three times over the whole."""
    turns = np.sort(random.uniform(0, days[-1], 4))
    knots = np.concatenate([[0.0], turns, [days[-1]]])
    return np.exp(np.interp(days, knots, random.uniform(-0.55, 0.55, len(knots)))) * _seasonal(random, days)


def _growing(random: np.random.Generator, days: Floats) -> Floats:
    """Growth of three to a hundred times, by halves of a logistic curve."""
    middle, pace = random.uniform(0.4, 0.9) * days[-1], days[-1] / random.uniform(6, 20)
    grown = 1.0 / (1.0 + np.exp(-(days - middle) / pace))
    return np.asarray((10.0 ** -random.uniform(0.5, 2.0) + grown) * _seasonal(random, days))


def _shifting(random: np.random.Generator, days: Floats) -> Floats:
    """A level that jumps by a third to three times, some ten times in all."""
    jumps = np.where(random.random(len(days)) < 10 / len(days), random.normal(0, 0.6, len(days)), 0.0)
    return np.asarray(np.exp(np.clip(np.cumsum(jumps), -2.5, 2.5)))


def _walking(random: np.random.Generator, days: Floats) -> Floats:
    """A random walk of the logarithm, by 0.3 to 5 % a window, drawn back to where it began over 2,000 windows."""
    steps = random.normal(0, 10.0 ** random.uniform(-2.5, -1.3), len(days))
    return np.exp(_filtered(steps, 1 - 1 / 2_000))


def _bursting(random: np.random.Generator, days: Floats) -> Floats:
    """Bursts of Pareto size that fade within 2 to 40 windows, on a mild cycle."""
    often, tail, fade = random.uniform(0.002, 0.03), random.uniform(1.2, 2.5), random.uniform(2, 40)
    sizes = np.where(random.random(len(days)) < often, np.minimum(random.pareto(tail, len(days)) + 0.5, 100.0), 0.0)
    return _seasonal(random, days) * (1.0 + _filtered(sizes, np.exp(-1 / fade)))


def _intermittent(random: np.random.Generator, days: Floats) -> Floats:
    """Nothing in 60 to 95 % of the windows; when there is something, likelier at some hours, is of lognormal size."""
    busy = random.uniform(0.05, 0.4)
    hours = np.exp(random.uniform(0, 1.0) * np.sin(2 * np.pi * days + random.uniform(0, 6.3)))
    stirring = random.random(len(days)) < np.minimum(busy * hours / hours.mean(), 1.0)
    return np.where(stirring, random.lognormal(0, random.uniform(0.2, 1.2), len(days)), 0.0) / busy


def _wandering(random: np.random.Generator, days: Floats) -> Floats:
    memory = 1 - 10.0 ** -random.uniform(0.5, 2.5)
    noise = _filtered(random.normal(0, np.sqrt(1 - memory**2), len(days)), memory)
    return np.exp(random.uniform(0.02, 0.25) * noise)


def _filtered(impulses: Floats, memory: float) -> Floats:
    """x_t = memory * x_(t-1) + impulse_t."""
    kept: list[float] = []
    value = 0.0
    for impulse in impulses.tolist():
        value = memory * value + impulse
        kept.append(value)
    return np.array(kept)


KINDS: Mapping[str, Shape] = {
    "steady": _steady,
    "seasonal": _seasonal,
    "trending": _trending,
    "growing": _growing,
    "shifting": _shifting,
    "walking": _walking,
    "bursting": _bursting,
    "intermittent": _intermittent,
}
