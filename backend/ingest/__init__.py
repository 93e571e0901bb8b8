"""Traffic files in: bytes → batches of records (readers/) → a regular series (windows.py).

The only call others need is `read_traffic`; `detect.py` decides the format from the content,
`columns.py` and `timestamps.py` recognise what the columns mean.
"""

from backend.ingest.contract import (
    DateOrder,
    DroppedRows,
    Kind,
    ReadLimits,
    ReadOptions,
    Rows,
    TimeUnit,
    Traffic,
    ValueUnit,
)
from backend.ingest.detect import ACCEPTED_EXTENSIONS
from backend.ingest.reading import read_traffic

__all__ = [
    "ACCEPTED_EXTENSIONS",
    "DateOrder",
    "DroppedRows",
    "Kind",
    "ReadLimits",
    "ReadOptions",
    "Rows",
    "TimeUnit",
    "Traffic",
    "ValueUnit",
    "read_traffic",
]
