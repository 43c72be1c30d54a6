"""Building: what changed is embedded, the rest is taken over, and the result is as from nothing."""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
import pytest

from qa.build import builder as indexing
from qa.build.assembly import BATCH
from qa.build.builder import Silent, build_index
from qa.build.passages import split
from qa.corpus import Skipped, reading
from qa.corpus.readers import VERSIONS
from qa.corpus.reading import Version
from qa.corpus.sandbox.process import Sandbox
from qa.encode import Encoded
from qa.engine import Engine
from qa.errors import CorpusError, UsageError
from qa.records import Document, Passage, Question, document_id
from qa.settings import Settings
from qa.store import (
    Generation,
    GenerationWriter,
    IndexFolder,
    Recipe,
    document_digest,
)
from qa.store.files import disk, postings
from tests.archive import ARCHIVE, write_archive
from tests.conftest import Build
from tests.corpus.makers import zipped
from tests.fake import FakeEncoder
from tests.golden.extractions import FOLDER
from tests.reader import FakeReader

pytestmark = pytest.mark.usefixtures("few_references")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """The small archive, to be changed."""
    (tmp_path / "texts").mkdir()
    return write_archive(tmp_path / "texts")


def live(index: Path) -> Generation:
    opened = IndexFolder(index).open()
    assert opened.fault is None
    return opened.generation


QUESTIONS = (
    "What does a steamer pay in August?",
    "Who moved the iron bridge downstream in a night?",
    "How many hives were empty?",
    "Do owls hunt voles?",
    "ferry cow price",
)


def assert_equal(one: Path, other: Path) -> None:
    """Two indexes hold the same passages, ids, vectors and codes, and rank the same."""
    first, second = live(one), live(other)
    assert first.listing() == second.listing()
    assert first.info.passages == second.info.passages
    rows = range(first.info.passages)
    assert [first.passage(row) for row in rows] == [second.passage(row) for row in rows]
    np.testing.assert_allclose(first.dense.vectors, second.dense.vectors, atol=1e-5)
    everything = np.arange(first.info.passages)
    for ours, theirs in zip(
        first.token_codes(everything), second.token_codes(everything), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    encoder = FakeEncoder()
    for question in QUESTIONS:
        answers = [
            Engine(store=store, encoder=encoder).ask(Question(question, k=20))
            for store in (first, second)
        ]
        assert answers[0].results == answers[1].results
        assert len(answers[0].results) > 3


def test_a_first_build(texts: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
    before = encoder.encoded
    report = build_index(
        [texts], Settings(index=str(tmp_path / "index")), encoder=encoder, calibrated=False
    )
    assert report.changed
    assert report.documents == len(ARCHIVE) == 8
    assert report.passages == report.embedded == encoder.encoded - before
    # Of scraped.txt: four lines of a menu, three of a share bar; of harbour.md its front matter.
    assert report.furniture_lines == 8
    assert report.skipped == ()
    assert report.seconds > 0
    generation = live(tmp_path / "index")
    assert (report.generation, report.passages) == (
        generation.info.generation,
        generation.info.passages,
    )
    assert report.tokens == sum(
        len(generation.encoded_passage(n).ids) for n in range(report.passages)
    )


def test_only_what_changed_is_embedded_and_the_result_is_as_from_nothing(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    first = build(texts, index)
    harbour = texts / "notes" / "harbour.md"
    harbour.write_text(harbour.read_text().replace("twelve crowns", "fifteen crowns"))
    encoder = FakeEncoder()
    report = build(texts, index, encoder=encoder)
    assert report.changed
    assert report.generation != first.generation
    assert report.embedded == encoder.encoded == 1
    assert report.passages == first.passages
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


@pytest.mark.parametrize(
    ("settings", "again"),
    [
        # What a vector depends on is the text and the context: another language splits the same
        # passages here, and shorter passages are others, but for those that were short.
        ({"language": "es"}, "none"),
        ({"max_file_bytes": 1000_000}, "none"),
        ({"passage_chars": 200}, "some"),
        ({"overlap": 1}, "none"),
    ],
)
def test_other_settings_make_another_generation(
    texts: Path, tmp_path: Path, build: Build, settings: dict[str, object], again: str
) -> None:
    index = tmp_path / "index"
    first = build(texts, index)
    report = build(texts, index, **settings)
    assert report.changed
    if again == "none":
        assert report.embedded == 0
    else:
        assert 0 < report.embedded < report.passages
        assert report.passages > first.passages
    build(texts, tmp_path / "from nothing", **settings)
    assert_equal(index, tmp_path / "from nothing")


def test_another_title_is_another_context(texts: Path, tmp_path: Path, build: Build) -> None:
    # The text of the passages is the same; what is read with them is not.
    index = tmp_path / "index"
    build(texts, index)
    harbour = texts / "notes" / "harbour.md"
    harbour.write_text(harbour.read_text().replace("title: The harbour", "title: A harbour"))
    report = build(texts, index)
    held = sum("harbour" in entry.source and entry.passages for entry in live(index).listing())
    assert report.embedded == held > 1
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


def test_another_model_embeds_everything(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    build(texts, index)
    report = build(texts, index, encoder=FakeEncoder(fingerprint="another"))
    assert report.changed
    assert report.embedded == report.passages


def test_a_file_that_is_renamed_is_not_embedded_again(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    build(texts, index)
    (texts / "markup.txt").rename(texts / "a first.txt")
    report = build(texts, index)
    assert (report.changed, report.embedded) == (True, 0)
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


def test_a_deleted_file_is_gone(
    texts: Path, tmp_path: Path, build: Build, encoder: FakeEncoder
) -> None:
    index = tmp_path / "index"
    build(texts, index)
    engine = Engine(store=live(index), encoder=encoder)
    owls = engine.ask(Question("Do owls hunt voles?")).results[0]
    assert owls.citation.source == "markup.txt"
    (texts / "markup.txt").unlink()
    report = build(texts, index)
    assert (report.changed, report.embedded, report.documents) == (True, 0, 7)
    generation = live(index)
    engine = Engine(store=generation, encoder=encoder)
    assert generation.document(owls.citation.document_id) is None
    assert engine.verify(owls.citation, owls.excerpt).reason == "the archive has no such document"
    for result in engine.ask(Question("Do owls hunt voles?", k=50)).results:
        assert "voles" not in result.excerpt
    assert generation.statistics(["vole"], ()).terms == {"vole": 0}
    for path in (index / "generations" / report.generation).iterdir():
        assert b"voles" not in path.read_bytes()


def test_nothing_changed_writes_nothing(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    first = build(texts, index)
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.name != "LOCK"}
    for path in texts.rglob("*.txt"):
        os.utime(path)
    report = build(texts, index)
    assert (report.changed, report.embedded, report.generation) == (False, 0, first.generation)
    assert (report.passages, report.tokens) == (first.passages, first.tokens)
    after = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.name != "LOCK"}
    assert {p: t for p, t in after.items() if p.is_file()} == {
        p: t for p, t in before.items() if p.is_file()
    }
    assert set(after) == set(before)


def test_bytes_that_change_and_text_that_does_not(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    # A byte order mark changes a citation's checksum and no passage.
    index = tmp_path / "index"
    build(texts, index)
    (texts / "markup.txt").write_bytes(b"\xef\xbb\xbf" + (texts / "markup.txt").read_bytes())
    report = build(texts, index)
    assert (report.changed, report.embedded) == (True, 0)


def test_two_equal_passages_in_one_build(tmp_path: Path, build: Build) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (texts / name).write_text("The harbour was dug in 1872 by four hundred dockers.\n")
    assert build(texts, tmp_path / "index").passages == 3
    (texts / "d.txt").write_text((texts / "a.txt").read_text())
    report = build(texts, tmp_path / "index")
    assert (report.passages, report.embedded) == (4, 0)
    vectors = live(tmp_path / "index").dense.vectors
    np.testing.assert_array_equal(vectors, np.repeat(vectors[:1], 4, axis=0))


def test_keys_end_in_no_zero_byte(tmp_path: Path, build: Build) -> None:
    # NumPy's fixed-width bytes drop trailing zeros: of a thousand keys four would lose one.
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text(
        "\n\n".join(f"This is paragraph number {n} of the many in this text." for n in range(1000))
    )
    index = tmp_path / "index"
    first = build(texts, index, passage_chars=200)
    generation = live(index)
    keys = {generation.encoded_passage(row).key for row in range(first.passages)}
    assert len(keys) == first.passages > 300
    assert {len(key) for key in keys} == {16}
    assert generation.row_of(b"no such passage!") is None
    (texts / "b.txt").write_text("One more.\n")
    assert build(texts, index, passage_chars=200).embedded == 1


# --- only the changed work -------------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were read, in order."""
    sources: list[str] = []
    parse = Sandbox.read

    def reading(
        sandbox: Sandbox, source: str, file: IO[bytes], *side: bytes
    ) -> Iterator[Document | Skipped]:
        sources.append(source)
        return parse(sandbox, source, file, *side)

    monkeypatch.setattr(Sandbox, "read", reading)
    return sources


def test_only_files_that_changed_are_read(
    texts: Path, tmp_path: Path, build: Build, read: list[str]
) -> None:
    index = tmp_path / "index"
    build(texts, index)
    assert len(read) == 8
    read.clear()
    for path in texts.rglob("*.txt"):
        os.utime(path)
    build(texts, index)
    assert read == []
    (texts / "bridge.txt").write_text("Another bridge, which is older than the first.\n")
    (texts / "new.txt").write_text("A new page.\n")
    (texts / "tariff.txt").unlink()
    # A change that no clock shows: the same size and the same time.
    markup = texts / "markup.txt"
    before = markup.stat()
    markup.write_text(markup.read_text().replace("voles", "moles"))
    os.utime(markup, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert markup.stat().st_size == before.st_size
    report = build(texts, index)
    assert read == ["bridge.txt", "markup.txt", "new.txt"]
    assert report.documents == 8
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


@pytest.mark.parametrize("settings", [{"row_text": "words"}, {"max_file_bytes": 1_000_000}])
def test_everything_is_read_again_by_other_rules(
    texts: Path, tmp_path: Path, build: Build, read: list[str], settings: dict[str, object]
) -> None:
    build(texts, tmp_path / "index")
    read.clear()
    build(texts, tmp_path / "index", **settings)
    assert len(read) == 8


@pytest.mark.parametrize("settings", [{"language": "es"}, {"passage_chars": 300}, {"overlap": 1}])
def test_nothing_is_read_again_to_be_split_by_other_rules(
    texts: Path, tmp_path: Path, build: Build, read: list[str], settings: dict[str, object]
) -> None:
    build(texts, tmp_path / "index")
    read.clear()
    assert build(texts, tmp_path / "index", **settings).changed
    assert read == []
    build(texts, tmp_path / "from nothing", **settings)
    assert_equal(tmp_path / "index", tmp_path / "from nothing")


@pytest.fixture
def formats(tmp_path: Path) -> Path:
    """A folder with files of several formats, and archives of such files."""
    folder = tmp_path / "formats"
    folder.mkdir()
    files = {
        "a.txt": "The harbour was dug in 1872.\n",
        "b.md": "# Owls\n\nOwls hunt voles at dusk.\n",
        "c.csv": "id,text\nd.md,The ferry takes cows.\nx/y.md,It takes sheep too.\n",
        "d.html": f"<html><body><main><p>{'Seven hives are empty, the miller says. ' * 4}</p></main></body></html>",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    inner = zipped(
        {"deep/e.MD": files["b.md"].replace("Owls", "Bats"), "bad.pdf": b"%PDF-1.4 no more"}
    )
    (folder / "one.zip").write_bytes(
        zipped({"f.csv": "id,text\n1,A goat goes free.\n", "in.zip": inner})
    )
    (folder / "two.zip").write_bytes(
        zipped({"g.txt": "A steamer pays forty crowns.\n", "h.new": b"x"})
    )
    return folder  # fmt: skip


@pytest.mark.parametrize(
    ("ending", "again"),
    [
        (".txt", ["a.txt", "two.zip"]),
        # A row's name is none of a file; a file that could not be read counts as one that was.
        (".md", ["b.md", "one.zip"]),
        (".csv", ["c.csv", "one.zip"]),
        (".html", ["d.html"]),
        (".pdf", ["one.zip"]),
        (".zip", ["one.zip", "two.zip"]),
        (".tar.gz", []),
        (".new", ["two.zip"]),
    ],
)
def test_only_files_of_a_format_with_another_version_are_read_again(
    formats: Path, tmp_path: Path, build: Build, read: list[str], monkeypatch: pytest.MonkeyPatch,
    ending: str, again: list[str],
) -> None:  # fmt: skip
    index = tmp_path / "index"
    first = build(formats, index)
    assert (first.documents, len(first.skipped)) == (8, 2)
    read.clear()
    number = VERSIONS[ending].number + 1 if ending in VERSIONS else 1
    monkeypatch.setitem(VERSIONS, ending, Version(number))
    report = build(formats, index)
    assert (read, report.embedded, report.skipped) == (again, 0, first.skipped)
    assert (report.changed, report.documents) == (True, 8)
    read.clear()
    assert not build(formats, index).changed
    assert read == []


def test_a_library_is_part_of_the_version_of_the_formats_that_it_reads(
    formats: Path, tmp_path: Path, build: Build, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(formats, tmp_path / "index")
    read.clear()
    installed = reading._installed
    monkeypatch.setattr(
        reading, "_installed", lambda name: "99" if name == "lxml" else installed(name)
    )
    assert build(formats, tmp_path / "index").embedded == 0
    assert read == ["d.html"]


@pytest.mark.parametrize("module", ["build.passages", "text.analysis", "text.folding"])
def test_documents_are_split_again_and_not_read_again_by_another_splitter(
    module: str, texts: Path, tmp_path: Path, build: Build, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    index = tmp_path / "index"
    first = build(texts, index)
    again: list[str] = []

    def splitting(document: Document, *rules: Any) -> list[Passage]:
        again.append(document.source)
        # Another splitter: it leaves the last passage of a document out.
        passages = split(document, *rules)
        return passages[:-1] or passages

    monkeypatch.setattr(f"qa.{module}.VERSION", 99)
    monkeypatch.setattr("qa.build.work.split", splitting)
    read.clear()
    report = build(texts, index)
    assert read == []
    assert again == sorted(ARCHIVE)
    assert (report.embedded, report.documents) == (0, 8)
    assert 0 < report.passages < first.passages
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


def test_an_index_of_a_program_that_named_its_sources_is_built_again_without_embedding(
    texts: Path, tmp_path: Path, build: Build, encoder: FakeEncoder, read: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    recipe = indexing._recipe

    def as_before(*given: Any, **options: Any) -> Recipe:
        made = recipe(*given, **options)
        ours = ("readers", "passages", "terms")
        others = {name: value for name, value in made.settings.items() if name not in ours}
        return replace(made, settings={**others, "program": "0123456789abcdef"})

    index = tmp_path / "index"
    with monkeypatch.context() as patch:
        patch.setattr("qa.build.builder._recipe", as_before)
        first = build(texts, index)
    assert "program" in live(index).manifest["settings"]
    answer = Engine(store=live(index), encoder=encoder).ask(QUESTIONS[0])
    assert answer.results[0].citation.source == "notes/harbour.md"
    read.clear()
    report = build(texts, index)
    assert (len(read), report.changed, report.embedded) == (8, True, 0)
    assert report.passages == first.passages
    build(texts, tmp_path / "from nothing")
    assert_equal(index, tmp_path / "from nothing")


def test_a_document_comes_back_from_a_generation_as_it_was_read(
    tmp_path: Path, build: Build
) -> None:
    build(FOLDER, tmp_path / "index")
    generation = live(tmp_path / "index")
    assert len(generation.written) > 20
    for place, entry in enumerate(generation.written):
        assert document_digest(generation.document_at(place)) == entry["digest"]


def test_a_file_that_is_written_to_while_it_is_read_is_read_again(
    texts: Path, tmp_path: Path, build: Build, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = Sandbox.read

    def written_to(
        sandbox: Sandbox, source: str, file: IO[bytes], *side: bytes
    ) -> Iterator[Document | Skipped]:
        yield from parse(sandbox, source, file, *side)
        if source == "markup.txt":
            (texts / source).write_text("Owls hunt mice.\n")

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "read", written_to)
        build(texts, tmp_path / "index")
    read.clear()
    assert build(texts, tmp_path / "index").changed
    assert read == ["markup.txt"]
    build(texts, tmp_path / "from nothing")
    assert_equal(tmp_path / "index", tmp_path / "from nothing")


def test_the_rows_of_a_table_are_kept_with_it(tmp_path: Path, build: Build) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    rows = [{"id": n, "text": f"Row {n} tells of ship number {n * 7}."} for n in range(5)]
    table = texts / "talks.jsonl"
    table.write_text("".join(f"{json.dumps(row)}\n" for row in (*rows, {"id": 9, "text": ""})))
    (texts / "damaged.pdf").write_bytes(b"%PDF-1.4 no more")
    (texts / "image.png").write_bytes(b"x")
    (texts / "z.txt").write_text("The last page.\n")
    first = build(texts, tmp_path / "index")
    assert first.documents == 6
    assert len(first.skipped) == 3
    with pytest.MonkeyPatch.context() as patch:
        # Neither the table nor the damaged file is opened again.
        parse = Sandbox.read
        patch.setattr(Sandbox, "read", None)
        again = build(texts, tmp_path / "index")
        assert (again.changed, again.skipped) == (False, first.skipped)
        (texts / "a.txt").write_text("The first page.\n")
        only = {"a.txt": parse}
        patch.setattr(
            Sandbox,
            "read",
            lambda here, source, file, *side: only[source](here, source, file, *side),
        )
        second = build(texts, tmp_path / "index")
    assert (second.documents, second.embedded, second.skipped) == (7, 1, first.skipped)
    table.write_text("".join(f"{json.dumps(row)}\n" for row in rows[1:]))
    assert build(texts, tmp_path / "index").documents == 6
    build(texts, tmp_path / "from nothing")
    assert live(tmp_path / "index").listing() == live(tmp_path / "from nothing").listing()


def test_of_two_documents_of_one_name_the_first_is_kept(tmp_path: Path, build: Build) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    (texts / "y.csv").write_text(
        "id,text\n1.txt,Owls hunt voles at dusk.\n2,Seven hives are empty.\n"
    )
    (texts / "y.csv#id=1.txt").write_text("The harbour was dug in 1872.\n")
    (texts / "z.txt").write_text("The ferry takes cows.\n")
    name, reason = "y.csv#id=1.txt", "another document has this name already"
    for folder in (index, tmp_path / "from nothing"):
        report = build(texts, folder)
        assert report.documents == 3
        assert [(one.source, one.reason) for one in report.skipped] == [(name, reason)]
        document = live(folder).document(document_id(name))
        assert document is not None and "Owls" in document.text
    # The other one takes its place once the first is gone, though nothing was written to it.
    (texts / "y.csv").write_text("id,text\n2,Seven hives are empty.\n")
    report = build(texts, index)
    assert (report.documents, report.skipped) == (3, ())
    document = live(index).document(document_id(name))
    assert document is not None and "harbour" in document.text
    # And the row, that comes back before it, takes it again.
    (texts / "y.csv").write_text(
        "id,text\n1.txt,Owls hunt voles at dusk.\n2,Seven hives are empty.\n"
    )
    assert build(texts, index).documents == 3
    assert live(index).listing() == live(tmp_path / "from nothing").listing()


def test_a_table_is_listed_by_source(tmp_path: Path, build: Build) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    rows = "".join(f"{n},Row {n} tells of ship number {n * 7}.\n" for n in range(1, 13))
    (texts / "talks.csv").write_text(f"id,text\n{rows}")
    build(texts, tmp_path / "index")
    sources = [entry.source for entry in live(tmp_path / "index").listing()]
    assert sources == sorted(f"talks.csv#id={n}" for n in range(1, 13))


def write_many(texts: Path, count: int) -> None:
    """Write documents of one passage each, the passages that an index keeps apart."""
    texts.mkdir()
    for number in range(count):
        (texts / f"{number:04}.txt").write_text(f"Ship {number} lay at berth {number * 3 % 97}.\n")


def test_any_changes_give_the_index_of_a_build_from_nothing(tmp_path: Path, build: Build) -> None:
    made = random.Random(5)
    texts, index = tmp_path / "texts", tmp_path / "index"
    write_many(texts, 40)
    build(texts, index)
    for turn in range(8):
        for path in made.sample(sorted(texts.iterdir()), made.randrange(1, 12)):
            kind = made.randrange(4)
            if kind == 0:
                path.unlink()
            elif kind == 1:
                path.rename(texts / f"{made.randrange(10_000):04}.txt")
            elif kind == 2:
                path.write_text(f"# Log\n\nIn turn {turn} the ferry sank. {made.random()}\n")
            else:
                (texts / f"{made.randrange(10_000):04}.txt").write_text("A wholly new page.\n")
        build(texts, index)
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        build(texts, tmp_path / "fresh")
        ours, theirs = live(index), live(tmp_path / "fresh")
        differing = [
            path.name
            for path in sorted(theirs.folder.iterdir())
            if path.read_bytes() != (ours.folder / path.name).read_bytes()
        ]
        assert differing in ([], ["manifest.json"])  # which has the generation's number


@pytest.mark.parametrize("first", [True, False], ids=["first build", "rebuild"])
def test_documents_do_not_stay_in_memory(
    first: bool, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    write_many(texts, 8 * BATCH)
    if not first:
        build(texts, index)
        for path in texts.iterdir():
            path.write_text(f"{path.read_text()}And there it lay for {path.stem} days.\n")
    alive: list[int] = []
    add = GenerationWriter.add

    def counting(self: GenerationWriter, document: Document, *rest: Any) -> None:
        add(self, document, *rest)
        if self.documents % BATCH == 0:
            alive.append(sum(type(one) is Document for one in gc.get_objects()))

    before = sum(type(one) is Document for one in gc.get_objects())
    monkeypatch.setattr(GenerationWriter, "add", counting)
    build(texts, index)
    assert len(alive) == 8
    assert max(alive) - before <= 2 * BATCH


def test_an_index_is_put_together_on_the_disk(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the text: what is held while the index is written and opened stays about the same."""
    monkeypatch.setattr(disk, "_PART", 1 << 14)
    monkeypatch.setattr(postings, "_AT_ONCE", 1 << 10)
    finish = GenerationWriter.finish
    peaks: list[int] = []

    def traced(self: GenerationWriter, **arguments: Any) -> Any:
        gc.collect()
        tracemalloc.start()
        try:
            return finish(self, **arguments)
        finally:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    monkeypatch.setattr(GenerationWriter, "finish", traced)
    made = random.Random(7)
    sizes = []
    for count in (500, 2_000):
        texts, index = tmp_path / f"texts{count}", tmp_path / f"index{count}"
        texts.mkdir()
        lines = (
            " ".join(f"w{made.randrange(500)}" for _ in range(30)).capitalize() + ".\n\n"
            for _ in range(count)
        )
        (texts / "one.txt").write_text("".join(lines))
        assert build(texts, index, passage_chars=200).passages >= count
        sizes.append(sum(path.stat().st_size for path in live(index).folder.iterdir()))
    assert sizes[1] - sizes[0] > 1_500_000
    assert peaks[1] - peaks[0] < (sizes[1] - sizes[0]) / 20


# --- a build that is stopped ------------------------------------------------------------------


class Stopping(FakeEncoder):
    """An encoder that is interrupted after so many passages."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def _encode(self, prefix: str, text: str) -> Encoded:
        if self.encoded > self.after:
            raise KeyboardInterrupt
        return super()._encode(prefix, text)


def test_a_build_that_is_stopped_loses_the_batch_in_hand(tmp_path: Path, build: Build) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    write_many(texts, 3 * BATCH + 10)
    with pytest.raises(KeyboardInterrupt):
        build(texts, index, encoder=Stopping(2 * BATCH + 50))
    assert not (index / "LIVE").exists()
    with pytest.raises(KeyboardInterrupt):
        build(texts, index, encoder=Stopping(BATCH + 5))  # gets as far as another batch
    report = build(texts, index)
    assert report.embedded == 10
    assert report.passages == 3 * BATCH + 10
    assert not (index / ".encoded").exists()
    build(texts, tmp_path / "from nothing")
    for path in live(index).folder.iterdir():
        other = live(tmp_path / "from nothing").folder / path.name
        assert path.read_bytes() == other.read_bytes(), path.name


def test_a_long_document_is_embedded_in_batches(tmp_path: Path, build: Build) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    lines = [f"In the year {n} the harbour of Vellmar was dug out once more." for n in range(900)]
    (texts / "long.txt").write_text("\n\n".join(lines))
    with pytest.raises(KeyboardInterrupt):
        build(texts, index, encoder=Stopping(BATCH + 5), passage_chars=200)
    report = build(texts, index, passage_chars=200)
    assert report.passages > 2 * BATCH
    assert report.embedded == report.passages - BATCH


def test_a_generation_that_is_refused_leaves_its_vectors(texts: Path, tmp_path: Path) -> None:
    settings = Settings(index=str(tmp_path / "index"))

    def refuse(generation: Generation, encoder: object) -> None:
        raise CorpusError("a gate did not hold")

    with pytest.raises(CorpusError, match="a gate"):
        build_index([texts], settings, encoder=FakeEncoder(), calibrated=False, accept=refuse)
    report = build_index([texts], settings, encoder=FakeEncoder(), calibrated=False)
    assert report.embedded == 0
    assert report.passages == 10


# --- what cannot be built --------------------------------------------------------------------


def test_an_empty_folder_is_refused(tmp_path: Path, build: Build) -> None:
    (tmp_path / "texts").mkdir()
    with pytest.raises(
        CorpusError, match=r"no document in .*texts: put text or Markdown files there"
    ):
        build(tmp_path / "texts", tmp_path / "index")
    with pytest.raises(CorpusError, match="no document in the PATHs"):
        build([], tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_a_folder_without_a_readable_document_is_refused(tmp_path: Path, build: Build) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.bin").write_bytes(b"\0\1\2\3\4\5")
    with pytest.raises(
        CorpusError,
        match=r"no readable document in .*: a\.bin: a binary file: no reader for \.bin$",
    ):
        build(tmp_path / "texts", tmp_path / "index")
    (tmp_path / "texts" / "b.txt").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"a\.bin: a binary .*\.bin \(and 1 more\)"):
        build(tmp_path / "texts", tmp_path / "index")
    assert not (tmp_path / "index" / "LIVE").exists()


def test_what_cannot_be_read_is_named_and_strict_makes_it_an_error(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    (texts / "empty.txt").touch()
    (texts / "large.txt").write_text("x" * 50_000)
    index = tmp_path / "index"
    with pytest.raises(
        CorpusError, match=r"empty\.txt: empty \(2 of 10 files cannot be read, and --strict"
    ):
        build(texts, index, strict=True, max_file_bytes=40_000)
    assert not (index / "LIVE").exists()
    report = build(texts, index, max_file_bytes=40_000)
    assert report.documents == 8
    assert [(skipped.source, skipped.reason) for skipped in report.skipped] == [
        ("empty.txt", "empty"),
        ("large.txt", "larger than 40,000 bytes (setting max_file_bytes)"),
    ]
    # They are named also when nothing changed.
    again = build(texts, index, max_file_bytes=40_000)
    assert (again.changed, again.skipped) == (False, report.skipped)


def test_strict_without_a_fault_builds(texts: Path, tmp_path: Path, build: Build) -> None:
    assert build(texts, tmp_path / "index", strict=True).changed


# --- before it goes live ---------------------------------------------------------------------


def test_a_generation_that_is_not_accepted_does_not_go_live(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    first = build(texts, index)
    (texts / "markup.txt").unlink()
    seen: list[int] = []

    def accept(generation: Generation, encoder: object) -> None:
        seen.append(generation.info.documents)
        raise CorpusError("a gate did not hold")

    with pytest.raises(CorpusError, match="a gate did not hold"):
        build_index(
            [texts],
            Settings(index=str(index)),
            encoder=FakeEncoder(),
            calibrated=False,
            accept=accept,
        )
    assert seen == [7]
    assert live(index).info.generation == first.generation
    assert [path.name for path in (index / "generations").iterdir()] == [first.generation]


def test_progress_is_told(texts: Path, tmp_path: Path) -> None:
    class Told(Silent):
        def __init__(self) -> None:
            self.stages: list[list[object]] = []
            self.embedded = 0

        def passages(self, number: int) -> None:
            self.embedded += number

        def stage(self, name: str, total: int | None) -> None:
            self.stages.append([name, total, 0])

        def advance(self, steps: int = 1) -> None:
            self.stages[-1][2] += steps  # type: ignore[operator]  # the third of a stage is a number

    told = Told()
    report = build_index(
        [texts],
        Settings(index=str(tmp_path / "index")),
        encoder=FakeEncoder(),
        calibrated=False,
        progress=told,
    )
    assert told.stages == [["comparing", None, 8], ["reading", 8, 8], ["writing", None, 0]]
    assert told.embedded == report.embedded == report.passages


def test_the_index_does_not_depend_on_where_the_texts_are(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    moved = Path(shutil.copytree(texts, tmp_path / "moved"))
    build(texts, tmp_path / "one")
    build(moved, tmp_path / "two")
    assert_equal(tmp_path / "one", tmp_path / "two")
    manifests = [
        json.loads((live(tmp_path / name).folder / "manifest.json").read_text())
        for name in ("one", "two")
    ]
    assert manifests[0] == manifests[1]


def test_a_build_without_reading_needs_no_reader(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> NoReturn:
        raise UsageError("the reader's reader.onnx is damaged")

    monkeypatch.setattr("qa.read.onnx.load_reader", damaged)
    settings = Settings(index=str(tmp_path / "index"), reading="off")
    assert build_index([archive], settings, encoder=FakeEncoder()).changed
    with pytest.raises(UsageError, match="damaged"):
        build_index([archive], replace(settings, reading="fast"), encoder=FakeEncoder())


class _Counting(Silent):
    """A Progress that counts the steps of each stage."""

    def __init__(self) -> None:
        self.stages: dict[str, list[int | None]] = {}

    def stage(self, name: str, total: int | None) -> None:
        self.now = self.stages.setdefault(name, [total, 0])

    def advance(self, steps: int = 1) -> None:
        self.now[1] = (self.now[1] or 0) + steps


@pytest.mark.parametrize("reading", ["off", "fast"])
def test_every_search_of_a_calibration_is_told_of(
    reading: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        indexing, "reader_for", lambda reading: None if reading == "off" else FakeReader()
    )

    class Judged:
        digest = "two"

        def __call__(self, *_: object) -> list[tuple[str, bool]]:
            return [("Who keeps the lighthouse?", True), ("Who keeps the bees?", False)]

    told = _Counting()
    settings = Settings(index=str(tmp_path / "i"), reading=reading)
    build_index([archive], settings, encoder=FakeEncoder(), judge=Judged(), progress=told)
    total, counted = told.stages["calibrating verdicts"]
    assert total is not None and total > 80
    assert counted == total


def test_an_index_inside_the_folder_is_passed_over(tmp_path: Path, build: Build) -> None:
    folder = tmp_path / "archive"
    (folder / "generations").mkdir(parents=True)  # a name that anybody may give a folder
    (folder / "generations" / "LOCK").write_text("The lock of the harbour was built in 1872.\n")
    (folder / "a.txt").write_text("The harbour was dug by four hundred dockers.\n")
    index = folder / "kept" / "index"
    first = build(folder, index)
    assert (first.documents, first.skipped) == (2, ())
    again = build(folder, index)
    assert (again.documents, again.skipped, again.changed) == (2, (), False)
    (folder / "b.txt").write_text("Owls hunt voles at dusk.\n")
    third = build(folder, index)
    assert (third.documents, third.skipped) == (3, ())
