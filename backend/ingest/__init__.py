"""Traffic files in: bytes → batches of records (readers/) → a regular series (windows.py).

The calls that others need are `inspect_file` (what is it?) and `read_traffic` (read it). `detect.py` decides the format
from the content; `time_columns.py`, `columns.py` and `labels.py` recognise what the columns mean, by the tables of
`names.py`, `time_forms.py` and `numbers.py`; `one_pass.py` reads; `windows.py` and `series.py` make the windows.
"""

from backend.ingest.contract import (
    DateOrder,
    DroppedRows,
    Kind,
    OnBatch,
    ReadLimits,
    ReadOptions,
    Rows,
    TimeUnit,
    Traffic,
    ValueUnit,
)
from backend.ingest.detect import ACCEPTED_EXTENSIONS
from backend.ingest.inspecting import Inspection, inspect_file
from backend.ingest.reading import read_traffic

__all__ = [
    "ACCEPTED_EXTENSIONS",
    "DateOrder",
    "DroppedRows",
    "Inspection",
    "Kind",
    "OnBatch",
    "ReadLimits",
    "ReadOptions",
    "Rows",
    "TimeUnit",
    "Traffic",
    "ValueUnit",
    "inspect_file",
    "read_traffic",
]
