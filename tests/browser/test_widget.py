"""``<qa-chat>`` on pages of another origin, against the real service."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Request, Route, expect

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
from tests.conftest import ROOT
from tests.serving import serving

pytestmark = pytest.mark.browser

SAMPLE = (ROOT / "docs" / "widget-sample.html").read_text("utf-8")
GUIDE = (ROOT / "docs" / "widget.md").read_text("utf-8")
STATIC = ROOT / "qa" / "web" / "static"
MOST_BYTES = 40_000


class Site(NamedTuple):
    """A site of another origin: its address, its pages, and the service that it embeds."""

    address: str
    pages: dict[str, tuple[str, dict[str, str]]]
    service: str

    def add(self, name: str, body: str, **headers: str) -> str:
        """Put up a page that embeds the widget; return its path."""
        script = f'<script type="module" src="{self.service}/static/qa-chat.js"></script>'
        html = f"<!doctype html><html lang=en><title>A site</title><link rel=icon href=data:,>{script}<main><h1>A site</h1>{body}</main>"
        self.pages[f"/{name}"] = (html, {k.replace("_", "-"): v for k, v in headers.items()})
        return f"/{name}"


@pytest.fixture(scope="module")
def site(model_index: Path) -> Iterator[Site]:
    """A site on another port, and a service that allows it to ask."""
    pages: dict[str, tuple[str, dict[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = pages[self.path.split("?")[0]]
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            with serving(model_index, cors_origins=address) as service:
                pages["/"] = (SAMPLE.replace("http://127.0.0.1:8000", service), {})
                yield Site(address, pages, service)
        finally:
            server.shutdown()
            thread.join()


def is_question(request: Request) -> bool:
    """Whether a request asks; the browser may send one before it that asks whether it may."""
    return request.url.endswith("/v1/ask") and request.method == "POST"


@pytest.fixture
def page(open_page: Open, site: Site) -> Page:
    """A page of the site that may load from the service and from nowhere else."""
    return open_page(site.address, hosts=(site.service,))


def test_the_sample_page_asks_and_opens_a_citation(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Ask the clippings")).to_be_visible()
    assert complaints_of_axe(page) == []
    with page.expect_response("**/v1/ask") as asked:
        turn = ask(page)
    result = asked.value.json()["results"][0]
    expect(turn.locator("mark").first).to_contain_text(SPOKEN)
    assert text_of(turn.locator("blockquote").first) == result["excerpt"]
    turn.locator(".cite").first.click()
    panel = page.get_by_role("dialog", name="On the coup in Bolivia")
    expect(panel.locator(".cited")).to_be_focused()
    assert text_of(panel.locator(".cited")) == result["excerpt"]
    assert complaints_of_axe(page) == []
    page.keyboard.press("Escape")
    expect(turn.locator(".cite").first).to_be_focused()
    expect(ask(page, ABSENT).get_by_role("heading", name="does not seem to answer")).to_be_visible()
    assert complaints_of_axe(page) == []
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    page.get_by_role("button", name="Forget").click()
    expect(page.locator(".turn")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0


def test_all_that_it_loads_is_small(page: Page, site: Site) -> None:
    loaded: dict[str, bytes] = {}
    page.on("response", lambda r: r.ok and loaded.update({r.url: r.body()}))
    page.goto("/")
    ask(page)
    files = {url: body for url, body in loaded.items() if url.startswith(f"{site.service}/static/")}
    assert {
        f"{site.service}/static/{name}" for name in ("qa-chat.js", "chat.css", "tokens.css")
    } <= set(files)
    assert sum(len(gzip.compress(body)) for body in files.values()) < MOST_BYTES


def test_it_needs_no_styles_and_no_inline_code_allowed(page: Page, site: Site) -> None:
    policy = (
        f"default-src 'none'; script-src {site.service}; connect-src {site.service}; img-src data:"
    )
    page.goto(site.add("strict", "<qa-chat></qa-chat>", Content_Security_Policy=policy))
    ask(page)
    page.locator(".cite").first.click()
    expect(page.locator(".cited")).to_be_visible()
    style = "getComputedStyle(document.querySelector('qa-chat').shadowRoot.querySelector('.primary')).borderRadius"
    assert page.evaluate(style) == "8px"


def test_attributes_set_words_and_filters(page: Page, site: Site) -> None:
    body = '<qa-chat heading="Frag das Archiv" placeholder="Wer?" source="001_*" from="2001" to="2019-12"></qa-chat>'
    page.goto(site.add("attributes", body))
    expect(page.get_by_role("heading", name="Frag das Archiv")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_attribute("placeholder", "Wer?")
    with page.expect_request(is_question) as asked:
        ask(page)
    assert asked.value.post_data_json["filters"] == {
        "source": ["001_*"],
        "published_from": "2001",
        "published_to": "2019-12",
    }


def test_a_key_is_sent_and_documents_open_within(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.add("key", f'<qa-chat key="qa_some-key" endpoint="{site.service}"></qa-chat>'))
    with page.expect_request(is_question) as asked:
        turn = ask(page)
    assert asked.value.headers["authorization"] == "Bearer qa_some-key"
    turn.locator(".cite").first.click()
    expect(page.locator(".cited")).to_be_visible()
    # A page that is opened by its address would not be let in.
    expect(page.get_by_role("link", name="Full page")).to_have_count(0)


def test_where_there_is_no_room_a_citation_is_a_link(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    turn = ask(page)
    assert page.evaluate(SIDEWAYS) == 0
    with page.context.expect_page() as opened:
        turn.locator(".cite").first.click()
    view = opened.value
    expect(view.locator("#cited")).to_contain_text(SPOKEN)
    assert view.url.startswith(f"{site.service}/v1/documents/")
    assert view.evaluate("window.opener") is None


def test_it_can_float_in_the_corner(page: Page, site: Site) -> None:
    page.goto(site.add("floating", '<qa-chat floating heading="Ask us"></qa-chat>'))
    opener = page.get_by_role("button", name="Ask us")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_label("Question", exact=True)).to_be_hidden()
    assert complaints_of_axe(page) == []
    opener.press("Enter")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    turn = ask(page)
    assert complaints_of_axe(page) == []
    turn.locator(".cite").first.click()
    expect(page.locator(".cited")).to_be_visible()
    page.keyboard.press("Escape")  # the document, then the chat
    expect(page.locator(".reader")).to_be_hidden()
    expect(page.get_by_label("Question", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Question", exact=True)).to_be_hidden()
    expect(opener).to_be_focused()


def test_its_history_can_be_switched_off(page: Page, site: Site) -> None:
    page.goto(site.add("forgetful", '<qa-chat history="off"></qa-chat>'))
    ask(page)
    assert page.evaluate("localStorage.length") == 0
    with page.expect_request(is_question) as asked:
        ask(page, "And what did she say?")
    assert asked.value.post_data_json["history"] == [QUESTION]
    page.reload()
    expect(page.get_by_label("Question", exact=True)).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


def test_the_page_around_it_sets_its_colours_and_nothing_else(page: Page, site: Site) -> None:
    rules = """
      * { letter-spacing: 9px !important; } button { display: none; }
      html { font-size: 10px; color-scheme: dark; } qa-chat { --qa-accent: rgb(1, 2, 3); }"""
    page.goto(site.add("themed", f"<style>{rules}</style><qa-chat></qa-chat>"))
    button = page.get_by_role("button", name="Ask")
    expect(button).to_be_visible()
    expect(button).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(button).to_have_css("letter-spacing", "normal")
    # It is dark where the page is, not where the system is.
    expect(page.locator(".frame")).to_have_css("background-color", "rgb(23, 22, 19)")


def test_a_follow_up_shows_what_was_searched(page: Page) -> None:
    page.goto("/")
    ask(page, "Who is Evo Morales?")
    searched = "When did Evo Morales step down?"

    def resolve(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"searched": searched})

    page.route("**/v1/ask", resolve)
    with page.expect_request(is_question) as asked:
        turn = ask(page, "When did he step down?")
    assert asked.value.post_data_json["history"] == ["Who is Evo Morales?"]
    expect(turn.get_by_text("Searched for:")).to_contain_text(searched)
    turn.get_by_role("button", name="Edit").press("Enter")
    expect(page.get_by_label("Question", exact=True)).to_have_value(searched)


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    field = page.get_by_label("Question", exact=True)
    expect(field).to_be_visible()
    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".colophon")).to_be_visible()
    cited = page.locator(".cite").first
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if cited.evaluate("link => link.getRootNode().activeElement === link"):
            break
    else:
        pytest.fail("the first citation is not reached by the Tab key")
    page.keyboard.press("Enter")
    expect(page.locator(".cited")).to_be_focused()
    expect(page.locator(".cited")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(cited).to_be_focused()


def test_a_fault_of_the_service_is_said_in_words(open_page: Open, site: Site) -> None:
    page = open_page(site.address, hosts=(site.service,), failing=True)
    page.goto("/")
    fault = {"code": "internal_error", "message": "a fault of ours", "request_id": "ab12"}
    headers = {"access-control-allow-origin": site.address}
    page.route(
        "**/v1/ask",
        lambda route: route.fulfill(status=500, headers=headers, json={"error": fault}),
    )
    field = page.get_by_label("Question", exact=True)
    field.fill(QUESTION)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on the server")
    expect(page.get_by_role("alert")).to_contain_text("ab12")
    assert complaints_of_axe(page) == []
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.locator(".turn")).to_have_count(1)


def test_offline_is_noticed_and_the_question_asked_again(open_page: Open, site: Site) -> None:
    page = open_page(site.address, hosts=(site.service,), failing=True)
    page.goto("/")
    field = page.get_by_label("Question", exact=True)
    expect(field).to_be_visible()
    page.context.set_offline(True)
    field.fill(QUESTION)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("You seem to be offline")
    page.context.set_offline(False)
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_service_that_does_not_answer_is_said(open_page: Open, site: Site) -> None:
    page = open_page(site.address, hosts=(site.service,), failing=True)
    page.goto("/")
    page.route("**/v1/ask", lambda route: route.abort())
    field = page.get_by_label("Question", exact=True)
    field.fill(QUESTION)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached")


def test_the_guide_names_every_property_and_attribute() -> None:
    sheets = "".join((STATIC / name).read_text("utf-8") for name in ("tokens.css", "chat.css"))
    used = set(re.findall(r"var\((--qa-[a-z0-9-]+)", sheets))
    assert used and used == set(re.findall(r"`(--qa-[a-z0-9-]+)`", GUIDE))
    widget = (STATIC / "qa-chat.js").read_text("utf-8")
    attributes = set(re.findall(r'Attribute\("([a-z]+)"\)', widget)) | {"source", "from", "to"}
    assert attributes == set(re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE))


def test_every_colour_and_typeface_is_a_token() -> None:
    tokens = (STATIC / "tokens.css").read_text("utf-8")
    known = set(re.findall(r"^  (--[a-z0-9-]+):", tokens, re.MULTILINE)) | {"--thumb"}
    for name in ("chat.css", "style.css"):
        sheet, _, printed = (STATIC / name).read_text("utf-8").partition("@media print")
        assert set(re.findall(r"var\((--(?!qa-)[a-z0-9-]+)", sheet + printed)) <= known, name
        colours = re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*;)", sheet)
        assert colours == [], name  # shadows are black with a transparency


def test_a_page_that_may_not_ask_is_told_what_the_operator_must_set(
    open_page: Open, site: Site, model_address: str
) -> None:
    """The service of ``model_address`` lists no origin."""
    page = open_page(site.address, hosts=(site.service, model_address), failing=True)
    page.goto(site.add("unlisted", f'<qa-chat endpoint="{model_address}"></qa-chat>'))
    field = page.get_by_label("Question", exact=True)
    field.fill(QUESTION)
    field.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This page may not ask the archive")
    expect(alert).to_contain_text(
        f"its origin, {site.address}, must be added to the setting cors_origins"
    )
    assert complaints_of_axe(page) == []
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_service_that_is_not_there_is_no_matter_of_origins(open_page: Open, site: Site) -> None:
    page = open_page(site.address, hosts=(site.service,), failing=True)
    page.route("**/v1/ask", lambda route: route.abort())
    page.goto("/")
    for probed in ("**/static/tokens.css", "**/never"):
        page.route(probed, lambda route: route.abort())
        field = page.get_by_label("Question", exact=True)
        field.fill(QUESTION)
        field.press("Enter")
        # First the service is not there, then it is and answers other requests of this page.
        expect(page.get_by_role("alert").last).to_contain_text("The service cannot be reached")
        page.unroute(probed)
