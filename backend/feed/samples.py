"""Which sample a line of a feed is: the series' name, the source, what the value means."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import pandas as pd

from backend.config import FeedRule
from backend.errors import InvalidRequestError
from backend.feed.line_parser import BadLine, Line
from backend.measurements import SAMPLE_COLUMNS
from backend.models.frames import MOST_RATE
from backend.stores import TIME
from backend.stores.names import clean_name

# Telegraf plugins whose field is not what its name says: a standing counter called `requests`.
KNOWN_FEEDS = {
    "nginx": FeedRule(field="requests", kind="counter"),
    "nginx_vts_server": FeedRule(field="request_count", kind="counter"),
    "apache": FeedRule(field="TotalAccesses", kind="counter"),
}
USUAL = (("requests", "count"), ("count", "count"), ("hits", "count"), ("rps", "rate"), ("rate", "rate"))
SOURCE_LENGTH = 100
EARLIEST = 631_152_000 * 10**9  # 1990: anything older is a wrong precision
MOST_AHEAD = 86_400 * 10**9
BATCH_LINES = 5_000

Row = tuple[str, str, str, int, float]


@dataclass
class SampleBatch:
    """The samples of a body of lines. `ignored`: lines without a field that tells traffic."""

    rows: list[Row] = field(default_factory=list)
    ignored: int = 0
    bad: list[BadLine] = field(default_factory=list)


def samples_frame(rows: list[Row]) -> pd.DataFrame:
    """Rows as the store takes them."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(SAMPLE_COLUMNS)
    table = pd.DataFrame({name: list(column) for name, column in zip(SAMPLE_COLUMNS, columns, strict=True)})
    times = pd.DatetimeIndex(table[TIME].to_numpy("int64")).as_unit("ns").tz_localize("UTC")
    return table.assign(**{TIME: times})


class SampleReader:
    """Turns lines into samples by the rules of names; `feeds` are the user's, by measurement, and win."""

    def __init__(self, feeds: Mapping[str, FeedRule]) -> None:
        self._feeds = {**KNOWN_FEEDS, **feeds}
        self._names: dict[tuple[str, str | None], str] = {}
        self._sources: dict[tuple[tuple[str, str], ...], str] = {}

    def batches(self, lines: Iterable[Line | BadLine], now: int) -> Iterator[SampleBatch]:
        """The samples of the lines, of so many lines at a time that none of the work on a batch takes long."""
        rest = iter(lines)
        for line in rest:
            yield self.read(chain([line], islice(rest, BATCH_LINES - 1)), now)

    def read(self, lines: Iterable[Line | BadLine], now: int) -> SampleBatch:
        batch = SampleBatch()
        for line in lines:
            if isinstance(line, BadLine):
                batch.bad.append(line)
                continue
            traffic = self._value(line)
            if traffic is None:
                batch.ignored += 1
                continue
            kind, value = traffic
            try:
                name = self._name(line)
                _check(line.time, value, now)
            except InvalidRequestError as problem:
                batch.bad.append(BadLine(line.number, line.measurement, problem.detail.rstrip(".")))
                continue
            batch.rows.append((name, self._source(line.tags), kind, line.time, value))
        return batch

    def _value(self, line: Line) -> tuple[str, float] | None:
        """Kind and value of the line's traffic: by the measurement's rule, else by the names of its fields."""
        rule = self._feeds.get(line.measurement)
        candidates = [(rule.field, rule.kind)] if rule else [*USUAL, *_totals(line)]
        for name, kind in candidates:
            value = line.fields.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return kind, float(value)
        return None

    def _name(self, line: Line) -> str:
        key = (line.measurement, line.tags.get("service"))
        name = self._names.get(key)
        if name is None:
            name = clean_name("/".join(part for part in key if part))
            _remember(self._names, key, name)
        return name

    def _source(self, tags: dict[str, str]) -> str:
        key = tuple(sorted(item for item in tags.items() if item[0] != "service"))
        source = self._sources.get(key)
        if source is None:
            source = ",".join(f"{name}={value}" for name, value in key)
            if len(source) > SOURCE_LENGTH:
                digest = hashlib.sha256(source.encode()).hexdigest()[:16]
                source = f"{source[: SOURCE_LENGTH - 17]} {digest}"
            _remember(self._sources, key, source)
        return source


def _remember(cache: dict[Any, str], key: Any, value: str) -> None:
    """Names repeat with every line of a feed; a client that sends ever new ones must not fill the memory."""
    if len(cache) >= 10_000:
        cache.clear()
    cache[key] = value


def _totals(line: Line) -> list[tuple[str, str]]:
    return [(name, "counter") for name in line.fields if name.endswith("_total")]


def _check(time: int, value: float, now: int) -> None:
    if not EARLIEST <= time <= now + MOST_AHEAD:
        raise InvalidRequestError(
            "its time is before 1990 or more than a day ahead; check `precision`, the unit of times (default ns)"
        )
    if value < 0:
        raise InvalidRequestError("traffic cannot be negative")
    if value > MOST_RATE:
        raise InvalidRequestError(f"{value:.3g} requests are more than any service has; the most is {MOST_RATE:.0e}")
