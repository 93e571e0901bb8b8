"""Which forecast a running backend serves: one whose model is spoiled, and one whose model is whole again.

Windows of a second. The past is written into the store, as an earlier process would have left it.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, MEASUREMENTS, POINT_FIELDS
from backend.models.selection import LOOKBACK, SPAN
from backend.serving.issued import field
from backend.stores import TIME, SeriesKey, Store
from backend.stores.sqlite import SqliteStore
from backend.tests.feeding import FAST, Sender, until
from backend.tests.server import SERVE, Server, running_server
from backend.tests.stores.samples import write_points

KEY = SeriesKey("web", "lgbm_v1")
SPOILED = [sys.executable, "-m", "backend.tests.spoiled", "serve"]
SECONDS = FAST | {"SCALEOPS_WINDOW_SECONDS": "1"}


def expected(windows: Any) -> Any:
    """Requests a second without their noise: a cycle that a mean cannot follow."""
    return 40 + 20 * np.sin(2 * np.pi * np.asarray(windows) / 100)


def noise(windows: Any) -> Any:
    return np.asarray(windows) * 37 % 11 - 5.0


def count(moment: int) -> int:
    """Requests in a quarter of a second."""
    return round(float(expected(moment // 10**9) + noise(moment // 10**9)) / 4)


def write_past(store: Store, spoiled: range) -> None:
    """The last 720 windows and what was forecast for each; `spoiled`: windows ago that were forecast badly."""
    now = int(time.time())
    windows = np.arange(now - LOOKBACK, now)
    index = pd.DatetimeIndex(pd.to_datetime(windows, unit="s", utc=True)).as_unit("s")
    points = pd.DataFrame({"actual_rps": expected(windows) + noise(windows)}, index=index)
    write_points(store, KEY, points.reindex(columns=list(POINT_FIELDS)), 1)
    said = expected(windows) * np.where(np.isin(now - windows, spoiled), 5.0, 1.0)
    means = pd.DataFrame({field("mean", horizon): np.roll(said, 1 - horizon) for horizon in (1, 5, 15)})
    issued = means.assign(**KEY.tags, **{TIME: index})
    quantiles = {
        field(edge, horizon): issued[field("mean", horizon)]
        for edge in ("p10", "p50", "p90", "p95")
        for horizon in (1, 5, 15)
    }
    for model in ("lgbm_plus", "lgbm"):
        store.write({FORECASTS: issued.assign(model=model, **quantiles)})


def served(server: Server) -> Any:
    """What is served one window ahead."""
    return server.get("/api/forecast", filename="web")["served"][0]


def changes(folder: Path) -> list[Any]:
    """What the server's log says of changes of what is selected one window ahead."""
    lines = (folder / "server.log").read_text().splitlines()
    logged = [json.loads(line) for line in lines if '"selection_changed"' in line]
    return [change for change in logged if change["horizon"] == 1]


def change_to(wanted: tuple[str, ...], folder: Path, command: list[str]) -> tuple[Any, Any]:
    """What the log says of the change to one of these that a feed brings about, and what the API says then."""
    with running_server(folder, command, **SECONDS) as server, Sender([server], step=0.25, count=count).running():
        until(lambda: server.get("/api/forecast", filename="web")["status"] == "live")
        assert served(server)["model"] not in wanted
        change = until(lambda: next((one for one in changes(folder) if one["model"] in wanted), None), 90)
        answer = until(lambda: found if (found := served(server))["model"] == change["model"] else None)
        for _ in range(10):
            served(server)
    logged = changes(folder)
    assert all(one["before"] != one["model"] for one in logged)
    assert all(earlier["model"] == later["before"] for earlier, later in pairwise(logged))
    return change, answer


def test_a_spoiled_model_is_no_longer_served_and_the_log_and_the_answer_say_why(tmp_path: Path) -> None:
    write_past(SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS), range(0))
    change, answer = change_to(("ewma", "last_value"), tmp_path, SPOILED)
    assert change["filename"] == "web"
    assert change["errors"][change["model"]] < change["errors"]["lgbm_plus"]
    assert "had the least error" in answer["reason"]
    assert f"{answer['errors']['lgbm_plus']:.1%}" in answer["reason"]


def test_a_model_that_is_whole_again_is_served_once_its_bad_forecasts_are_past_the_span(tmp_path: Path) -> None:
    write_past(SqliteStore(tmp_path / "store.sqlite", MEASUREMENTS), range(SPAN - 55, SPAN - 30))
    change, answer = change_to(("lgbm_plus", "lgbm"), tmp_path, SERVE)
    assert change["before"] in ("ewma", "last_value")
    assert answer["errors"][change["model"]] < answer["errors"][change["before"]]
