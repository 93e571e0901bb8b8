"""What a trial of bench/chaos.py sent, and what became of it in the store."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, SAMPLES, read_rates
from backend.stores import TIME, SeriesKey, SeriesRecord, Store
from backend.tests.server import Server
from backend.tests.traffic import minute_counts

WINDOW_SECONDS = 2
STEP = 0.25  # seconds from one sample of a series to the next
SERIES = ("web", "api")
EDGE_WINDOWS = 2  # at both ends of the feed, which it does not cover
FILE_WINDOWS = (500, 6_000)  # one request of InfluxDB, or several
SETTLE_SECONDS = 60
KINDS = ("lost", "doubled", "wrong")  # of findings
Sample = tuple[str, int, int]  # series, ns since 1970, requests


def line_of(sample: Sample) -> str:
    name, moment, count = sample
    return f"{name},host=a requests={count}i {moment}"


@dataclass
class Sent:
    """samples: all, by series and time; waiting: those that are not confirmed; files: by name whether the last sending
    was confirmed."""

    samples: dict[tuple[str, int], int] = field(default_factory=dict)
    waiting: list[Sample] = field(default_factory=list)
    files: dict[str, bool] = field(default_factory=dict)
    begin: float = field(default_factory=lambda: time.time() // WINDOW_SECONDS * WINDOW_SECONDS)
    number: int = 0

    @property
    def end(self) -> float:
        """When the next sample is due."""
        return self.begin + self.number * STEP

    def sample_until(self, now: float) -> None:
        """Take what is due by now. Every count is another, so that a doubled or missing one shows in its window."""
        while self.end < now:
            for place, name in enumerate(SERIES):
                sample = (name, round(self.end * 1e9), 1 + (self.number * 7 + place) % 101)
                self.samples[sample[:2]] = sample[2]
                self.waiting.append(sample)
            self.number += 1

    def confirm(self, batch: list[Sample]) -> None:
        self.waiting = self.waiting[len(batch) :]

    @staticmethod
    def file_windows(number: int) -> int:
        return FILE_WINDOWS[number % len(FILE_WINDOWS)]

    def rates(self, name: str) -> dict[int, float]:
        """By window start the rate that follows from the samples, of the windows that the feed covers."""
        counts: Counter[int] = Counter()
        for (series, moment), count in self.samples.items():
            if series == name:
                counts[moment // 10**9 // WINDOW_SECONDS * WINDOW_SECONDS] += count
        covered = sorted(counts)[EDGE_WINDOWS:-EDGE_WINDOWS]
        return {start: counts[start] / WINDOW_SECONDS for start in covered}


def settle(server: Server, sent: Sent) -> None:
    """Wait until the windows that the feed covers are closed."""
    last = max(max(sent.rates(name)) for name in SERIES)
    give_up = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < give_up:
        stored = {series["filename"]: series["last"] for series in server.get("/api/series")}
        if all(datetime.fromisoformat(stored.get(name, "1970-01-01T00:00:00Z")).timestamp() >= last for name in SERIES):
            break
        time.sleep(0.5)
    time.sleep(3 * WINDOW_SECONDS)  # for what late samples correct


class Finding(NamedTuple):
    kind: str  # of KINDS
    where: str


@dataclass
class Account:
    kills: int
    samples: int
    windows: int
    files: int
    findings: list[Finding]

    @staticmethod
    def titles() -> tuple[str, ...]:
        return "store", "kills", "samples", "windows", "files", *KINDS

    def cells(self) -> list[str]:
        found = Counter(finding.kind for finding in self.findings)
        counts = (self.kills, self.samples, self.windows, self.files, *(found[kind] for kind in KINDS))
        return [f"{count:,}" for count in counts]

    @classmethod
    def of(cls, store: Store, sent: Sent, kills: int) -> "Account":
        records = {record.name: record for record in store.list_series()}
        rates = {name: sent.rates(name) for name in SERIES}
        findings = list(_samples(store, sent))
        for name, expected in rates.items():
            findings += _windows(store, records.get(name), name, expected)
        for name, confirmed in sent.files.items():
            findings += _file(store, records.get(name), name, confirmed)
        return cls(kills, len(sent.samples), sum(map(len, rates.values())), sum(sent.files.values()), findings)


def _samples(store: Store, sent: Sent) -> Iterator[Finding]:
    table = store.read(SAMPLES, {}, datetime.fromtimestamp(0, UTC))
    moments = pd.DatetimeIndex(table[TIME]).as_unit("ns").asi8.tolist()
    stored = list(zip(table["filename"], moments, strict=True))
    kept = dict(zip(stored, table["value"], strict=True))
    for sample, count in sent.samples.items():
        if sample not in kept:
            yield Finding("lost", f"sample {sample}")
        elif kept[sample] != count:
            yield Finding("wrong", f"sample {sample}: {kept[sample]}, not {count}")
    for sample, times in Counter(stored).items():
        if times > 1 or sample not in sent.samples:
            yield Finding("doubled", f"sample {sample}: {times} times")


def _windows(store: Store, record: SeriesRecord | None, name: str, expected: dict[int, float]) -> Iterator[Finding]:
    stored: dict[int, float] = {}
    if record is not None:
        rates = read_rates(store, record.key, None, None)
        stored = dict(zip(pd.DatetimeIndex(rates.index).as_unit("s").asi8.tolist(), rates.tolist(), strict=True))
    for place, (start, rate) in enumerate(expected.items()):
        window = f"window {start} of {name}, number {place} of {len(expected)}"
        if start not in stored:
            yield Finding("lost", window)
        elif stored[start] != rate:
            yield Finding("doubled" if stored[start] > rate else "wrong", f"{window}: {stored[start]}, not {rate}")


def _file(store: Store, record: SeriesRecord | None, name: str, confirmed: bool) -> Iterator[Finding]:
    """A file that was confirmed is whole, with its forecasts; another is whole, absent, or marked as incomplete."""
    if record is None or not record.points or record.incomplete:
        if confirmed:
            yield Finding("lost", f"{name}: {record}")
        return
    number = int(name.removeprefix("file ").removesuffix(".csv"))
    expected = minute_counts(Sent.file_windows(number), number) / 60.0
    rates = read_rates(store, record.key, None, None)
    if len(rates) != len(expected) or record.points != len(expected):
        kind = "doubled" if len(rates) > len(expected) else "lost"
        yield Finding(kind, f"{name}: {len(rates)} windows and {record}, not {len(expected)}")
        return
    if not np.allclose(rates.to_numpy(), expected, rtol=1e-12):
        yield Finding("wrong", f"{name}: other rates")
    end = record.last + timedelta(seconds=record.window_seconds)
    if store.read(FORECASTS, SeriesKey(name, record.version).tags, end).empty:
        yield Finding("lost", f"{name}: forecasts from {end}")
