"""The records of imports in the store: what each file was and what became of it, over restarts."""

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from backend.measurements import IMPORTS
from backend.stores import TIME, Store
from backend.uploads.importing import ToImport
from backend.uploads.same_name import FILES, given_fields, stored_import
from backend.uploads.schemas import RUNNING, ImportRecord

KEPT = timedelta(days=30)
LOOKED_BACK = (timedelta(hours=1), timedelta(days=1), KEPT)
HEARTBEAT_SECONDS = 60.0
SILENT = timedelta(seconds=5 * HEARTBEAT_SECONDS)  # after which an import of another machine has ended
_RESULT = TypeAdapter(dict[str, Any])


class StoredImport(ImportRecord):
    """A record with who runs the import, and when that was last alive."""

    host: str
    process: int
    seen_at: datetime


def new_import(upload_id: str, filename: str = "", size: int = 0) -> StoredImport:
    now = datetime.now(UTC).replace(microsecond=0)  # what the store keeps of a time
    host, process = socket.gethostname(), os.getpid()
    return StoredImport(
        id=upload_id, filename=filename, bytes=size, sent_at=now, host=host, process=process, seen_at=now
    )


class Imports:
    """Thread-safe: it keeps nothing, so that several backends and commands over one store see each other's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, record: StoredImport, result: dict[str, Any] | None = None) -> None:
        """Keep a record; `result`: what the import was answered with."""
        row = {
            "import_id": record.id,
            TIME: record.sent_at,
            "record": record.model_dump_json(exclude_defaults=True),
            "result": _RESULT.dump_json(result).decode() if result else "",
        }
        table = pd.DataFrame([row]).assign(**{TIME: lambda rows: pd.to_datetime(rows[TIME], utc=True)})
        self._store.write({IMPORTS: table})

    def newest(self, count: int) -> list[StoredImport]:
        """The newest ones, newest first: every page asks for them, so no more is read than has so many."""
        now = datetime.now(UTC)
        for span in LOOKED_BACK:
            rows = self._store.read(IMPORTS, {}, now - span, fields=["record"])
            if len(rows) >= count:
                break
        records = [StoredImport.model_validate_json(text) for text in rows["record"].iloc[-count:]]
        # Of those that were sent in the same second, which is what a store keeps, the one that was written last.
        return sorted(records, key=lambda record: (record.sent_at, record.seen_at), reverse=True)

    def find(self, import_id: str) -> StoredImport | None:
        """The record of an import of the last days."""
        rows = self._store.read(IMPORTS, {"import_id": import_id}, datetime.now(UTC) - KEPT, fields=["record"])
        return StoredImport.model_validate_json(rows["record"].iloc[-1]) if len(rows) else None

    def result(self, import_id: str) -> dict[str, Any] | None:
        """What an import was answered with; None where that is not kept any more."""
        rows = self._store.read(IMPORTS, {"import_id": import_id}, fields=["result"])
        texts: Sequence[str] = rows["result"].tolist()
        return _RESULT.validate_json(texts[-1]) if texts and texts[-1] else None

    def settle(self, record: StoredImport) -> StoredImport:
        """The record of an import that nobody runs any more with how it ended, as far as the store shows it."""
        now = datetime.now(UTC)
        stored = self._store.find(record.series) if record.series and record.state == "storing" else None
        changes: dict[str, Any] = {
            "state": "failed",
            "problem": f"The server was stopped or restarted while the file was {_DURING[record.state]}, so nothing "
            "of it is stored. Send it again.",
        }
        if stored is not None and stored.incomplete is not None:
            changes = {
                "state": "incomplete",
                "problem": "The server was stopped or restarted while the file was stored: only part of its windows "
                "may be there. Send it again, or delete the series.",
            }
        elif stored is not None and is_import_of(stored.attributes, record.id):
            changes = {"state": "done"}
        settled = record.model_copy(update={**changes, "ended_at": now})
        self.put(settled)
        return settled

    def forget_old(self) -> None:
        self._store.delete(IMPORTS, {}, datetime.now(UTC) - KEPT)


def stored_before(store: Store, version: str, asked: ToImport) -> dict[str, Any] | None:
    """What an earlier import of the same bytes with the same fields was answered with, as the answer of this one; None
    where the series does not have them, or it is told what the file is to the series."""
    if asked.same_name is not None:
        return None
    imports, fields = Imports(store), given_fields(asked.options)
    import_id = stored_import(store.find(asked.name), version, asked.file.sha256, fields)
    record = imports.find(import_id) if import_id else None
    if record is None or record.ended_at is None or (record.series, record.fields) != (asked.name, fields):
        return None  # it runs, or was read once more since: into another series, or with other fields
    result = imports.result(record.id)
    return {**result, "id": asked.id, "already_stored": record.ended_at.isoformat()} if result else None


_DURING = {
    "receiving": "received",
    "waiting": "waiting for its turn",
    "reading": "read",
    "forecasting": "forecast",
    "storing": "stored",
}


def is_import_of(attributes: Any, import_id: str) -> bool:
    """Whether a series has windows of this import, by its attributes."""
    return any(file.get("import") == import_id for file in attributes.get(FILES, {}).values())


def nobody_runs(record: StoredImport, now: datetime) -> bool:
    """Whether an import that is said to run, and is none of this process, has ended without saying so."""
    return record.state in RUNNING and is_gone(record.host, record.process, record.seen_at, now)


def is_gone(host: str, process: int, seen_at: datetime, now: datetime) -> bool:
    """Whether who runs something that is none of this process has ended without saying so: it was last alive then."""
    if now - seen_at > SILENT:
        return True
    if host != socket.gethostname():
        return False
    return process == os.getpid() or not _is_alive(process)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
