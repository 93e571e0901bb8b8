"""Accuracy on traces that a model was not trained on: python -m bench.held_out [--traces FOLDER]

Leave one out: for every family of traces a model is trained on all others, as the shipped one is, and scored on these:
whole, on first days, on first hours and thinned until most windows are empty. Prints the tables that bench.accuracy
writes into docs/accuracy.md.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from backend.arrays import Floats
from backend.models.baselines import IN_BACKTEST, baselines_at
from backend.models.intervals import LEVEL_NAMES, LEVELS
from backend.models.predictor import RPSEstimator
from backend.models.train import HORIZONS as TRAINED
from backend.models.train import fit
from bench.intermittent import Drawn, drawn, thinned_until_empty
from bench.traces import FOLDER, TRACES, Trace, absent, read

Ratios = dict[tuple[str, Trace | Drawn], Floats]  # by kind and trace: (pieces, horizons)

HORIZONS = (1, 5, 15)
MODEL = "lgbm_plus"
WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class Kind:
    """What of a trace is forecast: `pieces` of so many `windows`, scored from row `first` on; the whole if 0.

    empty: the share of windows without a request to which the trace is thinned before; as it is if 0.
    """

    title: str
    windows: int = 0
    pieces: int = 1
    first: int = 0
    empty: float = 0.0


KINDS = (
    Kind("whole"),
    Kind("first days", 1_440, 12, 9),
    Kind("first hours", 60, 30, 10),
    *(Kind(f"{empty:.0%} empty", empty=empty) for empty in (0.6, 0.8, 0.95)),
)


@dataclass(frozen=True)
class Fold:
    """A family of traces, and a model that saw none of them."""

    traces: Mapping[Trace, pd.DataFrame]
    estimator: RPSEstimator


def folds(folder: Path, horizons: Sequence[int] = TRAINED) -> Iterator[Fold]:
    frames = {trace: read(folder / trace.file) for trace in TRACES}
    for family in dict.fromkeys(trace.family for trace in TRACES):
        others = [(trace.file, frame) for trace, frame in frames.items() if trace.family != family]
        estimator = RPSEstimator.from_content(f"without {family}", fit(others, horizons), {})
        yield Fold({trace: frame for trace, frame in frames.items() if trace.family == family}, estimator)


def pieces_of(frame: pd.DataFrame, kind: Kind) -> list[tuple[pd.DataFrame, int]]:
    """Pieces and the row from which each is scored: of the whole from a week on, or from half of what is less."""
    if kind.empty:
        frame = thinned_until_empty(frame, kind.empty)
    if not kind.windows:
        week = WEEK // (frame.index[1] - frame.index[0])
        return [(frame, min(week, len(frame) // 2))]
    starts = np.linspace(0, len(frame) - kind.windows, kind.pieces).astype(int)
    pieces = [frame.iloc[start : start + kind.windows] for start in starts]
    # Where all is empty or the same, every forecast is right.
    return [(piece, kind.first) for piece in pieces if piece["actual_rps"].iloc[kind.first :].std() > 0]


def ratios(fold: Fold, horizons: Sequence[int] = HORIZONS, kinds: Sequence[Kind] = KINDS) -> Ratios:
    """RMSE over that of the best of five baselines in hindsight."""
    return {
        (kind.title, trace): np.array(
            [_ratios(fold.estimator, piece, first, horizons) for piece, first in pieces_of(frame, kind)]
        )
        for kind in kinds
        for trace, frame in fold.traces.items()
    }


def of_drawn(estimator: RPSEstimator) -> Ratios:
    """The same on intermittent traffic that is drawn at random, by any model: none is trained on such."""
    return {
        ("drawn", each): np.array([_ratios(estimator, frame, len(frame) // 2, HORIZONS)]) for each, frame in drawn()
    }


def _ratios(estimator: RPSEstimator, frame: pd.DataFrame, first: int, horizons: Sequence[int]) -> list[float]:
    actual = frame["actual_rps"].to_numpy()[first:]
    row = []
    for horizon, beside in baselines_at(frame["actual_rps"], horizons, IN_BACKTEST).items():
        mean = estimator.rolling_forecasts(frame, horizon, first)[MODEL]["mean"].to_numpy()
        others = np.stack([column.to_numpy()[first:] for column in beside.values()])
        scored = np.isfinite(actual) & np.isfinite(mean) & np.isfinite(others).all(axis=0)
        best = np.square(others[:, scored] - actual[scored]).mean(axis=1).min()
        row.append(float(np.sqrt(np.square(mean[scored] - actual[scored]).mean() / best)) if best > 0 else np.nan)
    return row


def geometric(values: Floats) -> float:
    return float(np.exp(np.nanmean(np.log(values))))


def table(scored: Ratios) -> str:
    """A line a kind and trace, as Markdown; the mean of all traces below each kind."""
    horizons = " / ".join(map(str, HORIZONS))
    lines = [f"| of the trace | trace | mean at {horizons} | worst piece |", "| --- | --- | --- | --- |"]
    for kind in dict.fromkeys(title for title, _ in scored):
        chosen = {trace: each for (title, trace), each in scored.items() if title == kind}
        for trace, each in chosen.items():
            means = " / ".join(f"{geometric(column):.3f}" for column in each.T)
            lines.append(f"| {kind} | {trace.title} | {means} | {np.nanmax(each):.2f} |")
        by_trace = np.array([[geometric(column) for column in each.T] for each in chosen.values()])
        means = " / ".join(f"{geometric(column):.3f}" for column in by_trace.T)
        lines.append(f"| **{kind}** | **all, geometric mean** | **{means}: {geometric(by_trace):.3f}** | |")
    return "\n".join(lines)


def calibration(fold: Fold, horizons: Sequence[int] = TRAINED) -> list[str]:
    """Lines of a Markdown table: the share of windows below each quantile, after a week of history."""
    lines = []
    for trace, frame in fold.traces.items():
        ((_, first),) = pieces_of(frame, KINDS[0])
        actual = frame["actual_rps"].to_numpy()[first:]
        for horizon in horizons:
            quantiles = fold.estimator.rolling_forecasts(frame, horizon, first)[MODEL][list(LEVEL_NAMES)].to_numpy().T
            known = np.isfinite(actual) & np.isfinite(quantiles[0])
            shares = [
                share_below(actual[known], each[known], level) for each, level in zip(quantiles, LEVELS, strict=True)
            ]
            cells = " | ".join(f"{100 * share:.1f}" for share in shares)
            lines.append(f"| {trace.title} | {horizon} | {cells} |")
    return lines


def share_below(actual: Floats, quantile: Floats, level: float) -> float:
    """The share below, of those on it as many as bring it nearest to the level: where most windows are empty, they lie
    on a quantile that is 0."""
    return float(np.clip(level, (actual < quantile).mean(), (actual <= quantile).mean()))


def section(folder: Path) -> str:
    scored: Ratios = {}
    calibrated = [f"| trace | horizon | {' | '.join(LEVEL_NAMES)} |", "| --- " * (len(LEVELS) + 2) + "|"]
    for fold in folds(folder):
        Console().print(fold.estimator.version)
        scored |= ratios(fold)
        calibrated += calibration(fold)
        scored |= of_drawn(fold.estimator)
    return SECTION.format(table=table(scored), calibration="\n".join(calibrated))


SECTION = """## Traces that no training saw

Leave one out: for every kind of trace a model was trained on all others, as the shipped one is (`python -m
bench.held_out`). RMSE of LGBM+ ÷ that of the best of five baselines in hindsight.

{table}

### Quantiles

The share of windows below each quantile, in percent, by the same models after a week of history; of windows that lie on
it as many count as bring the share nearest to the level.

{calibration}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if missing := absent(arguments.traces):
        Console().print(f"Accuracy on traces held out needs {', '.join(missing)} in {arguments.traces} (--traces).")
        return
    print(section(arguments.traces))  # noqa: T201  (Markdown, to be written to a file)


if __name__ == "__main__":
    main()
