"""Passages: exact, within their budgets, never across a border of the text, and nothing left out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus import read_document
from qa.corpus.formats.plain import find_blocks
from qa.corpus.readers import Reading, UnreadableError, make_document
from qa.records import MAX_EXCERPT, Block, Document, Passage, Place
from qa.text.sentences import sentence_spans
from tests.corpus.pages import PAGES, Page, page, pages
from tests.corpus.test_structure import TEXTS

_TOKEN = re.compile(r"\w+|[^\w\s]")


def token_starts(text: str) -> Sequence[int]:
    return [match.start() for match in _TOKEN.finditer(text)]


def document(text: str, blocks: Sequence[Block] | None = None) -> Document:
    reading = Reading(text, "utf-8", tuple(find_blocks(text) if blocks is None else blocks))
    return make_document(source="a.txt", sha256="0" * 64, reading=reading)


def texts(annotated: str, **options: int) -> list[str]:
    """Return the passages of an annotated page as texts."""
    return [
        p.text for p in split(document(page(annotated).text), Splitting(**options), token_starts)
    ]


# --- sentences -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentences",
    [
        ["The river rose.", "It took the bridge!", "Who knew?", "Nobody."],
        ["Dr. Solvang and Mrs. Paz met Gen. Torres on St. John's day.", "It rained."],
        [
            "It pays e.g. for rope, oil etc. and for the mill of Messrs. Hay & Co. in full.",
            "Or not.",
        ],
        ["J. R. R. Tolkien never came.", "E. Solvang did."],
        ["The vote of 23/1/04 was void.", "So was that of 1.5.1931."],
        ["On 23 Jan. 2004 the price was $1.50, up 3.5 per cent.", "Nobody paid."],
        ["The U.S. ambassador met him at 4.50 p.m. sharp.", "They ate."],
        ["“We report to the people.”", "However, he sacked seven ministers."],
        ["The meeting “ended with the decision to close the port.”", "This marks the end."],
        ["“Is it over?” asked the smith.", "It was."],
        ["He said: “No. Never.”", "Then he left."],
        ["The power is in the streets” (El Diario, 23/1/04).", "Then came the army."],
        ["What now … nobody knew.", "We waited."],
        ["See fig. 3, p. 97, vol. 2.", "It shows a crane of approx. 1872."],
        ["Art. 5 and para. 12 of the law no. 3 of Nov. 1931 are void.", "12 men voted for them."],
        ["The statement was short (see no. 4).", "It was void."],
        ["One line\nis broken\r\nat its margin.", "Another\tis not."],
        ["1.2 The second rule.", "1.3 The third."],
    ],
)
def test_sentences(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("es", ["El Sr. Quispe llegó el 9 de abril de 1952.", "¿Quién lo esperaba?", "Nadie."]),
        ("de", ["Am 9. April 1952 kam Dr. Paz zurück.", "Alle warteten."]),
        ("xx", ["No such language is known.", "Nothing is lost."]),
    ],
)
def test_sentences_of_other_languages(language: str, sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text, language)] == sentences


def test_scraps_belong_to_the_sentence_before_them() -> None:
    first = "It keeps “on the road of the World Bank.”(El Diario, 23/1/04)."
    second = "To this we must add more. ”"
    text = f"{first} {second}"
    assert [text[start:end] for start, end in sentence_spans(text)] == [first, second]


def test_a_long_text_has_the_sentences_of_its_parts() -> None:
    # Longer than the window through which boundaries are sought.
    part = "Él dijo que no. El Sr. Paz vino el 23/1/04, a las 4.50 p. m. ¡Nadie lo esperaba!"
    own = [part[start:end] for start, end in sentence_spans(part)]
    text = " ".join([part] * 300)
    assert [text[start:end] for start, end in sentence_spans(text)] == own * 300


@given(TEXTS)
def test_sentences_cover_a_text_in_order(text: str) -> None:
    assert_covers(text, sentence_spans(text), [(0, len(text))])


def assert_covers(
    text: str, spans: Sequence[tuple[int, int]], wanted: Sequence[tuple[int, int]]
) -> None:
    """Spans are in order, do not overlap, and hold every character of ``wanted`` but white space."""
    upto = 0
    covered = bytearray(len(text))
    for start, end in spans:
        assert upto <= start < end
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        covered[start:end] = b"\1" * (end - start)
        upto = end
    for start, end in wanted:
        missed = [n for n in range(start, end) if not covered[n] and not text[n].isspace()]
        assert not missed, text[missed[0] - 20 : missed[0] + 20]


# --- borders ---------------------------------------------------------------------------------

_TEXT_KINDS = {"paragraph", "item", "teaser"}


def assert_lawful(document: Document, passages: Sequence[Passage], splitting: Splitting) -> None:
    """What holds for every document: offsets, coverage, borders and budgets."""
    text = document.text
    wanted = [(b.start, b.end) for b in document.blocks if b.kind != "furniture"]
    if splitting.overlap == 0:
        assert_covers(text, [(p.start, p.end) for p in passages], wanted)
    assert_covers(text, sorted({s for p in passages for s in p.sentences}), wanted)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.document_id == document.id
        assert passage.sentences[0][0] == passage.start
        assert passage.sentences[-1][1] == passage.end
        limit = MAX_EXCERPT if splitting.overlap else splitting.max_chars
        assert len(passage.text) <= limit
        within = [b for b in document.blocks if b.start < passage.end and passage.start < b.end]
        kinds = [b.kind for b in within]
        assert "furniture" not in kinds
        heads = [kind in ("title", "heading") for kind in kinds]
        assert heads == sorted(heads, reverse=True), "a heading opens a passage, or is not in it"
        assert len({kind for kind in kinds if kind in _TEXT_KINDS}) <= 1
        assert kinds.count("teaser") <= 1
        tokens = token_starts(passage.text)
        context = token_starts(f"{passage.context}. ") if passage.context else []
        assert len(tokens) + len(context) <= splitting.max_tokens or len(passage.sentences) == 1
        assert len(tokens) <= splitting.max_tokens - splitting.context_tokens + 1 or (
            len(passage.sentences) > 1
        )
        assert len(context) <= splitting.context_tokens


SPLITTINGS = [
    Splitting(),
    Splitting(max_chars=200, max_tokens=60, context_tokens=20),
    Splitting(max_chars=1200, max_tokens=126),
    Splitting(max_chars=300, overlap=2),
    Splitting(max_chars=1200, overlap=1, max_tokens=510),
]


@pytest.mark.parametrize("splitting", SPLITTINGS)
@pytest.mark.parametrize("example", [p for _, p in pages()], ids=[name for name, _ in pages()])
def test_the_laws_hold_on_pages(example: Page, splitting: Splitting) -> None:
    read = document(example.text)
    assert_lawful(read, split(read, splitting, token_starts), splitting)


@given(TEXTS, st.sampled_from(SPLITTINGS))
def test_the_laws_hold_on_any_text(text: str, splitting: Splitting) -> None:
    try:
        read = document(text)
    except UnreadableError:
        return
    assert_lawful(read, split(read, splitting, token_starts), splitting)


_MARKS = [
    "# A\n\n",
    "B\n==\n\n",
    "- c\n",
    "> d\n",
    "***\n\n",
    "<!-- e -->\n\n",
    "```\nf\n```\n",
    "g. h.\n\n",
]


@given(st.lists(st.sampled_from(_MARKS) | TEXTS, max_size=12).map("".join))
def test_the_laws_hold_on_any_markdown(text: str) -> None:
    try:
        read = read_document("a.md", text.encode("utf-8", "replace"))
    except UnreadableError:
        return
    assert_lawful(read, split(read, SPLITTINGS[1], token_starts), SPLITTINGS[1])


_KINDS = st.sampled_from(["title", "heading", "paragraph", "item", "teaser", "furniture"])


@given(st.lists(st.tuples(_KINDS, st.sampled_from(["One. Two.", "Three", "Long " * 60, "۝ \0"]))))
def test_the_laws_hold_on_any_blocks(parts: list[tuple[str, str]]) -> None:
    text, blocks = "", []
    for kind, words in parts:
        blocks.append(Block(kind, len(text), len(text) + len(words.rstrip())))  # type: ignore[arg-type]  # one of _KINDS
        text += words + "\n\n"
    if any(block.kind != "furniture" for block in blocks):
        read = document(text, blocks)
        assert_lawful(read, split(read, SPLITTINGS[1], token_starts), SPLITTINGS[1])


def test_an_article() -> None:
    assert texts(PAGES["article"]) == [
        "The flood of 1931\n\n4 May 1931\n\nThe river rose in the night of the first of May, and by "
        "morning the market stood under two metres of water.\n\nIt took the wooden bridge at noon. "
        "The iron one, built by the same firm, held.",
        "What was saved\n\nThe school's books were carried up to the belfry by a chain of children.",
        # Furniture is a border.
        "They were dry again in June.\n\nThe editors",
    ]


def test_a_passage_begins_and_its_sentences_begin_on_one_page() -> None:
    text = "One is short. Two crosses to the next. Three is short too.\n\nFour as well."
    for breaks in ((), (text.index("crosses"),), (text.index("Three"), text.index("Four"))):
        read = replace(document(text), page_starts=(0, *breaks) if breaks else ())
        found = [p.text for p in split(read, Splitting(), token_starts)]
        if not breaks:
            assert found == [text]
        elif len(breaks) == 1:
            assert found == ["One is short. Two crosses to the next.", text[text.index("Three") :]]
        else:
            assert found == [
                "One is short. Two crosses to the next.",
                "Three is short too.",
                "Four as well.",
            ]


def test_a_passage_joins_places_of_one_part_alone() -> None:
    text = "Pump one.\n\nPump two.\n\nPump three."
    two, three = text.index("Pump two"), text.index("Pump three")
    rows = (Place(0, "row 2", 0), Place(two, "row 3", 1), Place(three, "row 4", 2))
    read = replace(document(text), places=rows)
    assert [p.text for p in split(read, Splitting(), token_starts)] == text.split("\n\n")
    times = tuple(replace(row, part=0) for row in rows)
    read = replace(document(text), places=times)
    assert [p.text for p in split(read, Splitting(), token_starts)] == [text]


def test_each_teaser_is_a_passage() -> None:
    assert texts(PAGES["listing"]) == [
        words for kind, words in page(PAGES["listing"]).blocks if kind == "teaser"
    ]
    titled = texts(PAGES["listing with titles"])
    assert [passage.split("\n")[0] for passage in titled] == [
        "The flood of 1931",
        "The bell between the piers",
        "Forty years of ships",
    ]


def test_a_question_opens_the_passage_of_its_answer() -> None:
    assert texts(PAGES["faq"])[1:] == [
        "May I bring a cow?\n\nYes, for three pounds. Dogs ride free.",
        "Where do I buy a ticket?\n\nFrom the ferryman, who takes coins only.",
    ]


def test_a_list_has_borders() -> None:
    opening = texts(PAGES["opening hours"])
    assert opening == [
        "The reading room\n\nTwo branches lend to everyone who lives in the valley.",
        "Upper town\n\nMonday 9–17\nTuesday 9–17\nWednesday 9–17\nThursday 9–12",
        "Lower town\n\nMonday 9–17\nTuesday 9–17\nWednesday 9–17\nThursday 9–12",
    ]
    rules = texts(PAGES["lists"])
    assert rules[0] == "Rules of the reading room\n\nA reader shall:"
    assert rules[1].startswith("(a) leave") and rules[1].endswith("at the desk.")
    assert rules[2] == "The warden decides what these rules leave open."


def test_a_heading_that_heads_nothing_is_a_passage_of_its_own() -> None:
    read = document("One\n\nTwo", [Block("title", 0, 3), Block("heading", 5, 8, 1)])
    assert [p.text for p in split(read, Splitting(), token_starts)] == ["One\n\nTwo"]


def test_sections_and_context() -> None:
    text = "# Fees #\n\nA.\n\n## Boats\n\nB.\n\n#\n\nC.\n\n" + f"## {'Long ' * 60}\n\nD.\n"
    read = read_document("a.md", text.encode())
    passages = split(read, Splitting(context_tokens=10), token_starts)
    long = " ".join(["Long"] * 60)
    assert [(p.section, p.context) for p in passages] == [
        (None, "Fees"),
        ("Boats", "Fees. Boats"),
        (None, "Fees"),
        # Cut to ten tokens with the full stop that parts it from the passage.
        (long, "Fees. " + " ".join(["Long"] * 7)),
    ]


@pytest.mark.parametrize(("words", "kept"), [(6, 6), (7, 7), (8, 7)])
def test_the_full_stop_after_the_context_counts(words: int, kept: int) -> None:
    read = read_document("a.md", f"# Fees\n\nA.\n\n## {'Long ' * words}\n\nD.\n".encode())
    passage = split(read, Splitting(context_tokens=10), token_starts)[-1]
    assert passage.context == "Fees. " + " ".join(["Long"] * kept)


def test_a_heading_that_says_what_the_title_says_is_not_read_twice() -> None:
    read = read_document("a.md", b"# Fees\n\nA.\n\n## Fees\n\nB.\n")
    assert [p.context for p in split(read, Splitting(), token_starts)] == ["Fees", "Fees"]


# --- budgets ---------------------------------------------------------------------------------


def test_passages_are_even_and_break_between_paragraphs() -> None:
    # Three paragraphs of 300 characters: one passage would be too long, and of the two ways to
    # make two of them both keep paragraphs whole.
    paragraph = " ".join(f"This is sentence {n} of its paragraph." for n in range(8))
    text = "\n\n".join([paragraph] * 3)
    passages = [
        p.text
        for p in split(document(text), Splitting(max_chars=2 * len(paragraph) + 2), token_starts)
    ]
    assert passages in (
        [f"{paragraph}\n\n{paragraph}", paragraph],
        [paragraph, f"{paragraph}\n\n{paragraph}"],
    )
    # A paragraph of twelve sentences where ten fit: six and six, not ten and two.
    twelve = " ".join(f"This is sentence {n} of it." for n in range(10, 22))
    halves = split(document(f"And {twelve}"), Splitting(max_chars=270), token_starts)
    assert [len(p.sentences) for p in halves] == [6, 6]


@pytest.mark.parametrize("word", ["word ", "word\n", "a" * 30 + " "])
def test_a_sentence_that_is_too_long_is_cut_at_white_space(word: str) -> None:
    text = "It " + word * 800
    read = document(text, [Block("paragraph", 0, len(text.rstrip()))])
    passages = split(read, Splitting(max_chars=300), token_starts)
    assert [p.text for p in passages if p.text.split()[-1] not in (word.strip(), "It")] == []
    # Into about equal pieces: no scrap opens the next passage.
    assert min(len(p.text) for p in passages) > 150


def test_the_budget_of_tokens_holds_too() -> None:
    text = "It is " + "a b c d " * 500
    splitting = Splitting(max_chars=1200, max_tokens=100, context_tokens=20)
    passages = split(document(text), splitting, token_starts)
    # Sentences are cut to what is left beside the longest context, and here there is none.
    assert 70 <= max(len(token_starts(p.text)) for p in passages) <= 100
    assert sum(len(token_starts(p.text)) for p in passages) == len(token_starts(text))


def test_overlap_repeats_sentences() -> None:
    sentences = [f"This is sentence {n} of the text." for n in range(10, 40)]
    text = " ".join(sentences)
    plain = split(document(text), Splitting(max_chars=200), token_starts)
    passages = split(document(text), Splitting(max_chars=200, overlap=2), token_starts)
    assert [p.end for p in passages] == [p.end for p in plain]
    for before, after in pairwise(passages):
        assert after.sentences[:2] == before.sentences[-2:]
    assert passages[0] == plain[0]


@pytest.mark.parametrize(
    "splitting",
    [
        Splitting(max_chars=1000, overlap=3, max_tokens=400),
        Splitting(max_chars=400, overlap=3, max_tokens=170, context_tokens=10),
    ],
)
def test_overlap_gives_way_to_the_budgets(splitting: Splitting) -> None:
    sentences = [f"This is sentence {n} of {'a long ' * 20}text." for n in range(10, 30)]
    read = document(" ".join(sentences))
    passages = split(read, splitting, token_starts)
    assert_lawful(read, passages, splitting)
    repeated = [
        len(set(before.sentences) & set(after.sentences)) for before, after in pairwise(passages)
    ]
    assert min(repeated) > 0 and max(repeated) < 3


# --- abuse -----------------------------------------------------------------------------------

_ABUSE = """
import re, sys
from qa.corpus.readers import Reading, make_document, read_document
from qa.corpus.formats.plain import find_blocks
from qa.text.sentences import sentence_spans
from qa.build.passages import Splitting, split

def starts(text):
    return [match.start() for match in re.finditer(r"\\w+|[^\\w\\s]", text)]

MILLION = 1_000_000
def lines(*parts):
    return "".join(parts * (10_000 // sum(map(len, parts))))

LINES = {
    "one word": "a" * MILLION,
    "words": "word " * (MILLION // 5),
    "marks": "Some words, and then " + ">" * MILLION,
    "ideographs": "\\u4e2d" * MILLION,
}
TEXTS = {
    "ideographic sentences": lines("\\u4e2d\\u3002"),
    "tiny sentences": lines("Ab! "),
    "short lines": lines("a\\n"),
    "wrapped bullets": lines("- " + "this is an item of a list which is wrapped " * 2 + "\\n"),
    "headings and furniture": lines("A heading of words\\n\\n", "Page 1 of 4\\n\\n"),
    "headings": lines("A heading of words\\n\\n"),
    "items": lines("- a\\n"),
    "quotes": lines("> a\\n", "b\\n"),
    "open comments": lines("<!--\\n\\n"),
    "rules": lines("---\\n"),
    "definitions": lines("[a]: b\\n"),
    "brackets": lines("(") + lines("["),
    "dots": lines("a . " * 4),
    "NUL": "words and \\0" + " words" * 50 + "\\n",
}
for ending, texts in ((".txt", LINES | TEXTS), (".md", TEXTS | {"nested": ">" * MILLION + " words"})):
    for name, text in texts.items():
        if name not in LINES:
            text = "Some words to begin with.\\n\\n" + text
        document = read_document("a" + ending, text.encode())
        for passage in split(document, Splitting(), starts):
            assert document.text[passage.start : passage.end] == passage.text
            assert len(passage.text) <= Splitting().max_chars
assert len(sentence_spans("\\u4e2d\\u3002" * 50_000)) == 50_000
surrogates = "A \\ud800 text. " * 300 + "\\udfff\\0"
document = make_document(
    source="a.txt", sha256="", reading=Reading(surrogates, "utf-8", find_blocks(surrogates))
)
assert sum(len(p.text.split()) for p in split(document, Splitting(), starts)) == 901
print("done")
"""


def test_the_sentence_splitter_is_handed_a_window_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Its time grows with the square of what it is handed.
    handed: list[int] = []

    def boundaries(language: str, text: str) -> list[dict[str, int]]:
        handed.append(len(text))
        return [{"start_index": n} for n in range(0, len(text), 10)]

    monkeypatch.setattr("qa.text.sentences.get_sentence_boundaries", boundaries)
    assert len(sentence_spans("nine char " * 10_000)) > 5_000
    assert max(handed) <= 10_000
    assert sum(handed) < 150_000


def test_a_million_characters_and_other_abuse_end() -> None:
    # In a process of its own, so that what does not end fails the test and not the run.
    run = subprocess.run(
        [sys.executable, "-c", _ABUSE], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout == "done\n", run.stderr[-2000:]
