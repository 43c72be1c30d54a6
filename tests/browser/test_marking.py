"""Marking the words of a document that answer a question: by the mouse, by keys, beside the chat and alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import running
from tests.archive import BRIDGE
from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, complaints_of_axe

pytestmark = pytest.mark.browser

QUESTION = "What did divers find between the old piers in 1988?"
DIVERS = BRIDGE[BRIDGE.index("Divers") :].strip()
PIERS = "The old piers still stand."
WHERE = """([words]) => {
  const text = document.querySelector('.reader-text, .doc-text');
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    const boxes = range.getClientRects();
    const [first, last] = [boxes[0], boxes[boxes.length - 1]];
    return [first.left + 1, first.top + first.height / 2, last.right - 1, last.top + last.height / 2];
  }
  return null;
}"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "judged.jsonl"


@pytest.fixture
def address(index: Path, engine: Engine, place: Path) -> Iterator[str]:
    """The address of a service that keeps judgements."""
    app = create_app(index=index, settings=Settings(judgements=str(place)), engine=engine)
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


def opened(page: Page, question: str = QUESTION) -> Locator:
    """Ask, and open the first citation; return the reader."""
    page.goto("/")
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".colophon")).to_be_visible()
    turn.locator(".quote .cite").first.click()
    reader = page.locator(".reader")
    expect(reader.locator(".reader-text")).to_be_visible()
    return reader


def drag(page: Page, first: str, last: str) -> None:
    """Select from one word to another, by the mouse."""
    begin, end = page.evaluate(WHERE, [first]), page.evaluate(WHERE, [last])
    page.mouse.move(begin[0] + 3, begin[1])  # within the first word, and within the last one
    page.mouse.down()
    page.mouse.move(end[2] - 3, end[3], steps=5)
    page.mouse.up()


def kept(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.read_text("utf-8").splitlines()]


def test_words_are_marked_by_the_mouse(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address)
    panel = opened(page).get_by_role("region", name="Which words answer")
    expect(panel).to_be_hidden()
    drag(page, "spoon", "tram")
    expect(panel).to_contain_text(QUESTION)
    # Whole words, and exactly them: the picture in between counts as one character.
    expect(panel.locator("blockquote")).to_have_text("spoon \U0001f944 and a tram")
    start = BRIDGE.index("spoon")
    expect(panel).to_contain_text(f"Characters {start}–{start + 18}")
    assert not place.exists()
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")
    [one] = kept(place)
    assert (one["kind"], one["question"]) == ("marked", QUESTION)
    assert one["judged"]["excerpt"] == "spoon \U0001f944 and a tram"
    assert (one["judged"]["start"], one["judged"]["end"]) == (start, start + 18)
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_have_text("These words are kept already.")
    panel.get_by_role("button", name="Whole sentences").click()
    expect(panel.locator("blockquote")).to_have_text(DIVERS)
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")
    assert [one["judged"]["excerpt"] for one in kept(place)][1:] == [DIVERS]
    assert complaints_of_axe(page) == []


def test_a_sentence_is_marked_by_keys_alone(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address)
    reader = opened(page)
    opener = reader.get_by_role("button", name="Mark the answer")
    opener.focus()
    page.keyboard.press("Enter")
    panel = reader.get_by_role("region", name="Which words answer")
    words = panel.locator("blockquote")
    expect(words).not_to_be_empty()
    before = panel.get_by_role("button", name="Sentence before")
    expect(before).to_be_focused()
    while words.text_content() != "The bridge that moved":
        shown = words.text_content()
        page.keyboard.press("Enter")
        assert words.text_content() != shown, "it stops before the first sentence"
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("There are no more sentences.")
    page.keyboard.press("Tab")
    seen = []
    while words.text_content() != PIERS:
        page.keyboard.press("Enter")  # the next one
        seen.append(words.text_content() or "")
    flat = " ".join(BRIDGE.split())
    assert len(seen) == 4 and all(" ".join(one.split()) in flat for one in seen)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # one more
    expect(words).to_have_text(f"{PIERS} {DIVERS}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")
    [one] = kept(place)
    assert one["judged"]["excerpt"] == f"{PIERS} {DIVERS}"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()
    expect(reader).to_be_visible()


def test_what_is_not_kept_is_told(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address, failing=True)
    reader = opened(page)
    place.mkdir()  # so that it cannot be written
    reader.get_by_role("button", name="Mark the answer").click()
    panel = reader.get_by_role("region", name="Which words answer")
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_contain_text("Not kept. The judgement cannot be kept")
    place.rmdir()
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")


def test_on_the_screen_of_a_phone(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address, viewport={"width": 360, "height": 700}, has_touch=True)
    reader = opened(page)
    reader.get_by_role("button", name="Mark the answer").tap()
    panel = reader.get_by_role("region", name="Which words answer")
    keep = panel.get_by_role("button", name="This is the answer")
    expect(keep).to_be_in_viewport()
    assert page.evaluate(SIDEWAYS) == 0
    assert complaints_of_axe(page) == []
    # What is chosen is in sight above the panel.
    text, below = reader.locator(".reader-text").bounding_box(), panel.bounding_box()
    assert text and below and text["height"] > 100 and text["y"] + text["height"] <= below["y"] + 1
    keep.tap()
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")
    assert len(kept(place)) == 1


def test_on_a_documents_own_page(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address)
    reader = opened(page)
    page.goto(reader.get_by_role("link", name="Full page").get_attribute("href") or "")
    panel = page.get_by_role("region", name="Which words answer")
    expect(page.get_by_role("button", name="Mark the answer")).to_be_visible()
    drag(page, "spoon", "tram")
    expect(panel.locator("blockquote")).to_have_text("spoon \U0001f944 and a tram")
    expect(panel).to_contain_text(QUESTION)
    panel.get_by_role("button", name="This is the answer").click()
    expect(panel.get_by_role("status")).to_have_text("Kept: these words answer the question.")
    [one] = kept(place)
    assert one["question"] == QUESTION
    assert one["judged"]["start"] == BRIDGE.index("spoon")
    assert complaints_of_axe(page) == []


def test_a_document_that_nobody_asked_for_has_no_question(
    open_page: Open, address: str, engine: Engine
) -> None:
    page = open_page(address)
    page.goto("/")
    page.get_by_role("link", name="The bridge that moved").first.click()
    expect(page.locator(".reader .reader-text")).to_be_visible()
    expect(page.get_by_role("button", name="Mark the answer")).to_have_count(0)


def test_where_nothing_is_kept_nothing_is_offered(
    open_page: Open, index: Path, engine: Engine
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        page = open_page(f"http://{host}:{port}")
        reader = opened(page)
        expect(reader.get_by_role("button", name="Mark the answer")).to_have_count(0)
        drag(page, "spoon", "tram")
        expect(page.locator(".marking")).to_have_count(0)
        with page.expect_response("**/v1/archive"):
            page.goto(reader.get_by_role("link", name="Full page").get_attribute("href") or "")
        expect(page.get_by_role("button", name="Mark the answer")).to_have_count(0)
