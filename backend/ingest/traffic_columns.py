"""Which of several columns of numbers is the traffic: that of all requests, parts that are added up, or a question."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.names import (
    METHODS,
    OUTCOMES,
    ROLE_OF_WORD,
    STATUS,
    TOTAL_LABELS,
    Meaning,
    are_parts,
    is_cumulative,
    is_leftover,
    is_total,
    words,
)
from backend.ingest.numbers import NumberStyle, parse_values
from backend.ingest.rejects import listed, quoted
from backend.ingest.time_columns import JOINED

_STATISTICS = tuple(
    tuple((word,) for word in group.split()) for group in ("min minimum", "avg average mean", "max maximum")
)
_HITS, _MISSES = frozenset({"hit", "hits"}), frozenset({"miss", "misses"})
MOST_ASKED = 6  # columns that are offered, beside all together


@dataclass(frozen=True)
class Candidate:
    """A column of numbers, and what its name says."""

    name: str
    meaning: Meaning


def choose_columns(
    candidates: Sequence[Candidate],
    samples: Mapping[str, pa.Array[Any]],
    styles: Mapping[str, NumberStyle],
    notes: list[str],
) -> list[Candidate]:
    """The columns of the traffic, none where none can be it. Raises SeveralReadings where several may be."""
    single = [one for one in candidates if not is_cumulative(one.name)]
    if any(one.meaning.role in {"traffic", "weak"} for one in single):
        candidates = single  # what is new beside what there was so far
    for choose in _RANKS:
        group = choose(candidates)
        if choose is _totals and group:
            _ask_about_samples(group, candidates)
        if len(group) == 1:
            return group
        if group:
            return _of_several(group, samples, styles, notes)
    return []


def _ask_about_samples(counts: Sequence[Candidate], candidates: Sequence[Candidate]) -> None:
    """Raise SeveralReadings where a count stands beside the least, the mean and the most of something unnamed: it may
    be how many requests were measured, or how often the traffic was."""
    statistics = {
        tuple(word for word in words(one.name) if ROLE_OF_WORD.get(word) != "empty"): one for one in candidates
    }
    least, mean, most = (next((statistics[key] for key in keys if key in statistics), None) for keys in _STATISTICS)
    if least and mean and most:
        raise SeveralReadings(
            f"{quoted(counts[0].name)} may count requests, or how often the traffic was measured.",
            [
                Choice({"value_column": counts[0].name}, f"{quoted(counts[0].name)} counts requests."),
                Choice({"value_column": mean.name}, f"{quoted(mean.name)} is the traffic."),
            ],
        )


def _whole(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of all traffic; `web requests` is that only where no `api requests` stands beside it."""
    traffic = [one for one in candidates if one.meaning.role == "traffic"]
    return [one for one in traffic if one.meaning.is_whole and not any(_is_beside(one, other) for other in traffic)]


def _is_beside(one: Candidate, other: Candidate) -> bool:
    """Whether two names differ in a word, by which the one is not of the whole."""
    own, others = words(one.name), words(other.name)
    differing = [word for word, its in zip(own, others, strict=False) if word != its]
    return len(own) == len(others) and len(differing) == 1 and not other.meaning.is_whole and not is_total(differing[0])


def _whole_rates(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in _whole(candidates) if one.meaning.unit == "rate"]


def _whole_counts(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Where misses stand beside them, hits are of a cache and so a part: without a column of both, both together."""
    whole = _whole(candidates)
    counts = [one for one in candidates if one.meaning.role != "measure"]
    hits, misses = ([one for one in counts if names & set(words(one.name))] for names in (_HITS, _MISSES))
    if not misses:
        return whole
    return [one for one in whole if one not in hits] or [*hits, *misses]


def _parts(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Traffic with a word more, and failed requests beside those that went well."""
    traffic = [one for one in candidates if one.meaning.role == "traffic" or _is_class(one)]
    failed = [one for one in candidates if one.meaning.role == "error" and one not in traffic and _names_traffic(one)]
    together = [one for one in candidates if one in traffic or one in failed]
    return together if traffic and (not failed or are_parts([one.name for one in together])) else traffic


def _totals(candidates: Sequence[Candidate]) -> list[Candidate]:
    """A count of everything under a name that is of everything: total, sum, count."""
    weak = [one for one in candidates if one.meaning.role == "weak" and not one.meaning.rest]
    counts = [one for one in weak if one.meaning.unit == "count"]
    totals = [one for one in counts if TOTAL_LABELS & set(words(one.name))]
    return totals or counts or weak


def _weak(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in candidates if one.meaning.role == "weak"]


def _unnamed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Names that say nothing; of outcomes the failed ones belong to them."""
    group = [one for one in candidates if one.meaning.role in {"empty", "none"}]
    if group and all(one.name.strip().lower() in OUTCOMES for one in group):
        group = [one for one in candidates if one in group or one.name.strip().lower() in OUTCOMES]
    totals = [one for one in group if is_total(one.name)]
    return totals or group


def _errors(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Status codes alone, which together are all requests."""
    group = [one for one in candidates if STATUS.fullmatch(one.name.strip()) or one.name.strip().lower() in METHODS]
    rest = [one for one in candidates if one not in group and is_leftover(one.name)]
    return [*group, *rest] if len(group) > 1 else []


_Rank = Callable[[Sequence[Candidate]], list[Candidate]]
_RANKS: tuple[_Rank, ...] = (_whole_rates, _whole_counts, _errors, _totals, _parts, _weak, _unnamed)


def _is_class(one: Candidate) -> bool:
    """A count of one status or method: HTTPCode_2XX_Count."""
    return one.meaning.role in {"weak", "error"} and any(
        STATUS.fullmatch(word) or word in METHODS for word in words(one.name)
    )


def _names_traffic(one: Candidate) -> bool:
    return any(ROLE_OF_WORD.get(word) == "traffic" for word in words(one.name))


def _of_several(
    group: list[Candidate],
    samples: Mapping[str, pa.Array[Any]],
    styles: Mapping[str, NumberStyle],
    notes: list[str],
) -> list[Candidate]:
    names = [one.name for one in group]
    total = _sum_of_others(group, samples, styles)
    if total is not None:
        notes.append(f"{quoted(total.name)} is the sum of the other columns, so it counts alone.")
        return [total]
    if are_parts(names):
        notes.append(
            f"{listed(names)} are parts of one quantity: their values were added up (override with value_column)."
        )
        return group
    choices = [Choice({"value_column": name}, f"{quoted(name)} alone is the traffic.") for name in names[:MOST_ASKED]]
    every = JOINED.join(names)
    choices.append(Choice({"value_column": every}, f"{listed(names)} are parts: their sum is the traffic."))
    raise SeveralReadings(f"Several columns may be the traffic: {listed(names)}.", choices)


def _sum_of_others(
    group: Sequence[Candidate], samples: Mapping[str, pa.Array[Any]], styles: Mapping[str, NumberStyle]
) -> Candidate | None:
    """The column that is the sum of all others in every row, if there is one."""
    known = [one for one in group if one.name in styles]
    if len(known) < 3:
        return None
    values = np.nan_to_num(np.array([parse_values(samples[one.name], styles[one.name])[0] for one in known]))
    sums = values.sum(axis=0)
    for place, one in enumerate(known):
        if sums.any() and np.allclose(values[place] * 2, sums):
            return one
    return None
