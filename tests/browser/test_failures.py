"""The page when the service is slow, gone, broken, locked, or asked what it cannot be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from qa.api import create_app
from qa.engine import Engine
from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from qa.settings import Settings
from tests.api.servers import running
from tests.browser.conftest import Open
from tests.browser.pages import QUESTION, SPOKEN, ask, complaints_of_axe
from tests.serving import serving

pytestmark = pytest.mark.browser


def error(status: int, code: str, message: str) -> dict[str, object]:
    body = {"code": code, "message": message, "field": None, "request_id": "ab12"}
    return {"status": status, "json": {"error": body}}


def send(page: Page, question: str = QUESTION) -> None:
    field = page.get_by_label("Question", exact=True)
    field.fill(question)
    field.press("Enter")


def test_waiting_is_seen_at_once_and_can_be_cancelled(page: Page) -> None:
    page.route("**/v1/ask", lambda route: None)  # held for good
    page.clock.install()
    page.goto("/")
    # What is there in the very task in which the question is sent needs no clock to be quick.
    page.get_by_label("Question", exact=True).fill(QUESTION)
    at_once = page.evaluate(
        """() => { document.querySelector(".composer").requestSubmit();
             const turn = document.querySelector(".turn");
             return [turn.querySelector("h2").textContent, turn.querySelector(".waiting").textContent]; }"""
    )
    assert at_once == [QUESTION, "Searching …"]
    expect(page.locator(".reply")).to_have_attribute("aria-busy", "true")
    page.clock.fast_forward(4100)
    expect(page.get_by_text("Still searching …")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_service_that_never_answers_is_given_up(page: Page) -> None:
    page.route("**/v1/ask", lambda route: None)  # held for good
    page.clock.install()
    page.goto("/")
    send(page)
    expect(page.get_by_text("Searching …")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("alert")).to_contain_text("longer than a minute")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_fault_of_the_service_is_said_in_words(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    fault = error(500, "internal_error", "a fault of ours: the operator finds it in the log")
    page.route("**/v1/ask", lambda route: route.fulfill(**fault))
    send(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Something went wrong on the server")
    expect(alert).to_contain_text("ab12")
    assert complaints_of_axe(page) == []
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_reload_asks_again_what_had_no_answer(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    ask(page)
    fault = error(500, "internal_error", "a fault of ours")
    page.route("**/v1/ask", lambda route: route.fulfill(**fault))
    send(page, "What did she declare?")
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute("**/v1/ask")
    with page.expect_request("**/v1/ask") as asked:
        page.reload()
    assert asked.value.post_data_json["history"] == [QUESTION]
    expect(page.locator(".turn .colophon")).to_have_count(2)
    # A link that someone sends is no follow-up of what was asked before.
    with page.expect_request("**/v1/ask") as asked:
        page.goto("/?q=Who+is+Evo+Morales%3F")
    assert asked.value.post_data_json["history"] == []


def test_a_busy_service_says_when_to_come_back(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    busy = error(429, "too_many_requests", "too many questions at once.")
    page.route("**/v1/ask", lambda route: route.fulfill(**busy, headers={"retry-after": "7"}))
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Try again in 7 seconds.")


def refuse_as_busy(page: Page, times: int, retry_after: int = 1) -> list[object]:
    """Let the service be too busy for so many questions; return the list of what is asked from now on."""
    busy = error(503, "busy", "too many questions are waiting: ask again")
    asked: list[object] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.post_data_json)
        if len(asked) > times:
            route.continue_()
        else:
            route.fulfill(**busy, headers={"retry-after": str(retry_after)})

    page.route("**/v1/ask", refuse)
    return asked


def test_what_a_busy_service_refuses_is_sent_again(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    asked = refuse_as_busy(page, 2)
    send(page)
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(asked) == 3 and asked[0] == asked[2]


def test_what_waits_to_be_sent_again_can_be_cancelled(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    asked = refuse_as_busy(page, 1, retry_after=3)
    with page.expect_response("**/v1/ask"):
        send(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible(timeout=2000)  # it waits three seconds
    assert len(asked) == 1
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    assert len(asked) == 2


def test_a_service_that_stays_busy_is_told_of(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    asked = refuse_as_busy(page, 99)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Too many questions at once")
    expect(page.get_by_role("alert")).to_contain_text("Try again in a second.")
    assert len(asked) == 4


def test_an_answer_that_is_no_json_is_a_fault(open_page: Open, model_address: str) -> None:
    page = open_page(model_address)
    page.goto("/")
    page.route("**/v1/ask", lambda route: route.fulfill(status=200, body="<html>"))
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("cannot read")


def test_offline_is_noticed_and_the_question_asked_again(
    open_page: Open, model_address: str
) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    expect(page.locator("#start")).to_contain_text("On the coup in Bolivia")
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.").first).to_be_visible()
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("You seem to be offline")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_document_that_cannot_be_opened_is_said(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/")
    turn = ask(page)
    gone = error(404, "document_not_found", "no such document in this index")
    page.route("**/v1/documents/*", lambda route: route.fulfill(**gone))
    turn.locator(".cite").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("No such document in this index")


def test_a_question_that_is_too_long_is_not_sent(page: Page) -> None:
    page.goto("/")
    send(page, "x" * 2001)
    expect(page.locator(".hint")).to_have_text(
        "1 character too long: a question has at most 2,000."
    )
    expect(page.locator(".turn")).to_have_count(0)
    # 2,000 characters of two UTF-16 units each are not too long.
    page.get_by_label("Question", exact=True).fill("\U0001f944" * 2000)
    expect(page.locator(".hint")).to_have_text("2,000 characters of 2,000.")


def test_a_question_that_is_refused_can_be_edited(open_page: Open, model_address: str) -> None:
    page = open_page(model_address, failing=True)
    page.goto("/?q=" + "x" * 2001)
    expect(page.get_by_role("alert")).to_contain_text("2,000")
    page.get_by_role("button", name="Edit the question").click()
    expect(page.get_by_label("Question", exact=True)).to_have_value("x" * 2001)


def test_a_blank_question_is_not_sent(page: Page) -> None:
    page.goto("/")
    send(page, "  ")
    expect(page.locator(".hint")).to_have_text("Type a question first.")
    expect(page.locator(".turn")).to_have_count(0)


def test_a_locked_archive_asks_for_a_key_and_then_for_the_question(
    open_page: Open, model_address: str
) -> None:
    page = open_page(model_address, failing=True)
    keys: list[str] = []
    locked = error(401, "unauthorized", "a key is wanted")

    def guard(route: Route) -> None:
        if route.request.url.endswith("/v1/session") and route.request.method == "GET":
            scope = "ask" if keys[-1:] == ["qa_a-key"] else None
            route.fulfill(status=200, json={"keys": True, "scope": scope})
        elif route.request.url.endswith("/v1/session"):
            keys.append(route.request.post_data_json["key"])
            known = keys[-1] == "qa_a-key"
            route.fulfill(status=200, json={"keys": True}) if known else route.fulfill(**locked)
        elif keys[-1:] == ["qa_a-key"]:
            route.continue_()
        else:
            route.fulfill(**locked)

    page.route("**/v1/**", guard)
    page.goto("/")
    expect(page.locator("#start").get_by_role("alert")).to_contain_text("asks for a key")
    send(page)
    dialog = page.get_by_role("dialog", name="This archive asks for a key")
    expect(dialog).to_be_visible()
    assert complaints_of_axe(page) == []
    dialog.get_by_label("Key").fill("qa_none")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("does not know this key")
    dialog.get_by_role("button", name="Not now").click()
    page.get_by_label("Question", exact=True).focus()
    page.locator(".turn").get_by_role("button", name="Enter a key").click()
    dialog.get_by_label("Key").fill("qa_a-key")
    dialog.get_by_role("button", name="Use this key").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("mark").first).to_contain_text(SPOKEN)
    assert keys == ["qa_none", "qa_a-key"]
    assert "qa_a-key" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_session_that_the_browser_does_not_keep_is_told(
    open_page: Open, index: Path, engine: Engine, tmp_path: Path
) -> None:
    """The operator set an address with a path: the cookie is for that path, and the page is opened without it."""
    keys_file = tmp_path / "keys.json"
    Sessions(keys_file, seconds=3600).make_secret()
    _, key = Keyring(keys_file).make("a reader")
    settings = Settings(keys_file=str(keys_file), public_url="https://archive.example/letters")
    app = create_app(index=index, settings=settings, engine=engine)
    with running(app) as (_, (host, port)):
        page = open_page(f"http://{host}:{port}", failing=True)
        page.goto("/")
        page.locator("#start").get_by_role("button", name="Enter a key").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Key").fill(key)
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("keeps no session at this address")
        expect(dialog).to_be_visible()


def test_a_browser_signs_in_stays_so_and_signs_out(
    open_page: Open, model_index: Path, tmp_path: Path
) -> None:
    keys_file = tmp_path / "keys.json"
    Sessions(keys_file, seconds=3600).make_secret()
    _, key = Keyring(keys_file).make("a reader")
    with serving(model_index, keys_file=str(keys_file)) as address:
        page = open_page(address, failing=True)
        page.goto("/")
        leave = page.get_by_role("button", name="Sign out")
        expect(page.locator("#start").get_by_role("alert")).to_contain_text("asks for a key")
        expect(leave).to_be_hidden()
        page.locator("#start").get_by_role("button", name="Enter a key").click()
        page.get_by_role("dialog").get_by_label("Key").fill(key)
        page.keyboard.press("Enter")
        expect(leave).to_be_visible()
        assert complaints_of_axe(page) == []
        [cookie] = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"]) == ("qa_session", True)
        assert key[-43:] not in cookie["value"]
        assert page.evaluate("document.cookie") == ""
        ask(page)
        page.reload()
        expect(leave).to_be_visible()
        leave.click()
        expect(leave).to_be_hidden()
        assert page.context.cookies() == []
        send(page)
        expect(page.get_by_role("dialog", name="This archive asks for a key")).to_be_visible()
