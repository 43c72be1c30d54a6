"""The page as people use it, in a real browser, against the real service."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.pages import (
    ABSENT,
    QUESTION,
    SIDEWAYS,
    SPOKEN,
    ask,
    complaints_of_axe,
    text_of,
)

pytestmark = pytest.mark.browser


def test_a_question_is_answered_by_quotes(page: Page) -> None:
    page.goto("/")
    with page.expect_response("**/v1/ask") as asked:
        turn = ask(page)
    results = asked.value.json()["results"]
    quotes = turn.locator(".quotes blockquote")
    assert [text_of(quotes.nth(n)) for n in range(5)] == [r["excerpt"] for r in results]
    expect(turn.get_by_role("heading", name="The archive says")).to_be_visible()
    expect(quotes.first.locator("mark")).to_contain_text(SPOKEN)
    names = [text_of(turn.locator(".cite .n").nth(n)) for n in range(5)]
    assert names == ["[1]", "[2]", "[3]", "[4]", "[5]"]
    expect(turn.locator("time").first).to_have_attribute("datetime", "2019-11-23")
    # The rest is a click away.
    expect(quotes.nth(3)).to_be_hidden()
    turn.get_by_text("2 more excerpts").click()
    expect(quotes.nth(3)).to_be_visible()
    expect(page.locator("p[role=status]")).to_contain_text(SPOKEN)


def test_a_long_quote_is_folded_around_its_best_sentence(page: Page) -> None:
    page.goto("/")
    quote = ask(page).locator(".quote").first
    whole = text_of(quote.locator("blockquote"))
    assert whole.startswith("On the coup in Bolivia")
    expect(quote.get_by_text("Try as they did to argue")).to_be_hidden()
    assert quote.locator("blockquote").inner_text().startswith("Further evidence of a coup")
    quote.get_by_role("button", name="Show all").click()
    assert quote.locator("blockquote").inner_text().split() == whole.split()
    quote.get_by_role("button", name="Show less").click()
    expect(quote.get_by_text("Try as they did to argue")).to_be_hidden()


def test_a_citation_opens_beside_the_chat_at_its_words(page: Page) -> None:
    page.goto("/")
    with page.expect_response("**/v1/ask") as asked:
        turn = ask(page, "What did the workers of Cochabamba do?")
    result = asked.value.json()["results"][0]
    citation = result["citation"]
    link = turn.locator(".cite").first
    with page.expect_response("**/v1/documents/*") as opened:
        link.click()
    text = opened.value.json()["text"]
    panel = page.get_by_role("dialog")
    marked = panel.locator(".cited")
    assert text_of(marked) == text[citation["start"] : citation["end"]] == result["excerpt"]
    assert text_of(panel.locator(".reader-text")) == text
    expect(marked).to_be_in_viewport()
    expect(marked).to_be_focused()
    # The chat stays in sight and in use.
    assert panel.bounding_box()["x"] >= link.bounding_box()["x"] + link.bounding_box()["width"]
    expect(page.get_by_label("Question", exact=True)).to_be_in_viewport()
    full = panel.get_by_role("link", name="Full page")
    base, _, fragment = citation["url"].partition("#")
    assert (full.get_attribute("href") or "").startswith(f"{base}&strong_start=")
    assert (full.get_attribute("href") or "").endswith(f"#{fragment or 'cited'}")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def test_what_was_not_found_is_said_plainly(page: Page) -> None:
    page.goto("/")
    turn = ask(page, ABSENT)
    expect(turn.get_by_role("heading", name="does not seem to answer")).to_be_visible()
    expect(turn.get_by_text("Closest passages")).to_be_visible()
    expect(turn.locator("blockquote").nth(1)).to_be_visible()
    expect(turn.locator("blockquote").nth(2)).to_be_hidden()
    expect(page.locator("p[role=status]")).to_contain_text("Not found")


def test_what_is_unsure_is_said_so(page: Page) -> None:
    page.goto("/")

    def doubt(route: Route) -> None:
        response = route.fetch()
        body = response.json() | {"verdict": "unsure", "confidence": 0.4}
        route.fulfill(response=response, json=body)

    page.route("**/v1/ask", doubt)
    turn = ask(page)
    words = "Closest passages; they may not answer this"
    expect(turn.get_by_role("heading", name=words)).to_be_visible()


def test_a_follow_up_sends_what_was_asked_and_shows_what_was_searched(page: Page) -> None:
    page.goto("/")
    searched = "When did Evo Morales step down?"

    def resolve(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"searched": searched})

    ask(page, "Who is Evo Morales?")
    ask(page, QUESTION)
    page.route("**/v1/ask", resolve)
    with page.expect_request("**/v1/ask") as asked:
        turn = ask(page, "When did he step down?")
    body = asked.value.post_data_json
    assert body["question"] == "When did he step down?"
    assert body["history"] == ["Who is Evo Morales?", QUESTION]
    expect(turn.get_by_text("Searched for:")).to_contain_text(searched)
    turn.get_by_role("button", name="Edit").click()
    field = page.get_by_label("Question", exact=True)
    expect(field).to_have_value(searched)
    expect(field).to_be_focused()
    # An answer whose question was searched as it stands says nothing of it.
    expect(page.locator(".turn").first.get_by_text("Searched for:")).to_have_count(0)


def test_at_most_twenty_earlier_questions_are_sent(page: Page) -> None:
    page.goto("/")
    ask(page, "Who was number 0?")
    kept = json.loads(page.evaluate("localStorage['cited-qa:/']"))
    kept["turns"] = [{**kept["turns"][0], "question": f"Who was number {n}?"} for n in range(30)]
    page.evaluate("kept => { localStorage['cited-qa:/'] = kept }", json.dumps(kept))
    page.goto("/")
    with page.expect_request("**/v1/ask") as asked:
        ask(page, "Who was number 30?")
    assert asked.value.post_data_json["history"] == [f"Who was number {n}?" for n in range(10, 30)]


def test_the_conversation_survives_a_reload_and_can_be_forgotten(page: Page) -> None:
    page.goto("/")
    ask(page, QUESTION)
    ask(page, ABSENT)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").first.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.get_by_role("heading", name="documents in this archive")).to_be_hidden()
    assert not [url for url in asked if url.endswith("/v1/ask")]
    page.get_by_role("button", name="Forget conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    expect(page.get_by_role("heading", name="5 documents in this archive")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        "null",
        '{"version": 1}',
        '{"version": 2, "turns": [{"question": "?"}]}',
        '{"version": 1, "turns": [null, 3, {"question": "?"}, {"question": "?", "answer": {"results": [{}]}}]}',
        '{"version": 1, "turns": [{"question": "?", "filters": {}, "answer": {"verdict": "answered", "index": {}, "results": [{"excerpt": "x", "citation": {}}]}}, {"question": "?", "answer": {"verdict": "answered", "index": {}, "results": []}}, {"question": "?", "filters": {}, "answer": {"verdict": "answered", "index": {}, "results": []}}]}',
    ],
)
def test_a_history_that_cannot_be_read_is_left_out(page: Page, kept: str) -> None:
    page.add_init_script(f"localStorage.setItem('cited-qa:/', {json.dumps(kept)})")
    page.goto("/")
    ask(page)
    expect(page.locator(".turn")).to_have_count(1)


def test_what_one_tab_forgets_the_others_forget(page: Page) -> None:
    page.goto("/")
    ask(page)
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator(".turn")).to_have_count(1)
    ask(other, ABSENT)
    page.get_by_role("button", name="Forget conversation").click()
    expect(other.locator(".turn")).to_have_count(0)
    expect(other.get_by_role("heading", name="5 documents in this archive")).to_be_visible()


def test_a_full_storage_keeps_the_newest_turns(page: Page) -> None:
    page.goto("/")
    for name in ("Evo Morales", "Jeanine Anez", "Carlos Mesa"):
        ask(page, f"Who is {name}?")
    page.evaluate(
        """() => { for (let size = 1 << 22; size >= 512; size /= 2) {
             try { while (true) localStorage.setItem(`full ${Math.random()}`, "x".repeat(size)); } catch {} } }"""
    )
    ask(page, QUESTION)
    page.reload()  # the older half made room
    expect(page.locator(".turn h2")).to_have_text(["Who is Carlos Mesa?", QUESTION])


def test_a_blocked_storage_is_said(open_page: Open, model_address: str) -> None:
    page = open_page(model_address)
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
             get() { throw new DOMException("denied", "SecurityError"); } });"""
    )
    page.goto("/")
    ask(page)
    expect(page.get_by_text("This browser keeps no history")).to_be_visible()


def test_an_address_asks_its_question_once(page: Page) -> None:
    page.goto("/?q=How+many+people+died+in+Pando%3F&source=001_*")
    turn = page.locator(".turn")
    expect(turn.locator(".colophon")).to_be_visible()
    expect(turn.get_by_text("Within: 001_*")).to_be_visible()
    assert all("001_" in one for one in turn.locator(".cite").all_text_contents())
    page.reload()
    expect(page.locator(".turn .colophon")).to_have_count(1)
    address = turn.get_by_role("link", name="Link to this question").get_attribute("href")
    ask(page, ABSENT)
    page.goto(f"/{address}")
    expect(page.locator(".turn .colophon")).to_have_count(3)


def test_citations_are_copied_in_every_form(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/")
    with page.expect_response("**/v1/ask") as asked:
        quote = ask(page).locator(".quote").first
    result = asked.value.json()["results"][0]
    excerpt, citation = result["excerpt"], result["citation"]
    quote.get_by_role("button", name="Copy quote 1").click()

    def copied(name: str) -> str:
        quote.locator(".copies").get_by_role("button", name=name).click()
        expect(page.locator("p[role=status]")).to_have_text(f"{name} copied")
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text

    place = f"“On the coup in Bolivia”, 004_4295f32904a35c45.txt:1-3, 2019-11-23 (date from the text), characters {citation['start']}-{citation['end']}"
    assert copied("Exact").startswith(place)
    assert copied("Text").replace("\r\n", "\n").startswith(f"“{excerpt}”\n\n{place}")
    markdown = copied("Markdown")
    assert (
        f"> — [On the coup in Bolivia]({citation['url']}), 23 November 2019, lines 1–3" in markdown
    )
    assert all(line.startswith(">") for line in markdown.splitlines())
    link = copied("Link")
    assert link == citation["url"]
    page.goto(link)
    assert text_of(page.locator("#cited")) == excerpt


def test_the_start_lists_the_documents_and_opens_them_beside(page: Page) -> None:
    page.goto("/")
    start = page.locator("#start")
    expect(start).to_contain_text("001_cb182cb62d56203a.txt")
    start.get_by_role("link", name="On the coup in Bolivia").click()
    panel = page.get_by_role("dialog", name="On the coup in Bolivia")
    expect(panel.locator(".reader-text")).to_contain_text(SPOKEN)
    expect(panel.locator("mark")).to_have_count(0)
    panel.get_by_role("button", name="Close").click()
    expect(start.get_by_role("link", name="On the coup in Bolivia")).to_be_focused()


def test_a_document_that_changed_since_is_shown_unmarked(page: Page) -> None:
    page.goto("/")

    def older(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        body["results"][0]["citation"]["sha256"] = "0" * 64
        route.fulfill(response=response, json=body)

    page.route("**/v1/ask", older)
    ask(page).locator(".cite").first.click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("note")).to_contain_text("changed since it was cited")
    expect(panel.locator("mark")).to_have_count(0)


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    field = page.get_by_label("Question", exact=True)
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".colophon")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type("a/b")  # within a field a slash is a slash
    expect(field).to_have_value("a/b")
    reached: set[str] = set()
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        name = page.evaluate("document.activeElement.textContent")
        reached.add(name)
        if name.startswith("[1]"):
            break
    else:
        pytest.fail("the first citation is not reached by the Tab key")
    assert {"Show all", "Copy", "Link to this question", "2 more excerpts"} <= reached
    page.keyboard.press("Enter")
    expect(page.locator(".cited")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").startswith("[1]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_within_its_edges(
    open_page: Open, model_address: str, scheme: str
) -> None:
    page = open_page(
        model_address, viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True
    )
    page.goto("/")
    expect(page.locator(".documents li").first).to_be_visible()
    assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") > 0
    expect(page.get_by_label("Question", exact=True)).to_be_in_viewport(ratio=1)
    turn = ask(page)
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_label("Source")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == 0
    page.get_by_text("Filters", exact=True).click()
    turn.get_by_role("button", name="Copy quote 1").click()
    turn.locator(".cite").first.click()
    panel = page.get_by_role("dialog")
    expect(panel.locator(".cited")).to_be_in_viewport()
    box = panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert page.evaluate(SIDEWAYS) == 0
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = sum(int(part) for part in background.removeprefix("rgb(").rstrip(")").split(","))
    assert (brightness < 3 * 128) == (scheme == "dark")


def test_the_panel_follows_the_width_of_the_window(page: Page) -> None:
    page.goto("/")
    ask(page).locator(".cite").first.click()
    expect(page.locator(".cited")).to_be_visible()
    page.set_viewport_size({"width": 500, "height": 800})
    expect(page.locator(".reader:modal .cited")).to_be_visible()
    page.set_viewport_size({"width": 1200, "height": 800})
    expect(page.locator(".reader:not(:modal) .cited")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page: Open, model_address: str, scheme: str) -> None:
    page = open_page(model_address, color_scheme=scheme)
    page.goto("/")
    expect(page.locator(".documents li").first).to_be_visible()
    assert complaints_of_axe(page) == []
    turn = ask(page)
    turn.get_by_text("2 more excerpts").click()
    turn.get_by_role("button", name="Copy quote 1").click()
    page.get_by_text("Filters", exact=True).click()
    assert complaints_of_axe(page) == []
    turn.locator(".cite").first.click()
    expect(page.locator(".cited")).to_be_visible()
    page.get_by_role("dialog").get_by_text("Details").click()
    assert complaints_of_axe(page) == []
    ask(page, ABSENT)
    assert complaints_of_axe(page) == []
    page.goto(turn.locator(".cite").first.get_attribute("href") or "")
    assert complaints_of_axe(page) == []
