"""What each part of the method brings, by leaving it out: python -m bench.ablation [--traces FOLDER]

Every part, every trace, leave-one-trace-out (bench/held_out.py): whole traces, first days and first hours, 1, 5 and 15
windows ahead. Parts of the training are left out of a training of their own. Writes the table into docs/experiments.md.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from rich.console import Console

from backend.config import ROOT
from backend.models import (
    catalog,
    ensemble,
    expert_average,
    shrinkage,
    stack,
    trailing_stats,
    train,
)
from backend.models.trees import Matrix, Trees
from bench.held_out import HORIZONS, KINDS, Ratios, folds, geometric, ratios
from bench.traces import FOLDER, absent

LEAST_GAIN = 0.003  # of the geometric mean: what brings less needs a worst case that a test shows
BEGIN, END = "<!-- ablation: begin -->", "<!-- ablation: end -->"
CAPTION = "1, 5 and 15 windows ahead: percent by which the geometric mean of RMSE ÷ best baseline rises."
Change = tuple[Any, str, Any]  # of what, which attribute, to what


@dataclass(frozen=True)
class Part:
    """What is left out, by these changes."""

    title: str
    changes: tuple[Change, ...]


def without_step(name: str) -> tuple[Change, ...]:
    """The catalog without the steps of its stacks to one base forecast."""
    models = [
        replace(model, rule=replace(model.rule, weights=without(model.rule.weights, name)))
        if isinstance(model.rule, stack.Stack)
        else model
        for model in catalog.MODELS
    ]
    return ((catalog, "MODELS", tuple(models)),)


def without(weights: Mapping[str, float], name: str) -> Mapping[str, float]:
    return {key: weight for key, weight in weights.items() if key != name}


def nothing(_: Trees, rows: Matrix) -> Any:
    return np.zeros(len(rows))


def everything(factor: float) -> Callable[..., Any]:
    return lambda stats, *_: np.full(len(stats), factor)


def no_experts(stats: trailing_stats.TrailingStats, _: object) -> Any:
    return np.empty((0, *stats.level.shape))


def no_errors(_stats: object, _horizon: object, averages: Any) -> Any:
    return np.zeros_like(averages)


FORECASTING = (
    Part("trees", ((Trees, "predict", nothing),)),
    Part("refits of the linear model", ((ensemble, "LINEAR_PRIOR_WINDOWS", 1e9),)),
    Part("prior of the linear model", ((ensemble, "LINEAR_PRIOR_WINDOWS", 1.0),)),
    Part("refits of the stacks", ((stack, "STACK_PRIOR", 1e9),)),
    Part("clipped errors of the stacks", ((stack, "STACK_LIMIT", 1e3),)),
    *(Part(f"the stacks' step to {name}", without_step(name)) for name in (*stack.GROWTHS, stack.LEVEL)),
    Part("importance", ((trailing_stats, "IMPORTANCE_RANGE", (1.0, 1.0)),)),
    Part("shrinkage to the expert average", ((shrinkage, "average_weight", everything(1.0)),)),
    Part("the models (expert average alone)", ((shrinkage, "average_weight", everything(0.0)),)),
    Part("shrinkage of the young", ((shrinkage, "HALF_WEIGHT_WINDOWS", 1e-9),)),
    Part("shrinkage to the best expert", ((shrinkage, "best_weight", everything(1.0)),)),
    Part("extrapolation", ((expert_average, "EXTRAPOLATION_WEIGHT", 0.0),)),
    Part("seasonal experts", ((expert_average, "_seasonal", no_experts), (expert_average, "_groups", lambda _: []))),
    Part("every other EWMA", ((expert_average, "EWMA_ALPHAS", expert_average.EWMA_ALPHAS[1::2]),)),
    Part("experts' errors at a third of the horizon", ((expert_average, "_nearer", no_errors),)),
    Part("overlap of errors", ((trailing_stats, "OVERLAP", 1e9),)),
)
TRAINING = (Part("longer windows", ((train, "LONGER_WINDOWS", ()),)),)


@contextmanager
def left_out(part: Part) -> Iterator[None]:
    with ExitStack() as stack_of_patches:
        for target, name, value in part.changes:
            stack_of_patches.enter_context(patch.object(target, name, value))
        yield


def measure(folder: Path, training: Sequence[Part]) -> dict[str, Ratios]:
    """By part's title what is scored without it; "" with all of them."""
    scored: dict[str, Ratios] = {title: {} for title in ("", *(part.title for part in (*FORECASTING, *training)))}
    for fold in folds(folder, HORIZONS):
        scored[""] |= ratios(fold)
        for part in FORECASTING:
            Console().print(f"{fold.estimator.version}: {part.title}")
            with left_out(part):
                scored[part.title] |= ratios(fold)
    for part in training:
        Console().print(part.title)
        with left_out(part):
            for fold in folds(folder, HORIZONS):
                scored[part.title] |= ratios(fold)
    return scored


def table(scored: Mapping[str, Ratios]) -> str:
    """Percent that the geometric mean rises without each part, by kind, and the most that a trace's does."""
    titles = [kind.title for kind in KINDS]
    lines = [f"| without | {' | '.join(titles)} | worst trace | |", "| --- " * (len(titles) + 3) + "|"]
    means = {part: {key: geometric(each) for key, each in of_part.items()} for part, of_part in scored.items()}
    for part, of_part in means.items():
        if not part:
            continue
        rises = {key: mean / means[""][key] - 1 for key, mean in of_part.items()}
        by_kind = [np.mean([rise for (kind, _), rise in rises.items() if kind == title]) for title in titles]
        (kind, trace), most = max(rises.items(), key=lambda item: item[1])
        verdict = "" if max(by_kind) >= LEAST_GAIN else "brings nothing"
        cells = " | ".join(f"{100 * rise:+.1f}" for rise in by_kind)
        lines.append(f"| {part} | {cells} | {100 * most:+.1f}, {trace.title}, {kind} | {verdict} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=FOLDER)
    parser.add_argument(
        "--training", action=argparse.BooleanOptionalAction, default=True, help="leave out parts of the training, too"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "experiments.md")
    arguments = parser.parse_args()
    if missing := absent(arguments.traces):
        Console().print(f"Leaving parts out needs {', '.join(missing)} in {arguments.traces} (--traces).")
        return
    page = arguments.out.read_text()
    before, after = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
    measured = measure(arguments.traces, TRAINING if arguments.training else ())
    arguments.out.write_text(f"{before}\n{CAPTION}\n\n{table(measured)}\n{after}")


if __name__ == "__main__":
    main()
