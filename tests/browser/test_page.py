"""The page as people use it, in a real browser, against the real service."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import SEEDS

QUESTION = "Who declared herself acting president without a quorum?"
pytestmark = pytest.mark.browser


def ask(page: Page, question: str = QUESTION) -> None:
    page.goto("/")
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_be_visible()


def test_an_answer_opens_its_document_at_the_marked_span(page: Page) -> None:
    ask(page)
    first = page.locator("article").first
    excerpt = first.locator("blockquote").inner_text()
    expect(first.locator("mark")).to_contain_text("Jeanine Anez declared herself acting President")
    expect(first.locator("h3")).to_contain_text("On the coup in Bolivia")
    expect(first.locator("time").first).to_have_attribute("datetime", "2019-11-23")
    first.locator("h3 a").click()
    cited = page.locator("#cited")
    expect(cited).to_be_in_viewport()
    text = (SEEDS / "004_4295f32904a35c45.txt").read_text("utf-8")
    marked = page.evaluate("document.getElementById('cited').textContent")
    assert marked in text
    assert " ".join(marked.split()) == " ".join(excerpt.split())
    page.go_back()
    expect(page.locator("#question")).to_have_value(QUESTION)
    expect(page.locator("article").first).to_be_visible()


def test_the_start_lists_the_documents(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#documents")).to_contain_text("On the coup in Bolivia")
    expect(page.locator("#documents")).to_contain_text("001_cb182cb62d56203a.txt")


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_contain_text("5 excerpts")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('article h3') !== null"):
            break
    else:
        pytest.fail("no excerpt is reached by the Tab key")
    page.keyboard.press("Enter")
    expect(page.locator("#cited")).to_be_in_viewport()


def test_a_filter_confines_the_answer_and_stays_in_the_address(page: Page) -> None:
    page.goto("/")
    page.locator("#filters summary").click()
    page.locator("#source").fill("003_*")
    page.locator("#question").fill("Who is the governor of Cochabamba?")
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_be_visible()
    places = page.locator("article a.place").all_inner_texts()
    assert places and all("003_" in place for place in places)
    page.reload()
    expect(page.locator("article").first).to_be_visible()
    expect(page.locator("#source")).to_have_value("003_*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge_of_a_phone(
    browser: Browser, model_address: str, scheme: str
) -> None:
    context = browser.new_context(
        base_url=model_address,
        viewport={"width": 360, "height": 740},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    ask(page)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    page.locator("article h3 a").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()
    assert page.evaluate(overflow) == 0
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = sum(int(part) for part in background.removeprefix("rgb(").rstrip(")").split(","))
    assert (brightness < 3 * 128) == (scheme == "dark")
    context.close()


def test_a_service_that_is_gone_is_said_in_words(browser: Browser, model_address: str) -> None:
    context = browser.new_context(base_url=model_address)
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#documents")).to_contain_text("On the coup in Bolivia")
    context.set_offline(True)
    page.locator("#question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    context.set_offline(False)  # the page asks again by itself once it is connected
    expect(page.locator("article").first).to_be_visible()
    context.close()


def test_a_wrong_question_is_explained(browser: Browser, model_address: str) -> None:
    page = browser.new_page(base_url=model_address)
    page.goto("/?q=" + "x" * 2001)
    expect(page.get_by_role("alert").first).to_contain_text("2,000")
    page.close()
