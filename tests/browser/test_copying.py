"""Taking a quote, its citation and a whole conversation out of the page, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Locator, Page, expect

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import running
from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, complaints_of_axe

pytestmark = pytest.mark.browser

QUESTION = "How many ships were counted in the winter?"
FORMS = ["Text", "Markdown", "Link", "Chicago", "APA", "Exact", "BibTeX", "RIS", "CSL-JSON"]


@pytest.fixture(scope="module")
def address(index: Path, engine: Engine) -> Iterator[str]:
    """The address of a service on the small archive."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


@pytest.fixture
def page(open_page: Open, address: str) -> Page:
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/")
    return page


def ask(page: Page, question: str = QUESTION) -> Locator:
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".colophon")).to_be_visible()
    return turn


def copied(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text.replace("\r\n", "\n")


def cited(page: Page, url: str, style: str) -> str:
    got = page.request.get("/v1/cite", params={"id": url, "style": style})
    assert got.ok
    return got.text().replace("\r\n", "\n")


def test_each_form_is_copied_as_the_service_writes_it(page: Page) -> None:
    turn = ask(page)
    url = turn.locator(".quote .cite").first.get_attribute("href") or ""
    turn.get_by_role("button", name="Copy quote 1").click()
    menu = turn.get_by_role("group", name="Copy quote 1 as")
    expect(menu.get_by_role("button")).to_have_text(FORMS)
    for name in FORMS[3:]:
        menu.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("p[role=status]").first).to_have_text(f"{name} copied")
        assert copied(page) == cited(page, url, name.lower())
    exact = copied_as(page, menu, "Text").split("\n\n")[-1]
    assert exact == cited(page, url, "exact")  # written here and there alike
    assert complaints_of_axe(page) == []


def copied_as(page: Page, menu: Locator, name: str) -> str:
    menu.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("p[role=status]").first).to_have_text(f"{name} copied")
    return copied(page)


def test_the_menu_is_used_by_keys_alone(page: Page) -> None:
    turn = ask(page)
    opener = turn.get_by_role("button", name="Copy quote 1")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    buttons = turn.get_by_role("group", name="Copy quote 1 as").get_by_role("button")
    expect(buttons.first).to_be_focused()
    for key, name in (("ArrowRight", 1), ("End", 8), ("ArrowDown", 0), ("ArrowUp", 8), ("Home", 0)):
        page.keyboard.press(key)
        expect(buttons.nth(name)).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(buttons.first).to_be_hidden()


def test_the_document_beside_the_chat_and_its_page_offer_the_same(page: Page) -> None:
    turn = ask(page)
    link = turn.locator(".quote .cite").first
    url = link.get_attribute("href") or ""
    link.click()
    panel = page.get_by_role("dialog")
    for place in (panel, page):
        place.get_by_role("button", name="Copy citation").click()
        menu = place.get_by_role("group", name="Copy citation as")
        expect(menu.get_by_role("button")).to_have_text(FORMS[3:])
        menu.get_by_role("button", name="Chicago").click()
        expect(place.get_by_role("status").filter(has_text="Chicago copied")).to_have_count(1)
        assert copied(page) == cited(page, url, "chicago")
        assert complaints_of_axe(page) == []
        page.goto(url)


def test_a_citation_that_is_gone_is_said(open_page: Open, address: str) -> None:
    page = open_page(address, failing=True)
    page.goto("/")
    turn = ask(page)
    page.route("**/v1/cite?*", lambda route: route.fulfill(
        status=404, json={"error": {"code": "citation_not_found", "message": "no excerpt", "field": "id"}},
    ))  # fmt: skip
    turn.get_by_role("button", name="Copy quote 1").click()
    turn.get_by_role("button", name="APA").click()
    expect(page.locator("p[role=status]").first).to_have_text("No excerpt")


def test_a_conversation_is_saved_as_markdown(page: Page) -> None:
    ask(page)
    quotes = page.locator(".quotes blockquote").count()
    ask(page, "Who moved the bridge? *now* <b>")
    page.get_by_text("Save conversation").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Markdown file").click()
    assert saved.value.suggested_filename == "conversation.md"
    text = Path(saved.value.path()).read_text("utf-8")
    assert f"## {QUESTION}" in text
    assert "## Who moved the bridge? \\*now\\* \\<b\\>" in text
    notes = [line for line in text.splitlines() if line.startswith("[^")]
    assert [note.split("]")[0] for note in notes] == [f"[^{n + 1}" for n in range(len(notes))]
    assert len(notes) >= 2 and quotes
    for n in range(1, len(notes) + 1):
        assert (
            text.count(f"[^{n}]") >= 2
        )  # its quote and its footnote; a short answer names its quote too
    assert all("SHA-256 " in note for note in notes)
    page.get_by_text("Save conversation").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Markdown file")).to_be_hidden()


SAVED = """async (turn) => {
  const { conversationMarkdown, printedConversation } = await import("/static/export.js");
  const service = { viewAddress: () => "http://h:8/v1/documents/d_x/view?start=0&end=9#cited" };
  const printed = document.createElement("div");
  printed.append(...printedConversation([turn], service).flat());
  return [conversationMarkdown([turn], service), printed.innerHTML];
}"""


def test_a_saved_conversation_has_what_the_page_showed(page: Page) -> None:
    excerpt = "# Head\n\n- The *old* dock was dug in 1872. One_two.\n(So it is said.) More\n1. x"
    sentence = excerpt.index("The *old*"), excerpt.index(" One_two")
    said = excerpt.index("(So"), excerpt.index(" More")
    year = excerpt.index("1872")
    citation = {
        "title": "A*b", "source": "a_b.txt", "start": 0, "end": 9, "sha256": "ab", "document_id": "d",
        "original_url": "https://x.org/a_b", "published": "2019-01-02", "line_start": 1, "line_end": 2,
    }  # fmt: skip
    answer = {
        "question": "When?",
        "searched": "When was it?",
        "verdict": "answered",
        "notes": [{"code": "words_not_found", "message": "“dig” is nowhere."}],
        "filtered_out_undated": 2,
        "results": [
            {
                "excerpt": excerpt,
                "highlights": [{"start": a, "end": b} for a, b in (sentence, said)],
                "answer": {"start": year, "end": year + 4},
                "citation": citation,
            }
        ],
    }
    turn = {"question": "When?", "filters": {}, "answer": answer}
    text, printed = page.evaluate(SAVED, turn)
    html = MarkdownIt("commonmark").render(text)
    for shown in (html, printed):
        for words in (
            "Searched for: When was it?",
            "“dig” is nowhere.",
            "2 documents without a date",
        ):
            assert words in shown
        assert "<strong>1872</strong>" in shown
    assert "<strong>The *old* dock was dug in 1872.</strong> One_two." in html
    assert "<strong>(So it is said.)</strong> More" in html
    assert "<mark>The *old* dock was dug in 1872.</mark>" in printed
    assert "**" not in re.sub("<[^>]*>", "", html)
    for url in ("https://x.org/a_b", "http://h:8/v1/documents/d_x/view?start=0&amp;end=9#cited"):
        assert f'<a href="{url}">' in html
    quoted = re.sub("<[^>]*>", "", html.split("<blockquote>")[1].split("</blockquote>")[0])
    assert quoted.split() == [*excerpt.split()[:-1], "x[^1]"]


def test_a_conversation_is_printed_with_numbered_footnotes(page: Page) -> None:
    first = ask(page)
    quote = first.locator("blockquote").first.evaluate("element => element.textContent")
    ask(page, "Who moved the bridge?")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = page.locator(".printed")
    expect(printed).to_be_hidden()
    page.emulate_media(media="print")
    expect(printed.locator("h2")).to_have_text([QUESTION, "Who moved the bridge?"])
    expect(page.locator("main")).to_be_hidden()
    numbers = printed.locator("sup").all_inner_texts()
    assert numbers == [str(n + 1) for n in range(printed.locator(".footnotes li").count())]
    assert printed.locator("blockquote").first.evaluate("e => e.textContent") == f"{quote}1"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("main")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_menu_fits_a_phone(open_page: Open, address: str, scheme: str) -> None:
    page = open_page(
        address, viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True
    )
    page.goto("/")
    turn = ask(page)
    turn.get_by_role("button", name="Copy quote 1").click()
    page.get_by_text("Save conversation").click()
    assert page.evaluate(SIDEWAYS) == 0
    assert complaints_of_axe(page) == []
