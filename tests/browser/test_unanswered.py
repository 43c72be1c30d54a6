"""The operator's page of questions without an answer, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from qa.api import create_app
from qa.engine import Engine
from qa.judging.unanswered import Asked, Unanswered
from qa.settings import Settings
from tests.api.keyed import Keyed
from tests.api.servers import running
from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, complaints_of_axe

pytestmark = pytest.mark.browser


@pytest.fixture
def kept(tmp_path: Path) -> Unanswered:
    """Sixty questions, one of them asked three times."""
    kept = Unanswered(tmp_path / "unanswered.jsonl", most=1_000_000)
    texts = [f"What became of the owl {n}?" for n in range(60)] + ["<b>Who</b> counts bees?"] * 3
    kept.add_all(
        [
            Asked(f"2026-01-02T03:{n:02}:00.000+00:00", "not_found", text, text, "g1", False)
            for n, text in enumerate(texts[:60])
        ]
        + [
            Asked(f"2026-01-03T03:{n:02}:00.000+00:00", "unsure", "And bees?", text, "g1", False)
            for n, text in enumerate(texts[60:])
        ]
    )
    return kept


@pytest.fixture
def settings(tmp_path: Path, kept: Unanswered) -> dict[str, str]:
    return {"judgements": str(tmp_path / "judged.jsonl"), "unanswered": str(kept.path)}


@pytest.fixture
def address(index: Path, engine: Engine, settings: dict[str, str]) -> Iterator[str]:
    app = create_app(index=index, settings=Settings(**settings), engine=engine)  # type: ignore[arg-type]  # by name
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


def titles(page: Page) -> list[str]:
    return page.locator(".questions li > a").all_inner_texts()


def test_the_list_the_next_page_and_the_file(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.goto("/")
    page.get_by_role("link", name="Unanswered questions").click()
    expect(page.get_by_role("heading", name="Unanswered questions")).to_be_visible()
    expect(page.get_by_text("61 questions, asked 63 times.")).to_be_visible()
    first = page.locator(".questions li").first
    expect(first.get_by_role("link")).to_have_text("<b>Who</b> counts bees?")
    expect(first).to_contain_text("asked 3 times: 3 unsure")
    expect(first).to_contain_text("Asked as: And bees?")
    expect(first.locator("time")).to_have_attribute("datetime", "2026-01-03T03:02:00.000+00:00")
    assert len(titles(page)) == 50
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".questions li")).to_have_count(61)
    expect(page.locator(".questions li > a").nth(50)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert titles(page)[1:] == [f"What became of the owl {n}?" for n in range(59, -1, -1)]
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as questions.jsonl").click()
    assert download.value.suggested_filename == "questions.jsonl"
    assert len(Path(download.value.path()).read_text("utf-8").splitlines()) == 61
    assert complaints_of_axe(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate(SIDEWAYS) == 0
    first.get_by_role("link").click()
    expect(page.locator(".asked > *").first).to_have_text("<b>Who</b> counts bees?")


def test_questions_are_deleted_by_keys_alone(
    open_page: Open, address: str, kept: Unanswered
) -> None:
    page = open_page(address)
    page.goto("/unanswered")
    first = page.locator(".questions li").first
    first.get_by_role("button", name="Delete: <b>Who</b> counts bees?").focus()
    page.keyboard.press("Enter")
    expect(first.get_by_role("button", name="Delete for good")).to_be_focused()
    page.keyboard.press("Escape")
    assert len(kept.entries()) == 63
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("60 questions, asked 60 times.")).to_be_visible()
    expect(page.locator(".questions li > a").first).to_be_focused()
    assert b"bees" not in kept.path.read_bytes()
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("There are none.")).to_be_visible()
    assert kept.entries() == []
    expect(page.get_by_role("link", name="Export")).to_be_hidden()
    assert complaints_of_axe(page) == []


def test_what_fails_is_told(open_page: Open, address: str, kept: Unanswered) -> None:
    page = open_page(address, failing=True)
    kept.path.unlink()
    kept.path.mkdir()
    page.goto("/unanswered")
    expect(page.get_by_role("alert")).to_contain_text("until the operator mends it")
    kept.path.rmdir()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("There are none.")).to_be_visible()


def test_only_who_holds_the_scope_admin_finds_it(
    open_page: Open, index: Path, engine: Engine, tmp_path: Path, settings: dict[str, str]
) -> None:
    keyed = Keyed(tmp_path, index, engine, **settings)
    with running(keyed.app) as (_, (host, port)):
        page = open_page(f"http://{host}:{port}", failing=True)
        page.goto("/unanswered")
        page.get_by_label("Key").fill(keyed.tokens["ask"])
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_text("it needs a key of the scope admin")).to_be_visible()
        with page.expect_response("**/v1/session"):
            page.goto("/")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        expect(page.get_by_role("link", name="Unanswered questions")).to_be_hidden()
        page.goto("/unanswered")
        page.get_by_label("Key").fill(keyed.tokens["admin"])
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_text("61 questions")).to_be_visible()
        page.goto("/")
        expect(page.get_by_role("link", name="Unanswered questions")).to_be_visible()


def test_where_judging_is_off_there_is_no_way_to_it(
    open_page: Open, index: Path, engine: Engine
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        page = open_page(f"http://{host}:{port}", failing=True)
        with page.expect_response("**/v1/archive"):
            page.goto("/")
        expect(page.get_by_role("link", name="Unanswered questions")).to_be_hidden()
        page.goto("/unanswered")
        expect(page.get_by_role("alert")).to_contain_text("keeps no judgements")
