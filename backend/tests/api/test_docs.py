"""The API document for people, under the page's own content security policy."""

import re

import pytest

from backend.tests.server import Server


@pytest.mark.parametrize("path", ["/docs", "/api/docs", "/api/docs/"])
def test_the_document_is_shown_by_files_served_from_here(server: Server, path: str) -> None:
    page = server.client.get(path, follow_redirects=True)
    loaded = re.findall(r'(?:src|href)="([^":]+)"', page.text)
    assert loaded
    assert {server.client.get(str(page.url.join(file))).status_code for file in loaded} == {200}
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=|://", page.text) == []


def test_the_document_itself_is_at_both_addresses(server: Server) -> None:
    assert server.get("/api/openapi.json") == server.get("/openapi.json")
