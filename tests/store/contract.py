"""What every store must pass: one check a promise of ``qa.store.protocol`` and ``qa.store.lifecycle``.

A backend is handed to each check as a ``Backend``. ``test_contract.py`` runs them against the files and
against a store in memory, and shows that they fail on stores with a fault put in by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import pytest

from qa.build.builder import BuildReport, build_index
from qa.corpus.readers import Reading, make_document
from qa.encode import Piece
from qa.engine import Engine
from qa.errors import (
    IndexDamagedError,
    IndexLockedError,
    IndexMissingError,
    NotFoundError,
    UsageError,
)
from qa.records import (
    About,
    Block,
    Document,
    Filters,
    PassageId,
    Place,
    Published,
    Question,
)
from qa.search.rank import Ranking, prepare, rank
from qa.settings import Settings
from qa.store import CONTEXT, Index, Query, Store
from qa.text.analysis import Analyzer
from tests.fake import FakeEncoder
from tests.store.oracle import Oracle
from tests.store.reads import ids_of, left_by, passages_of


class Backend(Protocol):
    """What the checks ask of a backend beside the protocol."""

    def new(self) -> Index:
        """Return an index that is not there yet."""

    def damage(self, index: Index) -> None:
        """Change a text of the live generation."""

    def holds(self, index: Index, words: str) -> bool:
        """Whether a text is anywhere in what the index keeps."""


Check = Callable[[Backend], None]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Make a function one of the contract."""
    CHECKS.append(function)
    return function


# --- what is in it ---------------------------------------------------------------------------


def document(
    source: str,
    text: str,
    published: str | None = None,
    blocks: tuple[Block, ...] = (),
    page_starts: tuple[int, ...] = (),
) -> Document:
    """Return a document, a paragraph where no blocks are given."""
    made = make_document(
        source=source,
        sha256=source.encode().hex().ljust(64, "0")[:64],
        reading=Reading(
            text,
            "utf-8",
            blocks or (Block("paragraph", 0, len(text)),),
            published=Published(published, published, "label") if published else None,
        ),
    )
    return replace(made, page_starts=page_starts, has_lines=source.endswith(".txt"))


HARBOUR = "The harbour was dug by four hundred dockers. A steamer pays forty crowns a night."
OWLS = "Owls hunt voles at dusk. They sleep in the belfry by day."
BEES = "The bees have left the orchard. Seven hives are empty, and the harbour is quiet."
LINES = "One line\r\nand another.\r\n\r\nHere the ferry sank.\n\nIts crew of nine swam home."
ENTRY = About("The ferry", "https://example.org/ferry", Published("2004-03", "March", "time"))


def archive() -> list[Document]:
    """Return documents with what stores get wrong: dates, a listing, pages, line ends, headings."""
    third, fourth = LINES.index("Here"), LINES.index("Its")
    headed = f"Owls\n\n{OWLS}"
    return [
        document("a/harbour.txt", HARBOUR, "2019-11-23"),
        document("a/owls.txt", headed, "2004", (Block("heading", 0, 4, 1), Block("paragraph", 6, len(headed)))),
        document("b/bees.txt", BEES),
        document(
            "b/ferry.txt",
            LINES,
            "2011-02",
            (
                Block("paragraph", 0, LINES.index("\r\n\r\n")),
                Block("teaser", third, third + len("Here the ferry sank."), 0, ENTRY),
                Block("item", fourth, len(LINES)),
            ),
            (0, third),
        ),
    ]  # fmt: skip


def tables() -> Document:
    """Return two tables of a workbook by one author, each row a place, each table a part."""
    lines = ["Pump | Built", "East | 1872", "Boat | Crew", "Otter | nine"]
    text, parts = "\n".join(lines), (0, 0, 1, 1)
    starts = [text.index(line) for line in lines]
    kinds = ("header", "row", "header", "row")
    rows = zip(kinds, starts, lines, strict=True)
    blocks = tuple(Block(kind, at, at + len(line)) for kind, at, line in rows)
    labels = ("Pumps", "Pumps, row 2", "", "Boats, row 2")
    places = tuple(map(Place, starts, labels, parts))
    return replace(
        document("c/works.xlsx", text, blocks=blocks), places=places, author="A. Harbourmaster"
    )


def copies(count: int) -> list[Document]:
    """Return many documents of two texts, in turns, and one of another."""
    texts = ("The harbour was a swamp before.", "The harbour was dug by dockers.")
    return [document(f"{n:03}.txt", texts[n % 2]) for n in range(count)] + [
        document("zz.txt", OWLS)
    ]


def build(
    index: Index,
    documents: Sequence[Document],
    keep: int = 3,
    passage_chars: int = 200,
    **more: object,
) -> BuildReport:
    """Make an index hold these documents."""
    return build_index(
        [],
        Settings(index="nowhere", generations_kept=keep, passage_chars=passage_chars),
        encoder=FakeEncoder(),
        documents=documents,
        calibrated=False,
        index=index,
        **more,  # type: ignore[arg-type]  # who calls gives keywords of a build
    )


def opened(backend: Backend, documents: Sequence[Document]) -> Store:
    """Return the store of a new index."""
    index = backend.new()
    build(index, documents)
    return index.open().store


def sources(store: Store) -> list[str]:
    return [entry.source for entry in store.listing()]


def query(text: str, depth: int = 10, **more: object) -> Query:
    vector = FakeEncoder().encode_question(text).vector
    terms = tuple(dict.fromkeys(Analyzer("en").terms(text)))
    return Query(vector, terms, depth, **more)  # type: ignore[arg-type]  # who calls gives fields of a query


# --- recalling -------------------------------------------------------------------------------


@check
def exact_results(backend: Backend) -> None:
    """Both lists are those that loops over every passage give, with and without held-out passages."""
    store, encoder = opened(backend, archive()), FakeEncoder()
    for text in ("harbour", "What does a steamer pay in the harbour?", "owls at dusk", "nine swam"):
        oracle = Oracle(store, encoder, text, Ranking())
        for held_out in (set[PassageId](), {oracle.ids[0]}, set(oracle.ids)):
            among = [id for id in oracle.ids if id not in held_out]
            for depth in (1, 2, 10):
                found = store.candidates(query(text, depth, held_out=held_out))
                assert list(found.dense) == oracle.dense(depth, among)
                assert list(found.lexical) == oracle.lexical(depth, among)


@check
def ranking_is_the_same_above_any_store(backend: Backend) -> None:
    """The scores of ranking are those of loops over what the store fetches."""
    store, encoder = opened(backend, archive()), FakeEncoder()
    for text in ("harbour", "the owls hunt in the harbour", "unheard of", "?"):
        for ranking in (Ranking(), Ranking(depth=2, candidates=3), Ranking(idf_power=0.0)):
            oracle = Oracle(store, encoder, text, ranking)
            encoded = encoder.encode_question(text)
            asked = prepare(store, encoder.codec, encoded, oracle.terms, ranking)
            hits = rank(store, encoder.codec, asked, ranking).hits
            expected = oracle.rank(oracle.ids)
            assert {hit.id for hit in hits} == set(expected)
            for hit in hits:
                assert hit.score == pytest.approx(expected[hit.id], abs=2e-5)
                scores = oracle.scores[hit.id]
                assert hit.lexical == pytest.approx(scores.lexical, rel=1e-5, abs=1e-6)
                assert hit.support == pytest.approx(scores.support, abs=1e-5)


@check
def ties_fall_by_id_across_the_cut(backend: Backend) -> None:
    """Of copies that no score tells apart the first by id are taken, wherever the list is cut."""
    store = opened(backend, copies(40))
    dug = [PassageId(f"{n:03}.txt", 0) for n in range(40) if n % 2]
    swamp = [PassageId(f"{n:03}.txt", 0) for n in range(40) if not n % 2]
    for depth in (1, 7, 19, 20, 21, 39, 60):
        found = store.candidates(query("Who dug the harbour, the dockers?", depth))
        assert list(found.lexical) == (dug + swamp)[:depth]
        assert list(found.dense)[:20] == dug[:depth]


@check
def a_question_without_terms(backend: Backend) -> None:
    """What has no terms has a dense list alone; nothing is found for an unknown one."""
    store = opened(backend, archive())
    for text in ("?", "of the and", "zeppelin"):
        found = store.candidates(query(text))
        assert list(found.lexical) == []
        assert len(found.dense) == store.info.passages
    assert store.statistics((), ()).terms == {}
    nothing = store.fetch([], ("harbour",))
    assert len(nothing.passages) == len(nothing.lengths) == len(nothing.tokens.starts) == 0


@check
def filters_are_applied_before_the_cut(backend: Backend) -> None:
    """However few a filter leaves, and however far down they stand, they are found."""
    store = opened(backend, copies(40))
    for glob, expected in (("zz.txt", ["zz.txt"]), ("00[13].*", ["001.txt", "003.txt"])):
        found = store.candidates(query("the harbour swamp", 3, filters=Filters(source=(glob,))))
        assert sorted(id.source for id in found.dense) == expected
    nothing = store.candidates(query("harbour", filters=Filters(source=("nix/*", "zz.*", "nix/*"))))
    assert [id.source for id in nothing.dense] == ["zz.txt"]
    assert nothing.unmatched == ("nix/*",)


@check
def required_terms_are_applied_before_the_cut(backend: Backend) -> None:
    """However few passages have all the required terms, and however far down they stand, they are found."""
    store = opened(backend, copies(40))
    found = store.candidates(query("the harbour was dug", 3, required=("vole", "belfri")))
    assert [id.source for id in found.dense] == ["zz.txt"]
    assert list(found.lexical) == []
    swamp = store.candidates(query("the harbour was dug", 50, required=("harbour", "swamp")))
    expected = [f"{n:03}.txt" for n in range(0, 40, 2)]
    assert [id.source for id in swamp.lexical] == expected
    assert sorted(id.source for id in swamp.dense) == expected
    for missing in (("harbour", "zeppelin"), ("vole", "swamp")):
        nothing = store.candidates(query("the harbour", required=missing))
        assert (list(nothing.dense), list(nothing.lexical)) == ([], [])
    one = query("the harbour", required=("vole",), filters=Filters(source=("0*",)))
    assert list(store.candidates(one).dense) == []
    held_out = query("the harbour was dug", required=("vole",), held_out=set(found.dense))
    assert list(store.candidates(held_out).dense) == []
    index = backend.new()
    build(index, copies(4))
    build(index, copies(4)[:4])
    after = index.open().store.candidates(query("the harbour", required=("harbour", "swamp")))
    assert sorted(id.source for id in after.dense) == ["000.txt", "002.txt"]
    gone = index.open().store.candidates(query("the harbour", required=("vole",)))
    assert (list(gone.dense), list(gone.lexical)) == ([], [])


@check
def filters_by_glob_and_date(backend: Backend) -> None:
    """Globs match whole sources, whatever the case; a part of a date matches what lies within it."""
    store = opened(backend, archive())

    def left(*globs: str, first: str | None = None, last: str | None = None) -> set[str]:
        return {id.source for id in left_by(store, Filters(globs, first, last))}

    assert left() == {"a/harbour.txt", "a/owls.txt", "b/bees.txt", "b/ferry.txt"}
    assert left("A/*") == {"a/harbour.txt", "a/owls.txt"}
    assert left("*bees.txt", "*owls*") == {"a/owls.txt", "b/bees.txt"}
    assert left("owls.txt") == set()
    assert left(first="2011") == {"a/harbour.txt", "b/ferry.txt"}
    assert left(first="2004-06", last="2011-02-28") == {"a/owls.txt", "b/ferry.txt"}
    assert left("b/*", last="2019") == {"b/ferry.txt"}
    dated = query("harbour", filters=Filters((), "2011", None))
    assert store.candidates(dated).undated_documents == 1
    assert (
        store.candidates(dated._replace(filters=Filters(("a/*",), "2011"))).undated_documents == 0
    )


LEE = (("kind", ("Letter",)), ("pages", (12,)))
CHEN = (
    ("author", ("Ann Lee", "Bo Chen")),
    ("kind", ("memo",)),
    ("pages", (3.5,)),
    ("year", (1872,)),
)


def with_facets() -> list[Document]:
    """Return documents with authors, dates, and facets of their own; one has none."""
    harbour, owls, bees, ferry = archive()
    return [
        replace(harbour, author="ANN LEE", facets=LEE),
        replace(owls, author="Ann Lee, Bo Chen", facets=CHEN),
        bees,
        replace(ferry, language="en", facets=(("kind", ("Relev\u00e9", "letter")),)),
    ]


@check
def filters_by_facets(backend: Backend) -> None:
    """Values of a name are alternatives, every name must fit; case and Unicode's form are the same."""
    store = opened(backend, with_facets())

    def left(*globs: str, **where: object) -> set[str]:
        return {id.source for id in left_by(store, Filters(globs, where=where))}  # type: ignore[arg-type]  # who calls gives conditions

    assert left(author=["ann lee"]) == {"a/harbour.txt", "a/owls.txt"}
    assert left(author=["Bo Chen"]) == {"a/owls.txt"}
    assert left(kind=["LETTER"]) == {"a/harbour.txt", "b/ferry.txt"}
    assert left(kind=["releve\u0301", "memo"]) == {"a/owls.txt", "b/ferry.txt"}
    assert left("b/*", kind="letter") == {"b/ferry.txt"}
    assert left(**{"pages>=": 3.5, "pages<": 12}) == {"a/owls.txt"}
    assert left(**{"year>=": 2011}) == {
        "a/harbour.txt",
        "b/ferry.txt",
    }  # of the date, where none is its own
    assert left(**{"published<=": "2011-02-28", "kind": ["letter"]}) == {"b/ferry.txt"}
    assert left(language="en") == {"b/ferry.txt"}
    assert left(author=["Nobody"]) == left(colour=["red"]) == set()
    asked = query("harbour", filters=Filters(where={"kind": ["letter", "Nix"], "colour": ["red"]}))
    found = store.candidates(asked)
    assert (list(found.dense), list(found.lexical)) == ([], [])
    assert (found.unknown_facets, found.unmet) == (("colour",), (("kind", "Nix"),))
    plain = store.candidates(query("harbour", filters=Filters(where={"kind": ["letter"]})))
    assert (plain.unknown_facets, plain.unmet, plain.undated_documents) == ((), (), 0)
    assert list(plain.lexical) == [PassageId("a/harbour.txt", 0)]


@check
def facets_are_applied_before_the_cut(backend: Backend) -> None:
    """However few a condition leaves, and however far down they stand, they are found."""
    documents = [replace(one, facets=(("rare", ("no",)),)) for one in copies(40)]
    documents[-1] = replace(documents[-1], facets=(("rare", ("yes",)),))
    store = opened(backend, documents)
    found = store.candidates(query("the harbour swamp", 3, filters=Filters(where={"rare": "yes"})))
    assert [id.source for id in found.dense] == ["zz.txt"]


@check
def facets_are_counted_of_what_is_shown(backend: Backend) -> None:
    """By name, the most frequent values first; a removed document counts for nothing."""
    index, documents = backend.new(), with_facets()
    build(index, documents)
    store = index.open().store
    assert [store.document(one.id) for one in documents] == documents
    counted = {one.name: one for one in store.summary().facets}
    assert set(counted) == {"author", "kind", "pages", "year", "published", "language"}
    assert counted["author"] == ("author", 2, (("ANN LEE", 2), ("Bo Chen", 1)), 2)
    assert counted["kind"] == ("kind", 3, (("Letter", 2), ("memo", 1), ("Relev\u00e9", 1)), 3)
    assert counted["year"][2] == ((1872, 1), (2011, 1), (2019, 1))
    assert set(index.state().generations[0].facets) == set(counted)
    build(index, documents[2:])
    for store in (index.open().store, _gone_back(index)):
        names = {one.name for one in store.summary().facets}
        assert names == {"kind", "year", "published", "language"}
        asked = query("harbour", filters=Filters(where={"author": "ann lee", "kind": "memo"}))
        found = store.candidates(asked)
        assert (found.unknown_facets, found.unmet) == (("author",), (("kind", "memo"),))


def _gone_back(index: Index) -> Store:
    index.rollback()
    return index.open().store


@check
def facets_are_taken_over(backend: Backend) -> None:
    """By a build that reads nothing again, and through a purge; other facets are another document."""
    index, documents = backend.new(), with_facets()
    build(index, documents)
    more = document("c.txt", "A tram bell rings.")
    build(index, [*documents, more])
    assert [index.open().store.document(one.id) for one in documents] == documents
    index.purge([more.source])
    assert [index.open().store.document(one.id) for one in documents] == documents
    other = replace(documents[0], facets=(("kind", ("note",)),))
    again = build(index, [other, *documents[1:]])
    assert (again.changed, again.embedded) == (True, 0)
    assert index.open().store.document(other.id) == other
    assert index.check().faults == ()


@check
def statistics_count_passages(backend: Backend) -> None:
    """A term or a token counts once for each passage that holds it, however often it stands there."""
    store, encoder = (
        opened(backend, [*archive(), document("c.txt", "Harbour, harbour, harbour.")]),
        FakeEncoder(),
    )
    analyzer = Analyzer("en")
    passages = passages_of(store)
    titles = {entry.id: entry.title for entry in store.listing()}
    contexts = [_context(titles[p.document_id], p.section) for p in passages]
    held = [
        analyzer.terms(f"{c}. {p.text}" if c else p.text)
        for c, p in zip(contexts, passages, strict=True)
    ]
    terms = ["harbour", "owl", "unknown", "crown"]
    tokens = encoder.encode_question("the harbour of owls and unknowns").ids
    pieces = [Piece(c, p.text) for c, p in zip(contexts, passages, strict=True)]
    ids = [set(one.ids) for one in encoder.encode_passages(pieces)]
    found = store.statistics(terms, tokens)
    assert found.passages == len(passages)
    assert found.mean_length == pytest.approx(sum(map(len, held)) / len(held))
    assert found.terms == {term: sum(term in one for one in held) for term in terms}
    assert found.held == {"harbour", "owl", "crown"}
    assert found.tokens.tolist() == [sum(token in one for one in ids) for token in tokens]
    fetched = store.fetch(ids_of(store), terms)
    assert fetched.counts.tolist() == [[one.count(term) for term in terms] for one in held]
    assert fetched.lengths.tolist() == [len(one) for one in held]


def _context(title: str | None, section: str | None) -> str:
    return ". ".join(dict.fromkeys(filter(None, (title, section))))


# --- fetching --------------------------------------------------------------------------------


@check
def passages_come_in_the_order_asked_for(backend: Backend) -> None:
    """Also where one is asked for twice; one that is not there is an error."""
    store = opened(backend, archive())
    ids = ids_of(store)
    assert ids == sorted(ids)
    wanted = [ids[-1], ids[0], ids[2], ids[0]]
    fetched = store.fetch(wanted, ("harbour",))
    assert [one.id for one in fetched.passages] == wanted
    alone = [store.fetch([id], ("harbour",)) for id in wanted]
    for n, one in enumerate(alone):
        np.testing.assert_array_equal(fetched.vectors[n], one.vectors[0])
        np.testing.assert_array_equal(fetched.counts[n], one.counts[0])
        part = fetched.tokens.part(n, n + 1)
        np.testing.assert_array_equal(part.codes, one.tokens.codes)
        np.testing.assert_array_equal(part.sentences, one.tokens.sentences)
        assert fetched.lengths[n] == one.lengths[0]
    for wrong in (
        PassageId("nowhere", 0),
        PassageId(ids[0].source, 99),
        PassageId(ids[0].source, -1),
    ):
        with pytest.raises(LookupError):
            store.fetch([ids[0], wrong], ())


@check
def a_passage_has_all_that_an_excerpt_asks(backend: Backend) -> None:
    """Span, text, sentences, where it begins, kinds of blocks, white space, author, address and date."""
    documents = {one.id: one for one in [*archive(), tables()]}
    store = opened(backend, list(documents.values()))
    assert {one.document_id for one in passages_of(store)} == set(documents)
    for one in passages_of(store):
        whole = documents[one.document_id]
        assert (one.source, one.sha256) == (whole.source, whole.sha256)
        assert one.text == whole.text[one.start : one.end]
        assert all(one.start <= a < b <= one.end for a, b in one.sentences)
        assert one.line == whole.line_of(one.start)
        assert one.page == whole.page_of(one.start)
        assert one.part == whole.part_of(one.start)
        assert one.place == whole.place_of(one.start)
        assert one.author == whole.author_of(one.start)
        assert one.about == whole.about(one.start)
        held = [b for b in whole.blocks if b.start < one.end and one.start < b.end]
        headings = [(b.start, b.end) for b in held if b.kind in ("heading", "title")]
        assert list(one.headings) == headings
        assert list(one.headers) == [(b.start, b.end) for b in held if b.kind == "header"]
        assert one.kinds == {b.kind for b in held} - {"heading", "title"}
        after = whole.text[one.end :]
        assert one.gap == after[: len(after) - len(after.lstrip())]
    (entry,) = [one for one in passages_of(store) if one.announces]
    assert (entry.text, entry.page, entry.line) == ("Here the ferry sank.", 2, 4)
    assert entry.about == ENTRY
    (owls,) = [one for one in passages_of(store) if one.source == "a/owls.txt"]
    assert owls.section == "Owls"
    table = [one for one in passages_of(store) if one.source == "c/works.xlsx"]
    assert table[0].place == "Pumps" and table[-1].place in (None, "Boats, row 2")
    assert {one.part[1] for one in table} == {0, 1}
    assert {one.author for one in table} == {"A. Harbourmaster"}
    assert any(one.headers for one in table)


@check
def lines_are_those_of_sources_that_have_some(backend: Backend) -> None:
    """A passage has a line where its document has lines, and so has the document that is read back."""
    plain, other = document("a.txt", OWLS), document("b.pdf", OWLS)
    store = opened(backend, [plain, other])
    assert [(one.source, one.line) for one in passages_of(store)] == [("a.txt", 1), ("b.pdf", None)]
    for one, whether in ((plain, True), (other, False)):
        read = store.document(one.id)
        assert read is not None and read.has_lines == whether


@check
def spans_are_those_of_the_passages(backend: Backend) -> None:
    """Each document has the spans of its passages, ascending; one that is hidden has none."""
    store = opened(backend, [*archive(), tables()])
    passages = passages_of(store)
    given = {one.document_id: one for one in store.spans()}
    for id in {one.document_id for one in passages}:
        mine = sorted((one.start, one.end) for one in passages if one.document_id == id)
        assert list(zip(given[id].starts, given[id].ends, strict=True)) == mine
        assert given[id].sha256 == next(one.sha256 for one in passages if one.document_id == id)


@check
def tokens_name_their_sentences(backend: Backend) -> None:
    """Each token has the number of its sentence; one of a title or heading has none."""
    store, encoder = opened(backend, archive()), FakeEncoder()
    ids = ids_of(store)
    fetched = store.fetch(ids, ())
    assert fetched.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(fetched.vectors, axis=1), 1, atol=1e-5)
    for n, one in enumerate(fetched.passages):
        numbers = fetched.tokens.part(n, n + 1).sentences
        own = numbers[numbers != CONTEXT].tolist()
        begins = encoder.token_starts(one.text)
        assert len(own) == len(begins)
        for begin, number in zip(begins, own, strict=True):
            first, last = one.sentences[number]
            assert first <= one.start + begin < last


@check
def similar_and_sample(backend: Backend) -> None:
    """Passages that are as near as a cosine; passages spread evenly, with those beside them."""
    store = opened(backend, copies(40))
    ids = ids_of(store)
    assert set(store.similar(ids[1], 0.999)) == {id for n, id in enumerate(ids[:40]) if n % 2}
    assert set(store.similar(ids[1], -1.0)) == set(ids)
    everything = store.sample(1000)
    assert [one.id for one in everything] == ids
    for n, one in enumerate(everything):
        assert set(one.beside) == {*ids[max(n - 1, 0) : n], *ids[n + 1 : n + 2]}
        (whole,) = store.fetch([one.id], ()).passages
        assert (one.text, one.document_id) == (whole.text, whole.document_id)
        assert [one.text[a:b] for a, b in one.sentences] == [
            whole.text[a - whole.start : b - whole.start] for a, b in whole.sentences
        ]
    few = [one.id for one in store.sample(5)]
    assert few == [ids[0], ids[10], ids[20], ids[30], ids[40]]
    assert store.extracts(3, 1, 7) == ["The har", "The har", "The har"]


@check
def documents_and_listings(backend: Backend) -> None:
    """Documents by id; listings by source, in pages; counts by month and folder."""
    documents = archive()
    store = opened(backend, documents)
    for one in documents:
        assert store.document(one.id) == one
    assert store.document("d0000000000000000") is None
    assert sources(store) == sorted(one.source for one in documents)
    (first,) = store.listing(limit=1)
    assert [e.source for e in store.listing(first.source, 2)] == sources(store)[1:3]
    assert list(store.listing("zzz")) == []
    assert first.characters == len(HARBOUR)
    assert (first.published, sum(e.passages for e in store.listing())) == (
        "2019-11-23",
        store.info.passages,
    )
    summary = store.summary()
    assert (summary.documents, summary.undated) == (4, 1)
    assert dict(summary.folders) == {"a": 2, "b": 2}
    assert dict(summary.dated) == {"2004": 1, "2011-02": 1, "2019-11": 1}
    assert list(summary.skipped) == []


@check
def what_a_build_skips_is_told(backend: Backend) -> None:
    """The summary has the source and the reason, also after a build that takes over all."""
    index, twice = backend.new(), [*archive(), document("b/bees.txt", OWLS)]
    for documents in (twice, [*twice, document("zz.txt", OWLS)]):
        build(index, documents)
        told = index.open().store.summary().skipped
        assert list(told) == [("b/bees.txt", "another document has this name already")]


# --- the life of an index --------------------------------------------------------------------


@check
def an_index_that_is_not_there(backend: Backend) -> None:
    """It is an error by name, and looking begins none."""
    index = backend.new()
    index.stamp()
    for act in (index.open, index.version, index.state, index.check, index.rollback):
        with pytest.raises(IndexMissingError):
            act()


@check
def a_build_takes_over_what_has_not_changed(backend: Backend) -> None:
    """Nothing changed writes nothing; an unchanged document is not embedded again."""
    index, documents = backend.new(), archive()
    before = index.stamp()
    first = build(index, documents)
    assert index.stamp() != before
    assert first.embedded == first.passages
    stamp = index.stamp()
    again = build(index, documents)
    assert (again.changed, again.generation, index.stamp()) == (False, first.generation, stamp)
    more = build(index, [*documents, document("c.txt", "A tram bell rings.")])
    assert (more.changed, more.embedded) == (True, 1)
    fresh = backend.new()
    build(fresh, [*documents, document("c.txt", "A tram bell rings.")])
    one, other = index.open().store, fresh.open().store
    assert list(one.listing()) == list(other.listing())
    assert list(passages_of(one)) == list(passages_of(other))
    np.testing.assert_array_equal(
        one.fetch(ids_of(one), ()).vectors, other.fetch(ids_of(other), ()).vectors
    )
    tokens = FakeEncoder().encode_question("the bell of the harbour").ids
    ours, theirs = (s.statistics(("bell", "harbour"), tokens) for s in (one, other))
    assert ours.terms == theirs.terms and ours.tokens.tolist() == theirs.tokens.tolist()


@check
def documents_that_are_kept_may_be_split_again(backend: Backend) -> None:
    """Other lengths of passages make other passages, of documents that the build does not read."""
    index, fresh, documents = backend.new(), backend.new(), [*archive(), tables()]
    build(index, documents)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.build.assembly.Assembly._read", _unread)
        build(index, documents, passage_chars=100)
    build(fresh, documents, passage_chars=100)
    one, other = index.open().store, fresh.open().store
    assert list(passages_of(one)) == list(passages_of(other))
    for entry in other.listing():
        assert one.document(entry.id) == other.document(entry.id)


def _unread(*_: object) -> None:
    pytest.fail("a document was read that is kept")


@check
def a_build_that_is_refused_leaves_what_was_live(backend: Backend) -> None:
    """It is judged as it will be, and what it embedded is not embedded again."""
    index = backend.new()
    build(index, archive())
    version = index.version()
    judged: list[int] = []

    def refuse(store: Store, _: object) -> None:
        judged.append(store.info.documents)
        raise UsageError("refused")

    with pytest.raises(UsageError, match="refused"):
        build(index, copies(3), accept=refuse)
    assert judged == [4]
    assert index.version() == version
    assert len(sources(index.open().store)) == 4
    assert len(index.state().generations) == 1


@check
def an_index_names_the_folders_that_it_was_built_from(backend: Backend) -> None:
    """Those of the last build; none where it was given documents."""
    index = backend.new()
    with TemporaryDirectory() as folder:
        Path(folder, "harbour.txt").write_text(HARBOUR)
        build_index(
            [Path(folder)],
            Settings(index="nowhere"),
            encoder=FakeEncoder(),
            calibrated=False,
            index=index,
        )
    assert list(index.folders()) == [folder]
    build(index, archive())
    assert list(index.folders()) == []


@check
def one_build_at_a_time(backend: Backend) -> None:
    """The second is told that the index is held."""
    index = backend.new()
    build(index, archive())
    with index.building(), pytest.raises(IndexLockedError), index.building():
        raise AssertionError("two at once")
    with index.building():
        pass


@check
def a_switch_under_reads(backend: Backend) -> None:
    """A store that is open answers from its own generation to the end, while others go live."""
    index = backend.new()
    build(index, archive())
    old = index.open().store
    ids, asked = ids_of(old), query("harbour owls")
    before = (old.info, old.version, old.candidates(asked), list(passages_of(old)), sources(old))
    build(index, [*copies(6), archive()[2]], keep=2)
    new = index.open().store
    assert new.version != old.version == before[1]
    assert index.version() == new.version
    assert len(sources(new)) == 8
    index.rollback()
    build(index, [document("only.txt", "A tram.")], keep=2)
    assert (
        old.info,
        old.version,
        old.candidates(asked),
        list(passages_of(old)),
        sources(old),
    ) == before
    assert [one.id for one in old.fetch(ids, ()).passages] == ids


@check
def generations_and_rollback(backend: Backend) -> None:
    """As many are kept as is asked for; going back changes the stamp, and can be undone."""
    index = backend.new()
    names = [build(index, [document("a.txt", f"Page {n}.")], keep=2).generation for n in range(3)]
    assert [one.name for one in index.state().generations] == names[:0:-1]
    assert [one.live for one in index.state().generations] == [True, False]
    stamp = index.stamp()
    assert index.rollback().generation == names[1]
    assert index.stamp() != stamp
    assert [one.text for one in passages_of(index.open().store)] == ["Page 1."]
    with pytest.raises(UsageError):
        index.rollback()
    assert index.rollback(names[2]).generation == names[2]
    with pytest.raises(UsageError):
        index.rollback("000099")
    build(index, [document("b.txt", "Another page.")], keep=2)
    with pytest.raises(UsageError, match="removed since"):
        index.rollback()  # nothing would be shown


def removed_is_out(store: Store) -> None:
    """No way leads to the owls."""
    assert sources(store) == ["b/bees.txt"]
    bees, owls = PassageId("b/bees.txt", 0), PassageId("a/owls.txt", 0)
    found = store.candidates(query("Owls hunt voles at dusk"))
    assert (list(found.dense), list(found.lexical)) == ([bees], [])
    assert left_by(store, Filters(("*",))) == [bees]
    assert store.candidates(query("owls", filters=Filters(("a/*",)))).unmatched == ("a/*",)
    assert not store.statistics(("owl", "vole"), ()).held
    with pytest.raises(LookupError):
        store.fetch([bees, owls], ())
    assert [one.id for one in store.sample(10)] == [bees]
    assert list(store.similar(bees, -1.0)) == [bees]
    assert not any("vole" in text for text in store.extracts(9, 9, 99))
    assert [store.document(one.id) is None for one in archive()[1:3]] == [True, False]
    assert (store.info.documents, store.info.passages, store.summary().documents) == (1, 1, 1)
    assert not list(store.spellings.near("vols", 1))


@check
def a_deleted_document_is_hidden_everywhere(backend: Backend) -> None:
    """Also in an older generation that is gone back to, and its score is that of the generation."""
    index, (owls, bees) = backend.new(), archive()[1:3]
    build(index, [owls, bees])
    before = index.open().store.statistics(("harbour", "owl"), ())
    build(index, [bees])
    removed_is_out(index.open().store)
    index.rollback()
    store = index.open().store
    removed_is_out(store)
    after = store.statistics(("harbour", "owl"), ())
    assert (after.passages, after.terms, after.mean_length) == (
        before.passages,
        before.terms,
        before.mean_length,
    )
    assert index.state().generations[0].hidden == 1
    engine = Engine(store=store, encoder=FakeEncoder())
    assert {r.citation.source for r in engine.ask(Question("owls hunt voles", k=50)).results} == {
        "b/bees.txt"
    }
    # It comes back with its file.
    build(index, [owls, bees])
    assert sources(index.open().store) == ["a/owls.txt", "b/bees.txt"]


@check
def a_purged_text_is_nowhere(backend: Backend) -> None:
    """Not in the live generation, nor in one that is kept; names that nothing has are refused."""
    index, (owls, bees) = backend.new(), archive()[1:3]
    build(index, [owls])
    build(index, [owls, bees])
    assert backend.holds(index, "hunt voles")
    old = index.open().store
    with pytest.raises(NotFoundError):
        index.purge(["a/owls.txt", "nowhere"])
    stamp = index.stamp()
    report = index.purge(["a/owls.txt"])
    assert report.purged == ("a/owls.txt",)
    assert index.stamp() != stamp
    removed_is_out(index.open().store)
    assert index.open().store.version != old.version
    assert not backend.holds(index, "hunt voles")
    assert [one.name for one in index.state().generations] == [report.generation]
    assert index.check().faults == ()


@check
def damage_is_told_and_served_around(backend: Backend) -> None:
    """A check names it; an older generation answers; where there is none, it is an error."""
    index = backend.new()
    build(index, archive())
    assert index.check().faults == ()
    assert index.check().passages == index.open().store.info.passages
    build(index, [*archive(), document("c.txt", "A tram bell rings.")])
    backend.damage(index)
    assert index.check().faults
    found = index.open()
    if found.fault is None:  # it may be noticed as late as it is read
        with pytest.raises(IndexDamagedError):
            for entry in found.store.listing():
                found.store.document(entry.id)
    else:
        assert len(sources(found.store)) == 4
    alone = backend.new()
    build(alone, archive(), keep=1)
    backend.damage(alone)
    with pytest.raises(IndexDamagedError):
        store = alone.open().store
        for entry in store.listing():
            store.document(entry.id)
