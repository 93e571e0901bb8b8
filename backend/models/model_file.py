"""The model file: a joblib pickle of a plain dict, read only after its SHA-256 matched the manifest beside it."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import joblib

from backend.errors import ModelFileError

FORMAT = 2


def write(path: Path, model: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Write `model` to `path` (.pkl) and its manifest, with the file's SHA-256, to the .json beside it."""
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=("zlib", 9))
    content = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    described = {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)} | manifest
    manifest_path(path).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model and its manifest. Raises ModelFileError; nothing is unpickled unless the hash matches."""
    manifest = _read_manifest(path)
    expected = manifest.get("sha256")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"Model file {path} cannot be read ({error.strerror}); its manifest names SHA-256 {expected}, "
            "no file was found to compare. Restore it, or set SCALEOPS_MODEL_PATH."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ModelFileError(
            f"Model file {path} is damaged or swapped: its SHA-256 is {found}, {manifest_path(path).name} names "
            f"{expected}. Nothing was loaded from it. Restore both files, or train a model anew."
        )
    model = joblib.load(io.BytesIO(content))
    if not isinstance(model, dict) or model.get("format") != FORMAT:
        raise ModelFileError(f"Model file {path} is not of format {FORMAT}. Train it anew with this version.")
    return model, manifest


def manifest_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_manifest(path: Path) -> dict[str, Any]:
    place = manifest_path(path)
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(
            f"Manifest {place} of model file {path} cannot be read ({error.strerror}), so its SHA-256 cannot be "
            "checked. Nothing was loaded."
        ) from error
    except ValueError as error:
        raise ModelFileError(f"Manifest {place} of model file {path} is not JSON. Nothing was loaded.") from error
    if not isinstance(manifest, dict):
        raise ModelFileError(f"Manifest {place} of model file {path} is not a JSON object. Nothing was loaded.")
    return manifest
