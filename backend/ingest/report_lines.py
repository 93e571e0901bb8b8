"""Lines and cells that say at even times how many requests there were: a series in words, and no log of requests."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from backend.errors import UnusableFileError
from backend.ingest.cells import is_text, texts, to_floats
from backend.ingest.loglines import LogShape
from backend.ingest.names import meaning
from backend.ingest.rejects import quoted
from backend.ingest.time_forms import MICROS, read_moments

SHARE = 0.9  # of the lines follow evenly, and of them as many say a number
FEWEST = 5  # lines that can follow evenly
_SAID = re.compile(
    r"\b(?:requests?|reqs?|hits|calls|rps|qps|rpm)\b[\"']?\s*[=:]\s*[\"']?\d"
    r"|\b\d[\d.,]*\s*(?:requests|reqs|hits|calls|rps|qps|rpm|req/s)\b",
    re.I,
)

_WORDED = re.compile(r"^\W*\d[\d.,]*\W*[^\W\d]{0,12}\W*$")  # ~61, >1000, 61 (about)


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


def refuse_words(samples: Mapping[str, pa.Array[Any]]) -> None:
    """Raise UnusableFileError where a column of text beside even times says a number of requests: each row a number."""
    for name, array in samples.items():
        cells = [cell for cell in texts(array) if cell.strip()] if is_text(array.type) else []
        pattern = _WORDED if meaning(name).role == "traffic" else _SAID
        if len(cells) >= FEWEST and sum(pattern.search(cell) is not None for cell in cells) >= SHARE * len(cells):
            raise UnusableFileError(
                f"The column {quoted(name)} says in words how many requests there were, such as {quoted(cells[0])}, so "
                "the file is a series and no log. Write the numbers alone into a column, and upload that; if each row "
                "is a request, set kind to raw.",
                column=name,
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
