"""Facets on the page: buttons that confine a question, by mouse, keyboard and address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, ask, complaints_of_axe
from tests.browser.test_archives import in_process
from tests.conftest import Build
from tests.fake import FakeEncoder

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def address(
    build: Build, encoder: FakeEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A service on letters by two authors, of three kinds, with many tags."""
    folder = tmp_path_factory.mktemp("letters")
    kinds = ("letter", "letter", "memo", HOSTILE)
    for n, kind in enumerate(kinds):
        author = "Ann Lee" if n < 3 else "Zoë Núñez"
        front = f"author: {author}\nkind: '{kind}'\nshelf mark: A{n}\npages: {10 + n}\n"
        front += f"tags: [{', '.join(f'tag {tag}' for tag in range(4 * n, 4 * n + 6))}]\n"
        text = f"---\n{front}---\n\nThe committee met in room {n} to speak of owls.\n"
        (folder / f"{n}.md").write_text(text, "utf-8")
    index = tmp_path_factory.mktemp("letters-index") / "letters"
    build(folder, index)
    with in_process(index, encoder) as address:
        yield address


def test_facets_are_buttons_that_confine_the_question(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto("/")
    page.get_by_text("Filters", exact=True).click()
    authors = page.get_by_role("group", name="author")
    lee = authors.get_by_role("button", name="Ann Lee, 3 documents")
    expect(lee).to_have_attribute("aria-pressed", "false")
    # The keyboard chooses, and stays where it was.
    lee.focus()
    page.keyboard.press("Enter")
    expect(lee).to_have_attribute("aria-pressed", "true")
    expect(lee).to_be_focused()
    kinds = page.get_by_role("group", name="kind")
    kinds.get_by_role("button", name="memo").click()
    kinds.get_by_role("button", name=HOSTILE).click()
    assert complaints_of_axe(page) == []
    with page.expect_request("**/v1/ask") as asked:
        turn = ask(page, "Which committee met?")
    assert asked.value.post_data_json["filters"] == {
        "where": {"author": ["Ann Lee"], "kind": ["memo", HOSTILE]}
    }
    expect(turn.get_by_text(f"Within: author Ann Lee, kind memo, kind {HOSTILE}")).to_be_visible()
    assert turn.locator("blockquote").count() == 1
    # The address asks the same again.
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_text("Filters", exact=False).first.click()
    expect(page.get_by_role("button", name="Ann Lee")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("button", name="Ann Lee")).to_have_attribute("aria-pressed", "false")
    with page.expect_request("**/v1/ask") as asked:
        ask(page, "Which committee met?")
    assert "filters" not in asked.value.post_data_json


def test_conditions_of_an_address_are_shown_and_can_be_taken_away(
    open_page: Open, address: str
) -> None:
    page = open_page(address)
    with page.expect_request("**/v1/ask") as asked:
        page.goto("/?q=Which+committee+met%3F&where=pages%3E%3D12&where=kind=memo")
    assert asked.value.post_data_json["filters"] == {"where": {"pages>=": ["12"], "kind": ["memo"]}}
    expect(page.get_by_text("Within: pages ≥ 12, kind memo")).to_be_visible()
    page.locator(".filters summary").click()
    bound = page.get_by_role("button", name="pages ≥ 12")
    expect(bound).to_have_attribute("aria-pressed", "true")
    bound.click()
    expect(bound).to_have_count(0)
    expect(page.locator(".filters summary")).to_be_focused()
    expect(page.locator(".filters-set")).to_have_text("kind memo")


def test_many_values_are_a_click_away_and_fit_a_phone(open_page: Open, address: str) -> None:
    page = open_page(address, viewport={"width": 360, "height": 740})
    page.goto("/")
    page.get_by_text("Filters", exact=True).click()
    tags = page.get_by_role("group", name="tags")
    expect(tags.locator(".chip")).to_have_count(6)
    more = tags.get_by_role("button", name="12 more")
    more.focus()
    page.keyboard.press("Enter")
    expect(tags.locator(".chip")).to_have_count(18)
    expect(tags.locator(".chip").nth(6)).to_be_focused()
    assert page.evaluate(SIDEWAYS) == 0
    assert complaints_of_axe(page) == []
    # What every document has alone is no choice.
    assert page.get_by_role("group", name="shelf mark").count() == 0
