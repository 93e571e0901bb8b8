"""The model file: a joblib pickle of plain data, of which nothing is run and nothing else is read.

Its SHA-256 in the manifest beside it shows damage, and no more: who can write the one can write the other. So whatever
is not plain data is refused, whatever the manifest says. One thing stays in the hands of who writes the file: the text
of the trees, as LightGBM's parser kills the process where it is broken.

Trees and linear models know their inputs by position only, so the names that a file was trained on are kept in it, and
a file with other names, or the same in another order, is refused.
"""

import hashlib
import io
import json
import pickle
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any, NoReturn

import joblib
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic checks these before Python 3.12, too

from backend.errors import InvalidRequestError, ModelFileError
from backend.models import features
from backend.models.intervals import PRIOR_SAMPLE

FORMAT = 4
MOST_BYTES = 512 * 1024**2  # unpacked; the shipped file has 7 MB
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
    """trees: LightGBM's text, `lgbm_plus` and `lgbm`; errors: by model intervals.prior_errors()."""

    trees: dict[str, str]
    linear: list[LinearContent]
    errors: dict[str, Annotated[list[float], Field(min_length=PRIOR_SAMPLE, max_length=PRIOR_SAMPLE)]]


class Content(TypedDict):
    """What a model file holds: plain types only, so that no class is needed to read it."""

    format: int
    features: list[str]
    linear_features: list[str]
    horizons: dict[int, HorizonContent]


CONTENT = TypeAdapter(Content)


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
    """The content and its manifest. Raises ModelFileError; nothing is read unless the manifest describes the file
    and a model that this version can use, and nothing in it is run."""
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
    content = _checked(path, _plain_data(path, pickled))
    _refuse_other_names(path, content)
    _refuse_another(path, "horizons", list(content["horizons"]), manifest["horizons"], "its manifest names")
    return content, manifest


def refuse_unwritable(path: Path) -> None:
    """Raise InvalidRequestError where a model and its manifest could not be written: before training, not after."""
    if path.suffix.lower() == ".json":
        raise InvalidRequestError(
            f"{path} is the name of a manifest, which is written beside the model file and ends in .json. Give the "
            f"model file another ending, such as {path.with_suffix('.pkl')}."
        )
    for file_of in (Path, manifest_path):
        try:
            _try_to_write(file_of(path))
        except OSError as error:
            raise InvalidRequestError(
                f"{file_of(path)} cannot be written: {error.strerror}. Name a file, such as my_model.pkl, in a folder "
                "that you may write to; one that is not there yet is made."
            ) from None


def _try_to_write(path: Path) -> None:
    """Raise OSError where a file could not be written. Nothing is left of the attempt."""
    if path.exists():
        with path.open("ab"):
            return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    with TemporaryFile(dir=folder):
        pass


def manifest_path(path: Path) -> Path:
    return path.with_suffix(".json")


class _PlainUnpickler(pickle.Unpickler):
    """Reads dicts, lists, text and numbers. All else in a pickle is made by something that it names."""

    def find_class(self, module_name: str, global_name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")


def _plain_data(path: Path, packed: bytes) -> object:
    """What joblib.load would give. Raises ModelFileError for anything but plain data."""
    unpacker = zlib.decompressobj()
    try:
        pickled = unpacker.decompress(packed, MOST_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError(f"it is cut short, or unpacks to more than {MOST_BYTES // 1024**2} MB")
        return _PlainUnpickler(io.BytesIO(pickled)).load()
    except Exception as error:  # a made-up pickle can raise any
        raise ModelFileError(
            f"Model file {path} holds something else than plain data ({error}). Nothing in it was run. Restore it "
            "and its manifest from where you trust them, or train a model anew."
        ) from None


def _checked(path: Path, content: object) -> Content:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(f"Model file {path} is not of format {FORMAT}. {TRAIN_ANEW}")
    try:
        return CONTENT.validate_python(content, strict=True)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ModelFileError(f"Model file {path} is not of format {FORMAT}, as {place} shows. {TRAIN_ANEW}") from None


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


def _refuse_other_names(path: Path, described: Mapping[str, Any]) -> None:
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
