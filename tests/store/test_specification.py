"""``index/README.md`` is a specification: what it names is what is written, and it is enough to read an index.

Its tables are held to what builds write, in both directions. ``specified.py`` is a reader that was written
from its text alone; what it finds is what the engine's own interfaces give.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.build.builder import build_index
from qa.encode.build import save_codec
from qa.errors import GateError, IndexForeignError
from qa.records import Block, Document, PassageId, Scan, document_id
from qa.search.confidence import Calibration, Signals
from qa.settings import Settings
from qa.store import FileIndex, IndexFolder
from tests.conftest import ROOT, Build
from tests.fake import FakeEncoder
from tests.store import specified
from tests.store.contract import archive as listed_documents
from tests.store.contract import document, tables
from tests.store.forge import live_folder
from tests.store.reads import ids_of
from tests.store.specified import SpecifiedIndex

PAGE = (ROOT / "index" / "README.md").read_text("utf-8")
Row = Sequence[str]


def table(first: str, *, after: str = "") -> list[Row]:
    """Return the rows of the table whose header begins with ``first``, the first one after some words."""
    begin = PAGE.index(f"\n| {first} |", PAGE.index(after))
    lines = PAGE[begin:].strip().split("\n\n")[0].splitlines()
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines[2:]]


def named(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


# --- what builds write ---------------------------------------------------------------------------


def long_document() -> Document:
    """Return a document of more than one block of 65,536 bytes, with letters of one to four bytes."""
    lines = [f"Entry {n} of the log: the été was 😀 and the ferry late.\n" for n in range(1800)]
    text = "".join(lines)
    return document("z/log.txt", text, blocks=(Block("paragraph", 0, len(text)),))


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, encoder: FakeEncoder) -> Path:
    """An index of documents that were given, with places, a listing, pages; its model has a codec."""
    path = tmp_path_factory.mktemp("given") / "index"
    folder = IndexFolder(path)
    with folder.lock():
        folder.add_model("fake-1", lambda model: save_codec(model, encoder.codec))
    odd = document("d/odd.txt", "A lone \udc80 surrogate, and the harbour of Żabno.")
    scanned = replace(document("e/scan.txt", "The ferry was read."), scans=(Scan(0, 9, 0.5),))
    documents = [*listed_documents(), odd, tables(), long_document(), scanned]
    for kept in (documents, [one for one in documents if one.source != "b/bees.txt"]):
        build_index(
            [],
            Settings(index=str(path), passage_chars=200),
            encoder=encoder,
            documents=kept,
            calibrated=False,
        )
    # The generation before answers again, without what was removed since.
    FileIndex(path).rollback()
    return path


@pytest.fixture(scope="module")
def read(archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibrated index of a folder: tables, an archive of them, a side file, a file that is not read."""
    folder = tmp_path_factory.mktemp("read")
    texts = folder / "texts"
    texts.mkdir()
    for path in archive.rglob("*"):
        if path.is_file():
            (texts / path.name).write_bytes(path.read_bytes())
    (texts / "rows.csv").write_text(
        "title,text,author,date,url\n"
        "Owls,They hunt voles at dusk.,A. Sowa,2011-02,https://example.org/owls\n"
        "Bees,They left the orchard.,,,\n"
    )
    (texts / "rows.csv.meta.json").write_text('{"language": "en"}')
    (texts / "film.bin").write_bytes(bytes(range(256)))
    build(texts, folder / "index", calibrated=True, encodings="*.old=cp850")
    return folder / "index"


@pytest.fixture(params=["given", "read"])
def index(request: pytest.FixtureRequest) -> Path:
    """Each of both indexes."""
    path: Path = request.getfixturevalue(request.param)
    return path


# --- a stranger's reader finds what the engine finds ------------------------------------------------


def test_the_reader_knows_nothing_of_the_program() -> None:
    tree = ast.parse(Path(specified.__file__).read_text("utf-8"))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module))
    assert not {one for one in modules if one.split(".")[0] in ("qa", "tests")}
    source = ast.unparse(tree)
    assert "np.load" not in source and "np.lib" not in source


@pytest.mark.slow
def test_it_finds_the_documents(index: Path) -> None:
    ours, store = SpecifiedIndex(index), FileIndex(index).open().store
    assert len(ours.shown) == store.info.documents > 3
    listing = {entry.id: entry for entry in store.listing()}
    assert {ours.documents[place]["id"] for place in ours.shown} == set(listing)
    for place in ours.shown:
        told, text, (blocks, places) = ours.documents[place], ours.text(place), ours.layout(place)
        theirs = store.document(told["id"])
        assert theirs is not None
        assert text == theirs.text
        assert len(text) == told["characters"] == listing[told["id"]].characters
        assert told["id"] == specified.document_id(theirs.source) == document_id(theirs.source)
        names = ("source", "sha256", "encoding", "title", "author", "language", "original_url")
        names = (*names, "has_lines")
        assert [told[name] for name in names] == [getattr(theirs, name) for name in names]
        assert tuple(told["page_starts"]) == theirs.page_starts
        scans = [(one.start, one.end, one.confidence) for one in theirs.scans]
        assert [tuple(one) for one in told.get("scans", ())] == scans
        assert told["furniture"] == sum(block.kind == "furniture" for block in theirs.blocks)
        assert dated(told["published"]) == dated(theirs.published)
        assert [block[:4] for block in blocks] == [
            [block.kind, block.start, block.end, block.level] for block in theirs.blocks
        ]
        abouts = [block[4] if len(block) > 4 else None for block in blocks]
        for about, block in zip(abouts, theirs.blocks, strict=True):
            assert (about is None) is (block.about is None)
            if about and block.about:
                assert (about["title"], about["url"]) == (block.about.title, block.about.url)
                assert dated(about["published"]) == dated(block.about.published)
        assert [tuple(place) for place in places] == [
            (place.start, place.label, place.part) for place in theirs.places
        ]


def dated(published: Any) -> tuple[str, ...] | None:
    names = ("value", "evidence", "origin")
    if published is None:
        return None
    told = (
        published if isinstance(published, Mapping) else {n: getattr(published, n) for n in names}
    )
    return tuple(told[name] for name in names)


def test_it_finds_the_passages(index: Path) -> None:
    ours, store = SpecifiedIndex(index), FileIndex(index).open().store
    found = [passage for _, passage in ours.passages()]
    ids = [PassageId(passage.source, passage.ordinal) for passage in found]
    assert ids == sorted(ids) == ids_of(store)
    for passage, theirs in zip(found, store.fetch(ids, ()).passages, strict=True):
        assert ours.documents[passage.document]["id"] == theirs.document_id
        assert (passage.start, passage.end, passage.text) == (theirs.start, theirs.end, theirs.text)
        assert (passage.section, passage.sentences) == (theirs.section, theirs.sentences)


def test_it_finds_the_vectors_and_tokens(index: Path, encoder: FakeEncoder) -> None:
    ours, store = SpecifiedIndex(index), FileIndex(index).open().store
    rows = [row for row, _ in ours.passages()]
    fetched = store.fetch(ids_of(store), ())
    np.testing.assert_array_equal(ours.vectors()[rows], fetched.vectors)
    held: list[set[int]] = []
    for n, row in enumerate(rows):
        codes, ids, numbers = ours.tokens(row)
        theirs = fetched.tokens.part(n, n + 1)
        np.testing.assert_array_equal(codes, theirs.codes)
        np.testing.assert_array_equal(numbers, theirs.sentences)
        assert len(ids) == len(codes)
        held.append(set(ids.tolist()))
    frequency = ours.array("token_frequency.npy")
    if len(rows) == ours.manifest["counts"]["passages"]:
        for token in list(set().union(*held))[:40]:
            assert frequency[token] == sum(token in one for one in held)
    some = sorted(set().union(*held))[:40]
    assert store.statistics((), some).tokens.tolist() == frequency[some].tolist()


def test_it_decodes_the_tokens(given: Path, encoder: FakeEncoder) -> None:
    ours = SpecifiedIndex(given)
    codes, _, numbers = ours.tokens(0)
    assert len(codes) > 5 and set(numbers.tolist()) <= {*range(255), specified.CONTEXT}
    decoded = ours.decoded(codes)
    np.testing.assert_allclose(decoded, encoder.codec.decode(codes), atol=1e-5)
    # They stand for what the model gave: nearer to it than to any other token.
    (passage,) = (one for row, one in ours.passages() if row == 0)
    own = encoder.encode_question(passage.text).tokens
    near = decoded[numbers != specified.CONTEXT] @ own.T
    assert near.shape == (len(own), len(own))
    assert (near.diagonal() >= near.max(axis=1) - 1e-5).all()


@pytest.mark.slow
def test_it_finds_the_terms(index: Path) -> None:
    ours, store = SpecifiedIndex(index), FileIndex(index).open().store
    shown = {row: n for n, (row, _) in enumerate(ours.passages())}
    terms = ours.terms
    assert terms == sorted(set(terms)) and len(terms) > 40
    fetched = store.fetch(ids_of(store), terms)
    told = store.statistics(terms, ())
    counts = np.zeros_like(fetched.counts)
    for column, term in enumerate(terms):
        postings = ours.postings(term)
        assert told.terms[term] == len(postings)
        for row, count, impact in postings:
            assert impact == pytest.approx(ours.impact(row, count, len(postings)), rel=1e-5)
            if row in shown:
                counts[shown[row], column] = count
    np.testing.assert_array_equal(counts, fetched.counts)
    lengths = ours.array("lexical_lengths.npy")
    assert lengths[list(shown)].tolist() == fetched.lengths.tolist()
    assert told.mean_length == pytest.approx(lengths.mean())


def test_it_finds_the_words(read: Path) -> None:
    ours, store = SpecifiedIndex(read), FileIndex(read).open().store
    words = ours.words()
    assert [word for word, _, _ in words] == sorted(
        (word for word, _, _ in words), key=lambda word: word.encode("utf-8", "surrogatepass")
    )
    by_word = {word: (written, times) for word, written, times in words}
    near = [one for word, _, _ in words[::5] for one in store.spellings.near(f"{word}x", 1)]
    assert {word for word, _, _ in words[::5]} <= {one.word for one in near}
    assert all(by_word[one.word] == (one.written, one.times) for one in near)


def test_it_computes_the_digest_of_the_corpus(index: Path) -> None:
    ours = SpecifiedIndex(index)
    assert ours.corpus() == ours.manifest["corpus"]
    number, name = ours.manifest["generation"].split("-")
    assert (len(number), name) == (6, ours.manifest["corpus"][:8])
    assert ours.place.name == ours.manifest["generation"]


def test_it_computes_a_confidence(read: Path) -> None:
    told = SpecifiedIndex(read).manifest["calibration"]
    theirs = Calibration.from_json(told)
    assert theirs is not None and theirs.read is not None
    for support, reading in ((0.2, -20.0), (0.5, 1.0), (0.9, 20.0)):
        for name, curve in (("plain", theirs.plain), ("read", theirs.read)):
            expected = curve.confidence(Signals(support, reading))
            assert specified.confidence(told[name], support, reading) == pytest.approx(expected)


@pytest.mark.slow
def test_it_reads_what_a_stopped_build_left(
    archive: Path, tmp_path: Path, encoder: FakeEncoder
) -> None:
    index = tmp_path / "index"

    def refuse(*_: object) -> None:
        raise GateError("no")

    settings = Settings(index=str(index))
    with pytest.raises(GateError):
        build_index([archive], settings, encoder=encoder, calibrated=False, accept=refuse)
    left = list(specified.encoded((index / ".encoded").read_bytes()))
    torn = list(specified.encoded((index / ".encoded").read_bytes()[:-1]))
    assert len(torn) == len(left) - 1
    # The next build takes all of it, and embeds nothing.
    again = build_index([archive], settings, encoder=encoder, calibrated=False)
    assert (again.embedded, again.passages) == (0, len(left))
    ours = SpecifiedIndex(index)
    keys = ours.array("passages.npy")["key"].tolist()
    for one in left:
        row = keys.index(one["key"])
        np.testing.assert_array_equal(one["vector"], ours.vectors()[row])
        kept = (one["codes"], one["ids"], one["sentences"])
        for mine, theirs in zip(kept, ours.tokens(row), strict=True):
            np.testing.assert_array_equal(mine, theirs)


# --- the tables name all that is written -----------------------------------------------------------


def test_every_file_is_named_and_is_there(index: Path) -> None:
    generation = {name for row in table("file", after="### Arrays") for name in named(row[0])}
    generation |= {name for row in table("file", after="### Other") for name in named(row[0])}
    folder = live_folder(index)
    assert {path.name for path in folder.iterdir()} == generation
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == generation - {"manifest.json"}
    layout = PAGE.split("    default/")[1].split("\n\n")[0]
    kept = set(re.findall(r"^      (\S+?)(?:/\S*)? ", layout, re.MULTILINE))
    there = {path.name for path in index.iterdir()}
    assert there == kept - {".encoded"}  # which no build that is done leaves


DTYPES = {"int32": "<i4", "int64": "<i8", "uint32": "<u4", "uint8": "|u1", "float32": "<f4"}


def test_arrays_have_the_dtypes_and_shapes(index: Path) -> None:
    ours = SpecifiedIndex(index)
    manifest = ours.manifest
    sizes = {
        **manifest["counts"],
        "vocabulary": manifest["vocabulary"],
        "sentences": int(ours.array("sentence_bounds.npy")[-1]),
        "terms": len(ours.terms),
        "postings": int(ours.array("lexical_starts.npy")[-1]),
    }
    fields = table("field", after="`passages.npy` has five fields")
    kinds = DTYPES | {"16 bytes": "|S16"}
    layout = [(named(name)[0], kinds[dtype], int(at)) for name, dtype, at, _ in fields]
    for name, dtype, shape, *_ in table("file", after="### Arrays"):
        array = ours.array(named(name)[0])
        assert array.shape == sized(shape, sizes), name
        if dtype.startswith("40 bytes"):
            found = [(field, *array.dtype.fields[field]) for field in array.dtype.names]
            assert [(field, kind.str, at) for field, kind, at in found] == layout
            assert array.dtype.itemsize == 40
        else:
            assert array.dtype.str == DTYPES[dtype], name


def sized(shape: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return a shape such as ``(passages + 1,)`` in numbers."""
    parts = [part for part in shape.strip("()").split(",") if part.strip()]
    return tuple(
        sum(sizes[word] if word in sizes else int(word) for word in part.split(" + "))
        for part in map(str.strip, parts)
    )


def is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def lists(one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(one, value))


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "text or null": lambda value: value is None or isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "integer or null": lambda value: value is None or type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "true or false": lambda value: isinstance(value, bool),
    "true, false or text": lambda value: isinstance(value, bool | str),
    "object": lambda value: isinstance(value, dict),
    "object or null": lambda value: value is None or isinstance(value, dict),
    "SHA-256": is_digest,
    "SHA-256 or empty": lambda value: value == "" or is_digest(value),
    "list of text": lists(lambda value: isinstance(value, str)),
    "list of text or null": lists(lambda value: value is None or isinstance(value, str)),
    "list of integers": lists(lambda value: type(value) is int),
    "list of numbers": lists(lambda value: type(value) in (int, float)),
    "list of text and numbers": lists(
        lambda value: isinstance(value, str) or type(value) in (int, float)
    ),
    "list of triples": lists(
        lambda v: [*map(type, v)] == [int, int, float] and v[0] < v[1] and 0 <= v[2] <= 1
    ),
    "list of pairs": lists(lambda v: len(v) == 2 and all(isinstance(one, str) for one in v)),
}

Keys = tuple[str, ...]


def values(value: Any, at: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield every value within one, with the keys that lead there; lists of objects by number."""
    if at:
        yield at, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from values(inner, (*at, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for n, inner in enumerate(value):
            yield from values(inner, (*at, str(n)))


def fits(keys: Keys, pattern: Keys) -> bool:
    return len(keys) == len(pattern) and all(
        key == part or part.isupper() for key, part in zip(keys, pattern, strict=True)
    )


def unnamed(found: Iterable[Any], rows: Sequence[Row]) -> tuple[set[Keys], set[Keys]]:
    """Return the keys of some objects that no row names, or with another type; and the rows of no key."""
    patterns = {tuple(name.split(".")): row[1] for row in rows for name in named(row[0])}
    inner = {pattern[:n] for pattern in patterns for n in range(1, len(pattern))}
    strange, seen = set(), set()
    for value in found:
        for keys, one in values(value):
            fitting = [pattern for pattern in patterns if fits(keys, pattern)]
            seen |= set(fitting)
            holds = any(TYPES[patterns[pattern]](one) for pattern in fitting)
            within = isinstance(one, dict | list) and any(fits(keys, part) for part in inner)
            if not holds and not (within and not fitting):
                strange.add(keys)
    return strange, set(patterns) - seen


def manifests(*indexes: Path) -> list[Any]:
    return [SpecifiedIndex(index).manifest for index in indexes]


def test_every_key_of_the_manifest_is_named_and_is_there(given: Path, read: Path) -> None:
    rows = table("key", after="## The manifest")
    assert unnamed(manifests(given, read), rows) == (set(), set())
    # The one is not calibrated, the other is: what may be null is both.
    for index in (given, read):
        assert unnamed(manifests(index), rows)[0] == set()
    assert {m["calibration"] is None for m in manifests(given, read)} == {True, False}


def test_the_tables_of_json_name_every_key(given: Path, read: Path) -> None:
    both = [SpecifiedIndex(given), SpecifiedIndex(read)]
    for rows, found in (
        (table("key", after="## LIVE"), [one.live for one in both]),
        (
            table("key", after="A document in `documents.json`"),
            [entry for one in both for entry in one.documents],
        ),
        (
            table("key", after="A file in `files.json`"),
            [file for one in both for file in one.files],
        ),
    ):
        assert unnamed(found, rows) == (set(), set())
    assert any(file["skipped"] for file in both[1].files)
    places = {row[0] for row in table("place", after="The blocks of a document")}
    assert places == {"0", "1, 2", "3", "4"}
    kinds = named(table("place", after="The blocks of a document")[0][2])
    seen = {block[0] for one in both for n in one.shown for block in one.layout(n)[0]}
    assert seen <= set(kinds)


def test_what_no_table_names_is_seen(read: Path) -> None:
    rows = table("key", after="## The manifest")
    (manifest,) = manifests(read)
    strange = manifest | {"other": 1, "format": "4"}
    assert unnamed([strange], rows)[0] == {("other",), ("format",)}
    less = {key: value for key, value in manifest.items() if key != "vocabulary"}
    assert unnamed([less], rows)[1] == {("vocabulary",)}


@pytest.mark.model
def test_the_files_and_keys_of_a_model(model_index: Path) -> None:
    (model,) = (model_index / "models").iterdir()
    files = {name for row in table("file", after="## A model") for name in named(row[0])}
    assert {path.name for path in model.iterdir()} == files | {"manifest.json"}
    sums = json.loads((model / "manifest.json").read_text())
    assert set(sums) == files
    rows = table("key", after="## A model")
    config = json.loads((model / "encoder.json").read_text())
    assert unnamed([config], rows) == (set(), {("location",)})
    ours = SpecifiedIndex(model_index)
    codes, _, _ = ours.tokens(0)
    vectors = ours.decoded(codes)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=0.35)


# --- who changes what, and versions ------------------------------------------------------------------


def state(index: Path) -> Mapping[str, Mapping[str, bytes]]:
    """Return the files of an index by what they belong to: a column of the table."""
    found: dict[str, dict[str, bytes]] = {
        column: {} for column in ("LIVE", "generations/", "models/", ".encoded")
    }
    for path in index.rglob("*"):
        name = path.relative_to(index).as_posix()
        for column, files in found.items():
            if path.is_file() and name.startswith(column):
                files[name] = path.read_bytes()
    return found


def changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Return in the table's words how files changed."""
    told = set()
    if after.keys() - before.keys():
        told.add("added")
    if before.keys() - after.keys():
        told.add("removed")
    if any(before[name] != after[name] for name in before.keys() & after.keys()):
        told.add("replaced")
    return told or {"same"}


def allowed(cell: str) -> set[str]:
    """Return the words of a cell; what is made and removed again, or kept from before, is the same."""
    words = set(re.findall(r"\b(same|added|removed|replaced|kept)\b", cell))
    return words | {"same"} if words != {"replaced"} else words


def test_commands_change_what_the_table_says(tmp_path: Path, build: Build) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    for name in "abc":
        (texts / f"{name}.txt").write_text(f"The harbour {name} was dug in 1872.\n")

    def edit() -> None:
        (texts / "a.txt").write_text("The harbour was dug again.\n")
        build(texts, index, generations_kept=2, encoder=FakeEncoder(fingerprint="fake-2"))

    def refused() -> None:
        (texts / "c.txt").write_text("The harbour was dug a third time.\n")

        def refuse(*_: object) -> None:
            raise GateError("no")

        with pytest.raises(GateError):
            build_index(
                [texts],
                Settings(index=str(index)),
                encoder=FakeEncoder(fingerprint="fake-2"),
                calibrated=False,
                accept=refuse,
            )

    build(texts, index)
    rows = {row[0]: row[1:] for row in table("command", after="## Who changes what")}
    commands: dict[str, Callable[[], object]] = {
        "`qa build`, `qa watch`, files have changed, or others cannot be read": edit,
        "`qa build`, nothing has changed": lambda: build(
            texts, index, generations_kept=2, encoder=FakeEncoder(fingerprint="fake-2")
        ),
        "`qa build`, stopped or refused by a gate": refused,
        "`qa rollback`": FileIndex(index).rollback,
        "`qa ask`, `qa serve`, `qa mcp`, `qa check`, `qa status`": lambda: (
            FileIndex(index).open(),
            FileIndex(index).check(),
            FileIndex(index).state(),
        ),
        "`qa purge`": lambda: FileIndex(index).purge(["b.txt"]),
    }
    assert set(commands) == set(rows)
    for command, run in commands.items():
        before = state(index)
        run()
        after = state(index)
        for column, cell in zip(before, rows[command], strict=True):
            found = changes(before[column], after[column])
            if column == ".encoded" and "kept" in cell:
                found = {"kept"} if after[column] else found
            assert found <= allowed(cell), (command, column, found)
            # No file of a generation or a model is ever changed in place.
            assert column == "LIVE" or "replaced" not in found
        if "replaced" in rows[command][0] and "same" not in rows[command][0]:
            assert before["LIVE"] != after["LIVE"], command


def test_the_history_ends_with_the_version_that_is_written(read: Path) -> None:
    versions = [int(row[0]) for row in table("version", after="## Versions of the format")]
    written = SpecifiedIndex(read).live["format"]
    assert versions == list(range(1, written + 1))
    assert f"specification of format {written}" in PAGE


def test_an_older_version_is_refused_and_built_anew(
    archive: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    first = build(archive, index)
    pointer = json.loads((index / "LIVE").read_text())
    (index / "LIVE").write_text(json.dumps(pointer | {"format": pointer["format"] - 1}))
    with pytest.raises(IndexForeignError):
        FileIndex(index).open()
    again = build(archive, index)
    assert again.embedded == again.passages == first.passages
    assert int(again.generation.split("-")[0]) == 2
    assert [path.name for path in (index / "generations").iterdir()] == [again.generation]
