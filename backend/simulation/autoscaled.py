"""An HPA over the span: what it asks for at every sync, by the metrics that it has then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.models.rolling import Floats
from backend.simulation.fleet import Steps
from backend.simulation.hpa import Behavior, HorizontalPodAutoscaler
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
    """The rate a week before the time when what is asked for now serves: `offset 7d` less the lead."""
    rates = replay.traffic.rates
    begins = _seconds(rates.index) + 7 * 86_400 - replay.policy.lead.seconds
    return Metric(begins, rates.to_numpy(np.float64), target)


def autoscaled(replay: Replay, behavior: Behavior, metrics: Sequence[Metric]) -> Steps:
    """Every sync from the beginning to the end of the span."""
    sync = replay.settings.sync_seconds
    begin, stop = replay.begin.timestamp(), replay.traffic.stop.timestamp()
    syncs = np.arange(np.ceil(begin / sync) * sync, stop, sync)
    columns = [[(value, metric.target) for value in metric.at(syncs)] for metric in metrics]
    scaler = HorizontalPodAutoscaler(behavior, replay.policy.min_replicas, replay.policy.max_replicas)
    running, asked = replay.first_replicas, []
    for at, *read in zip(syncs.tolist(), *columns, strict=True):
        running = scaler.step(at, running, [one for one in read if one[0] == one[0]])
        asked.append(running)
    return replay.asked(syncs, np.array(asked, np.int64))


def _seconds(index: pd.Index) -> Floats:
    return np.asarray(pd.DatetimeIndex(index).as_unit("s").asi8, np.float64)
