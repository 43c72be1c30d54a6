"""Judging quotes on the page, in a real browser, with a file to keep it and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import running
from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, complaints_of_axe

pytestmark = pytest.mark.browser

QUESTION = "How many ships were counted in the winter?"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "judged.jsonl"


@pytest.fixture
def address(index: Path, engine: Engine, place: Path) -> Iterator[str]:
    """The address of a service that keeps judgements."""
    app = create_app(index=index, settings=Settings(judgements=str(place)), engine=engine)
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


def ask(page: Page) -> Locator:
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".colophon")).to_be_visible()
    return turn


def kinds(place: Path) -> list[str]:
    return [json.loads(line)["kind"] for line in place.read_text("utf-8").splitlines()]


def test_a_quote_is_judged_by_keys_alone(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address)
    page.goto("/")
    turn = ask(page)
    group = turn.get_by_role("group", name="Judge quote 1")
    yes, no = (group.get_by_role("button", name=name) for name in
               ("This answers it", "This does not"))  # fmt: skip
    expect(yes).to_have_attribute("aria-pressed", "false")
    yes.focus()
    page.keyboard.press("Enter")
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(page.locator("p[role=status]").first).to_have_text("Kept: this answers it.")
    yes.click()  # which says nothing new
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(yes).to_have_attribute("aria-pressed", "false")
    assert kinds(place) == ["answers", "does_not"]
    kept = json.loads(place.read_text("utf-8").splitlines()[0])
    assert kept["question"] == QUESTION
    shown = turn.locator(".quote blockquote").first.evaluate("element => element.textContent")
    assert kept["judged"]["excerpt"] == shown
    assert complaints_of_axe(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate(SIDEWAYS) == 0
    page.reload()
    expect(page.get_by_role("group", name="Judge quote 1")).to_be_visible()


def test_a_judgement_that_is_not_kept_is_told(open_page: Open, address: str, place: Path) -> None:
    page = open_page(address, failing=True)
    page.goto("/")
    turn = ask(page)
    place.mkdir()  # so that it cannot be written
    yes = turn.get_by_role("group", name="Judge quote 1").get_by_role("button").first
    yes.click()
    expect(turn.get_by_text("The judgement cannot be kept").first).to_be_visible()
    expect(yes).to_have_attribute("aria-pressed", "false")


def test_where_nothing_is_kept_nothing_is_offered(
    open_page: Open, index: Path, engine: Engine
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        page = open_page(f"http://{host}:{port}")
        with page.expect_response(lambda response: response.url.endswith("/v1/archive")):
            page.goto("/")
        turn = ask(page)
        expect(turn.get_by_text("This answers it").first).to_be_hidden()
