"""Debian's chromium, driven by Playwright, on the real service with the real model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from playwright.sync_api import Request as BrowserRequest

from tests.serving import serving

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A machine may be busy and without the instructions that make the model quick.
expect.set_options(timeout=20_000)

Open = Callable[..., Page]
_OF_FAILURES = ("Failed to load resource", "Access to fetch at")
_CONTEXTS = pytest.StashKey[list[BrowserContext]]()


@pytest.fixture(scope="session")
def model_address(model_index: Path) -> Iterator[str]:
    """The address of a real service on the index of ``seeds``."""
    with serving(model_index) as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless browser. While it is there, the main thread has an event loop that runs."""
    # The same engine without a desktop's interface: it takes little more than half the time.
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    chromium = next(filter(None, map(shutil.which, names)), None)
    assert chromium, "the browser tests need chromium: apt-get install chromium-headless-shell"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Close a test's pages before its server, whichever fixture it named first: a page may still ask."""
    contexts = item.stash.get(_CONTEXTS, [])
    while contexts:
        contexts.pop().close()


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """``open_page(address, failing=False, **context)``: a page of a fresh profile, watched.

    Its test fails when an exception is left uncaught, when anything is requested from a host
    that is not one of ``hosts``, and when anything is written to the console. A browser writes
    there of every answer that is an error: ``failing`` says that there will be some.
    """
    complaints: list[str] = []
    contexts = request.node.stash.setdefault(_CONTEXTS, [])

    def opened(
        address: str, *, hosts: tuple[str, ...] = (), failing: bool = False, **options: Any
    ) -> Page:
        def on_console(message: ConsoleMessage) -> None:
            expected = failing and message.text.startswith(_OF_FAILURES)
            if message.type in ("error", "warning") and not expected:
                complaints.append(message.text)

        def on_request(request: BrowserRequest) -> None:
            if not request.url.startswith((address, *hosts, "data:", f"blob:{address}")):
                complaints.append(f"requested {request.url}")

        options = {"viewport": {"width": 1200, "height": 900}, **options}
        context = browser.new_context(base_url=address, **options)
        contexts.append(context)
        context.on("console", on_console)
        context.on("request", on_request)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    yield opened
    assert not complaints


@pytest.fixture
def page(open_page: Open, model_address: str) -> Page:
    """A page of the service on the index of ``seeds``, at no address yet."""
    return open_page(model_address)
