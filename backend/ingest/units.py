"""Whether numbers are counts, rates or a counter's standing: by name, else by the numbers, else the user is asked."""

import numpy as np

from backend.ingest.choices import Choice, SeveralReadings
from backend.ingest.columns import Plan
from backend.ingest.contract import ReadOptions, ValueUnit
from backend.ingest.rejects import quoted
from backend.ingest.series import SeriesRows, rises

_WORDS: dict[ValueUnit, str] = {
    "count": "a count of requests per row",
    "rate": "a rate in requests per second",
    "total": "a cumulative counter, whose increase is the traffic",
}


def settle_unit(plan: Plan, rows: SeriesRows, options: ReadOptions) -> tuple[ValueUnit, float, list[str]]:
    """The unit of the values, and what makes them requests, or requests per second. Raises SeveralReadings."""
    name = quoted(plan.value or "")
    if options.value_unit is not None:
        return options.value_unit, 1.0, []
    unit = _unit(plan, rows)
    if plan.scale != 1.0:
        return unit, plan.scale, []  # said where the name was read
    return unit, 1.0, [f"{name} was read as {_WORDS[unit]} (override with value_unit)."]


def ask_about_kind(name: str) -> None:
    """Raise SeveralReadings: rows at no regular times, with a number that may be anything."""
    raise SeveralReadings(
        f"The rows are irregular, and {quoted(name)} may be a number of requests or something else.",
        [
            Choice({"kind": "raw"}, f"One request a row: {quoted(name)} is something else."),
            Choice(
                {"kind": "series", "value_column": name, "value_unit": "count"},
                f"{quoted(name)} is how many requests a row stands for.",
            ),
        ],
    )


def _unit(plan: Plan, rows: SeriesRows) -> ValueUnit:
    if plan.unit == "rate":
        return "rate"
    rising = rises(rows)
    if rising and plan.counters:
        return "total"
    if rising:
        _ask(plan, "only rises, as a counter does", ("total", "count", "rate"))
    whole = np.allclose(rows.values, np.rint(rows.values), rtol=1e-9, atol=0)  # 1.01 B is whole but for its last digit
    if plan.unit == "count":
        if not whole and plan.scale == 1.0 and not any(style.units for style in plan.styles):
            _ask(plan, "is named as a count and has fractions", ("rate", "count"))
        return "count"
    if not whole:
        return "rate"
    if plan.alone and rows.groups is None:
        _ask(plan, "has whole numbers, and its name does not say what they are", ("count", "rate"))
    return "count"


def _ask(plan: Plan, because: str, units: tuple[ValueUnit, ...]) -> None:
    name = quoted(plan.value or "")
    raise SeveralReadings(
        f"{name} {because}.", [Choice({"value_unit": unit}, f"{name} is {_WORDS[unit]}.") for unit in units]
    )
