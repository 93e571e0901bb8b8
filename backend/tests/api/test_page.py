"""The page as the backend serves it."""

from collections.abc import Iterator

import pytest

from backend.tests.server import Server, running_server


@pytest.fixture(scope="module")
def with_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("page")
    page = folder / "dist"
    (page / "assets").mkdir(parents=True)
    (page / "assets" / "index-1a2b.js").write_text("0")
    (page / "index.html").write_text("<!doctype html>")
    with running_server(folder, SCALEOPS_FRONTEND_PATH=str(page)) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "status", "lifetime"),
    [
        ("/assets/index-1a2b.js", 200, "public, max-age=31536000, immutable"),
        ("/assets/index-gone.js", 404, "no-cache"),
        ("/", 200, "no-cache"),
        ("/api/health", 200, "no-cache"),
    ],
)
def test_a_browser_keeps_hashed_files_for_a_year_and_asks_for_all_else_anew(
    with_page: Server, path: str, status: int, lifetime: str
) -> None:
    answer = with_page.client.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (status, lifetime)


def test_a_page_that_a_browser_kept_is_not_sent_again(with_page: Server) -> None:
    kept = with_page.client.get("/").headers["etag"]
    assert with_page.client.get("/", headers={"If-None-Match": kept}).status_code == 304
