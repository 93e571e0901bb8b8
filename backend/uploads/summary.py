"""What an import is answered with, by the API and the command line alike."""

from typing import Any

from backend.ingest import Inspection, Traffic
from backend.ingest.preview import preview, says
from backend.models.evaluate import NO_INTERVAL
from backend.uploads.importing import ImportResult


def inspection_summary(inspection: Inspection) -> dict[str, Any]:
    """What a file is, as plain JSON values."""
    return {
        **reading_summary(inspection.traffic),
        "partial": inspection.traffic.partial,
        "columns": [vars(column) for column in inspection.columns],
        "lines": inspection.lines,
        "preview": preview(inspection.traffic),
        "choices": inspection.choices,
    }


def reading_summary(traffic: Traffic) -> dict[str, Any]:
    """How a file was read: what was assumed, dropped, and which windows it gave."""
    return {
        "says": says(traffic),
        "kind": traffic.kind,
        "format": traffic.format,
        "timestamp_column": traffic.timestamp_column,
        "time_unit": traffic.time_unit,
        "timezone": traffic.timezone,
        "value_column": traffic.value_column,
        "value_unit": traffic.value_unit,
        "assumptions": traffic.assumptions,
        "rows_read": traffic.rows_read,
        "rows_dropped": [vars(dropped) for dropped in traffic.rows_dropped],
        "window_seconds": traffic.window_seconds,
        "first": traffic.frame.index[0].isoformat(),
        "last": traffic.frame.index[-1].isoformat(),
        "windows": len(traffic.frame),
        "gaps": int(traffic.frame["actual_rps"].isna().sum()),
    }


def upload_summary(result: ImportResult) -> dict[str, Any]:
    """What was read, assumed, dropped, stored and scored, as plain JSON values: UploadResult less the forecast."""
    return {
        "id": result.import_id,
        "filename": result.key.name,
        "version": result.key.version,
        "already_stored": None,
        **reading_summary(result.traffic),
        "assumptions": result.assumptions,
        "points_written": result.points_written,
        "scores": {
            model: {"model": model, "horizon": 1, **errors, **NO_INTERVAL} for model, errors in result.scores.items()
        },
    }
