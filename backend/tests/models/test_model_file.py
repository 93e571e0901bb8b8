"""A model file is opened only when it is the one its manifest describes."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from backend.errors import ModelFileError
from backend.models import features, model_file
from backend.models.predictor import RPSEstimator
from backend.tests.models.conftest import SHIPPED


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for source in (SHIPPED, SHIPPED.with_suffix(".json")):
        shutil.copy(source, tmp_path)
    return tmp_path / SHIPPED.name


class Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def test_the_shipped_file_is_the_one_its_manifest_describes() -> None:
    estimator = RPSEstimator.load(SHIPPED)
    assert estimator.version == "lgbm_v1"
    assert estimator.horizons == (1, 5, 15)
    assert SHIPPED.stat().st_size < 10_000_000


def test_a_swapped_file_is_refused_before_anything_is_unpickled(copied: Path, tmp_path: Path) -> None:
    mark = tmp_path / "unpickled"
    copied.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(ModelFileError):
        RPSEstimator.load(copied)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Bomb(mark)))  # noqa: S301  (the bomb does go off where it is unpickled)
    assert mark.exists()


def test_a_damaged_file_is_refused_with_its_name_and_both_hashes(copied: Path) -> None:
    content = bytearray(copied.read_bytes())
    content[len(content) // 2] ^= 1
    copied.write_bytes(content)
    expected = json.loads(copied.with_suffix(".json").read_text())["sha256"]
    with pytest.raises(ModelFileError) as caught:
        RPSEstimator.load(copied)
    assert str(copied) in caught.value.detail
    assert expected in caught.value.detail
    assert "its SHA-256 is" in caught.value.detail


@pytest.mark.parametrize("suffix", [".pkl", ".json"])
def test_a_missing_file_is_named(copied: Path, suffix: str) -> None:
    missing = copied.with_suffix(suffix)
    missing.unlink()
    with pytest.raises(ModelFileError) as caught:
        RPSEstimator.load(copied)
    assert str(missing) in caught.value.detail


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}"])
def test_a_broken_manifest_is_refused(copied: Path, text: str) -> None:
    copied.with_suffix(".json").write_text(text)
    with pytest.raises(ModelFileError):
        RPSEstimator.load(copied)


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        RPSEstimator.load(path)
    assert str(path) in caught.value.detail
    return caught.value.detail


def change(path: Path, **fields: Any) -> None:
    """Write these fields into the content of a model file and into its manifest."""
    content, manifest = model_file.read(path)
    changed: Any = {**content, **fields}
    model_file.write(path, changed, {"training": manifest["training"]})


def test_a_file_of_the_former_format_is_refused_with_the_way_out(copied: Path) -> None:
    change(copied, format=2)
    message = refused(copied)
    assert "is of format 2, this version reads format 3" in message
    assert "scaleops train" in message


@pytest.mark.parametrize(("field", "names"), [("features", features.NAMES), ("linear_features", features.LINEAR_NAMES)])
def test_a_model_of_other_features_is_refused_with_both_lists(copied: Path, field: str, names: tuple[str, ...]) -> None:
    for other in ([*names, "mean_7"], list(names[:-1]), [names[1], names[0], *names[2:]]):
        change(copied, **{field: other})
        message = refused(copied)
        assert f"[{', '.join(other)}]" in message
        assert f"[{', '.join(names)}]" in message
        for suffix in (".pkl", ".json"):
            shutil.copy(SHIPPED.with_suffix(suffix), copied.parent)


@pytest.mark.parametrize(
    ("field", "value"), [("features", ["mean_3"]), ("linear_features", ["constant"]), ("horizons", [1, 7])]
)
def test_a_manifest_that_describes_another_model_is_refused(copied: Path, field: str, value: list[Any]) -> None:
    manifest = json.loads(copied.with_suffix(".json").read_text())
    copied.with_suffix(".json").write_text(json.dumps(manifest | {field: value}))
    message = refused(copied)
    assert f"[{', '.join(map(str, value))}]" in message
    if field == "horizons":
        assert "[1, 5, 15]" in message


@pytest.mark.parametrize("field", model_file.FIELDS)
def test_a_field_that_a_manifest_lacks_is_named(copied: Path, field: str) -> None:
    manifest = json.loads(copied.with_suffix(".json").read_text())
    del manifest[field]
    copied.with_suffix(".json").write_text(json.dumps(manifest))
    assert f"has no field {field}." in refused(copied)


def test_the_file_holds_plain_data_only() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(key) and plain(part) for key, part in value.items())
        if isinstance(value, list):
            return all(plain(part) for part in value)
        return type(value) in (str, int, float)

    model, _ = model_file.read(SHIPPED)
    assert plain(model)
