"""The sample archive, as a person reads it: what is furniture, what is a title, where passages begin and end."""

from __future__ import annotations

import hashlib
import re
from functools import cache

import pytest

from qa.build.passages import Splitting, split
from qa.corpus import Skipped, read_folders
from qa.records import Document, Passage
from qa.settings import Settings
from tests.build.test_passages import assert_lawful
from tests.conftest import ROOT, SEEDS
from tests.fake import FakeEncoder

LISTINGS = ("000_6220789d0f12dd84.txt", "001_cb182cb62d56203a.txt")
THIRD_UPRISING, COMMUNE, STATEMENT = (
    "002_4ff61c02709701bd.txt",
    "003_904f59a845fc3b7d.txt",
    "004_4295f32904a35c45.txt",
)
SOURCES = (*LISTINGS, THIRD_UPRISING, COMMUNE, STATEMENT)


@cache
def documents() -> dict[str, Document]:
    """The archive's documents by source, read as ``qa build`` reads them."""
    found = {}
    for item in read_folders([SEEDS], max_bytes=Settings().max_file_bytes):
        assert not isinstance(item, Skipped)
        found[item.source] = item
    return found


@cache
def passages(source: str) -> list[Passage]:
    settings = Settings()
    splitting = Splitting(
        max_chars=settings.passage_chars, overlap=settings.overlap, language=settings.language
    )
    return split(documents()[source], splitting, FakeEncoder().token_starts)


def blocks(source: str, *kinds: str) -> list[str]:
    document = documents()[source]
    return [document.text[b.start : b.end] for b in document.blocks if b.kind in kinds]


def test_the_files_are_those_that_were_given() -> None:
    listed = [line.split() for line in (ROOT / "tests/data/seeds.sha256").read_text().splitlines()]
    assert [name for _, name in listed] == list(SOURCES)
    for digest, name in listed:
        assert hashlib.sha256((SEEDS / name).read_bytes()).hexdigest() == digest
    assert sorted(path.name for path in SEEDS.iterdir()) == [*SOURCES, "README.md"]


def test_the_readme_is_not_of_the_archive() -> None:
    assert list(documents()) == list(SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_the_text_is_the_file(source: str) -> None:
    document = documents()[source]
    with (SEEDS / source).open(encoding=document.encoding, newline="") as file:
        assert file.read() == document.text


FURNITURE = {
    "001_cb182cb62d56203a.txt": ["Page 1 of 4"],
    "003_904f59a845fc3b7d.txt": [
        "Search",
        "Close this search box.",
        "Content",
        "You should also read",
        *["Share this Article", "Facebook", "Twitter", "WhatsApp", "Print", "Reddit", "Telegram"]
        * 2,
    ],
}


@pytest.mark.parametrize("source", SOURCES)
def test_furniture(source: str) -> None:
    assert blocks(source, "furniture") == FURNITURE.get(source, [])


@pytest.mark.parametrize(
    ("source", "title", "published"),
    [
        (LISTINGS[0], None, None),
        (LISTINGS[1], None, None),
        (THIRD_UPRISING, "Bolivia is moving towards a third uprising", None),
        (COMMUNE, "Masses drive out governor, workers and peasants form commune", None),
        (STATEMENT, "On the coup in Bolivia", ("2019-11-23", "23 Nov 2019")),
    ],
)
def test_titles_and_dates(
    source: str, title: str | None, published: tuple[str, str] | None
) -> None:
    document = documents()[source]
    found = document.published
    assert document.title == title
    assert ((found.value, found.evidence) if found else None) == published


@pytest.mark.parametrize(
    ("source", "headings"),
    [
        (LISTINGS[0], []),
        (LISTINGS[1], []),
        (
            THIRD_UPRISING,
            [
                "Bankruptcy of the state, austerity measures for the masses",
                "The question of power",
                "The 1971 People’s Assembly",
                "A socialist programme",
                "Access to the sea for Bolivia",
                "Build a Marxist leadership",
            ],
        ),
        (
            COMMUNE,
            [
                "The Struggle in Cochabamba",
                "The right on the offensive",
                "Morales and the Bolivian Revolution",
            ],
        ),
        (STATEMENT, []),
    ],
)
def test_headings(source: str, headings: list[str]) -> None:
    assert blocks(source, "heading") == headings
    assert [section.title for section in documents()[source].sections] == headings
    assert {p.section for p in passages(source)} - {None} == set(headings)


@pytest.mark.parametrize(("source", "count"), [(LISTINGS[0], 15), (LISTINGS[1], 19)])
def test_a_listing_is_teasers_and_each_is_a_passage(source: str, count: int) -> None:
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", documents()[source].text)]
    teasers = [part for part in paragraphs if part and part != "Page 1 of 4"]
    assert len(teasers) == count
    assert blocks(source, "teaser") == teasers
    assert [passage.text for passage in passages(source)] == teasers


def test_lists() -> None:
    demands = blocks(THIRD_UPRISING, "item")
    assert (demands[0], len(demands)) == ("Long live the Bolivian revolution", 11)
    bullets = blocks(COMMUNE, "item")
    assert len(bullets) == 5
    assert all(bullet.startswith("• ") for bullet in bullets)
    # Each list is a passage, without the paragraph before it.
    assert passages(THIRD_UPRISING)[-1].text == "\n".join(demands)
    assert passages(COMMUNE)[-1].text == "\n\n".join(bullets)


@pytest.mark.parametrize("source", SOURCES)
def test_the_laws_hold(source: str) -> None:
    settings = Splitting(max_chars=Settings().passage_chars)
    assert_lawful(documents()[source], passages(source), settings)
    furniture = blocks(source, "furniture")
    for passage in passages(source):
        assert not set(passage.text.split("\n")) & set(furniture)


LONG_SENTENCE = {
    THIRD_UPRISING: [
        "The conclusion was completely wrong,",
        "it was not taken into account",
    ]
}


@pytest.mark.parametrize("source", SOURCES)
def test_passages_begin_and_end_where_a_person_would_cut(source: str) -> None:
    document = documents()[source]
    starts = {block.start for block in document.blocks}
    ends = {block.end for block in document.blocks}
    broken = []
    for passage in passages(source):
        text = passage.text
        if not (passage.start in starts or text[0].isupper() or text[0] in "“‘(\"'"):
            broken.append(text[:30].rstrip())
        if not (passage.end in ends or re.search(r"[.!?…][”’\")]*$", text)):
            broken.append(text[-36:].lstrip())
        # No bracket is cut in two.
        assert text.count("(") == text.count(")"), text
    # One sentence, a quotation of its own, is longer than a passage may be.
    assert broken == LONG_SENTENCE.get(source, [])
    lengths = [len(passage.text) for passage in passages(source)]
    assert max(lengths) <= Settings().passage_chars
    if source in (THIRD_UPRISING, COMMUNE):
        assert min(lengths) > 150


@pytest.mark.parametrize("source", [THIRD_UPRISING, COMMUNE, STATEMENT])
def test_a_heading_opens_a_passage_and_is_not_all_of_it(source: str) -> None:
    document = documents()[source]
    heads = [b for b in document.blocks if b.kind in ("title", "heading")]
    for block in heads:
        (passage,) = (p for p in passages(source) if p.start <= block.start < p.end)
        assert passage.start == block.start
        assert passage.end > block.end + 100


@pytest.mark.parametrize(
    ("source", "words", "section"),
    [
        (COMMUNE, "ousted the corrupt governor Ortiz", "The Struggle in Cochabamba"),
        (COMMUNE, "Phillip Goldberg the U.S. ambassador", "The right on the offensive"),
        (COMMUNE, "“The Red Ponchos”", "Morales and the Bolivian Revolution"),
        (THIRD_UPRISING, "Carmona coup in Venezuela", "A socialist programme"),
        (
            THIRD_UPRISING,
            "The unexpected outcome of the attempted coup",
            "The 1971 People’s Assembly",
        ),
        (THIRD_UPRISING, "The national enlarged meeting", None),
        (STATEMENT, "declared herself acting President", None),
    ],
)
def test_passages_know_their_section(source: str, words: str, section: str | None) -> None:
    (passage,) = (p for p in passages(source) if words in p.text)
    assert passage.section == section
    title = documents()[source].title
    assert passage.context == (f"{title}. {section}" if section else title)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            COMMUNE,
            "The Bush government has shown its support by making Phillip Goldberg the U.S. ambassador to Bolivia.",
        ),
        (
            THIRD_UPRISING,
            "To this Solares correctly replied that, “the workers defend real democracy … the workers have "
            "reconquered democracy, but not so that we die of hunger”. (, 23/1/04)",
        ),
        (
            THIRD_UPRISING,
            "The Bolivian ruling class can only balance the finances of a bankrupt state (with a budget deficit of "
            "700 million dollars or 8.5% of GDP) and recover its profits through more attacks on the living "
            "standards of the majority of the Bolivian people.",
        ),
        (
            LISTINGS[1],
            "On 10 November at 4.50pm, Bolivian president Evo Morales announced his resignation.",
        ),
        (
            STATEMENT,
            "On the 12th\xa0Nov 2019 Evo Morales was forced by the Bolivian military and police, to step down as "
            "President, even though his term officially ran until January 2020.",
        ),
    ],
)
def test_sentences(source: str, sentence: str) -> None:
    text = documents()[source].text
    found = {text[start:end] for p in passages(source) for start, end in p.sentences}
    assert any(one.startswith(sentence) for one in found)
    assert sentence in found
