"""The API keeps to its own OpenAPI document, whatever is sent to it."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from backend.config import ROOT, Settings
from backend.main import create_app
from backend.tests.server import Server
from backend.tests.traffic import series_csv

DOCUMENT = create_app(Settings(frontend_path=ROOT / "nowhere")).openapi()
OPERATIONS = [
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if path != "/api/sample"  # takes no input, and two seconds
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_makes_the_server_fail_or_leave_its_schema(server: Server, method: str, path: str) -> None:
    server.upload("traffic.csv", series_csv(300))
    operation: Any = schemathesis.openapi.from_dict(DOCUMENT)[path][method]

    @given(case=operation.as_strategy())
    @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    def keeps_its_promises(case: Any) -> None:
        case.call_and_validate(base_url=server.url, checks=[not_a_server_error, response_schema_conformance])

    keeps_its_promises()


def test_the_page_is_typed_from_this_api() -> None:
    assert json.loads((ROOT / "frontend" / "openapi.json").read_text()) == DOCUMENT
