"""Hits to results: one for each origin, verbatim, cited, never two that overlap."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.builder import build_index
from qa.corpus.readers import Reading, make_document
from qa.encode import Encoded, Encoder
from qa.engine import Engine
from qa.records import (
    MAX_EXCERPT,
    About,
    Block,
    Document,
    Filters,
    Hit,
    Place,
    Published,
    Question,
    Result,
    citation_id,
)
from qa.search.citations import cite_span
from qa.search.rank import Asked, Ranked, Ranking, prepare
from qa.search.results import make_results
from qa.settings import Settings
from qa.store import Candidates, Generation, IndexFolder, Query
from tests.conftest import Build
from tests.disks import no_waiting  # noqa: F401 - pytest finds it by its name
from tests.fake import FakeEncoder
from tests.store.reads import ids_of


def sentences(name: str, count: int, length: int = 90) -> list[str]:
    """Return sentences that share few words with those of another name."""
    return [
        (
            f"Sentence {n} of {name} tells of "
            + " ".join(f"{name}{n}{w}" for w in "abcdefghijklmnop")
        )[: length - 1].rstrip()
        + "."
        for n in range(count)
    ]


def document(source: str, *parts: tuple[str, str], level: int = 1) -> Document:
    """Return a document of blocks given as (kind, text), an empty line between them."""
    text, blocks = "", []
    for kind, words in parts:
        blocks.append(
            Block(kind, len(text), len(text) + len(words), level if kind == "heading" else 0)  # type: ignore[arg-type]  # who calls gives a kind of block
        )
        text += words + "\n\n"
    return make_document(
        source=source, sha256=source.ljust(64, "0"), reading=Reading(text, "utf-8", tuple(blocks))
    )


def built(
    tmp_path: Path, *documents: Document, passage_chars: int = 400, overlap: int = 0
) -> Generation:
    build_index(
        [],
        Settings(index=str(tmp_path / "index"), passage_chars=passage_chars, overlap=overlap),
        encoder=FakeEncoder(),
        documents=documents,
        calibrated=False,
    )
    return IndexFolder(tmp_path / "index").open().generation


def results(
    store: Generation,
    rows: Sequence[int],
    *,
    k: int = 50,
    question: str = "what",
    encoder: Encoder | None = None,
) -> list[Result]:
    """Return the results of hits in a given order."""
    encoder = encoder or FakeEncoder()
    asked = prepare(store, encoder.codec, encoder.encode_question(question), [], Ranking())
    ranked = ranked_as(store, rows, asked)
    return [one.result for one in make_results(encoder.codec, asked, ranked, k)]


def ranked_as(store: Generation, rows: Sequence[int], asked: Asked) -> Ranked:
    """Return the passages at ``rows``, in this order, as a ranking."""
    ids = ids_of(store)
    hits = [Hit(ids[row], 1.0 - place / 1000) for place, row in enumerate(rows)]
    wanted = list(dict.fromkeys(hit.id for hit in hits))
    fetched = store.fetch(wanted, asked.terms)
    return Ranked(hits, Candidates((), ()), fetched, {id: n for n, id in enumerate(wanted)})


def spans(found: Sequence[Result]) -> list[tuple[str, int, int]]:
    return [(r.citation.source, r.citation.start, r.citation.end) for r in found]


# --- joining ---------------------------------------------------------------------------------


def test_passages_that_touch_are_one_excerpt(tmp_path: Path) -> None:
    text = " ".join(sentences("harbour", 12))
    store = built(tmp_path, document("a", ("paragraph", text)))
    assert store.info.passages == 3
    (result,) = results(store, [1, 2, 0])
    assert result.excerpt == text
    assert (result.rank, result.score) == (1, 1.0)
    assert spans([result]) == [("a", 0, len(text))]
    # Of the first and the last one, which do not touch, each stands for itself.
    first, last = results(store, [2, 0])
    assert (first.citation.start, last.citation.end) == (
        store.passage(2).start,
        store.passage(0).end,
    )


def test_an_excerpt_grows_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    text = " ".join(sentences("harbour", 40))
    store = built(tmp_path, document("a", ("paragraph", text)))
    found = results(store, range(store.info.passages))
    assert all(len(result.excerpt) <= MAX_EXCERPT for result in found)
    assert [len(result.excerpt) > 1000 for result in found[:-1]] == [True] * (len(found) - 1)
    # Together they are the text; none is lost to a neighbour that was full.
    assert " ".join(result.excerpt for result in found) == text


def test_passages_without_space_between_them_are_neighbours(tmp_path: Path) -> None:
    # As in Chinese: one ends where the next one begins.
    text = "".join(
        f"港口{n}是码头工人在一八七二年挖成的它的第一台起重机来自格拉斯哥。"
        for n in range(100, 190)
    )
    store = built(tmp_path, document("a", ("paragraph", text)))
    found = results(store, range(store.info.passages))
    assert "".join(result.excerpt for result in found) == text
    assert len(found) == 3


@pytest.mark.parametrize(
    "parts",
    [
        [("paragraph", "One."), ("heading", "A heading"), ("paragraph", "Two.")],
        [("heading", "Same"), ("paragraph", "One."), ("heading", "Same"), ("paragraph", "Two.")],
        [("paragraph", "One."), ("item", "Two.")],
        [("item", "One."), ("paragraph", "Two.")],
        [("teaser", "One."), ("teaser", "Two.")],
        [("paragraph", "One."), ("furniture", "Share this"), ("paragraph", "Two.")],
        [("paragraph", "One."), ("furniture", "Search"), ("teaser", "Two.")],
    ],
)
def test_borders_are_not_joined(tmp_path: Path, parts: list[tuple[str, str]]) -> None:
    parts = [
        (kind, " ".join(sentences(words[:3].lower(), 3)) if words in ("One.", "Two.") else words)
        for kind, words in parts
    ]
    store = built(tmp_path, document("a", *parts))
    assert store.info.passages == 2
    assert len(results(store, [0, 1])) == 2
    assert len(results(store, [1, 0])) == 2


@pytest.mark.parametrize("kind", ["paragraph", "item"])
def test_blocks_of_a_kind_are_joined_below_their_heading(tmp_path: Path, kind: str) -> None:
    parts = [(kind, " ".join(sentences(name, 4))) for name in ("one", "two", "three")]
    around = [("teaser", "One before."), ("furniture", "x"), ("heading", "After"), ("item", "One.")]
    store = built(
        tmp_path,
        document("a", ("title", "A title"), ("heading", "B"), *parts, *around),
    )
    assert store.info.passages == 5
    (result,) = results(store, [2, 1, 0])
    assert result.excerpt.startswith("A title\n\nB\n\n")
    assert result.excerpt.endswith(parts[2][1])
    assert result.citation.section == "B"


def test_nothing_is_joined_across_documents(tmp_path: Path) -> None:
    store = built(
        tmp_path,
        document("a", ("paragraph", " ".join(sentences("one", 3)))),
        document("b", ("paragraph", " ".join(sentences("two", 3)))),
    )
    assert len(results(store, [0, 1])) == 2


# --- copies ----------------------------------------------------------------------------------


def test_copies_of_a_text_are_one_result(tmp_path: Path) -> None:
    text = " ".join(sentences("harbour", 4))
    shouted = text.upper().replace("TELLS", "TÉLLS")
    store = built(
        tmp_path,
        document("a", ("paragraph", text)),
        document("b", ("paragraph", " ".join(sentences("bridge", 4)))),
        document("c", ("paragraph", shouted)),
    )
    one, other = results(store, [2, 1, 0])
    # Of copies without a date the first by source is shown.
    assert one.excerpt == text
    assert [(c.source, c.start, c.end) for c in one.also] == [("c", 0, len(shouted))]
    assert (other.excerpt, other.also) == (" ".join(sentences("bridge", 4)), ())


def dated(source: str, text: str, published: str | None) -> Document:
    date = Published(published, published, "label") if published else None
    return replace(document(source, ("paragraph", text)), published=date)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        ({"a": "2020-01-02", "b": "2019-12-31", "c": None, "d": "2019-12-31"}, "bdac"),
        ({"a": None, "b": "2021", "c": "2021-11-23", "d": "2021-11"}, "cdba"),
        ({"a": None, "b": None, "c": "1987", "d": None}, "cabd"),
        ({"a": "2020", "b": "2020", "c": "2020", "d": "2020"}, "abcd"),
    ],
)
def test_of_copies_the_earliest_is_shown(
    tmp_path: Path, dates: dict[str, str | None], order: str
) -> None:
    text = " ".join(sentences("harbour", 4))
    store = built(tmp_path, *(dated(name, text, date) for name, date in dates.items()))
    for rows in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        (result,) = results(store, rows)
        assert result.citation.source + "".join(c.source for c in result.also) == order
        assert result.citation.published == dates[order[0]]
        assert result.score == 1.0


def test_an_earlier_copy_that_says_less_stands_beside_the_fullest(tmp_path: Path) -> None:
    short, full = " ".join(sentences("harbour", 3)), " ".join(sentences("harbour", 4))
    store = built(tmp_path, dated("a", short, "1999"), dated("b", full, "2005"))
    for rows in ([0, 1], [1, 0]):
        (result,) = results(store, rows)
        assert (result.citation.source, [c.source for c in result.also]) == ("b", ["a"])


def test_the_fullest_copy_is_shown(tmp_path: Path) -> None:
    short = " ".join(sentences("harbour", 3))
    full = " ".join(sentences("harbour", 4))
    store = built(tmp_path, document("a", ("paragraph", short)), document("b", ("paragraph", full)))
    for rows in ([0, 1], [1, 0]):
        (result,) = results(store, rows)
        assert (result.excerpt, result.citation.source) == (full, "b")
        assert [c.source for c in result.also] == ["a"]
        assert result.score == 1.0


def test_a_copy_of_a_joined_excerpt_stands_beside_it(tmp_path: Path) -> None:
    words = sentences("harbour", 8)
    text = " ".join(words)
    store = built(
        tmp_path,
        document("a", ("paragraph", text)),
        document("b", ("paragraph", store_text := f"{' '.join(words[:4])} And more.")),
    )
    assert store.info.passages == 3
    (result,) = results(store, [0, 1, 2])
    # What is joined is not taken apart for a copy that is a little fuller.
    assert result.excerpt == text
    assert [(c.source, c.start, c.end) for c in result.also] == [("b", 0, len(store_text))]


def test_texts_that_share_some_words_are_no_copies(tmp_path: Path) -> None:
    one, two = sentences("harbour", 4), sentences("bridge", 4)
    mixed = " ".join([*one[:2], *two[2:]])
    store = built(
        tmp_path, document("a", ("paragraph", " ".join(one))), document("b", ("paragraph", mixed))
    )
    assert len(results(store, [0, 1])) == 2


REPORT = (
    "Annual report of the museum at Quilmba for {year}. The museum was open on Saturdays and Sundays "
    "from April to October, as in every other year, and the volunteers led guided tours of the tower "
    "and of the cottage. {more}In {year} it had {visitors} visitors in all."
)


def test_texts_of_one_form_are_no_copies(tmp_path: Path) -> None:
    texts = [
        REPORT.format(year=year, visitors=visitors, more=more)
        for year, visitors, more in ((2018, 812, "It rained a lot. "), (2021, 1017, ""))
    ]
    parts = [document(name, ("paragraph", text)) for name, text in zip("ab", texts, strict=True)]
    found = results(built(tmp_path, *parts), [1, 0])
    assert [result.excerpt for result in found] == [texts[1], texts[0]]
    assert all(not result.also for result in found)


def test_a_text_without_a_word_of_the_question_is_no_copy(tmp_path: Path) -> None:
    form = (
        "The keeper of the tower at the {} shore lights the lamp at dusk and rests at dawn, and "
        "what comes by ship in the night is written into the book that lies upon the table, {}."
    )
    texts = [form.format("northern", "as ever and a day"), form.format("southern", "as ever")]
    parts = [document(name, ("paragraph", text)) for name, text in zip("ab", texts, strict=True)]
    store, encoder = built(tmp_path, *parts), FakeEncoder()
    for word, expected in (("southern", texts[::-1]), ("lamp", texts[:1])):
        terms = store.analyzer.terms(word)
        asked = prepare(store, encoder.codec, encoder.encode_question(word), terms, Ranking())
        found = make_results(encoder.codec, asked, ranked_as(store, [1, 0], asked), 5)
        assert [one.result.excerpt for one in found] == expected


# --- laws ------------------------------------------------------------------------------------


def laws_hold(store: Generation, found: Sequence[Result], k: int) -> None:
    assert [result.rank for result in found] == list(range(1, len(found) + 1))
    assert len(found) <= k
    assert all(a.score >= b.score for a, b in zip(found, found[1:], strict=False))
    taken: dict[str, list[tuple[int, int]]] = {}
    for result in found:
        citation = result.citation
        text = store.document(citation.document_id)
        assert text is not None
        assert result.excerpt == text.text[citation.start : citation.end]
        assert 0 < len(result.excerpt) <= MAX_EXCERPT
        assert citation.id == citation_id(text.id, text.sha256, citation.start, citation.end)
        assert (citation.source, citation.sha256) == (text.source, text.sha256)
        for start, end in taken.setdefault(citation.source, []):
            assert citation.end <= start or end <= citation.start, "two results overlap"
        taken[citation.source].append((citation.start, citation.end))
        assert len(result.highlights) <= 1
        for mark in result.highlights:
            assert 0 <= mark.start < mark.end <= len(result.excerpt)
            assert not result.excerpt[mark.start : mark.end][0].isspace()


@pytest.fixture(scope="module", params=[0, 1, 3])
def overlapping(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generation:
    """Documents of short sentences, some of them copies, in passages that repeat some sentences."""
    one, two = sentences("one", 24, 60), sentences("two", 12, 60)
    return built(
        tmp_path_factory.mktemp("overlapping"),
        document(
            "a",
            ("title", "A"),
            ("paragraph", " ".join(one[:12])),
            ("paragraph", " ".join(one[12:])),
        ),
        document(
            "b",
            ("paragraph", " ".join(one[6:18])),
            ("furniture", "x"),
            ("paragraph", " ".join(two)),
        ),
        document("c", ("paragraph", " ".join(two))),
        passage_chars=200,
        overlap=request.param,
    )


@pytest.mark.slow
@given(st.data())
def test_the_laws_hold_in_any_order(overlapping: Generation, data: st.DataObject) -> None:
    rows = data.draw(st.permutations(range(overlapping.info.passages)))
    rows = rows[: data.draw(st.integers(0, len(rows)))]
    k = data.draw(st.integers(1, 8))
    found = results(overlapping, rows, k=k, question="Sentence 3 of one tells")
    laws_hold(overlapping, found, k)
    # Nobody is passed over: with room for all, each passage is shown, beside a copy, or within
    # something that is.
    everything = results(overlapping, rows, k=100)
    shown = [(c.document_id, c.start, c.end) for r in everything for c in (r.citation, *r.also)]
    for row in rows:
        passage = overlapping.passage(row)
        assert any(
            d == passage.document_id and start < passage.end and passage.start < end
            for d, start, end in shown
        )


# --- the best sentence -----------------------------------------------------------------------


def test_the_sentence_that_answers_is_marked(engine: Engine) -> None:
    for question, answer in (
        (
            "How many tons did its crane from Glasgow lift?",
            "Its first crane came from\nGlasgow and lifted nine tons.",
        ),
        ("When do owls hunt voles?", "Owls hunt voles at dusk."),
        (
            "Who counted the ships in the winter of 1899?",
            "Its keeper, Ingrid Solvang, counted\n1,204 ships in the winter of 1899.",
        ),
        (
            "How many empty hives?",
            "I counted seven empty hives on Tuesday, and the miller says that the same happened to his.",
        ),
    ):
        result = engine.ask(Question(question)).results[0]
        (mark,) = result.highlights
        assert result.excerpt[mark.start : mark.end] == answer


def test_the_mark_moves_with_the_excerpt(tmp_path: Path) -> None:
    words = sentences("harbour", 12)
    store = built(tmp_path, document("a", ("paragraph", " ".join(words))))
    for rows in ([0, 1, 2], [2, 1], [1]):
        (result,) = results(store, rows, question=words[5])
        (mark,) = result.highlights
        assert result.excerpt[mark.start : mark.end] == words[5]


def test_a_question_without_tokens_marks_nothing(engine: Engine) -> None:
    class Mute(FakeEncoder):
        def encode_question(self, text: str) -> Encoded:
            encoded = super().encode_question(text)
            return Encoded(encoded.vector, encoded.tokens[:0], [], [])

    answer = Engine(store=engine.store, encoder=Mute()).ask(Question("harbour"))
    assert answer.results
    assert all(result.highlights == () for result in answer.results)


def test_a_passage_of_very_many_sentences(tmp_path: Path) -> None:
    # A sentence's number is kept in a byte; those beyond share the last one.
    text = "It is. " + " ".join("Ab!" for _ in range(290))
    store = built(tmp_path, document("a", ("paragraph", text)), passage_chars=1200)
    found = results(store, range(store.info.passages), question="Ab!")
    laws_hold(store, found, 50)


# --- citations -------------------------------------------------------------------------------


@given(st.text(st.sampled_from("ab\r\n\u2028\x85\x0b ")), st.data())
def test_lines_are_those_of_an_editor(text: str, data: st.DataObject) -> None:
    text = f"x{text}y"
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    def line_of(place: int) -> int:
        """Number of the line with a character, when Python reads the file in text mode."""
        before = 0
        for number, line in enumerate(io.StringIO(text, newline=""), start=1):
            before += len(line)
            if place < before:
                return number
        raise AssertionError

    subject = make_document(
        source="a",
        sha256=str(hash(text)),
        reading=Reading(text, "utf-8", (Block("paragraph", 0, len(text)),), has_lines=True),
    )
    cited = cite_span(subject, start, end)
    assert (cited.line_start, cited.line_end) == (line_of(start), line_of(end - 1))


def test_a_citation_says_where(engine: Engine) -> None:
    result = engine.ask(Question("What does a steamer pay in August?")).results[0]
    citation = result.citation
    assert (citation.source, citation.title, citation.section) == (
        "notes/harbour.md",
        "The harbour of Vellmar",
        "Fees",
    )
    assert (citation.published, citation.page, citation.original_url) == ("2019-11-23", None, None)
    assert (citation.line_start, citation.line_end) == (11, 14)
    assert result.excerpt.startswith("## Fees\n\nA fishing boat pays")


def test_a_citation_has_the_page_and_the_entry_that_it_came_from(tmp_path: Path) -> None:
    read = document("list.pdf", ("teaser", "The bridge fell."), ("teaser", "The ferry sank."))
    date = Published("2004-03", "March 2004", "time element")
    about = About("A ferry", "https://example.org/ferry", date)
    first, second = read.blocks
    paged = replace(read, blocks=(first, replace(second, about=about)), page_starts=(0, 18))
    one, other = results(built(tmp_path, replace(paged, title="The list")), [0, 1])
    seen = [(c.page, c.title, c.published, c.original_url) for c in (one.citation, other.citation)]
    assert seen == [
        (1, "The list", None, None),
        (2, "A ferry", "2004-03", "https://example.org/ferry#:~:text=The%20ferry%20sank."),
    ]


def test_an_excerpt_is_joined_on_its_page_alone(tmp_path: Path) -> None:
    first, second, third = (f"{word} stands here. {word * 60}." for word in ("One", "Two", "Six"))
    read = document("a.pdf", *(("paragraph", words) for words in (first, second, third)))
    whole = built(tmp_path / "whole", read, passage_chars=200)
    assert [r.excerpt for r in results(whole, [1, 2, 0])] == [read.text.strip()]
    starts = (0, read.text.index("Six"))
    paged = built(tmp_path / "paged", replace(read, page_starts=starts), passage_chars=200)
    seen = [(r.excerpt, r.citation.page) for r in results(paged, [1, 2, 0])]
    assert seen == [(f"{first}\n\n{second}", 1), (third, 2)]


def test_a_citation_has_the_place_where_its_excerpt_begins(tmp_path: Path) -> None:
    read = document("a.xlsx", ("item", "Pump one. It is old."), ("item", "Pump two."))
    second = read.blocks[1].start
    rows = (Place(0, "Pumps, row 2", 0), Place(second, "Pumps, row 3", 1))
    store = built(tmp_path / "rows", replace(read, places=rows))
    seen = [(r.excerpt, r.citation.place) for r in results(store, [1, 0])]
    # Though the one follows the other, they are not joined.
    assert seen == [("Pump two.", "Pumps, row 3"), ("Pump one. It is old.", "Pumps, row 2")]
    times = (Place(0, "00:00:01"), Place(9, "00:00:04"), Place(second, "00:00:09"))
    store = built(tmp_path / "times", replace(read, places=times))
    (joined,) = results(store, [0])
    assert (joined.excerpt, joined.citation.place) == (read.text.strip(), "00:00:01")
    kept = store.document(joined.citation.document_id)
    assert cite_span(kept, 10, 20).place == "00:00:04"  # type: ignore[arg-type]  # the document is there


def test_the_original_opens_at_the_sentence_that_is_marked(tmp_path: Path) -> None:
    read = document("a.md", ("heading", "# Fees"), ("paragraph", "Boats pay. Otters row free."))
    store = built(tmp_path, replace(read, original_url="https://example.org/fees#top"))
    (result,) = results(store, [0], question="otters row free")
    (mark,) = result.highlights
    assert result.excerpt[mark.start : mark.end] == "Otters row free."
    assert result.citation.original_url == (
        "https://example.org/fees#top:~:text=Otters%20row%20free."
    )
    cited = cite_span(store.document(result.citation.document_id), 8, 18)  # type: ignore[arg-type]  # as above
    assert cited.original_url == "https://example.org/fees#top:~:text=Boats%20pay."
    assert results(built(tmp_path / "b", read), [0])[0].citation.original_url is None


# --- an entry of a listing and its page ------------------------------------------------------


def announced(source: str, url: str, *titles: str) -> Document:
    """Return a listing whose entries all announce the page at ``url``."""
    read = document(source, *(("teaser", title) for title in titles))
    about = [About(title, url) for title in titles]
    blocks = [replace(b, about=a) for b, a in zip(read.blocks, about, strict=True)]
    return replace(read, blocks=tuple(blocks))


def told(source: str, url: str | None, *paragraphs: str) -> Document:
    parts = [
        part for words in paragraphs for part in (("heading", words[:20]), ("paragraph", words))
    ]
    return replace(document(source, *parts), original_url=url)


_FERRY = sentences("ferry", 2)


@pytest.mark.parametrize(
    "url", ["https://example.org/ferry", "http://www.example.org/ferry/?utm_source=x#top"]
)
def test_an_entry_and_the_page_that_it_announces_are_one_result(tmp_path: Path, url: str) -> None:
    page = told("b.html", "https://example.org/ferry", *_FERRY)
    store = built(tmp_path, announced("a.html", url, "The ferry sank, they say."), page)
    assert [store.passage(row).text[:9] for row in range(3)] == [
        "The ferry",
        "Sentence ",
        "Sentence ",
    ]
    for rows in ([0, 1, 2], [1, 0, 2]):
        first, second = results(store, rows)
        assert (first.citation.source, [c.source for c in first.also]) == ("b.html", ["a.html"])
        assert (second.citation.source, second.also) == ("b.html", ())
        assert first.rank == 1 and "ferry0a" in first.excerpt
    # By itself the entry is a result.
    assert [r.citation.source for r in results(store, [0])] == ["a.html"]


def test_entries_that_announce_one_page_are_one_result(tmp_path: Path) -> None:
    url = "https://example.org/ferry"
    store = built(
        tmp_path,
        announced("a.html", url, "The ferry sank, they say."),
        announced("b.html", url, "Nobody drowned on Monday."),
    )
    (only,) = results(store, [1, 0])
    assert {only.citation.source, *(c.source for c in only.also)} == {"a.html", "b.html"}


def test_pages_of_other_addresses_are_results_of_their_own(tmp_path: Path) -> None:
    store = built(
        tmp_path,
        announced("a.html", "https://example.org/ferry?id=1", "The ferry sank, they say."),
        told("b.html", "https://example.org/ferry?id=2", _FERRY[0]),
        told("c.html", None, _FERRY[1]),
        told("d.html", "https://example.org/ferry?id=2", sentences("bridge", 1)[0]),
    )
    # Two saved copies of one address that say different things are no copies.
    assert len(results(store, [0, 1, 2, 3])) == 4


def test_line_ends_of_two_characters_are_one(engine: Engine) -> None:
    answer = engine.ask(
        Question("Who jacked the iron bridge?", filters=Filters(source=("bridge.txt",)))
    )
    (result,) = answer.results
    assert "\r\n" in result.excerpt
    assert (result.citation.line_start, result.citation.line_end) == (1, 7)


def test_copies_of_the_archive_are_found(engine: Engine) -> None:
    result = engine.ask(Question("Who jacked the iron bridge eleven metres downstream?")).results[0]
    assert {result.citation.source, *(c.source for c in result.also)} == {
        "bridge.txt",
        "copy of bridge.txt",
    }


def test_k_is_a_limit(engine: Engine) -> None:
    everything = engine.ask(Question("the harbour, the bridge and the bees", k=50)).results
    assert len(everything) > 5
    for k in (1, 2, 5, 50):
        found = engine.ask(Question("the harbour, the bridge and the bees", k=k)).results
        assert len(found) == min(k, len(everything))
        laws_hold(engine.store, found, k)  # type: ignore[arg-type]  # the store is of files


def test_more_may_be_asked_for_than_there_is(build: Build, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("One line.\n")
    build(texts, tmp_path / "index")
    store = IndexFolder(tmp_path / "index").open().generation
    (only,) = ids_of(store)
    query = Query(FakeEncoder().encode_question("x").vector, ("line",), 50)
    assert store.candidates(query)[:2] == ([only], [only])
    assert store.candidates(query._replace(held_out={only}))[:2] == ([], [])
