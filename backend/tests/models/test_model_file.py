"""A model file is opened only when it is the one its manifest describes, and nothing in it is run even then."""

import hashlib
import io
import json
import os
import pickle
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from backend.errors import InvalidRequestError, ModelFileError
from backend.models import features, model_file
from backend.models.model_file import FORMAT
from backend.models.predictor import RPSEstimator
from backend.tests.shipped import HORIZONS, SHIPPED


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for source in (SHIPPED, SHIPPED.with_suffix(".json")):
        shutil.copy(source, tmp_path)
    return tmp_path / SHIPPED.name


class Bomb:
    """Calls something when it is unpickled."""

    def __init__(self, call: Callable[..., object], *arguments: object) -> None:
        self.call = call
        self.arguments = arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call, self.arguments


def joblib_dump(content: object) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(content, buffer, compress=("zlib", 9))
    return buffer.getvalue()


def plain_dump(content: object) -> bytes:
    return zlib.compress(pickle.dumps(content))


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        RPSEstimator.load(path)
    assert str(path) in caught.value.detail
    return caught.value.detail


def write_both(path: Path, written: bytes) -> None:
    """Write a model file, and into its manifest that this is it."""
    path.write_bytes(written)
    manifest = json.loads(path.with_suffix(".json").read_text())
    manifest |= {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}
    path.with_suffix(".json").write_text(json.dumps(manifest))


def test_the_shipped_file_is_the_one_its_manifest_describes() -> None:
    estimator = RPSEstimator.load(SHIPPED)
    assert estimator.version == "lgbm_v1"
    assert estimator.horizons == HORIZONS
    assert SHIPPED.stat().st_size < 10_000_000


def test_a_swapped_file_is_refused_before_anything_is_unpickled(copied: Path, tmp_path: Path) -> None:
    mark = tmp_path / "unpickled"
    copied.write_bytes(zlib.compress(pickle.dumps(Bomb(Path.touch, mark))))
    assert "SHA-256" in refused(copied)
    assert not mark.exists()


def hostile(mark: Path) -> dict[str, Any]:
    """Contents that make a file, `mark`, where they are unpickled, each by a way of its own."""
    nested = np.empty(1, dtype=object)
    nested[0] = Bomb(Path.touch, mark)
    hidden = np.empty(1, dtype=[("inner", object)])
    hidden[0] = (Bomb(Path.touch, mark),)
    return {
        "the object itself": Bomb(Path.touch, mark),
        "a value": {"format": FORMAT, "x": Bomb(Path.touch, mark)},
        "a key": {Bomb(exec, f"import pathlib; pathlib.Path({str(mark)!r}).touch()"): 1},
        "a command": {"x": Bomb(os.system, f"touch {mark}")},
        "an array of objects": {"x": nested},
        "a field of an array": {"x": hidden},
        "a name within numpy": {"x": Bomb(np.ndarray.tofile, np.zeros(1), str(mark))},
        "a function of numpy": {"x": Bomb(np.save, str(mark), [1])},
        "builtins by getattr": {"x": Bomb(getattr, Bomb(Path, mark), "touch")},
        "joblib by itself": {"x": Bomb(joblib.dump, 1, str(mark))},
    }


@pytest.mark.parametrize("way", hostile(Path("mark")))
@pytest.mark.parametrize("dump", [joblib_dump, plain_dump], ids=["joblib", "pickle"])
def test_a_hostile_file_runs_nothing_also_with_a_manifest_that_describes_it(
    copied: Path, tmp_path: Path, way: str, dump: Callable[[object], bytes]
) -> None:
    mark = tmp_path / "ran"
    write_both(copied, dump(hostile(mark)[way]))
    assert "holds something else than plain data" in refused(copied)
    assert not list(tmp_path.glob("ran*"))


def test_those_files_are_hostile_where_they_are_loaded(copied: Path, tmp_path: Path) -> None:
    for number, way in enumerate(hostile(Path("mark"))):
        mark = tmp_path / f"ran{number}"
        content = hostile(mark)[way]
        write_both(copied, joblib_dump(content))
        loaded = joblib.load(copied)
        if way == "builtins by getattr":
            loaded["x"]()
        assert list(tmp_path.glob(f"{mark.name}*")), way


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps({"x": b"bytes"}, protocol=0),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
        b"(S'true'\nios\nsystem\n.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02Pid\n.",
        b"",
        b".",
        b"\x80\x04",
        b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"}(}K\x01u.",
    ],
    ids=["bytes", "global", "stack", "inst", "extension", "person", "empty", "stop", "cut", "huge", "unhashable"],
)
def test_whatever_a_pickle_holds_it_is_refused_in_words(copied: Path, pickled: bytes) -> None:
    write_both(copied, zlib.compress(pickled))
    assert "holds something else than plain data" in refused(copied)


def test_a_file_that_unpacks_to_more_than_memory_is_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "MOST_BYTES", 1_000_000)
    write_both(copied, zlib.compress(pickle.dumps("0" * 2_000_000)))
    assert "unpacks to more than" in refused(copied)


@pytest.mark.parametrize("fields", [{"horizons": 1}, {"horizons": {1: {}}}, {"horizons": {"1": None}}, {"features": 7}])
def test_plain_data_of_another_shape_is_refused_with_the_way_out(copied: Path, fields: dict[str, Any]) -> None:
    content, _ = model_file.read(copied)
    write_both(copied, joblib_dump(content | fields))
    assert "scaleops train" in refused(copied)


def test_the_shipped_file_can_be_loaded_by_joblib() -> None:
    assert joblib.load(SHIPPED) == model_file.read(SHIPPED)[0]


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


def change(path: Path, **fields: Any) -> None:
    """Write these fields into the content of a model file and into its manifest."""
    content, manifest = model_file.read(path)
    changed: Any = {**content, **fields}
    model_file.write(path, changed, {"training": manifest["training"]})


def test_a_file_of_the_former_format_is_refused_with_the_way_out(copied: Path) -> None:
    change(copied, format=FORMAT - 1)
    message = refused(copied)
    assert f"is of format {FORMAT - 1}, this version reads format {FORMAT}" in message
    assert "scaleops train" in message


@pytest.mark.long
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
        assert f"[{', '.join(map(str, HORIZONS))}]" in message


@pytest.mark.parametrize("field", model_file.FIELDS)
def test_a_field_that_a_manifest_lacks_is_named(copied: Path, field: str) -> None:
    manifest = json.loads(copied.with_suffix(".json").read_text())
    del manifest[field]
    copied.with_suffix(".json").write_text(json.dumps(manifest))
    assert f"has no field {field}." in refused(copied)


def test_a_model_file_is_not_named_as_its_manifest(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"the model file another ending, such as .*m\.pkl"):
        model_file.refuse_unwritable(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "Is a directory"),
        ("file/m.pkl", "Not a directory"),
        ("taken.pkl", "taken.json cannot be written: Is a directory"),
        ("/proc/m.pkl", "cannot be written: No such file or directory"),
        (f"{'m' * 300}.pkl", "File name too long"),
    ],
)
def test_where_no_model_can_be_written_is_known_before(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "taken.json").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequestError, match=reason):
        model_file.refuse_unwritable(tmp_path / name)


def test_the_look_whether_a_model_can_be_written_changes_nothing(tmp_path: Path) -> None:
    there = tmp_path / "there.pkl"
    there.write_text("a model")
    for path in (there, tmp_path / "new.pkl", tmp_path / "a" / "folder" / "new.pkl"):
        model_file.refuse_unwritable(path)
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {there: "a model"}
