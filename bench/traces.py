"""The traces of ../shared/data, which benches train on and score."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from backend.config import ROOT
from backend.ingest import ReadLimits, ReadOptions, read_traffic

FOLDER = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Trace:
    """family: traces of one kind and time, which are left out together: one of them would tell of the others."""

    title: str
    file: str
    family: str


TRACES = (
    Trace("NASA, minutes", "nasa_http_1995_jul01_aug22_per_minute.csv.gz", "nasa"),
    Trace("World Cup, minutes", "worldcup98_apr30_jun21_per_minute.csv.gz", "world cup"),
    Trace("application cluster, hours", "app_server_cluster_hourly_2015_2020.csv.gz", "application"),
    Trace("LLM service, 10 minutes", "llm_servegen_language_m_small_10min.csv.gz", "llm"),
    Trace("social volume FB, 5 minutes", "social_nab_twitter_FB_5min.csv.gz", "social"),
    Trace("social volume KO, 5 minutes", "social_nab_twitter_KO_5min.csv.gz", "social"),
    Trace("social volume PFE, 5 minutes", "social_nab_twitter_PFE_5min.csv.gz", "social"),
    Trace("social volume UPS, 5 minutes", "social_nab_twitter_UPS_5min.csv.gz", "social"),
)


FILES = tuple(trace.file for trace in TRACES)


def absent(folder: Path, files: Sequence[str] = FILES) -> list[str]:
    """The files that the folder does not have."""
    return [file for file in files if not (folder / file).is_file()]


def read(path: Path) -> pd.DataFrame:
    """A trace as `RPSEstimator` takes it."""
    return read_traffic(path, path.name, ReadOptions(), ReadLimits()).frame
