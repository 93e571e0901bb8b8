"""Lines that say at even times how many requests there were: a series in words, and no log of requests."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from backend.errors import UnusableFileError
from backend.ingest.cells import to_floats
from backend.ingest.loglines import LogShape
from backend.ingest.rejects import quoted
from backend.ingest.time_forms import MICROS, read_moments

SHARE = 0.9  # of the lines follow evenly, and of them as many say a number
FEWEST = 5  # lines that can follow evenly
_SAID = re.compile(
    r"\b(?:requests?|reqs?|hits|calls|rps|qps|rpm)\b[\"']?\s*[=:]\s*[\"']?\d"
    r"|\b\d[\d.,]*\s*(?:requests|reqs|hits|calls|rps|qps|rpm|req/s)\b",
    re.I,
)


def refuse_reports(lines: Sequence[str], shape: LogShape) -> None:
    """Raise UnusableFileError where each line, or the one below it, says a number of requests, at even times."""
    if shape.mark is not None or not any(map(_SAID.search, lines[:FEWEST])):
        return
    timed = [found["t"] for line in lines if (found := re.search(shape.time.pattern, line))]
    saying = [line for line in lines if _SAID.search(line)]
    if len(timed) < FEWEST or len(saying) < SHARE * len(timed) or not _are_even(timed, shape):
        return
    raise UnusableFileError(
        f"Each line says how many requests there were, such as {quoted(saying[0])}, so the file is a series and no log "
        "of requests. Save it as CSV with a column of times and one of requests, and upload that."
    )


def _are_even(times: Sequence[str], shape: LogShape) -> bool:
    column = pa.array(times, pa.string())
    if shape.time.form is None:
        seconds = to_floats(column)
    else:
        moments = read_moments(column, shape.time.form)
        seconds = moments.ticks[moments.good] / MICROS
    gaps = Counter(np.rint(np.diff(seconds)).tolist())
    gap, count = gaps.most_common(1)[0] if gaps else (0, 0)
    return gap > 0 and count >= SHARE * (len(times) - 1)
