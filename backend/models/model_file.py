"""The model file: a joblib pickle of a plain dict, read only after its SHA-256 matched the manifest beside it.

Trees and linear models know their inputs by position only, so the names that a file was trained on are kept in it, and
a file with other names, or the same in another order, is refused.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

import joblib

from backend.errors import ModelFileError
from backend.models import features

FORMAT = 3
TRAIN_ANEW = "Train it anew with this version: scaleops train FILES --out MODEL.pkl"

Manifest = dict[str, Any]
# What is read of a manifest; the rest of it tells people how the model was made.
FIELDS = ("format", "sha256", "features", "linear_features", "horizons", "training")


class LinearContent(TypedDict):
    """A linear model of one window length: `gram` (p, p) and `coefficients` (p,) in the order of linear_features."""

    step_seconds: float
    gram: list[list[float]]
    coefficients: list[float]


class HorizonContent(TypedDict):
    """trees: LightGBM's text, `lgbm_plus` and `lgbm`; errors: by model the quantiles of its scaled errors."""

    trees: dict[str, str]
    linear: list[LinearContent]
    errors: dict[str, list[float]]


class Content(TypedDict):
    """What a model file holds: plain types only, so that no class is needed to read it."""

    format: int
    features: list[str]
    linear_features: list[str]
    horizons: dict[int, HorizonContent]


def write(path: Path, content: Content, training: Mapping[str, Any]) -> Manifest:
    """Write `content` to `path` (.pkl) and its manifest to the .json beside it; return the manifest.

    `training`: what the manifest says of how the content was made, beside the file's SHA-256 and names.
    """
    buffer = io.BytesIO()
    joblib.dump(dict(content), buffer, compress=("zlib", 9))
    written = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written)
    manifest = {
        "file": path.name,
        "sha256": hashlib.sha256(written).hexdigest(),
        "bytes": len(written),
        "format": content["format"],
        "features": content["features"],
        "linear_features": content["linear_features"],
        "horizons": list(content["horizons"]),
        **training,
    }
    manifest_path(path).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def read(path: Path) -> tuple[Content, Manifest]:
    """The content and its manifest. Raises ModelFileError; nothing is unpickled unless the manifest describes the file
    and a model that this version can use."""
    manifest = _read_manifest(path)
    _refuse_other_names(path, manifest)
    expected = manifest["sha256"]
    try:
        pickled = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"Model file {path} cannot be read ({error.strerror}); its manifest names SHA-256 {expected}, "
            "no file was found to compare. Restore it, or set SCALEOPS_MODEL_PATH."
        ) from error
    actual = hashlib.sha256(pickled).hexdigest()
    if actual != expected:
        raise ModelFileError(
            f"Model file {path} is damaged or swapped: its SHA-256 is {actual}, {manifest_path(path).name} names "
            f"{expected}. Nothing was loaded from it. Restore both files, or train a model anew."
        )
    content = joblib.load(io.BytesIO(pickled))
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(f"Model file {path} is not of format {FORMAT}. {TRAIN_ANEW}")
    _refuse_other_names(path, content)
    _refuse_another(path, "horizons", list(content["horizons"]), manifest["horizons"], "its manifest names")
    return cast(Content, content), manifest


def manifest_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_manifest(path: Path) -> Manifest:
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
    if manifest.get("format", FORMAT) != FORMAT:
        raise ModelFileError(
            f"Model file {path} is of format {manifest['format']}, this version reads format {FORMAT}. {TRAIN_ANEW}"
        )
    absent = [field for field in FIELDS if field not in manifest]
    if absent:
        raise ModelFileError(
            f"Manifest {place} of model file {path} has no field {', '.join(absent)}. Nothing was loaded. Restore it, "
            "or train a model anew."
        )
    return manifest


def _refuse_other_names(path: Path, described: dict[str, Any]) -> None:
    """Refuse a model of other inputs than features.py computes, as its manifest or its content names them."""
    for field, names in (("features", features.NAMES), ("linear_features", features.LINEAR_NAMES)):
        _refuse_another(path, field, described.get(field, []), names, "this version expects")


def _refuse_another(path: Path, field: str, names: Sequence[Any], expected: Sequence[Any], expects: str) -> None:
    if list(names) != list(expected):
        raise ModelFileError(
            f"Model file {path} has the {field.replace('_', ' ')} {_listed(names)}; {expects} {_listed(expected)}. "
            f"Nothing was forecast with it. {TRAIN_ANEW}"
        )


def _listed(names: Sequence[Any]) -> str:
    return f"[{', '.join(map(str, names))}]"
