"""A generation: what is read back is what was written, and what does not fit is refused."""

from __future__ import annotations

import calendar
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.builder import build_index
from qa.build.passages import Splitting, split
from qa.corpus import read_folders
from qa.corpus.readers import Reading, make_document
from qa.encode import Piece
from qa.errors import IndexDamagedError, IndexForeignError
from qa.records import About, Block, Document, Filters, Passage, Place, Published
from qa.settings import Settings
from qa.store import CONTEXT, Generation, GenerationWriter, IndexFolder, Query, Recipe
from qa.store.bm25 import Bm25
from qa.store.files.disk import array_bytes
from qa.text.analysis import Analyzer
from tests.fake import FakeEncoder, direction
from tests.store.forge import change_manifest, digest, live_folder, seal
from tests.store.lexical import lexical_index
from tests.store.reads import ids_of, left_by


@pytest.fixture
def generation(index: Path) -> Generation:
    return IndexFolder(index).open().generation


@pytest.fixture(scope="module")
def documents(archive: Path) -> list[Document]:
    """The small archive's documents, as read."""
    return [item for item in read_folders([archive], max_bytes=10**6) if isinstance(item, Document)]


@pytest.fixture(scope="module")
def passages(documents: Sequence[Document], encoder: FakeEncoder) -> list[Passage]:
    """Their passages, as split."""
    splitting = Splitting(max_chars=Settings().passage_chars)
    return [p for document in documents for p in split(document, splitting, encoder.token_starts)]


@pytest.fixture
def copy(index: Path, tmp_path: Path) -> Path:
    """A copy of the small archive's index, to be damaged."""
    return Path(shutil.copytree(index, tmp_path / "copy"))


# --- what was written ------------------------------------------------------------------------


def test_documents(generation: Generation, documents: Sequence[Document]) -> None:
    assert len(documents) == 8
    for document in documents:
        assert generation.document(document.id) == document
    assert generation.document("d0000000000000000") is None
    assert generation.document("") is None


def test_passages(generation: Generation, passages: Sequence[Passage]) -> None:
    assert generation.info.passages == len(passages) > 8
    for row, passage in enumerate(passages):
        stored = generation.passage(row)
        # The context is read with the passage and is not kept.
        assert (stored.document_id, stored.start, stored.end) == (
            passage.document_id,
            passage.start,
            passage.end,
        )
        assert (stored.text, stored.section, stored.sentences) == (
            passage.text,
            passage.section,
            passage.sentences,
        )


def test_entries(
    generation: Generation, documents: Sequence[Document], passages: Sequence[Passage]
) -> None:
    assert [tuple(entry) for entry in generation.listing()] == [
        (
            document.id,
            document.source,
            document.title,
            document.published.value if document.published else None,
            len(document.text),
            sum(passage.document_id == document.id for passage in passages),
        )
        for document in documents
    ]


def test_vectors_and_tokens(
    generation: Generation, passages: Sequence[Passage], encoder: FakeEncoder
) -> None:
    encoded = list(encoder.encode_passages([Piece(p.context, p.text) for p in passages]))
    np.testing.assert_array_equal(generation.dense.vectors, [e.vector for e in encoded])
    rows = np.array([3, 0, len(passages) - 1, 3])
    codes = generation.token_codes(rows)
    bounds = [*codes.starts.tolist(), len(codes.codes)]
    assert len(codes.sentences) == len(codes.codes)
    for n, row in enumerate(rows):
        part = slice(bounds[n], bounds[n + 1])
        np.testing.assert_array_equal(codes.codes[part], encoder.codec.encode(encoded[row].tokens))
        passage = passages[row]
        for start, number in zip(encoded[row].starts, codes.sentences[part], strict=True):
            if start < 0:
                assert number == CONTEXT
            else:
                first, last = passage.sentences[number]
                assert first <= passage.start + start < last
    empty = generation.token_codes(np.empty(0, np.int64))
    assert (len(empty.codes), len(empty.starts), len(empty.sentences)) == (0, 0, 0)


def test_terms_and_weights(
    generation: Generation, passages: Sequence[Passage], encoder: FakeEncoder
) -> None:
    analyzer = Analyzer("en")
    texts = [f"{p.context}. {p.text}" if p.context else p.text for p in passages]
    lexical = lexical_index(map(analyzer.terms, texts), Bm25())
    question = "What does the steamer pay for a night in the harbour of Żabno?"
    terms = generation.analyzer.terms(question)
    assert terms == ["steamer", "pay", "night", "harbour", "zabno"]
    np.testing.assert_array_equal(generation.lexical.scores(terms), lexical.scores(terms))
    wanted = [*terms, "unknown"]
    held = [analyzer.terms(text) for text in texts]
    fetched = generation.fetch(ids_of(generation), wanted)
    assert fetched.counts.tolist() == [[one.count(term) for term in wanted] for one in held]
    assert fetched.lengths.tolist() == [len(one) for one in held]
    ids = [
        set(e.ids) for e in encoder.encode_passages([Piece(p.context, p.text) for p in passages])
    ]
    asked = encoder.encode_question(question).ids
    found = generation.statistics(wanted, asked)
    assert found.tokens.tolist() == [sum(token in of_one for of_one in ids) for token in asked]
    assert found.terms == {term: sum(term in one for one in held) for term in wanted}
    assert found.held == set(terms)
    assert found.passages == len(passages)
    assert found.mean_length == pytest.approx(sum(map(len, held)) / len(held))


def test_the_manifest_accounts_for_every_file(
    generation: Generation, index: Path, passages: Sequence[Passage]
) -> None:
    folder = live_folder(index)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) | {"manifest.json"} == {path.name for path in folder.iterdir()}
    for name, told in manifest["files"].items():
        assert told == {"bytes": (folder / name).stat().st_size, "sha256": digest(folder / name)}
    assert manifest["format"] == 4
    assert manifest["generation"] == folder.name == generation.info.generation
    assert (manifest["fingerprint"], manifest["dimension"]) == ("fake-1", 32)
    assert manifest["metric"] == "inner product of unit vectors"
    assert manifest["settings"]["splitting"]["max_chars"] == Settings().passage_chars
    assert manifest["counts"]["documents"] == 8
    assert manifest["counts"]["passages"] == len(passages)
    pointer = json.loads((index / "LIVE").read_text())["generations"][0]
    assert pointer["manifest_sha256"] == digest(folder / "manifest.json")


def given_documents(index: Path, *documents: Document) -> Generation:
    """Build an index of documents that are given directly, and open it."""
    build_index(
        [], Settings(index=str(index)), encoder=FakeEncoder(), documents=documents, calibrated=False
    )
    return IndexFolder(index).open().generation


def document(source: str, text: str, published: str | None = None, *blocks: Block) -> Document:
    return make_document(
        source=source,
        sha256="0" * 64,
        reading=Reading(
            text,
            "utf-8",
            blocks or (Block("paragraph", 0, len(text)),),
            published=Published(published, published, "label") if published else None,
        ),
    )


def test_odd_characters_come_back(tmp_path: Path) -> None:
    odd = document("\ud83d odd\n.txt", "A \0 NUL, \ud800 half a character, 😀\u0301 and \x85 more.")
    generation = given_documents(tmp_path / "index", odd)
    assert generation.document(odd.id) == odd
    assert generation.passage(0).text == odd.text


def test_all_that_is_known_of_a_document_comes_back(tmp_path: Path) -> None:
    about = About("A bridge", "https://example.org/bridge", Published("2004-03", "March", "time"))
    known = replace(
        document("a.pdf", "The bridge fell.\n\nThe ferry sank."),
        blocks=(Block("teaser", 0, 16, 0, about), Block("teaser", 18, 33, 0, About())),
        original_url="https://example.org/",
        author="The ferryman",
        language="en",
        page_starts=(0, 18),
        places=(Place(0, "Pumps, row 2"), Place(18, "Pumps, row 3", 1)),
    )
    assert given_documents(tmp_path / "index", known).document(known.id) == known


def test_a_section_without_words_is_none(tmp_path: Path) -> None:
    text = "#\n\nOne.\n\nTwo."
    blocks = (Block("heading", 0, 1, 1), Block("paragraph", 3, 7), Block("teaser", 9, 13))
    generation = given_documents(tmp_path / "index", document("a", text, None, *blocks))
    assert [generation.passage(row).section for row in range(2)] == [None, None]


@pytest.mark.slow
def test_a_long_document_is_found_across_blocks_of_the_file(tmp_path: Path) -> None:
    long = [document(f"{n}.txt", f"Document {n}. " + "é word " * 20_000) for n in range(3)]
    generation = given_documents(tmp_path / "index", *long)
    for one in reversed(long):
        assert generation.document(one.id) == one
    last = generation.passage(generation.info.passages - 1)
    assert last.text == long[-1].text[last.start : last.end]
    generation.verify_all()


# --- filters ---------------------------------------------------------------------------------


def allowed_sources(generation: Generation, filters: Filters) -> set[str]:
    """Return the sources whose passages a filter leaves; all or none of each."""
    kept = {id.source for id in left_by(generation, filters)}
    left = {id.source for id in ids_of(generation)} - kept
    assert not kept & left
    return kept


def undated(generation: Generation, filters: Filters) -> int:
    return generation.candidates(Query(direction("any"), (), 5, filters)).undated_documents


@pytest.mark.parametrize(
    ("globs", "sources"),
    [
        (["bridge.txt"], {"bridge.txt"}),
        (["*bridge.txt"], {"bridge.txt", "copy of bridge.txt"}),
        (["notes/*"], {"notes/harbour.md"}),
        (["letters/[0-9]*"], {"letters/1931 postcard.txt"}),
        (["*.md", "tariff.*"], {"notes/harbour.md", "tariff.txt"}),
        (["*Œnone*"], {"letters/Œnone to Anselm.txt"}),
        (["bridge"], set()),
        (["BRIDGE.TXT"], {"bridge.txt"}),
        (["Letters/*œNONE*"], {"letters/Œnone to Anselm.txt"}),
        (["[z-"], set()),
    ],
)
def test_globs_match_whole_sources(
    generation: Generation, globs: list[str], sources: set[str]
) -> None:
    assert allowed_sources(generation, Filters(source=tuple(globs))) == sources


def test_no_filter_allows_everything(generation: Generation) -> None:
    assert left_by(generation, Filters()) == ids_of(generation)
    assert undated(generation, Filters()) == 0


def test_undated_documents_are_counted(generation: Generation) -> None:
    filters = Filters(published_from="2004", published_to="2004-03-15")
    assert allowed_sources(generation, filters) == {"bridge.txt"}
    assert undated(generation, filters) == 6
    among = Filters(source=("letters/*", "*.md"), published_from="2004")
    assert allowed_sources(generation, among) == {"notes/harbour.md"}
    assert undated(generation, among) == 2
    assert undated(generation, Filters(source=("letters/*",))) == 0


def days(value: str) -> tuple[date, date]:
    """Return the first and the last day of a year, a month or a day."""
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        return date(*parts, 1), date(*parts, calendar.monthrange(*parts)[1])
    return date(*parts), date(*parts)


_DATES = [
    *("2003", "2004", "2005", "2003-12", "2004-01", "2004-02", "2004-12", "2005-01"),
    *(
        "2003-12-31",
        "2004-01-01",
        "2004-02-28",
        "2004-02-29",
        "2004-03-01",
        "2004-12-31",
        "2005-01-01",
    ),
]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """An index with one document for each of some dates."""
    index = tmp_path_factory.mktemp("dated") / "index"
    return given_documents(index, *(document(day, f"On {day}.", day) for day in _DATES))


@given(st.none() | st.sampled_from(_DATES), st.none() | st.sampled_from(_DATES))
def test_a_period_keeps_what_may_lie_in_it(
    dated: Generation, first: str | None, last: str | None
) -> None:
    if first or last:
        expected = {
            day
            for day in _DATES
            if (not first or days(day)[1] >= days(first)[0])
            and (not last or days(day)[0] <= days(last)[1])
        }
        assert allowed_sources(dated, Filters(published_from=first, published_to=last)) == expected


# --- what does not fit -----------------------------------------------------------------------


def opened(index: Path) -> Generation:
    return IndexFolder(index).open().generation


@pytest.mark.parametrize(
    "content", ["", "[]", "7", "null", '"x"', "{", '{"format": 3}', "[" * 100_000, "\0"]
)
def test_a_manifest_that_is_none_is_damage(copy: Path, content: str) -> None:
    (live_folder(copy) / "manifest.json").write_text(content)
    seal(copy)
    with pytest.raises(
        (IndexDamagedError, IndexForeignError), match="manifest.json|has format|metric"
    ):
        opened(copy)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest.pop(name)


_WANTED = (
    "bm25 code_width corpus counts dimension files fingerprint generation language model model_manifest"
).split()


@pytest.mark.parametrize("name", _WANTED)
def test_a_manifest_without_an_entry_is_damage(copy: Path, name: str) -> None:
    change_manifest(copy, without(name))
    with pytest.raises(IndexDamagedError):
        opened(copy)


def files(manifest: dict[str, Any]) -> dict[str, Any]:
    return dict(manifest["files"])


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(files=[]),
        lambda m: m.update(files={}),
        lambda m: m["files"].pop("tokens.bin"),
        lambda m: m["files"].pop("tokens.bin.sums"),
        lambda m: m["files"].pop("passages.npy"),
        lambda m: m["files"].pop("vectors.faiss"),
        lambda m: m["files"].update({"passages.npy": 7}),
        lambda m: m["files"].update({"passages.npy": {"bytes": 1}}),
        lambda m: m["files"].update({"no\0such": {"bytes": 1, "sha256": "x"}}),
        lambda m: m["files"].update({"../manifest.json": {"bytes": 1, "sha256": "x"}}),
        lambda m: m.update(dimension="many"),
        lambda m: m.update(dimension=33),
        lambda m: m.update(code_width=9),
        lambda m: m.update(bm25=None),
        lambda m: m.update(counts=None, fingerprint="../../x"),
    ],
)
def test_a_manifest_that_does_not_fit_is_damage(
    copy: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    change_manifest(copy, change)
    with pytest.raises(IndexDamagedError, match="run qa build again"):
        opened(copy)


def test_another_format_or_metric_is_foreign(copy: Path) -> None:
    change_manifest(copy, lambda m: m.update(format=5))
    with pytest.raises(
        IndexForeignError, match="has format 5, this program reads 4: run qa build again"
    ):
        opened(copy)
    change_manifest(copy, lambda m: m.update(format=4, metric="L2"))
    with pytest.raises(IndexForeignError, match="another metric: run qa build again"):
        opened(copy)


def other_dimension() -> bytes:
    index = faiss.IndexFlatIP(7)
    return bytes(faiss.serialize_index(index))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("vectors.faiss", b"no index at all"),
        ("vectors.faiss", b""),
        ("vectors.faiss", other_dimension()),
        ("passages.npy", b"no array"),
        ("passages.npy", b""),
        ("passages.npy", array_bytes(np.zeros(3, np.int64))),
        ("passages.npy", array_bytes(np.int64(3))),
        ("token_bounds.npy", array_bytes(np.zeros(2, np.int64))),
        ("token_ids.npy", array_bytes(np.zeros(2, np.uint32))),
        ("sentences.npy", array_bytes(np.zeros((1, 2), np.int32))),
        ("lexical_starts.npy", array_bytes(np.zeros(1, np.int64))),
        ("lexical_terms.txt", b"\xff\xfe"),
        ("lexical_terms.txt", b"one term too few"),
        ("documents.json", b"{}"),
        ("documents.json", b"[]"),
        ("documents.json", b"[7]"),
        ("documents.json", b"not json"),
        ("sections.json", b"]"),
        ("tokens.bin.sums", b""),
    ],
)
def test_a_file_that_does_not_fit_is_damage(copy: Path, name: str, data: bytes) -> None:
    (live_folder(copy) / name).write_bytes(data)
    seal(copy, name)
    with pytest.raises(IndexDamagedError, match="run qa build again"):
        opened(copy)


def test_an_object_array_is_never_loaded(copy: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (exit, ("a pickle was loaded",))

    path = live_folder(copy) / "token_ids.npy"
    np.save(path, np.array([Trap()], object), allow_pickle=True)
    seal(copy, "token_ids.npy")
    with pytest.raises(IndexDamagedError, match="array of objects"):
        opened(copy)


def test_a_document_is_written_once(copy: Path, tmp_path: Path) -> None:
    before = opened(copy)
    recipe = Recipe.of_manifest(before.manifest)
    (tmp_path / "new").mkdir()
    with GenerationWriter(tmp_path / "new", recipe) as writer:
        writer.keep(before, 0, 2)
        with pytest.raises(ValueError, match="a second time"):
            writer.keep(before, 1, 3)
