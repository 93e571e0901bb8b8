"""Sample traffic for a first look: invented requests, so the name says synthetic wherever it shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE_FILENAME = "synthetic-sample.parquet"
DAYS = 7
MEAN_PER_MINUTE = 90.0
OUTAGE = (3.40, 3.48)  # days from the start: two hours without a request, which is unknown and not zero
SPIKE = (5.62, 5.63, 3.0)  # days from the start, and how many times the usual traffic


def sample_requests(end: datetime, seed: int = 1) -> np.ndarray:
    """Request times of the seven days before `end`, in microseconds since 1970, sorted.

    A daily and a weekly cycle, slow drift of the level, and clumps of requests: a visit is a page and its
    parts, which makes the variance of a minute about four times its mean, as in the NASA trace.
    """
    generator = np.random.default_rng(seed)
    start = end - timedelta(days=DAYS)
    minutes = np.arange(DAYS * 1440)
    days = minutes / 1440
    hour = (days + (start.hour * 60 + start.minute) / 1440) % 1
    weekend = np.array([(start + timedelta(minutes=int(minute))).weekday() >= 5 for minute in minutes])
    drift = np.exp(np.cumsum(generator.normal(0, 0.004, len(minutes))))
    rate = MEAN_PER_MINUTE * (1 - 0.75 * np.cos(2 * np.pi * (hour - 0.12))) * np.where(weekend, 0.6, 1.0) * drift
    rate[(days >= SPIKE[0]) & (days < SPIKE[1])] *= SPIKE[2]
    rate[(days >= OUTAGE[0]) & (days < OUTAGE[1])] = 0
    visits = generator.poisson(rate / 4)
    parts = 1 + generator.poisson(3, int(visits.sum()))
    visit_times = np.repeat(minutes, visits) * 60e6 + generator.uniform(0, 60e6, len(parts))
    times = np.repeat(visit_times, parts) + generator.exponential(0.4e6, int(parts.sum()))
    # A first and a last request at the very edges, so that the log covers its first and last window.
    edges = (0.0, DAYS * 86_400e6 - 1)
    times = np.sort(np.append(times[times < edges[1]], edges)).astype("int64")
    return times + int(start.timestamp()) * 1_000_000


def write_sample(folder: Path) -> Path:
    """Write the sample, ending with the last whole minute, and return its path."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    path = folder / SAMPLE_FILENAME
    times = pa.array(sample_requests(end), pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"timestamp": times}), path)
    return path
