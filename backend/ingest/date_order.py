"""Day and month in dates of numbers: what the whole column says about their order."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.time_forms import DAY, FORMS, MICROS, TimeForm, read_moments

HOLE_DAYS = 20  # a swapped month leaves at least 28 days between two dates
_READS = {
    "dmy": "day first, then month",
    "mdy": "month first, then day",
    "ymd": "year, month, day (ISO 8601)",
    "ydm": "year, day, month",
}


def with_order(form: TimeForm, order: str) -> TimeForm:
    """The same form with another order of its numbers."""
    sign = form.name.split(" ")[-1][-1]
    return next(other for other in FORMS if other.order == order and sign in other.name.split(" ")[-1])


def settled_form(batches: Iterable[pa.Array[Any]], form: TimeForm, notes: list[str]) -> TimeForm:
    """The form with the order that the dates allow. Raises SeveralReadings where both are as likely."""
    dates = sorted({date for batch in batches for date in _dates(batch)})
    if form.name == "dmy ." and _fit(dates, form):
        return form  # points mean day first
    orders = [with_order(form, order) for order in ("dmy", "mdy")]
    share = [_fit(dates, one) for one in orders]
    if share[0] != share[1]:
        return orders[int(share[1] > share[0])]
    holes = [_hole(dates, one) for one in orders]
    if holes[0] != holes[1]:
        chosen = orders[int(holes[0])]
        notes.append(f"Dates were read with the {_READS[str(chosen.order)]}: only so they follow each other.")
        return chosen
    raise SeveralReadings(
        f"Dates such as {dates[0]} may have the day or the month first.",
        [_choice(str(one.order), dates[0], one) for one in orders],
    )


def ask_about_year_first(days: npt.NDArray[np.int64]) -> None:
    """Raise SeveralReadings where dates that were read as year, month, day have a hole which they have not as year,
    day, month. `days`: the different days since 1970, sorted."""
    if len(days) < 2 or np.max(np.diff(days)) < HOLE_DAYS:
        return
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    day, month, year = (
        (dates - months).astype(np.int64) + 1,
        months.astype(np.int64) % 12 + 1,
        dates.astype("M8[Y]").astype(np.int64),
    )
    if np.any(day > 12):
        return
    swapped = np.sort(((year * 12 + day - 1).astype("M8[M]").astype("M8[D]").astype(np.int64)) + month - 1)
    if np.max(np.diff(swapped)) >= HOLE_DAYS:
        return
    first = str(dates[0])
    raise SeveralReadings(
        f"Dates such as {first} leave a hole of weeks as year, month, day, and none as year, day, month.",
        [Choice({"date_order": order}, f"{first} is {_READS[order]}.") for order in ("ymd", "ydm")],
    )


def _choice(order: str, date: str, form: TimeForm) -> Choice:
    ticks = read_moments(pa.array([date]), form).ticks[0]
    day = np.datetime64(int(ticks), "us").astype("M8[D]").item()
    return Choice({"date_order": order}, f"{date} is {day.day} {day:%B %Y}: {_READS[order]}.")


def _dates(batch: pa.Array[Any]) -> list[str]:
    found = pc.extract_regex(batch, r"^\s*(?:\pL+[.,]*\s+)?(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})").field("date")
    return [date for date in pc.unique(found).to_pylist() if date]


def _fit(dates: list[str], form: TimeForm) -> int:
    return int(np.count_nonzero(read_moments(pa.array(dates, pa.string()), form).good))


def _hole(dates: list[str], form: TimeForm) -> bool:
    moments = read_moments(pa.array(dates, pa.string()), form)
    days = np.unique(moments.ticks[moments.good] // (DAY * MICROS))
    return len(days) > 1 and int(np.max(np.diff(days))) >= HOLE_DAYS
