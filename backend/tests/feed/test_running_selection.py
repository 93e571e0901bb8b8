"""Which forecast a running backend serves: one whose model is spoiled, and one whose model is whole again.

The past is written into the store, as an earlier process would have left it.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backend.measurements import FORECASTS, POINT_FIELDS
from backend.models.intervals import LEVEL_NAMES
from backend.models.selection import LOOKBACK, SPAN
from backend.serving.issued import field
from backend.stores import TIME
from backend.tests import clocked, spoiled
from backend.tests.feeding import KEY, MINUTE, Feed, Home
from backend.tests.server import Command, Server
from backend.tests.shipped import HORIZONS
from backend.tests.stores.samples import write_points

MOST_WINDOWS = 60  # that a test waits for a change


def expected(windows: Any) -> Any:
    """Requests a second without their noise: a cycle that a mean cannot follow."""
    return 40 + 20 * np.sin(2 * np.pi * np.asarray(windows) / 100)


def noise(windows: Any) -> Any:
    return np.asarray(windows) * 37 % 11 - 5.0


def count(moment: int) -> int:
    """Requests in ten seconds."""
    window = moment // 10**9 // MINUTE
    return round(10 * float(expected(window) + noise(window)))


def fed_before(home: Home, badly: range) -> Feed:
    """A feed whose last 720 windows are stored with their forecasts; `badly`: windows ago that were forecast badly."""
    feed = Feed(home, count)
    now = feed.window // MINUTE
    windows = np.arange(now - LOOKBACK, now)
    index = pd.DatetimeIndex(pd.to_datetime(windows * MINUTE, unit="s", utc=True)).as_unit("s")
    points = pd.DataFrame({"actual_rps": expected(windows) + noise(windows)}, index=index)
    write_points(feed.store, KEY, points.reindex(columns=list(POINT_FIELDS)), MINUTE)
    said = expected(windows) * np.where(np.isin(now - windows, badly), 5.0, 1.0)
    means = pd.DataFrame({field("mean", horizon * MINUTE): np.roll(said, 1 - horizon) for horizon in HORIZONS})
    issued = means.assign(**KEY.tags, **{TIME: index})
    levels = {
        field(level, horizon * MINUTE): issued[field("mean", horizon * MINUTE)]
        for level in LEVEL_NAMES
        for horizon in HORIZONS
    }
    for model in ("lgbm_plus", "lgbm"):
        feed.store.write({FORECASTS: issued.assign(model=model, **levels)})
    return feed


def served(server: Server) -> Any:
    """What is served one window ahead."""
    return server.get("/api/forecast", filename="web")["served"][0]


def changes(folder: Path) -> list[Any]:
    """What the server's log says of changes of what is selected one window ahead."""
    lines = (folder / "server.log").read_text().splitlines()
    logged = [json.loads(line) for line in lines if '"selection_changed"' in line]
    return [change for change in logged if change["horizon"] == 1]


def change_to(wanted: tuple[str, ...], feed: Feed, folder: Path, command: Command) -> tuple[Any, Any]:
    """What the log says of the change to one of these that a feed brings about, and what the API says then."""
    with feed.server(command) as server:
        feed.sender.targets = [server]
        feed.window_passes()
        assert served(server)["model"] not in wanted
        for _ in range(MOST_WINDOWS):
            feed.window_passes()
            answer = served(server)
            if answer["model"] in wanted:
                break
        for _ in range(10):
            served(server)
    logged = changes(folder)
    assert all(one["before"] != one["model"] for one in logged)
    assert all(earlier["model"] == later["before"] for earlier, later in pairwise(logged))
    return logged[-1], answer


def test_a_spoiled_model_is_no_longer_served_and_the_log_and_the_answer_say_why(sqlite_home: Home) -> None:
    feed = fed_before(sqlite_home, range(0))
    change, answer = change_to(("ewma", "last_value"), feed, sqlite_home.folder, spoiled.serve)
    assert change["model"] == answer["model"]
    assert change["filename"] == "web"
    assert change["errors"][change["model"]] < change["errors"]["lgbm_plus"]
    assert "had the least error" in answer["reason"]
    assert f"{answer['errors']['lgbm_plus']:.1%}" in answer["reason"]


def test_a_model_that_is_whole_again_is_served_once_its_bad_forecasts_are_past_the_span(sqlite_home: Home) -> None:
    feed = fed_before(sqlite_home, range(SPAN - 30, SPAN - 5))
    change, answer = change_to(("lgbm_plus", "lgbm"), feed, sqlite_home.folder, clocked.serve)
    assert change["model"] == answer["model"]
    assert change["before"] in ("ewma", "last_value")
    assert answer["errors"][change["model"]] < answer["errors"][change["before"]]
