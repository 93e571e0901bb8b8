"""A third model, one row and its rule, and a server that has it: `python -m backend.tests.toy_model serve`."""

import multiprocessing
import sys
from unittest.mock import patch

from backend.arrays import Floats
from backend.models import catalog
from backend.models.catalog import Model
from backend.models.trailing_stats import TrailingStats

SERVE = [sys.executable, "-m", "backend.tests.toy_model", "serve"]


def mean_of_two(stats: TrailingStats, _: int) -> Floats:
    return stats.carried("mean_of_two", stats.mean(2))


TOY = Model("toy", "Mean of two", "mean of the last two windows", "predicted_rps_toy", mean_of_two)

if __name__ == "__mp_main__":  # a child of that server, which imports the rest after this
    vars(catalog)["MODELS"] = (*catalog.MODELS, TOY)

if __name__ == "__main__":
    with patch.object(catalog, "MODELS", (*catalog.MODELS, TOY)):
        from backend.cli import app  # what reads the table as it is imported finds the row
        from backend.uploads import workers

        # Forked children come from a process that imported the table without the row; these begin with this file.
        vars(workers)["_context"] = lambda: multiprocessing.get_context("spawn")
        app()
