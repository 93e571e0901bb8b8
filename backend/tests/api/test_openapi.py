"""The API document tells the truth: whatever is sent, the API answers as it says there."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis

from backend import schemas
from backend.api.examples import EXAMPLES
from backend.config import ROOT
from backend.sample import SAMPLE_FILENAME
from backend.tests.api.document import DOCUMENT, OPERATIONS, WRITE
from backend.tests.server import Server, running_server
from backend.tests.traffic import series_csv

CHECKED = schemathesis.openapi.from_dict(DOCUMENT)
TOKEN = EXAMPLES["SignIn"]["token"]
KEDA = ("get", "/api/keda/{filename}")
FUZZING_SECONDS = 120


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_example_of_every_operation_is_answered_as_declared(guarded: Server, method: str, path: str) -> None:
    guarded.upload(SAMPLE_FILENAME, series_csv(300), headers={"X-Upload-Id": "my-upload-1"})
    if "simulation" in path:
        simulate(guarded)
    operation = DOCUMENT["paths"][path][method]
    answer = send_example(guarded, method, path, operation)
    # A success in part comes before the whole one. A file is no live series, so no number of it is served.
    declared = ["503"] if (method, path) == KEDA else [status for status in operation["responses"] if status < "300"]
    assert str(answer.status_code) == declared[-1], answer.text
    CHECKED[path][method].validate_response(answer)


def simulate(server: Server) -> None:
    """A simulation of the examples' id, done."""
    asked = {
        "id": "my-simulation-1",
        "filename": SAMPLE_FILENAME,
        "policies": ["hpa"],
        "policy": {"rps_per_replica": 1},
    }
    server.client.post("/api/simulations", json=asked)
    while server.get("/api/simulations/my-simulation-1")["state"] in ("waiting", "simulating"):
        time.sleep(0.05)


def send_example(server: Server, method: str, path: str, operation: dict[str, Any]) -> httpx.Response:
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", []):
        if parameter["required"] or "examples" in parameter["schema"]:
            values[parameter["in"]][parameter["name"]] = parameter["schema"]["examples"][0]
    request = server.client.build_request(
        method,
        path.format(**values["path"]),
        params=values["query"],
        headers=values["header"],
        **body_of(operation.get("requestBody", {"content": {}})["content"]),
    )
    request.read()  # the check of its answer looks at it again
    return server.client.send(request)


def body_of(content: dict[str, Any]) -> dict[str, Any]:
    """The example of a request's body, as httpx takes it."""
    match content:
        case {"multipart/form-data": {"example": {"file": file, **fields}}}:
            return {"files": {"file": ("example.csv", file)}, "data": fields}
        case {"text/plain": {"example": text}}:
            return {"content": text}
        case {"application/json": {"schema": {"$ref": reference}}}:
            return {"json": DOCUMENT["components"]["schemas"][reference.rsplit("/", 1)[1]]["examples"][0]}
    assert content == {}
    return {}


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"UploadForm"}))
def test_the_example_of_every_schema_fits_it(name: str) -> None:
    getattr(schemas, name).model_validate(DOCUMENT["components"]["schemas"][name]["examples"][0])


@pytest.mark.parametrize(("method", "path"), [operation for operation in OPERATIONS if operation != WRITE])
def test_every_error_is_declared_as_a_problem(method: str, path: str) -> None:
    for status, response in DOCUMENT["paths"][path][method]["responses"].items():
        if status >= "400":
            (content_type,) = response["content"]
            assert content_type == "application/problem+json"
            assert response["content"][content_type]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_error_of_the_write_call_is_declared_as_influxdb_s() -> None:
    responses = DOCUMENT["paths"]["/api/v2/write"]["post"]["responses"]
    declared = {status: list(response["content"]) for status, response in responses.items() if status >= "400"}
    assert set(declared) == {"400", "401", "403", "413", "422", "429", "503"}
    assert set(map(tuple, declared.values())) == {("application/json",)}


def test_nothing_is_declared_in_fastapi_s_own_shape_of_errors() -> None:
    assert "ValidationError" not in json.dumps(DOCUMENT)


def test_live_messages_are_told_apart_by_their_type() -> None:
    message = DOCUMENT["components"]["schemas"]["LiveMessage"]
    assert message["discriminator"]["propertyName"] == "type"
    assert set(message["discriminator"]["mapping"]) == {"snapshot", "points", "forecast", "status"}


def test_the_page_is_typed_from_this_api() -> None:
    assert json.loads((ROOT / "frontend" / "openapi.json").read_text()) == DOCUMENT


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for a token, with the sample, a file and a feed stored."""
    tokens = {"SCALEOPS_READ_TOKEN": "reads", "SCALEOPS_WRITE_TOKEN": "writes", "SCALEOPS_API_TOKEN": TOKEN}
    with running_server(tmp_path_factory.mktemp("guarded"), **tokens) as server:
        server.client.headers["Authorization"] = f"Bearer {TOKEN}"
        server.client.post("/api/sample").raise_for_status()
        server.upload("traffic.csv", series_csv(300)).raise_for_status()
        server.client.post("/api/v2/write", content="nginx,host=web1 requests=5i").raise_for_status()
        yield server


@pytest.mark.long(minutes=2)
def test_no_request_makes_the_api_break_its_document(guarded: Server, tmp_path: Path) -> None:
    """Every check of schemathesis, until its time is up."""
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(Path(__file__).with_name("schemathesis.toml"))),
        *("run", "openapi.json", "--url", guarded.url, "--no-color", "--checks", "all", "--continue-on-failure"),
        *("--max-time", str(FUZZING_SECONDS), "--seed", "1", "--generation-database", "none"),
        # Bounds: on a busy machine an import takes longer than the usual ten seconds.
        *("--request-timeout", "120", "--max-response-time", "120"),
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
