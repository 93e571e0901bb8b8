"""What an import is answered with, by the API and the command line alike."""

from typing import Any

from backend.uploads.importing import ImportResult


def upload_summary(result: ImportResult) -> dict[str, Any]:
    """What was read, assumed, dropped, stored and scored, as plain JSON values: UploadResult less the forecast."""
    traffic = result.traffic
    no_coverage = {"p10_coverage": None, "p90_coverage": None}  # an import scores means only
    return {
        "filename": result.key.name,
        "version": result.key.version,
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
        "windows": result.windows,
        "gaps": result.gaps,
        "points_written": result.points_written,
        "scores": {
            model: {"model": model, "horizon": 1, **errors, **no_coverage} for model, errors in result.scores.items()
        },
    }
