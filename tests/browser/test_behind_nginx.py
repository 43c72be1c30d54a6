"""The page and the widget, from a service below ``/archive/`` behind nginx with TLS and a key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from qa.engine import Engine
from tests.browser.conftest import Open
from tests.browser.pages import ask
from tests.deploy.nginx import Proxied, proxied

pytestmark = pytest.mark.browser

QUESTION = "How much does a steamer pay in August?"


class Site(NamedTuple):
    """A site of another origin, with one page, and the service that this page embeds."""

    address: str
    pages: list[str]
    behind: Proxied


@pytest.fixture(scope="module")
def site(index: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    pages: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        folder = tmp_path_factory.mktemp("nginx")
        try:
            with proxied(folder, index, engine, cors_origins=address) as behind:
                yield Site(address, pages, behind)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def behind(site: Site) -> Proxied:
    return site.behind


def test_a_person_signs_in_asks_and_opens_a_citation(open_page: Open, behind: Proxied) -> None:
    page = open_page(behind.address, failing=True, ignore_https_errors=True)
    page.goto(f"{behind.address}/")
    page.locator("#start").get_by_role("button", name="Enter a key").click()
    page.get_by_role("dialog").get_by_label("Key").fill(behind.keyed.tokens["ask"])
    page.keyboard.press("Enter")
    # While the dialog is open, nothing behind it takes what is typed.
    expect(page.get_by_role("dialog")).to_have_count(0)
    turn = ask(page, QUESTION)
    expect(turn.locator("blockquote").first).to_contain_text("A steamer pays forty crowns")
    turn.locator(".cite").first.click()
    marked = page.locator(".cited").filter(has_text="A steamer pays forty crowns")
    expect(marked).to_have_count(1)
    assert page.url.startswith(f"{behind.address}/")


def test_the_widget_asks_from_another_site(open_page: Open, site: Site) -> None:
    service = site.behind
    page = open_page(site.address, hosts=(service.address,), ignore_https_errors=True)
    site.pages.append(
        "<!doctype html><html lang=en><title>A site</title><link rel=icon href=data:,>"
        f'<script type="module" src="{service.address}/static/qa-chat.js"></script>'
        f'<main><h1>A site</h1><qa-chat key="{service.keyed.tokens["ask"]}"></qa-chat></main>'
    )
    page.goto("/")
    turn = ask(page, QUESTION)
    expect(turn.locator("blockquote").first).to_contain_text("A steamer pays forty crowns")
