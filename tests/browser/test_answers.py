"""How the page and the widget show an answer: the short answer, its marks, the verdict, the notes.

The answers are made by hand and stand in for what ``/v1/ask`` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from qa.api import create_app
from qa.engine import Engine
from qa.present.wire import answer_body
from qa.records import Answer, Highlight, Note, ShortAnswer
from qa.settings import Settings
from tests.answers import OWLS, answer, cited, marked
from tests.api.servers import running
from tests.browser.conftest import Open
from tests.browser.pages import SIDEWAYS, complaints_of_axe, text_of

pytestmark = pytest.mark.browser

HARBOUR = (
    "The harbour of Vellmar lies on the north shore, where the river has carried sand into the bay "
    "since the last ice. Three villages share it, and each has a pier of its own with a crane and a "
    "shed for nets. 🦉 In the winter of 1872 the keeper of the lighthouse, Ingrid Solvang, counted "
    "1,204 ships that passed the northern pier. She wrote each name into a book that the museum still "
    "shows. Ships that carry salt pay no toll, and boats shorter than nine metres pay half of it; a "
    "boat that comes in by night waits at the outer buoy until a pilot has come on board, and pays him."
)
SENTENCE = (
    "In the winter of 1872 the keeper of the lighthouse, Ingrid Solvang, counted 1,204 ships that "
    "passed the northern pier."
)
HELLO = Note("greeting", "Hello. Ask a question about the documents.")
MEANT = Note(
    "did_you_mean",
    "Did you mean “How many ships did Ingrid count?”",
    {"suggestion": "How many ships did Ingrid count?", "word": "shpis", "spelling": "ships"},
)
OTHERS = tuple(
    cited(n, f"Passage {n}. {OWLS}", title=f"Title {n}", highlights=(Highlight(11, 29),))
    for n in (2, 3, 4, 5)
)
HARBOURS = marked(
    1, HARBOUR, SENTENCE, "1,204", title="The harbour of Vellmar", published="2019-11"
)


@pytest.fixture(scope="module")
def address(index: Path, engine: Engine) -> Iterator[str]:
    """The address of a service whose answers do not matter."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


@pytest.fixture(params=["page", "widget"])
def face(request: pytest.FixtureRequest, open_page: Open, address: str) -> Page:
    """The page, or a page with the widget in it."""
    page = open_page(address)
    show(page, request.param)
    return page


def show(page: Page, face: str) -> None:
    """Open a face at its start."""
    script = '<script type="module" src="/static/qa-chat.js"></script>'
    html = f"<!doctype html><html lang=en><title>A site</title><link rel=icon href=data:,><main>{script}<h1>A site</h1><qa-chat></qa-chat></main>"
    page.route("**/embedding", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto("/" if face == "page" else "/embedding")


def say(page: Page, found: Answer, question: str = "q") -> Locator:
    """Ask a question that gets this answer; return its turn."""
    body = answer_body(found, page.evaluate("location.origin")) | {"question": question}
    if found.searched == found.question:
        body["searched"] = question

    def respond(route: Route) -> None:
        route.fulfill(json=body)

    page.route("**/v1/ask", respond)
    field = page.get_by_label("Question", exact=True)
    field.fill(question)
    field.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".reply")).to_have_attribute("aria-busy", "false")
    return turn


def test_the_short_answer_comes_first_in_its_sentence(face: Page) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS))
    expect(turn.get_by_role("heading", name="The archive says")).to_be_visible()
    short = turn.locator(".short")
    assert text_of(short.locator("q")) == SENTENCE
    expect(short.locator(".answer")).to_have_text("1,204")
    expect(short.get_by_role("link")).to_have_accessible_name("[1] The harbour of Vellmar")
    assert short.bounding_box()["y"] < turn.locator("blockquote").first.bounding_box()["y"]
    expect(face.locator("p[role=status]")).to_contain_text(f"Found, 5 excerpts. 1,204. {SENTENCE}")
    assert complaints_of_axe(face) == []


def test_a_quote_has_its_sentence_marked_lightly_and_the_words_strongly(face: Page) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS))
    quote = turn.locator("blockquote").first
    assert text_of(quote).replace("… ", "", 1).replace(" …", "", 1) == HARBOUR
    assert [text_of(mark) for mark in quote.locator("mark").all()] == [SENTENCE]
    expect(quote.locator("mark .answer")).to_have_text("1,204")
    ground = "element => getComputedStyle(element).backgroundColor"
    light, strong = (quote.locator(one).evaluate(ground) for one in ("mark", ".answer"))
    other = turn.locator("blockquote").nth(1).locator("mark").evaluate(ground)
    assert light == other != strong  # no other sentence is louder than the one that answers
    turn = say(face, answer(*OTHERS))
    assert turn.locator("mark").first.evaluate(ground) == strong  # without words, it has all of it


@pytest.mark.parametrize(
    ("question", "searched", "told"),
    [
        ("“very great misfortune”", "very great misfortune", False),
        (' "the ferry"', "the ferry", False),
        ("And the ferry?", "Who runs the ferry?", True),
        ('Who said "no"?', "Who said no?", True),
    ],
)
def test_a_question_without_its_marks_is_not_told_as_another_one(
    face: Page, question: str, searched: str, told: bool
) -> None:
    given = {"question": question, "searched": searched}
    found = face.evaluate(
        """async (answer) => (await import("/static/text.js")).searchedOtherwise(answer)""", given
    )
    assert found is told


def test_a_source_shows_its_author_and_leads_to_its_original(face: Page) -> None:
    original = "https://courier.example/2023/05/harbour-toll#:~:text=The%20toll"
    known = {"author": "Petra Lindqvist", "published": "2023-05-17", "original_url": original}
    turn = say(face, answer(marked(1, **known)))
    source = turn.locator(".quote figcaption")
    expect(source.locator(".author")).to_have_text("Petra Lindqvist")
    expect(source.get_by_role("link", name="Original")).to_have_attribute("href", original)
    copied = face.evaluate(
        """async (citation) => { const { citationText, quoteMarkdown } = await import("/static/text.js");
             return [citationText(citation, "http://h/v"), quoteMarkdown("Owls", citation, "http://h/v")]; }""",
        {
            "title": "Toll",
            "source": "a.html",
            "start": 0,
            "end": 4,
            "line_start": 1,
            "line_end": 1,
            **known,
        },
    )
    plain = "https://courier.example/2023/05/harbour-toll"
    assert copied == [
        f"Petra Lindqvist, “Toll”, a.html:1, 2023-05-17, characters 0-4. {plain} http://h/v",
        "> Owls\n>\n> — Petra Lindqvist, [Toll](http://h/v), 17 May 2023, line 1, "
        f"[original]({plain})",
    ]
    # A document may name whatever it likes as its address.
    turn = say(face, answer(marked(1, original_url="javascript:alert(1)", author="<b>Bob</b>")))
    expect(turn.get_by_role("link", name="Original")).to_have_count(0)
    expect(turn.locator(".quote figcaption .author")).to_have_text("<b>Bob</b>")
    assert complaints_of_axe(face) == []


def test_what_is_folded_is_never_the_answer(face: Page) -> None:
    quote = say(face, answer(HARBOURS)).locator(".quote")
    expect(quote.get_by_role("button", name="Show all")).to_be_visible()
    expect(quote.get_by_text("Three villages share it")).to_be_hidden()
    expect(quote.locator("mark")).to_be_visible()
    shown = quote.locator("blockquote").inner_text()
    assert SENTENCE in " ".join(shown.split())


def test_the_number_opens_the_document_at_the_words(face: Page) -> None:
    document = {
        "id": "d1",
        "source": "a.txt",
        "title": "The harbour of Vellmar",
        "sha256": "0" * 64,
    }
    about = {"published": None, "original_url": None, "text": f"😀 {HARBOUR}\n"}
    face.route("**/v1/documents/d1*", lambda route: route.fulfill(json=document | about))
    shifted = marked(
        1, HARBOUR, SENTENCE, "1,204", start=2, end=2 + len(HARBOUR), document_id="d1", title="T"
    )
    turn = say(face, answer(shifted))
    turn.locator(".short .cite").click()
    whole = face.locator(".cited")
    assert text_of(whole) == HARBOUR
    expect(whole.locator("mark")).to_have_text(SENTENCE)
    expect(whole.locator("mark .answer")).to_have_text("1,204")
    assert complaints_of_axe(face) == []
    face.keyboard.press("Escape")
    expect(turn.locator(".short .cite")).to_be_focused()


@pytest.mark.parametrize(
    ("verdict", "headline", "quotes"),
    [("unsure", "Closest passages; they may not answer this", 3),
     ("not_found", "The archive does not seem to answer this.", 2)],
)  # fmt: skip
def test_in_doubt_no_answer_is_put_first(
    face: Page, verdict: str, headline: str, quotes: int
) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS, verdict=verdict))
    expect(turn.get_by_role("heading", name=headline)).to_be_visible()
    expect(turn.get_by_text("The archive says")).to_have_count(0)
    expect(turn.locator(".short, .answer")).to_have_count(0)
    expect(turn.locator("blockquote mark").first).to_have_text(SENTENCE)
    assert [one.is_visible() for one in turn.locator("blockquote").all()] == (
        [True] * quotes + [False] * (5 - quotes)
    )
    turn.get_by_text(f"{5 - quotes} more excerpts").click()
    expect(turn.locator("blockquote").last).to_be_visible()
    expect(turn.locator(".cite .n")).to_have_text(["[1]", "[2]", "[3]", "[4]", "[5]"])
    assert complaints_of_axe(face) == []


@pytest.mark.parametrize(
    ("verdict", "level", "words"),
    [("answered", 3, "Strong match"), ("unsure", 2, "Uncertain match"), ("not_found", 1, "Weak match")],
)  # fmt: skip
def test_strength_is_told_in_words_and_in_bars(
    face: Page, verdict: str, level: int, words: str
) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS, verdict=verdict))
    strength = turn.locator(".strength")
    expect(strength).to_have_text(words)
    bars = strength.locator("i")
    expect(bars).to_have_count(3)
    ground = "element => getComputedStyle(element).backgroundColor"
    full = [bar.evaluate(ground) != "rgba(0, 0, 0, 0)" for bar in bars.all()]
    assert full == [n < level for n in range(3)]
    heights = [bar.bounding_box()["height"] for bar in bars.all()]
    assert heights == sorted(set(heights))  # so that the level is seen without colours
    said = turn.get_by_text("The archive says"), turn.get_by_text("Closest passages")
    assert [one.count() for one in said] == ([1, 0] if level == 3 else [0, 1])


def test_more_goes_on_to_the_first_new_result(face: Page) -> None:
    many = [
        cited(n, f"Passage {n}. {OWLS}", title=f"T{n}", highlights=(Highlight(0, 7),))
        for n in range(1, 61)
    ]
    asked: list[dict[str, Any]] = []

    def respond(route: Route) -> None:
        asked.append(route.request.post_data_json)
        found = answer(*many[: asked[-1]["k"]])
        route.fulfill(
            json=answer_body(found, face.evaluate("location.origin")) | {"question": "owls"}
        )

    face.route("**/v1/ask", respond)
    field = face.get_by_label("Question", exact=True)
    field.fill("owls")
    field.press("Enter")
    turn = face.locator(".turn").last
    turn.get_by_text("2 more excerpts").click()
    more = turn.get_by_role("button", name="More excerpts")
    for shown, k in ((5, 15), (15, 25), (25, 35), (35, 45), (45, 50)):
        expect(turn.locator(".quote")).to_have_count(shown)
        more.click()
        expect(turn.locator(".quote")).to_have_count(k)
        first = turn.locator(".quote").nth(shown)
        expect(first).to_be_focused()
        expect(first).to_be_in_viewport()
        expect(face.locator("p[role=status]")).to_have_text(f"{k - shown} more excerpts.")
    expect(more).to_have_count(0)  # fifty is the most that is answered
    assert [request["k"] for request in asked] == [5, 15, 25, 35, 45, 50]
    others = [{**request, "k": 0} for request in asked]
    assert all(one == others[0] for one in others)
    assert complaints_of_axe(face) == []


def test_more_ends_where_the_archive_does(face: Page) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS))
    turn.get_by_text("2 more excerpts").click()
    turn.get_by_role("button", name="More excerpts").click()
    expect(face.locator("p[role=status]")).to_have_text("There are no more excerpts.")
    expect(turn.get_by_role("button", name="More excerpts")).to_have_count(0)
    turn = say(face, answer(HARBOURS))
    expect(turn.get_by_role("button", name="More excerpts")).to_have_count(0)


def test_why_draws_the_stages_of_the_score(face: Page) -> None:
    turn = say(face, answer(HARBOURS, *OTHERS))
    stages = {
        "dense": {"score": 0.4, "rank": 3, "weight": 0.5},
        "lexical": {"score": 3.0, "rank": 1, "weight": 0.8},
        "late": {"score": 0.6, "rank": 2, "weight": 1.0},
        "sentence": {"score": 0.5, "rank": 1, "weight": 1.2},
    }
    words = [
        {"word": "ships", "term": "ship", "ceiling": 4.0, "share": 3.0},
        {"word": "zeppelin", "term": "zeppelin", "ceiling": 2.0, "share": 0.0},
    ]
    explained = {"place": 2, "candidates": 40, "stages": stages, "words": words}
    ranked = (0.5 * 0.4 + 0.8 * 3 / 6 + 1.0 * 0.6 + 1.2 * 0.5) / 3.5
    body = answer_body(answer(HARBOURS, *OTHERS), face.evaluate("location.origin"))
    body["results"][0] |= {"score": ranked + 0.1, "explain": explained}
    face.route("**/v1/ask", lambda route: route.fulfill(json=body))
    with face.expect_request("**/v1/ask") as asked:
        turn.get_by_role("button", name="Why this? Quote 1").click()
    assert asked.value.post_data_json["explain"] is True
    why = turn.locator(".why").first
    rows = why.locator("tbody tr")
    expect(rows).to_have_count(5)
    assert [text_of(row.locator("td").first) for row in rows.all()] == [
        "0.40", "0.50", "0.60", "0.50", "0.50",
    ]  # fmt: skip
    expect(rows.last).to_contain_text("adds 0.10")
    widths = [row.locator(".bar i").bounding_box()["width"] for row in rows.all()]
    assert widths[2] == max(widths) and widths[0] == min(widths)
    expect(why.locator("tfoot")).to_contain_text(f"{ranked + 0.1:.2f}")
    expect(why.locator("caption")).to_have_text("Place 2 of 40 passages that were compared")
    expect(why.locator(".word[data-held]")).to_have_text("ships is in it")
    assert complaints_of_axe(face) == []
    turn.get_by_role("button", name="Why this? Quote 1").click()
    expect(why).to_be_hidden()


def test_a_heading_inside_a_quote_is_small(face: Page) -> None:
    text = "The harbour of Vellmar\n\n## Fees\nA steamer pays forty crowns. The harbour of Vellmar is old."
    found = marked(
        1, text, "A steamer pays forty crowns.", "forty crowns", title="The harbour of Vellmar"
    )
    words = say(face, answer(found)).locator("blockquote")
    assert text_of(words) == text
    heads = words.locator(".heading")
    assert [text_of(head).strip() for head in heads.all()] == ["The harbour of Vellmar", "## Fees"]
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert heads.first.evaluate(size) < 0.9 * words.evaluate(size)


def test_the_open_citation_is_marked_and_details_leave_its_words_in_sight(face: Page) -> None:
    text = f"{'Owls sleep by day in the belfry. ' * 60}{HARBOUR}{' Bees fly by day.' * 60}"
    at = text.index(HARBOUR)
    document = {
        "id": "d1", "source": "a.txt", "title": "T", "sha256": "0" * 64,
        "published": None, "original_url": None, "text": text,
    }  # fmt: skip
    face.route("**/v1/documents/d1*", lambda route: route.fulfill(json=document))
    first = marked(1, HARBOUR, SENTENCE, "1,204", start=at, end=at + len(HARBOUR), document_id="d1")
    turn = say(face, answer(first, *OTHERS))
    link = turn.locator(".quote .cite").first
    link.click()
    expect(link).to_have_attribute("aria-current", "true")
    expect(turn.locator("[aria-current]")).to_have_count(1)
    panel = face.get_by_role("dialog")
    expect(panel.locator(".cited .answer")).to_be_in_viewport()
    panel.get_by_text("Details").click()
    expect(panel.get_by_text("SHA-256")).to_be_visible()
    expect(panel.locator(".cited .answer")).to_be_in_viewport()
    ground = "element => getComputedStyle(element).backgroundColor"
    whole, sentence, words = (
        panel.locator(one).evaluate(ground) for one in (".cited", ".cited mark", ".cited .answer")
    )
    assert len({whole, sentence, words}) == 3
    assert "srgb" in whole and "srgb" not in words  # the answer alone has the marker in full
    face.keyboard.press("Escape")
    expect(turn.locator("[aria-current]")).to_have_count(0)


@pytest.mark.parametrize("size", [(1200, 900), (390, 844)])
def test_open_filters_leave_the_head_of_an_answer_in_sight(
    open_page: Open, address: str, size: tuple[int, int]
) -> None:
    page = open_page(address, viewport={"width": size[0], "height": size[1]})
    show(page, "page")
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_role("group", name="Published")).to_be_visible()
    expect(page.get_by_label("Source")).to_be_visible()
    turn = say(page, answer(HARBOURS, *OTHERS))
    top = page.locator(".composer").bounding_box()["y"]
    for part in (".asked", ".verdict", ".strength", ".short"):
        box = turn.locator(part).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= top + 12, part
    assert complaints_of_axe(page) == []


def test_a_suggestion_is_a_button_that_asks_it(face: Page) -> None:
    notes = (Note("words_not_found", "No document has the word “shpis”."), MEANT)
    turn = say(
        face, answer(*OTHERS, verdict="not_found", notes=notes), "How many shpis did Ingrid count?"
    )
    status = turn.get_by_role("status")
    expect(status.locator("p")).to_have_text([note.message for note in notes])
    assert complaints_of_axe(face) == []
    expect(face.locator("p[role=status]")).to_contain_text("No document has the word “shpis”.")
    with face.expect_request("**/v1/ask") as asked:
        status.get_by_role("button", name="How many ships did Ingrid count?").click()
    assert asked.value.post_data_json["question"] == "How many ships did Ingrid count?"
    expect(face.locator(".turn")).to_have_count(2)


def test_a_suggestion_that_the_message_does_not_name_follows_it(face: Page) -> None:
    note = Note("did_you_mean", "“shpis” may be “ships”:", MEANT.details)
    turn = say(face, answer(*OTHERS, verdict="unsure", notes=(note,)))
    expect(turn.get_by_role("status")).to_have_text(f"{note.message} {MEANT.details['suggestion']}")
    expect(turn.get_by_role("status").get_by_role("button")).to_be_visible()


def test_a_greeting_gets_a_word_and_nothing_else(face: Page) -> None:
    turn = say(face, answer(verdict="not_found", notes=(HELLO,)), "Good morning")
    expect(turn.locator(".reply")).to_have_text(HELLO.message)
    expect(turn.get_by_role("status")).to_have_text(HELLO.message)
    expect(face.locator("p[role=status]")).to_have_text(HELLO.message)
    assert complaints_of_axe(face) == []


def test_nothing_found_is_said_with_its_reason(face: Page) -> None:
    note = Note("a_code_of_tomorrow", "The archive is being moved.")
    turn = say(face, answer(verdict="not_found", notes=(note,)))
    expect(turn.get_by_role("heading", name="The archive has nothing on this.")).to_be_visible()
    expect(turn.get_by_role("status")).to_have_text(note.message)


def test_that_a_question_was_shortened_is_not_told_twice(face: Page) -> None:
    note = Note("question_shortened", "Searched without “please tell me”.")
    long = "Please tell me, who kept the lighthouse?"
    found = answer(HARBOURS, searched="who kept the lighthouse?", notes=(note,))
    turn = say(face, found, long)
    expect(turn.get_by_text("Searched for:")).to_contain_text("who kept the lighthouse?")
    expect(turn.get_by_role("status")).to_have_count(0)
    turn = say(face, answer(HARBOURS, notes=(note,)), long)
    expect(turn.get_by_role("status")).to_have_text(note.message)


def test_a_question_comes_to_the_top_and_its_answer_below_it(face: Page) -> None:
    say(face, answer(HARBOURS, *OTHERS))
    turn = say(face, answer(HARBOURS, *OTHERS, notes=(MEANT,)))
    log, asked = face.locator(".log").bounding_box(), turn.locator(".asked").bounding_box()
    assert log and asked
    assert asked["y"] - max(log["y"], 0) < 100  # the page scrolls its log out of sight
    expect(turn.locator(".short")).to_be_in_viewport(ratio=1)


def test_what_documents_and_notes_say_is_no_markup(face: Page) -> None:
    nasty = "<img src=x onerror=alert(1)><b>30</b>"
    found = marked(1, f"They counted {nasty}.", f"They counted {nasty}.", nasty, title=nasty)
    note = Note("did_you_mean", f"Did you mean {nasty}?", {"suggestion": nasty})
    turn = say(face, answer(found, notes=(note,)))
    expect(turn.locator(".short .answer")).to_have_text(nasty)
    expect(turn.locator("blockquote .answer")).to_have_text(nasty)
    expect(turn.get_by_role("status").get_by_role("button")).to_have_text(f"{nasty}?")
    expect(turn.locator("img, b")).to_have_count(0)


def test_a_long_sentence_is_cut_around_the_words_that_answer(face: Page) -> None:
    text = f"{'the owls of the elm and ' * 20}30 mice {'and the mice of the field ' * 20}."
    turn = say(face, answer(marked(1, text, text, "30 mice")))
    first = text_of(turn.locator(".short q"))
    assert first.startswith("… ") and first.endswith(" …") and "30 mice" in first
    assert first.removeprefix("… ").removesuffix(" …") in text
    assert 200 < len(first) < 340
    assert text_of(turn.locator("blockquote")) == text


def test_words_outside_every_sentence_stand_alone(face: Page) -> None:
    found = cited(1, OWLS, short=ShortAnswer(0, 4, "Owls", 0.9), highlights=(Highlight(19, 55),))
    turn = say(face, answer(found))
    assert text_of(turn.locator(".short q")) == "Owls"
    assert [text_of(one) for one in turn.locator("blockquote mark").all()] == ["Owls", OWLS[19:55]]


def test_a_turn_that_was_kept_without_notes_is_still_shown(open_page: Open, address: str) -> None:
    page = open_page(address)
    show(page, "page")
    say(page, answer(HARBOURS))
    older = """() => {
      const kept = JSON.parse(localStorage["cited-qa:/"]);
      for (const { answer } of kept.turns) {
        delete answer.notes;
        for (const result of answer.results) delete result.answer;
      }
      localStorage["cited-qa:/"] = JSON.stringify(kept);
    }"""
    page.evaluate(older)
    page.goto("/")
    expect(page.locator(".turn blockquote mark")).to_have_text(SENTENCE)
    expect(page.locator(".turn .short")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["page", "widget"])
def test_a_phone_shows_it_within_its_edges_and_axe_finds_nothing(
    open_page: Open, address: str, scheme: Any, kind: str
) -> None:
    page = open_page(
        address, viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True
    )
    show(page, kind)
    if kind == "widget":  # it is dark where the page around it is
        page.add_style_tag(content=f":root {{ color-scheme: {scheme} }}")
    say(page, answer(HARBOURS, *OTHERS, notes=(MEANT,)))
    assert page.evaluate(SIDEWAYS) == 0
    assert complaints_of_axe(page) == []
    say(page, answer(HARBOURS, *OTHERS, verdict="not_found", notes=(MEANT,)))
    assert page.evaluate(SIDEWAYS) == 0
    assert complaints_of_axe(page) == []
