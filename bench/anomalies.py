"""False alarms and found incidents: python -m bench.anomalies [--traces FOLDER] [--seeds 6] [--out docs]

On traces that the model was not trained on (one is trained on the other trace) and on synthetic traffic, beside a
windowed Gaussian and the rule of release 0.1. Incidents are put in one every second day, in an order and at times that
a seed draws. The setting was chosen on other days, traffic and seeds. Writes anomalies_measured.md.
"""

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from rich.console import Console

from backend.arrays import Bools, Floats, Ints
from backend.config import ROOT
from backend.ingest import ReadLimits, ReadOptions, read_traffic
from backend.models.anomalies import THRESHOLD
from backend.models.catalog import PREFERRED
from backend.models.predictor import RPSEstimator
from backend.models.train import train
from backend.serving.file_anomalies import judged_points

NASA = "nasa_http_1995_jul01_aug22_per_minute.csv.gz"
WORLD_CUP = "worldcup98_apr30_jun21_per_minute.csv.gz"
DAY = 1_440
WARM_DAYS = 8  # that are not counted: a week is remembered
APART_DAYS = 2
IN_TIME = 3  # windows within which an abrupt incident is to be found
OUTAGE_SHARE, OUTAGE_FEWEST = 0.1, 10.0  # of the hour before; requests a minute in that, at least
FEWEST = 3.0  # requests a minute in the hour before an incident: less is silence already
ALARMS, FALSE = "alarms a day", "on days without an outage"
GAUSSIAN_WINDOWS, GAUSSIAN_SIGMAS = 60, 3.0
DRAWS = 200_000  # starts of incidents that a share of those which can be found is counted over
AROUND = 15  # minutes on either side that the mean of a minute is taken from, in hindsight


@dataclass(frozen=True)
class Traffic:
    """Minutes to judge: of a trace, which the model did not see, or drawn."""

    title: str
    file: str  # the trace that the model is not trained on
    rates: Callable[[Path], pd.Series]
    whole: Callable[[Path], pd.Series] | None = None  # what it was thinned from


@dataclass(frozen=True)
class Incident:
    """`change`: (rates in it, the rate before it, the day before it) -> the rates that come instead. factor: what they
    are times what they were, where that is all."""

    name: str
    windows: int
    abrupt: bool
    change: Callable[[Floats, float, Floats], Floats]
    factor: float | None = None


def _times(name: str, windows: int, factor: float) -> Incident:
    return Incident(name, windows, True, lambda rates, _before, _day: rates * factor, factor)


INCIDENTS = (
    _times("outage, 2 min", 2, 0.0),
    _times("outage, 10 min", 10, 0.0),
    _times("outage, 60 min", 60, 0.0),
    _times("spike to 1.5 times, 5 min", 5, 1.5),
    _times("spike to 3 times, 3 min", 3, 3.0),
    _times("spike to 10 times, 2 min", 2, 10.0),
    _times("step -30 %, 4 h", 240, 0.7),
    _times("step +30 %, 4 h", 240, 1.3),
    _times("step +100 %, 4 h", 240, 2.0),
    Incident("stuck value, 1 h", 60, True, lambda rates, before, _day: np.full(len(rates), before)),
    Incident(
        "daily peak missing, 6 h",
        360,
        False,
        lambda rates, _before, day: rates * min(1.0, float(np.nanquantile(day, 0.2) / rates.mean())),
    ),
    Incident("drift +1 % a minute, 2 h", 120, False, lambda rates, _b, _d: rates * (1 + 0.01 * np.arange(len(rates)))),
)
PEAK = INCIDENTS[-2]


def trace(file: str, start: str, stop: str) -> Callable[[Path], pd.Series]:
    def read(folder: Path) -> pd.Series:
        frame = read_traffic(folder / file, file, ReadOptions(), ReadLimits()).frame
        return frame["actual_rps"].loc[start:stop]

    return read


@dataclass(frozen=True)
class Law:
    """What minutes are drawn from: Poisson noise around `mean` (requests a minute, NaN where it is not known) and, in
    shares of the rate, more of it."""

    mean: Floats
    noise: float

    def counts(self, minutes: Ints, random: np.random.Generator) -> Ints:
        mean = self.mean[minutes]
        if self.noise:
            mean = mean * random.gamma(self.noise**-2, self.noise**2, mean.shape)
        return random.poisson(mean)

    def log_likelihood(self, counts: Floats, minutes: Ints) -> Floats:
        """Of counts, which may lie between whole ones: negative binomial, without noise Poisson."""
        mean = self.mean[minutes]
        if not self.noise:
            return np.asarray(counts * np.log(mean) - mean - log_gamma(counts + 1))
        shape = self.noise**-2
        chances = log_gamma(counts + shape) - log_gamma(counts + 1) - log_gamma(np.array(shape))
        odds = shape * np.log(shape / (shape + mean)) + counts * np.log(mean / (shape + mean))
        return np.asarray(chances + odds)


log_gamma = np.vectorize(math.lgamma, otypes=[float])


@dataclass(frozen=True)
class Synthetic:
    """20 days of a daily course. level: requests a minute; noise: beyond that of counting, in shares of the rate."""

    level: float
    noise: float
    growth: float = 0.0
    weekend: float = 1.0

    def __call__(self, _: Path) -> pd.Series:
        law = self.law()
        index = pd.date_range("2026-01-01", periods=len(law.mean), freq="60s", tz="UTC", unit="s")
        random = np.random.default_rng(int(self.level + 1_000 * self.noise))
        return pd.Series(law.counts(np.arange(len(index)), random) / 60, index=index)

    def law(self) -> Law:
        minutes = np.arange(20 * DAY)
        angle = 2 * np.pi * minutes / DAY
        course = 1 + 0.6 * np.sin(angle - 1) + 0.15 * np.sin(2 * angle)
        of_day = np.where(minutes // DAY % 7 < 5, 1.0, self.weekend)
        return Law(np.asarray(self.level * course * np.exp(self.growth * minutes / DAY) * of_day), self.noise)


def law_in_hindsight(rates: pd.Series) -> Law:
    """Of traffic that was not drawn: the mean of the minutes around each, later ones too, and what they scatter."""
    counts = rates * 60
    around = counts.rolling(2 * AROUND + 1, center=True, min_periods=AROUND).mean().to_numpy()
    known = around >= FEWEST
    # By the median, which a burst does not move; that of a square of normal noise is 0.455 of its mean.
    squares = (counts.to_numpy() - around)[known] ** 2 / around[known]
    beyond = max(0.0, float(np.nanmedian(squares)) / 0.455 - 1)
    return Law(np.where(known, around, np.nan), float(np.sqrt(beyond / np.median(around[known]))))


def thinned(source: Callable[[Path], pd.Series], share: float) -> Callable[[Path], pd.Series]:
    def draw(folder: Path) -> pd.Series:
        rates = source(folder)
        counts = (rates * 60).round().fillna(0).astype("int64").to_numpy()
        drawn = pd.Series(np.random.default_rng(5).binomial(counts, share) / 60, index=rates.index)
        return drawn.where(rates.notna())

    return draw


_NASA_AUGUST = trace(NASA, "1995-08-03T09", "1995-08-22")
_WORLD_CUP_MAY = trace(WORLD_CUP, "1998-05-16", "1998-06-09")
TRAFFIC = (
    Traffic("NASA, August", NASA, _NASA_AUGUST),
    Traffic("World Cup, 16 May to 9 June", WORLD_CUP, _WORLD_CUP_MAY),
    Traffic("NASA, one request in ten", NASA, thinned(_NASA_AUGUST, 0.1), _NASA_AUGUST),
    Traffic("World Cup, one in fifty", WORLD_CUP, thinned(_WORLD_CUP_MAY, 0.02), _WORLD_CUP_MAY),
    Traffic("synthetic, 300 a minute, noise 20 %", NASA, Synthetic(300, 0.2)),
    Traffic("synthetic, 50 a minute, noise 10 %, weekends", NASA, Synthetic(50, 0.1, weekend=0.55)),
    Traffic("synthetic, 10 a minute", NASA, Synthetic(10, 0.0)),
    Traffic("synthetic, 5,000 a minute, noise 30 %, growing", NASA, Synthetic(5_000, 0.3, growth=0.06)),
)


@dataclass(frozen=True)
class Flags:
    """By method the windows that it marks."""

    scores: Bools
    gaussian: Bools
    release_0_1: Bools


METHODS = {"scores": "score", "gaussian": "Gaussian", "release_0_1": "0.1"}


def flags(estimator: RPSEstimator, rates: pd.Series) -> Flags:
    points = judged_points(estimator, rates.to_frame("actual_rps"))
    actual, forecast = points["actual_rps"], points[PREFERRED.column]
    past = actual.shift(1).rolling(GAUSSIAN_WINDOWS, min_periods=GAUSSIAN_WINDOWS // 2)
    off = (actual - past.mean()).abs() > GAUSSIAN_SIGMAS * past.std()
    outside = (actual < points["p10"]) | (actual > points["p90"])
    far = (actual - forecast).abs() > 0.15 * forecast
    score = (points["anomaly_score"] >= THRESHOLD).to_numpy()
    return Flags(score, off.to_numpy(), (far & outside).to_numpy())


def without_outage(rates: pd.Series) -> Bools:
    """The minutes of days (UTC) on which nobody would call an alarm right: those without two minutes in a row with less
    than a tenth of what the hour before them had."""
    counts = rates * 60
    before = counts.rolling(60, min_periods=30).mean().shift(1)
    nothing = (counts < OUTAGE_SHARE * before) & (before >= OUTAGE_FEWEST)
    outage = nothing & nothing.shift(1, fill_value=False)
    days = pd.DatetimeIndex(rates.index).floor("D")
    return (~outage.groupby(days).transform("any")).to_numpy()


def alarms_a_day(marked: Bools, rates: pd.Series, counted: Bools) -> float:
    """In the minutes that are counted. Two marked windows in a row are one alarm."""
    begun = marked & ~np.concatenate([[False], marked[:-1]])
    counted = counted & (np.arange(len(counted)) >= WARM_DAYS * DAY)
    return float(begun[counted].sum() / (rates[counted].notna().sum() / DAY))


def with_incidents(rates: pd.Series, seed: int) -> tuple[pd.Series, list[tuple[Incident, int]]]:
    """The rates with an incident every second day, and where each begins."""
    random = np.random.default_rng(seed)
    order = [INCIDENTS[number] for number in random.permutation(len(INCIDENTS))]
    begun: list[tuple[Incident, int]] = []
    changed, day = rates.to_numpy(copy=True), WARM_DAYS
    while (day + 2) * DAY < len(changed):
        incident = order[len(begun) % len(order)]
        begin = _begin(changed, day, incident, random)
        if begin is not None:
            span = slice(begin, begin + incident.windows)
            new = incident.change(changed[span], changed[begin - 1], changed[begin - DAY : begin])
            changed[span] = np.round(new * 60) / 60
            begun.append((incident, begin))
        day += APART_DAYS if begin is not None else 1
    return pd.Series(changed, index=rates.index), begun


def _begin(rates: Floats, day: int, incident: Incident, random: np.random.Generator) -> int | None:
    for _ in range(20):
        begin = day * DAY + int(random.integers(0, DAY))
        if incident is PEAK:
            begin = day * DAY + _peak(rates[(day - 3) * DAY : day * DAY]) - incident.windows // 2
        near = rates[begin - 60 : begin + incident.windows]
        whole = begin + incident.windows < len(rates) and np.isfinite(near).all()
        if whole and near[:60].mean() * 60 >= FEWEST:
            return begin
    return None


def _peak(days: Floats) -> int:
    course = pd.Series(np.nanmean(days.reshape(-1, DAY), axis=0))
    return int(pd.concat([course] * 3).rolling(360, center=True).mean().to_numpy()[DAY : 2 * DAY].argmax())


def found(marked: Bools, incident: Incident, begin: int) -> bool:
    """Of a value that is stuck the first window has nothing to be seen by."""
    windows = IN_TIME + (incident.name.startswith("stuck")) if incident.abrupt else incident.windows
    return bool(marked[begin : begin + min(windows, incident.windows + 1)].any())


def found_at_all(marked: Bools, incident: Incident, begin: int) -> bool:
    """While it lasts."""
    return bool(marked[begin : begin + incident.windows].any())


def most_found(law: Law, ordinary: Floats, minutes: Ints, incident: Incident) -> float | None:
    """About the most that any rule can find in time at one false alarm a day: the likelihood ratio of the first windows
    by mean and noise of the traffic, at the threshold that a window in DAY exceeds (Neyman and Pearson, 1933). The rule
    looks for this incident alone, and all its false alarms are for it. ordinary: counts, a start a row.
    """
    if incident.factor is None:
        return None
    within = slice(min(IN_TIME, incident.windows))
    ordinary, minutes = ordinary[:, within], minutes[:, within]

    def ratio(counts: Floats) -> Floats:
        known = law.log_likelihood(counts, minutes)
        if incident.factor:
            other = law.log_likelihood(counts / incident.factor, minutes) - np.log(incident.factor)
        else:
            other = np.where(counts == 0, 0.0, -np.inf)
        return np.asarray((other - known).sum(axis=1))

    threshold = np.quantile(ratio(ordinary), 1 - 1 / DAY, method="higher")
    return float((ratio(np.round(ordinary * incident.factor)) > threshold).mean())


def starts(traffic: Traffic, rates: pd.Series, quiet: Bools) -> tuple[Law, Floats, Ints]:
    """Where incidents may begin: the law of the traffic, ordinary counts there and their minutes, a start a row.
    What was drawn is drawn anew; else it is what came on the days that are quiet."""
    if isinstance(traffic.rates, Synthetic):
        law, random = traffic.rates.law(), np.random.default_rng(1)
        begins = random.integers(WARM_DAYS * DAY, 19 * DAY, DRAWS)
        minutes = begins[:, np.newaxis] + np.arange(IN_TIME)
        return law, law.counts(minutes, random).astype(np.float64), minutes
    law, counts = law_in_hindsight(rates), (rates * 60).round().to_numpy()
    usable = quiet & np.isfinite(law.mean) & np.isfinite(counts)
    minutes = np.arange(WARM_DAYS * DAY, len(counts) - IN_TIME)[:, np.newaxis] + np.arange(IN_TIME)
    minutes = minutes[usable[minutes].all(axis=1)]
    return law, counts[minutes], minutes


def trained_without(folder: Path, file: str, models: Path) -> RPSEstimator:
    """The model of the other trace, trained where `models` has none yet."""
    other = WORLD_CUP if file == NASA else NASA
    out = models / f"{other.split('_')[0]}.pkl"
    if out.exists():
        return RPSEstimator.load(out)
    frame = read_traffic(folder / other, other, ReadOptions(), ReadLimits()).frame
    train([(other, frame)], out, lambda *_: None, refit=False)
    return RPSEstimator.load(out)


def measure(traffic: Traffic, estimator: RPSEstimator, folder: Path, seeds: Iterable[int]) -> dict[str, dict[str, str]]:
    """By what is said of the method a row of the table."""
    rates = traffic.rates(folder)
    ordinary = flags(estimator, rates)
    quiet = without_outage((traffic.whole or traffic.rates)(folder))
    hits: dict[str, dict[str, list[bool]]] = {name: {each.name: [] for each in INCIDENTS} for name in METHODS}
    sooner_or_later: dict[str, list[bool]] = {name: [] for name in METHODS}
    for seed in seeds:
        changed, begun = with_incidents(rates, seed)
        marked = flags(estimator, changed)
        for name, own in hits.items():
            for incident, begin in begun:
                own[incident.name].append(found(getattr(marked, name), incident, begin))
                sooner_or_later[name].append(found_at_all(getattr(marked, name), incident, begin))
    rows = {}
    for name, own in hits.items():
        as_it_is = getattr(ordinary, name)
        alarms = alarms_a_day(as_it_is, rates, np.ones(len(rates), np.bool_))
        false = alarms_a_day(as_it_is, rates, quiet)
        every = [hit for hit_list in own.values() for hit in hit_list]
        shares = {incident: _share(hit_list) for incident, hit_list in own.items()}
        found_in_all = {"all": _share(every), "all, while they last": _share(sooner_or_later[name])}
        rows[METHODS[name]] = {ALARMS: f"{alarms:.2f}", FALSE: f"{false:.2f}", **found_in_all, **shares}
    rows["possible"] = possible(traffic, rates, quiet, {name: len(each) for name, each in hits["scores"].items()})
    return rows


def possible(traffic: Traffic, rates: pd.Series, quiet: Bools, injected: dict[str, int]) -> dict[str, str]:
    """The row of `most_found`. injected: incidents by name, of which those that it is not known for count as found."""
    law, counts, minutes = starts(traffic, rates, quiet)
    most = {incident.name: most_found(law, counts, minutes, incident) for incident in INCIDENTS}
    cells = {name: "-" if share is None else f"{100 * share:.0f}" for name, share in most.items()}
    shares = [1.0 if share is None else share for share in most.values()]
    in_all = np.average(shares, weights=[injected[name] for name in most])
    return {ALARMS: "1", FALSE: "1", "all": f"{100 * in_all:.0f}", "all, while they last": "-", **cells}


def _share(hits: list[bool]) -> str:
    return f"{100 * np.mean(hits):.0f} ({len(hits)})" if hits else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--models", type=Path, help="folder to keep the trained models in, for the next run")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    if not all((arguments.traces / file).is_file() for file in (NASA, WORLD_CUP)):
        Console().print(f"False alarms need {NASA} and {WORLD_CUP} in {arguments.traces} (--traces).")
        return
    seeds = range(10, 10 + arguments.seeds)  # the setting was chosen on others
    columns = [ALARMS, FALSE, "all", "all, while they last", *(incident.name for incident in INCIDENTS)]
    lines = [HEAD.format(columns=" | ".join(columns), rule=" | ".join("---" for _ in columns))]
    with TemporaryDirectory() as folder:
        kept = arguments.models or Path(folder)
        models = {file: trained_without(arguments.traces, file, kept) for file in (NASA, WORLD_CUP)}
        for traffic in TRAFFIC:
            Console().print(traffic.title)
            for name, cells in measure(traffic, models[traffic.file], arguments.traces, seeds).items():
                lines.append(f"| {traffic.title} | {name} | " + " | ".join(cells[each] for each in columns) + " |")
    (arguments.out / "anomalies_measured.md").write_text("\n".join(lines) + "\n")


HEAD = """# Anomalies, measured

Written by `python -m bench.anomalies`; [anomalies.md](anomalies.md) says how scores are made. Alarms a day: on the
traffic as it is, two marked windows in a row being one; the outages that NASA's log has are among them, but not among
those of days without two minutes in a row that have less than a tenth of the hour before. Then the share of incidents
found, in percent, and of how many: abrupt ones within 3 windows, the last two while they last. *score*:
the score's threshold of 0.5. *Gaussian*: 3 standard deviations off the mean of the last hour. *0.1*: further than 15 %
off LGBM+'s forecast and outside its p10 to p90, the rule of release 0.1. *possible*: about the most that
any rule can find within 3 windows at one false alarm a day: of one that knows the mean and the noise that the traffic
was drawn with, or of a trace the mean of the half hour around each minute, later minutes too, and looks for this
incident alone. Of kinds that it is not known for, all count as found.

| traffic | rule | {columns} |
| --- | --- | {rule} |"""

if __name__ == "__main__":
    main()
