"""Sample questions: they are taken from the documents, questions before names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qa.build.builder import build_index
from qa.corpus.readers import Reading, make_document
from qa.engine import Engine
from qa.records import Block, Document
from qa.settings import Settings
from qa.store import IndexFolder
from tests.fake import FakeEncoder


def document(source: str, text: str, title: str | None = None) -> Document:
    lines = text.split("\n")
    blocks, at = [], 0
    for line in lines:
        heading = line.startswith("# ")
        blocks.append(
            Block("heading" if heading else "paragraph", at, at + len(line), int(heading))
        )
        at += len(line) + 1
    made = make_document(
        source=source, sha256=source.encode().hex().ljust(64, "0"),
        reading=Reading(text, "utf-8", tuple(blocks)),
    )  # fmt: skip
    return replace(made, title=title)


def opened(index: Path, *documents: Document, language: str = "en") -> Engine:
    build_index(
        [], Settings(index=str(index), language=language), encoder=FakeEncoder(),
        calibrated=False, documents=documents,
    )  # fmt: skip
    return Engine(store=IndexFolder(index).open().generation, encoder=FakeEncoder())


ONE = "Who dug the harbour?\nThe harbour was dug by Ingrid Solvang in a year. Was it? Why?"
TWO = "A steamer of Ingrid Solvang came to the Old Pier, and to the Old Pier again."
THREE = (
    "The keeper was Ingrid Solvang or Anna de la Cruz. What was said of Anna de la Cruz is lost."
)


def test_questions_come_before_names(tmp_path: Path) -> None:
    engine = opened(
        tmp_path / "index",
        document("1.txt", ONE, "Who dug the harbour?"),
        document("2.txt", TWO),
        document("3.txt", THREE),
    )
    assert engine.examples == ("Who dug the harbour?", "What is said about Ingrid Solvang?")


def test_in_another_language_a_name_stands_alone(tmp_path: Path) -> None:
    engine = opened(
        tmp_path / "index", document("2.txt", TWO), document("3.txt", THREE), language="de"
    )
    assert engine.examples == ("Ingrid Solvang",)


def test_at_most_four(tmp_path: Path) -> None:
    titles = [f"What is the meaning of part {n}?" for n in range(9)]
    documents = [document(f"{n}.txt", TWO, title) for n, title in enumerate(titles)]
    engine = opened(tmp_path / "index", *documents)
    assert list(engine.examples) == titles[:4]


def test_what_was_not_read_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(ONE)
    (tmp_path / "texts" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    index = tmp_path / "index"
    report = build_index(
        [tmp_path / "texts"], Settings(index=str(index)), encoder=FakeEncoder(), calibrated=False
    )
    engine = Engine(store=IndexFolder(index).open().generation, encoder=FakeEncoder())
    (skipped,) = report.skipped
    assert list(engine.archive.skipped) == [("b.png", skipped.reason)]
