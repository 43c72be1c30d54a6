"""What a person does on the page, and what is looked for."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

QUESTION = "Who declared herself acting president without a quorum?"
ABSENT = "Which spices go into a good lamb biryani?"
SPOKEN = "Jeanine Anez declared herself acting President"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def ask(page: Page | Locator, question: str = QUESTION) -> Locator:
    """Type a question and send it; return its turn, answered."""
    field = page.get_by_label("Question", exact=True)
    field.fill(question)
    field.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.get_by_role("heading").first).to_have_text(question)
    expect(turn.locator(".colophon")).to_be_visible()
    return turn


def complaints_of_axe(page: Page) -> list[Any]:
    """Return what axe-core finds wrong, of any weight."""
    violations = Axe().run(page).response["violations"]
    return [
        (found["id"], found["impact"], [n["html"] for n in found["nodes"]]) for found in violations
    ]


def text_of(locator: Locator) -> str:
    """Return the characters of an element, as they are and whether shown or not."""
    text: str = locator.evaluate("element => element.textContent")
    return text
