"""Accuracy beside peers, all on the same targets: python -m bench.accuracy [--traces FOLDER] [--out docs]

Needs the peers' libraries (`make bench` installs them in an environment of their own) and the traces; a pretrained
network is a peer, too, where that environment has requirements-fracast.txt. Trains as `make train` does, but without
the days that are scored. Writes accuracy.md and its plots; every figure in them comes from this command.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from rich.console import Console
from scipy.stats import nbinom

from backend.arrays import Floats
from backend.config import ROOT, Settings
from backend.models import catalog
from backend.models.baselines import IN_BACKTEST, baselines
from backend.models.evaluate import SHOWN, Errors, errors_of, naive_step
from backend.models.predictor import RPSEstimator
from backend.models.train import HORIZONS, train, validation_start
from bench import held_out, peers, traces
from bench.traces import FOLDER, absent, read

LEVELS = (0.1, 0.5, 0.9)
ORIGINS = 60  # of the models that are fitted anew at every one of them: MSTL takes 6 s each time
TRAILING_DISPERSION = 1440


@dataclass(frozen=True)
class Trace:
    """A trace whose last days are scored."""

    title: str
    file: str
    unit: float  # what the tables multiply rates with: requests a minute


TRACES = (
    Trace("NASA, 13-22 Aug 1995", "nasa_http_1995_jul01_aug22_per_minute.csv.gz", 60),
    Trace("World Cup, 12-21 Jun 1998", "worldcup98_apr30_jun21_per_minute.csv.gz", 60),
)


@dataclass(frozen=True)
class Scored:
    """Forecasts of one trace by name: [target row, horizon], NaN before `first`; `intervals`: LEVELS by model."""

    trace: Trace
    rates: pd.Series
    first: int
    forecasts: dict[str, Floats]
    intervals: dict[str, Floats]
    sample: list[int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    if missing := absent(arguments.traces):
        Console().print(f"Accuracy beside peers needs {', '.join(missing)} in {arguments.traces} (--traces).")
        return
    frames = {trace.file: read(arguments.traces / trace.file) for trace in traces.TRACES}
    estimator = trained_before(list(frames.items()))
    parts = [
        INTRODUCTION.format(horizons=", ".join(map(str, HORIZONS)), version=Settings().model_path.stem, origins=ORIGINS)
    ]
    for number, trace in enumerate(TRACES):
        scored = score(estimator, trace, frames[trace.file]["actual_rps"])
        plots = draw(scored, arguments.out, number)
        parts.append(section(scored, plots))
    parts.append(held_out.section(arguments.traces))
    (arguments.out / "accuracy.md").write_text("\n".join(parts))


def trained_before(frames: list[tuple[str, pd.DataFrame]]) -> RPSEstimator:
    """The model that is scored while the shipped one is trained: it has not seen the last days."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "scored.pkl"
        train(frames, out, lambda step, done, total: Console().print(f"{step}: {done} of {total}"), refit=False)
        return RPSEstimator.load(out)


def score(estimator: RPSEstimator, trace: Trace, rates: pd.Series) -> Scored:
    """Every model's forecasts of the trace's validation windows."""
    first = int(rates.index.searchsorted(validation_start(rates.to_frame())))
    forecasts: dict[str, Floats] = {}
    intervals: dict[str, Floats] = {}
    for place, horizon in enumerate(HORIZONS):
        tables = estimator.rolling_forecasts(rates.to_frame(), horizon, 0)
        for name, column in baselines(rates, horizon).items():
            _put(forecasts, name, place, column.to_numpy(), len(rates))
        for name, table in tables.items():
            _put(forecasts, name, place, table["mean"].to_numpy(), len(rates))
            intervals.setdefault(name, np.full((len(rates), len(HORIZONS), len(LEVELS)), np.nan))
            intervals[name][:, place] = table[["p10", "p50", "p90"]].to_numpy()
    intervals["negative binomial"] = negative_binomial(rates, forecasts["lgbm_plus"], trace.unit)
    known = np.flatnonzero(rates.notna().to_numpy())
    origins = [int(row) for row in known if first - min(HORIZONS) <= row < len(rates) - max(HORIZONS)]
    sample = origins[:: max(1, len(origins) // ORIGINS)]
    for name, peer in peers.EVERYWHERE.items():
        forecasts[name] = _by_target(peer(rates, first, origins, HORIZONS), origins, len(rates))
    if peers.NETWORK in forecasts:  # whether it knows something that LGBM+ does not
        forecasts[f"mean of LGBM+ and {peers.NETWORK}"] = (forecasts["lgbm_plus"] + forecasts[peers.NETWORK]) / 2
    for name, peer in peers.SUBSAMPLED.items():
        Console().print(f"{trace.title}: {name}")  # some take minutes
        forecasts[name] = _by_target(peer(rates, first, sample, HORIZONS), sample, len(rates))
    return Scored(trace, rates, first, forecasts, intervals, sample)


def negative_binomial(rates: pd.Series, means: Floats, unit: float) -> Floats:
    """Quantiles of a negative binomial around the means, its dispersion that of the trailing day's residuals."""
    quantiles = np.full((*means.shape, len(LEVELS)), np.nan)
    counts = rates.to_numpy() * unit
    for place, horizon in enumerate(HORIZONS):
        mean = np.maximum(means[:, place] * unit, 1e-9)
        squares, trailing_mean = (
            pd.Series(column).rolling(TRAILING_DISPERSION, min_periods=60).mean()
            for column in ((counts - mean) ** 2, mean)
        )
        dispersion = np.maximum((squares / trailing_mean).shift(horizon).to_numpy(), 1.0001)  # variance over mean
        size = mean / (dispersion - 1)
        for column, level in enumerate(LEVELS):
            quantiles[:, place, column] = nbinom.ppf(level, size, 1 / dispersion) / unit
    return quantiles


def rmse_table(scored: Scored, names: list[str], rows: Floats) -> str:
    """RMSE, MAE, MASE and sMAPE at every horizon over the targets that all of the names forecast, as Markdown."""
    lines = [
        "| model | RMSE " + " / ".join(map(str, HORIZONS)) + " | MAE | MASE | sMAPE % | RMSE ÷ best baseline |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    actual = scored.rates.to_numpy()
    step = naive_step(scored.rates.iloc[: scored.first])
    cells: dict[str, list[Errors]] = {name: [] for name in names}
    for place in range(len(HORIZONS)):
        forecasts = np.stack([scored.forecasts[name][:, place] for name in names])
        usable = np.isfinite(actual) & np.isfinite(forecasts).all(axis=0) & rows[:, place]
        for name, forecast in zip(names, forecasts, strict=True):
            cells[name].append(errors_of(actual[usable], forecast[usable], step))
    naive = [name for name in names if name in IN_BACKTEST]
    best = [min(cells[name][place]["rmse"] for name in naive) for place in range(len(HORIZONS))]
    for name in sorted(names, key=lambda name: cells[name][0]["rmse"]):
        row, unit = cells[name], scored.trace.unit
        lines.append(
            f"| {title(name)} | {_joined(cell['rmse'] * unit for cell in row)} | "
            f"{_joined(cell['mae'] * unit for cell in row)} | {_joined(cell['mase'] or np.nan for cell in row)} | "
            f"{' / '.join(format(cell['smape'], '.1f') for cell in row)} | "
            f"{' / '.join(format(cell['rmse'] / least, '.3f') for cell, least in zip(row, best, strict=True))} |"
        )
    return "\n".join(lines)


def interval_table(scored: Scored) -> str:
    """Pinball loss at p10, p50, p90 and the coverage of p10-p90, as Markdown."""
    lines = ["| intervals | horizon | pinball p10 / p50 / p90 | p10-p90 covers |", "| --- | --- | --- | --- |"]
    actual = scored.rates.to_numpy()
    for place, horizon in enumerate(HORIZONS):
        edges = np.stack([interval[:, place] for interval in scored.intervals.values()])
        usable = np.isfinite(actual) & np.isfinite(edges).all(axis=(0, 2))
        usable[: scored.first] = False
        for name, interval in zip(scored.intervals, edges, strict=True):
            error = actual[usable, None] - interval[usable]
            loss = np.maximum(error * LEVELS, error * (np.array(LEVELS) - 1)).mean(axis=0) * scored.trace.unit
            inside = (actual[usable] >= interval[usable, 0]) & (actual[usable] <= interval[usable, 2])
            lines.append(f"| {title(name)} | {horizon} | {_joined(loss)} | {100 * inside.mean():.1f} % |")
    return "\n".join(lines)


def section(scored: Scored, plots: list[str]) -> str:
    """One trace's part of the page."""
    every = np.zeros((len(scored.rates), len(HORIZONS)), dtype=bool)
    every[scored.first :] = True
    some = np.zeros_like(every)
    for place, horizon in enumerate(HORIZONS):
        some[np.array(scored.sample) + horizon, place] = True
    everywhere = [name for name in scored.forecasts if name not in peers.SUBSAMPLED]
    pictures = "\n\n".join(f"![{plot}]({plot})" for plot in plots)
    return (
        f"## {scored.trace.title}\n\nEvery window a target, requests a minute.\n\n"
        f"{rmse_table(scored, everywhere, every)}\n\n"
        f"On {len(scored.sample)} origins, models that are fitted anew among them.\n\n"
        f"{rmse_table(scored, list(scored.forecasts), some)}\n\n"
        f"Intervals, requests a minute.\n\n{interval_table(scored)}\n\n{pictures}\n"
    )


def draw(scored: Scored, out: Path, number: int) -> list[str]:
    """Forecast against actual 15 windows ahead on one day, and coverage by hour of the day."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "accuracy"  # the same figures give the same file
    from matplotlib import pyplot

    unit, place = scored.trace.unit, HORIZONS.index(15)
    day = slice(scored.first + 1440, scored.first + 2 * 1440)
    times = scored.rates.index[day]
    figure, axes = pyplot.subplots(figsize=(9, 3.2))
    interval = scored.intervals["lgbm_plus"][day, place] * unit
    axes.fill_between(times, interval[:, 0], interval[:, 2], alpha=0.25, label="LGBM+ p10-p90")
    axes.plot(times, scored.rates[day] * unit, color="black", linewidth=0.6, label="actual")
    axes.plot(times, scored.forecasts["lgbm_plus"][day, place] * unit, linewidth=1.2, label="LGBM+, 15 minutes before")
    axes.set(title=f"{scored.trace.title}: requests a minute, forecast 15 minutes ahead", xlabel="UTC")
    axes.legend(frameon=False, fontsize=8)
    names = [f"accuracy_{number}_forecast.svg", f"accuracy_{number}_coverage.svg"]
    figure.savefig(out / names[0], bbox_inches="tight", metadata={"Date": None})
    figure, axes = pyplot.subplots(figsize=(9, 2.4))
    actual = scored.rates.to_numpy()
    for column, horizon in enumerate(HORIZONS):
        edges = scored.intervals["lgbm_plus"][:, column]
        inside = pd.Series((actual >= edges[:, 0]) & (actual <= edges[:, 2]), index=scored.rates.index)
        inside = inside[np.isfinite(actual) & np.isfinite(edges).all(axis=1)].iloc[-(len(actual) - scored.first) :]
        axes.plot(inside.groupby(inside.index.hour).mean(), marker="o", markersize=3, label=f"{horizon} ahead")
    axes.axhline(0.8, color="black", linewidth=0.6)
    axes.set(title="Share of windows inside LGBM+'s p10-p90, by hour", xlabel="hour, UTC", ylim=(0.5, 1))
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(out / names[1], bbox_inches="tight", metadata={"Date": None})
    return names


def title(name: str) -> str:
    """A row's title: the models' in bold, a peer's is its name."""
    if name in catalog.model_keys():
        return f"**{catalog.label(name)}**"
    return catalog.label(name) if name in SHOWN else name


def _put(forecasts: dict[str, Floats], name: str, place: int, column: Floats, rows: int) -> None:
    forecasts.setdefault(name, np.full((rows, len(HORIZONS)), np.nan))[:, place] = column


def _by_target(forecasts: Floats, origins: list[int], rows: int) -> Floats:
    """[origin, horizon] to [target row, horizon]."""
    table = np.full((rows, len(HORIZONS)), np.nan)
    for place, horizon in enumerate(HORIZONS):
        table[np.array(origins) + horizon, place] = forecasts[:, place]
    return table


def _joined(values: Iterable[float]) -> str:
    return " / ".join(f"{value:,.2f}" if value < 1000 else f"{value:,.0f}" for value in values)


INTRODUCTION = """# Accuracy beside peers

Made by `make bench` (bench/accuracy.py) with a model trained as the shipped `{version}` is, but without the ten days
that are scored. All models of a table are scored on the same targets, {horizons} windows of a minute ahead; each uses
only windows that had ended by its origin. Peers that are fitted anew at every origin are shown on about {origins}
origins, with all other models on those same origins; that few tell a good model from a bad one, and not the first few
from each other. The best baseline is the best of five (last value, EWMA 0.15, EWMA tuned on the past, mean of 15, same
time yesterday), chosen with hindsight for each horizon. MASE divides by the mean step between neighbouring windows
before those days.
"""

if __name__ == "__main__":
    main()
