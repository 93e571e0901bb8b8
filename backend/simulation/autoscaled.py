"""An HPA over the span: what it asks for at every sync, by the metrics that it has then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backend.arrays import Floats
from backend.simulation.fleet import Steps
from backend.simulation.hpa import HorizontalPodAutoscaler, behavior_of
from backend.simulation.replay import Replay


@dataclass(frozen=True)
class Metric:
    """An external metric with an average value: values[i] from times[i] (seconds, rising) on, NaN where it cannot be
    read."""

    times: Floats
    values: Floats
    target: float

    def at(self, moments: Floats) -> list[float]:
        places = np.searchsorted(self.times, moments, side="right") - 1
        values = self.values[np.maximum(places, 0)] if len(self.values) else np.full(len(moments), np.nan)
        read: list[float] = np.where(places >= 0, values, np.nan).tolist()
        return read


def observed_rate(replay: Replay, target: float) -> Metric:
    """The rate of the newest window that has ended, some seconds ago: what a Prometheus knows."""
    rates = replay.traffic.rates
    ends = _seconds(rates.index) + replay.window + replay.settings.scrape_seconds
    return Metric(ends, rates.to_numpy(np.float64), target)


def rate_of_a_week_before(replay: Replay, target: float) -> Metric:
    """The rate a week before the time when what is asked for now serves: `offset 7d` less the lead. 0 where nothing is
    known of then, as KEDA's prometheus trigger reads what is absent."""
    rates = replay.traffic.rates.fillna(0.0)
    begins = _seconds(rates.index) + 7 * 86_400 - replay.policy.lead.seconds
    return Metric(np.append(-np.inf, begins), np.append(0.0, rates.to_numpy(np.float64)), target)


def autoscaled(replay: Replay, metrics: Sequence[Metric], behavior: Mapping[str, Any] | None = None) -> Steps:
    """Every sync from the beginning to the end of the span. behavior: that of the HPA's manifest, where it has one."""
    sync = replay.settings.sync_seconds
    begin, stop = replay.begin.timestamp(), replay.traffic.stop.timestamp()
    syncs = np.arange(np.ceil(begin / sync) * sync, stop, sync)
    columns = [[(value, metric.target) for value in metric.at(syncs)] for metric in metrics]
    policy = replay.policy
    rules = behavior_of(behavior, policy.hpa_tolerance)
    scaler = HorizontalPodAutoscaler(rules, policy.min_replicas, policy.max_replicas)
    running, asked = replay.first_replicas, []
    for at, *read in zip(syncs.tolist(), *columns, strict=True):
        running = scaler.step(at, running, read)
        asked.append(running)
    return replay.asked(syncs, np.array(asked, np.int64))


def _seconds(index: pd.Index) -> Floats:
    return np.asarray(pd.DatetimeIndex(index).as_unit("s").asi8, np.float64)
