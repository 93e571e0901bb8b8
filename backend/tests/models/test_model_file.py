"""A model file is opened only when it is the one its manifest describes."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

from backend.errors import ModelFileError
from backend.models import model_file
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


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.pkl"
    model_file.write(path, {"format": 0}, {})
    with pytest.raises(ModelFileError, match="format"):
        RPSEstimator.load(path)


def test_the_file_holds_plain_data_only() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(plain(key) and plain(part) for key, part in value.items())
        if isinstance(value, list):
            return all(plain(part) for part in value)
        return type(value) in (str, int, float)

    model, _ = model_file.read(SHIPPED)
    assert plain(model)
