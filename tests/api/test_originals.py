"""``/v1/documents/{id}/pages`` and ``/original``: pages as pictures, files as they are."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from qa.api import create_app, schemas
from qa.build.upkeep import purge
from qa.engine import Engine
from qa.records import document_id
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.corpus.makers import COLUMN, pdf, scanned_pdf
from tests.fake import FakeEncoder

SOURCE = "papers/harbour.pdf"
ID = document_id(SOURCE)
PAGES = [" ".join(COLUMN), "The second page is about the lighthouse of Vellmar and its keeper."]
Build = Callable[..., Any]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "papers").mkdir()
    (folder / SOURCE).write_bytes(pdf(PAGES, title="The harbour of Vellmar"))
    (folder / "owls.txt").write_text("Owls hunt voles at dusk.")
    return folder


@pytest.fixture(scope="module")
def built(papers: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("papers-index") / "papers"
    build(papers, index)
    return index


def opened(index: Path, encoder: FakeEncoder, **settings: Any) -> TestClient:
    app = create_app(
        index=index,
        settings=Settings(**settings),
        engine=Engine.open(index, encoder=encoder, reading="off"),
    )
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def pdfs(built: Path, encoder: FakeEncoder) -> TestClient:
    return opened(built, encoder)


@pytest.fixture
def own(papers: Path, built: Path, build: Build, tmp_path: Path) -> tuple[Path, Path]:
    """A folder and its index that a test may change."""
    shutil.copytree(papers, tmp_path / "papers")
    build(tmp_path / "papers", tmp_path / "index")
    return tmp_path / "papers", tmp_path / "index"


def cited(client: TestClient, words: str) -> dict[str, Any]:
    document = client.get(f"/v1/documents/{ID}").json()
    start = document["text"].index(words)
    return {"start": start, "end": start + len(words), "version": document["sha256"]}


def picture(client: TestClient, address: str) -> Image.Image:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image


def coloured(image: Image.Image) -> int:
    """Return how many pixels have the marker's colour."""
    data = image.tobytes()
    return sum(red > 240 and blue < 150 for red, blue in zip(data[::3], data[2::3], strict=True))


@pytest.mark.slow
def test_a_citation_opens_its_page_with_its_words_marked(pdfs: TestClient) -> None:
    body = pdfs.get(f"/v1/documents/{ID}/pages", params=cited(pdfs, "dug by four hundred")).json()
    schemas.PagesResponse.model_validate(body, strict=True)
    [page] = body["pages"]
    assert (page["page"], body["note"]) == (1, None)
    assert len(page["boxes"]) == 1
    image = picture(pdfs, page["url"])
    left, lower, right, upper = page["boxes"][0]
    scale = image.width / page["width"]
    around = tuple(
        int(scale * edge) for edge in (left, page["height"] - upper, right, page["height"] - lower)
    )
    assert coloured(image.crop(around)) > 0.5 * coloured(image) > 50
    assert coloured(picture(pdfs, f"/v1/documents/{ID}/pages/1")) == 0


def test_a_document_s_page_shows_the_picture_beside_the_text(pdfs: TestClient) -> None:
    query = cited(pdfs, "the lighthouse of Vellmar")
    page = pdfs.get(f"/v1/documents/{ID}/view", params=query).text
    [address] = [part.split('"')[0] for part in page.split('<img src="')[1:]]
    assert address.startswith("../../../v1/documents/")
    address = address.replace("../../../", "/").replace("&amp;", "&")
    assert coloured(picture(pdfs, address)) > 50
    assert "No picture" not in page


def test_what_has_no_pages_has_no_picture(pdfs: TestClient) -> None:
    id = document_id("owls.txt")
    page = pdfs.get(f"/v1/documents/{id}/view?start=0&end=4").text
    assert "<img" not in page
    assert "No picture" not in page
    for path in (f"/v1/documents/{id}/pages?start=0&end=4", f"/v1/documents/{id}/pages/1"):
        assert error_of(pdfs.get(path), 404)["code"] == "original_unavailable"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("pages?start=0", 422, "missing_field"),
        ("pages?start=0&end=100000", 422, "invalid_span"),
        ("pages?start=4&end=4", 422, "invalid_span"),
        ("pages/1?start=4", 422, "invalid_span"),
        ("pages/0", 422, "invalid_value"),
        ("pages/x", 422, "invalid_value"),
        ("pages/7", 404, "original_unavailable"),
        ("pages/2?start=0&end=4", 404, "original_unavailable"),
        ("pages?start=0&end=4&version=00", 409, "original_changed"),
        ("pages/1?version=00", 409, "original_changed"),
        ("original", 404, "originals_not_served"),
    ],
)
def test_what_cannot_be_shown(pdfs: TestClient, path: str, status: int, code: str) -> None:
    assert error_of(pdfs.get(f"/v1/documents/{ID}/{path}"), status)["code"] == code


def test_a_document_that_is_not_there(pdfs: TestClient) -> None:
    for path in ("pages?start=0&end=4", "pages/1", "original"):
        error = error_of(pdfs.get(f"/v1/documents/d0000000000000000/{path}"), 404)
        assert error["code"] == "document_not_found"


def test_a_file_that_has_changed_is_not_shown(own: tuple[Path, Path], encoder: FakeEncoder) -> None:
    """Neither drawn nor served; the document's page says so in a line that tells no path."""
    folder, index = own
    client = opened(index, encoder, serve_originals="on")
    query = cited(client, "dug by four hundred")
    (folder / SOURCE).write_bytes(scanned_pdf())
    for path in ("pages", "pages/1", "original"):
        wanted = {} if path == "original" else query
        error = error_of(client.get(f"/v1/documents/{ID}/{path}", params=wanted), 409)
        assert error["code"] == "original_changed"
    page = client.get(f"/v1/documents/{ID}/view", params=query).text
    assert "No picture of the page: the file has changed since it was read" in page
    assert "<img" not in page
    shutil.rmtree(folder)
    error = error_of(client.get(f"/v1/documents/{ID}/pages", params=query), 404)
    assert "not on this machine" in error["message"]
    assert str(folder) not in error["message"]


@pytest.mark.slow
def test_a_purged_document_has_no_picture_any_more(
    own: tuple[Path, Path], encoder: FakeEncoder
) -> None:
    _, index = own
    client = opened(index, encoder)
    query = cited(client, "dug by four hundred")
    assert client.get(f"/v1/documents/{ID}/pages", params=query).status_code == 200
    purge(Settings(index=str(index)), [SOURCE])
    service = client.app.state.service  # type: ignore[attr-defined]  # the application is ours
    service.engines.look()
    service.pictures.settle(service.engines.get().store.version)
    assert service.pictures._cache == {}
    for path in ("pages", "pages/1"):
        error = error_of(client.get(f"/v1/documents/{ID}/{path}", params=query), 404)
        assert error["code"] == "document_not_found"


def test_the_file_itself_is_served_where_a_setting_says_so(
    papers: Path, built: Path, encoder: FakeEncoder
) -> None:
    """To be saved, never to be run in a page of ours."""
    client = opened(built, encoder, serve_originals="on")
    answer = client.get(f"/v1/documents/{ID}/original")
    assert answer.status_code == 200
    assert answer.content == (papers / SOURCE).read_bytes()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''harbour.pdf"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.slow
def test_pictures_and_files_are_for_those_who_may_ask(
    tmp_path: Path, built: Path, encoder: FakeEncoder
) -> None:
    engine = Engine.open(built, encoder=encoder, reading="off")
    keyed = Keyed(tmp_path, built, engine, serve_originals="on")
    for path in ("pages?start=0&end=4", "pages/1", "original"):
        address = f"/v1/documents/{ID}/{path}"
        assert keyed.client().get(address).status_code == 401
        assert keyed.client("revoked").get(address).status_code == 401
        assert keyed.client("ask").get(address).status_code == 200
        assert keyed.browser("ask").get(address).status_code == 200


def test_whoever_comes_on_top_is_sent_away(
    built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened(built, encoder)
    service = client.app.state.service  # type: ignore[attr-defined]  # as above
    monkeypatch.setattr("qa.service.pictures.DRAWERS", 0)
    answer = client.get(f"/v1/documents/{ID}/pages/1")
    assert error_of(answer, 503)["code"] == "pictures_busy"
    assert int(answer.headers["retry-after"]) >= 1
    assert 'reason="pictures_busy"' in service.metrics.text(None)
