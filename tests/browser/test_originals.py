"""Documents in a browser: pages of PDFs with the words marked, and structure with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, ask, complaints_of_axe, text_of
from tests.browser.test_archives import in_process
from tests.conftest import Build
from tests.corpus.makers import COLUMN, pdf
from tests.fake import FakeEncoder

pytestmark = pytest.mark.browser

HARBOUR = " ".join(COLUMN)
PUMPS = """# The pumps of Orlaville

The council had every pump of the town looked at.

## What it found

- The handle of one is broken.
- Another is dry.

| Pump | Depth | Keeper |
|------|-------|--------|
| East | 31 metres | Anna Lind |
| West | 27 metres | Otto Brandt \U0001f989 |
"""
COLOURED = """image => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let n = 0; n < data.length; n += 4) count += data[n] > 240 && data[n + 2] < 150;
  return count;
}"""
TIMEOUT = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("originals")
    (path / "harbour.pdf").write_bytes(pdf([HARBOUR], title="The harbour of Vellmar"))
    (path / "lost.pdf").write_bytes(pdf(["The smoker and the veils of the beekeeper were lost."]))
    (path / "pumps.md").write_text(PUMPS, "utf-8")
    return path


@pytest.fixture(scope="module")
def address(
    folder: Path, build: Build, encoder: FakeEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    index = tmp_path_factory.mktemp("originals-index") / "originals"
    build(folder, index)
    (folder / "lost.pdf").unlink()
    with in_process(index, encoder) as address:
        yield address


def coloured(image: Locator) -> int:
    """Return how many pixels of a picture have the marker's colour."""
    expect(image).to_have_js_property("complete", True, timeout=TIMEOUT)
    count: int = image.evaluate(COLOURED)
    return count


def opened(page: Page, question: str, source: str) -> Locator:
    """Ask, and open the citation of the first quote from a source beside the chat."""
    page.goto(f"/?source={source}")
    turn = ask(page, question)
    turn.locator(".quote a").first.click()
    reader = page.locator(".reader")
    expect(reader).to_be_visible()
    return reader


def test_the_reader_shows_the_page_of_a_pdf_marked(open_page: Open, address: str) -> None:
    page = open_page(address)
    reader = opened(page, "Who dug the harbour of Vellmar?", "harbour.pdf")
    image = reader.locator(".pictures img")
    expect(image).to_be_visible(timeout=TIMEOUT)
    assert image.get_attribute("alt") == "Page 1 of the original, the cited words marked"
    assert coloured(image) > 500
    expect(reader.locator(".reader-text")).to_contain_text("four hundred dockers")
    assert complaints_of_axe(page) == []
    assert page.evaluate(SIDEWAYS) == 0


def test_the_document_s_own_page_shows_it_beside_the_text(open_page: Open, address: str) -> None:
    page = open_page(address)
    reader = opened(page, "Who dug the harbour of Vellmar?", "harbour.pdf")
    own_page = str(reader.get_by_role("link", name="Full page").get_attribute("href"))
    held: list[Route] = []
    page.route("**/pages/*", lambda route: held.append(route))
    with page.expect_request("**/pages/*"):
        page.goto(own_page, wait_until="domcontentloaded")
    caption = page.locator(".pictures figcaption")
    expect(caption).to_have_text("Page 1 of the original: drawing it …", timeout=TIMEOUT)
    for route in held:
        route.continue_()
    expect(caption).to_have_text("Page 1 of the original", timeout=TIMEOUT)
    assert coloured(page.locator(".pictures img")) > 500
    picture, text = (
        page.locator(".pictures").bounding_box(),
        page.locator(".doc-text").bounding_box(),
    )
    assert picture and text
    assert text["x"] + text["width"] <= picture["x"]
    assert complaints_of_axe(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate(SIDEWAYS) == 0


def test_why_there_is_no_picture_is_one_line(open_page: Open, address: str) -> None:
    page = open_page(address, failing=True)
    reader = opened(page, "What of the beekeeper was lost?", "lost.pdf")
    line = reader.locator(".pictures")
    expect(line).to_contain_text("No picture of the page: ", timeout=TIMEOUT)
    expect(line).to_contain_text("not in its folder any more")
    page.goto(str(reader.get_by_role("link", name="Full page").get_attribute("href")))
    expect(page.locator(".unseen")).to_contain_text("not in its folder any more")


@pytest.mark.parametrize("place", [".reader-text", ".doc-text"])
def test_structure_is_seen_and_no_character_is_lost(
    open_page: Open, address: str, place: str
) -> None:
    """Headings, a list and a table; and the text of the page is the file, offset for offset."""
    page = open_page(address)
    reader = opened(page, "How deep is the pump whose keeper is Otto Brandt?", "pumps.md")
    if place == ".doc-text":
        page.goto(str(reader.get_by_role("link", name="Full page").get_attribute("href")))
    text = page.locator(place)
    assert text_of(text) == PUMPS
    expect(text.get_by_role("heading", name="What it found")).to_be_visible()
    expect(text.get_by_role("listitem")).to_have_text(
        ["The handle of one is broken.", "Another is dry."], use_inner_text=True
    )
    expect(text.get_by_role("columnheader")).to_have_text(
        ["Pump", "Depth", "Keeper"], use_inner_text=True
    )
    expect(text.get_by_role("row").last.get_by_role("cell")).to_have_text(
        ["West", "27 metres", "Otto Brandt \U0001f989"], use_inner_text=True
    )
    marks = text.locator("mark.cited").all()
    assert marks
    assert "".join(map(text_of, marks)) in PUMPS
    assert complaints_of_axe(page) == []
