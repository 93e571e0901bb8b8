"""What a live step has learned, on disk from a clean stop to the next start: 1,000 weeks take seven minutes to learn.

A checkpoint is a line with two SHA-256, of what wrote it and of the rest, and a pickle. It holds of a series only where
the store's record is still the one it was written beside, and is read once, by the code and the model that wrote it:
forecasts after a restart are those of a process that was not ended, to the last digit. Of the classes that a pickle
names none but those of a live step are made, so that a file that somebody else wrote runs nothing.
"""

import hashlib
import pickle
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import metadata
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from backend.models.decayed_sum import SummedBlocks
from backend.models.ensemble import Forecasts
from backend.models.live import Group, LiveForecaster, StepState
from backend.models.tail import Memory
from backend.models.trailing_stats import Grid
from backend.serving.live_step import LiveStep
from backend.serving.selection_log import SelectionLog
from backend.serving.stream import SeriesStream
from backend.serving.watch import Watch
from backend.stores import SeriesKey, SeriesRecord
from backend.stores.contract import Span

log = structlog.get_logger()

LEAST_FREE_BYTES = 64 * 1024**2  # that must be left beside a checkpoint: a store needs room
CLASSES = (
    *(LiveStep, SeriesStream, Watch, SelectionLog, LiveForecaster, Group, StepState, Forecasts, SummedBlocks),
    *(Memory, Grid, SeriesKey, SeriesRecord, Span),
    *(defaultdict, dict, datetime, timedelta, timezone, np.ndarray, np.dtype),
)
NUMPY_FUNCTIONS = ("_frombuffer", "_reconstruct", "scalar")  # that its arrays and numbers are made by
PACKAGES = ("numpy", "lightgbm")  # whose versions decide the last digit of a forecast


def save(path: Path, step: LiveStep, records: Sequence[SeriesRecord]) -> None:
    """Write a checkpoint, where there is room for it. `records`: those of the store, in which all is that `step` was
    told."""
    part = path.with_name(f"{path.name}.part")
    kept = {record.name: record for record in records if record.name in step}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w+b") as file:
            file.write(_header("", ""))
            _Pickler(file, step.outside).dump((kept, step))
            digest = _digest(file)
            file.seek(0)
            file.write(_header(_identity(step), digest))
        free = shutil.disk_usage(path.parent).free
        if free < LEAST_FREE_BYTES:
            raise OSError(f"it would leave {free:,} bytes free")
        part.replace(path)
    except OSError as error:
        log.warning("checkpoint_not_written", path=str(path), reason=str(error))
        with suppress(OSError):
            part.unlink(missing_ok=True)


def take(path: Path, step: LiveStep, records: Sequence[SeriesRecord]) -> LiveStep:
    """The live step of a checkpoint, of those series that are as it knows them; `step`, which knows none, where there
    is no checkpoint of this code and model. The file is gone afterwards."""
    try:
        learned, kept = _read(path, step)
    except FileNotFoundError:
        return step
    except Exception as error:  # a made-up pickle can raise any
        log.warning("checkpoint_not_read", path=str(path), reason=str(error))
        return step
    stored = {record.name: record for record in records}
    changed = [name for name in learned.filenames if name not in kept or stored.get(name) != kept[name]]
    for name in changed:
        learned.forget(name)
    log.info("checkpoint_read", series=len(learned.filenames), changed=len(changed))
    return learned


def _read(path: Path, step: LiveStep) -> tuple[LiveStep, dict[str, SeriesRecord]]:
    """What `save` wrote. Raises where it cannot be used, or cannot be deleted, so that the next start would read it."""
    path.with_name(f"{path.name}.part").unlink(missing_ok=True)
    try:
        with path.open("rb") as file:
            identity, digest = file.read(len(_header("", ""))).decode("ascii", "replace").split()
            if identity != _identity(step):
                raise ValueError("another version or model wrote it")
            if digest != _digest(file):
                raise ValueError("it is damaged")
            kept, learned = _Unpickler(file, step.outside).load()
            if not isinstance(learned, LiveStep):
                raise ValueError("it holds no live step")
            return learned, kept
    finally:
        path.unlink(missing_ok=True)


def _header(identity: str, digest: str) -> bytes:
    return f"{identity:64} {digest:64}\n".encode()


def _digest(file: BufferedReader | BufferedRandom) -> str:
    """Of what comes after the header; the file stands there afterwards."""
    file.seek(len(_header("", "")))
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(len(_header("", "")))
    return digest


def _identity(step: LiveStep) -> str:
    """Of all that decides what a live step has learned, but for its series."""
    return hashlib.sha256(repr((step.identity, _code())).encode()).hexdigest()


@cache
def _code() -> str:
    rooms = Path(__file__).parents[1]
    sources = sorted(file for room in ("models", "serving") for file in (rooms / room).glob("*.py"))
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in sources]
    return repr((digests, [metadata.version(package) for package in PACKAGES]))


class _Pickler(pickle.Pickler):
    """`outside`: what is not written but named, since the next process has it."""

    def __init__(self, file: BufferedRandom, outside: Mapping[str, object]) -> None:
        super().__init__(file, protocol=5)
        self._names = {id(each): name for name, each in outside.items()}

    def persistent_id(self, each: object) -> str | None:
        return self._names.get(id(each))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BufferedReader, outside: Mapping[str, object]) -> None:
        super().__init__(file)
        self._outside = outside
        self._classes = {(each.__module__, each.__qualname__): each for each in CLASSES}

    def persistent_load(self, name: str) -> object:
        return self._outside[name]

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name.split(".")[0] == "numpy" and global_name in NUMPY_FUNCTIONS:
            return super().find_class(module_name, global_name)
        if (module_name, global_name) not in self._classes:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")
        return self._classes[module_name, global_name]
