"""The child process that reads: whatever happens in it ends in one line, and the next file is read."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qa.corpus import read_folders
from qa.corpus.contents import Mark, contents
from qa.corpus.readers import READERS
from qa.corpus.reading import Limits, Options, Skipped
from qa.corpus.sandbox import process as sandbox
from qa.corpus.sandbox.frames import FrameError, item_of, message_of, receive, send
from qa.corpus.sandbox.process import Sandbox
from qa.records import About, Block, Document, Place, Published
from tests.corpus import traps
from tests.corpus.makers import docx, epub, page, pdf, word, zipped
from tests.corpus.test_structure import assert_lawful

pytestmark = pytest.mark.slow

_LIMITS = Limits(seconds=1, memory_bytes=400_000_000, output_bytes=1_000_000)
Read = Callable[[str, bytes], list[str]]


@pytest.fixture
def trapped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Read]:
    """``read(name, data)`` in a child with traps: each text, or in angle brackets why it was skipped."""
    monkeypatch.setattr(sandbox, "_START", traps.START)
    with Sandbox(Options(_LIMITS)) as opened:

        def read(name: str, data: bytes) -> list[str]:
            path = tmp_path / "file"
            path.write_bytes(data)
            with path.open("rb") as file:
                return [
                    f"{item.source}: "
                    + (item.text if isinstance(item, Document) else f"<{item.reason}>")
                    for item in opened.read(name, file)
                ]

        yield read


def test_a_limit_on_text_is_one_on_its_bytes(trapped: Read) -> None:
    text = "Гавань была вырыта в 1872 году. " * 10_000
    assert 500_000 < len(text.encode()) < 1_000_000
    assert trapped("a.csv", f"id,text\n1,{text}\n".encode()) == [f"a.csv#id=1: {text}"]


@pytest.mark.parametrize(
    ("trap", "reason"),
    [
        ("spin", "took more than 1 s (setting reader_seconds)"),
        ("swell", "needed more than 400,000,000 bytes of memory (setting reader_memory_bytes)"),
        ("crash", "crashed its reader (SIGSEGV)"),
        ("leave", "crashed its reader"),
        ("fail", "its reader failed (KeyError)"),
        ("recurse", "what is in it is nested too deeply"),
        ("talk", "its text takes more than 1,000,000 bytes"),
        ("lie", "its reader gave no sensible answer"),
        ("run", "its reader failed (PermissionError)"),
        ("look_up", "its reader failed (PermissionError)"),
    ],
)
def test_a_fault_is_told_and_the_next_file_is_read(trapped: Read, trap: str, reason: str) -> None:
    assert trapped(f"a.{trap}", b"x") == [f"a.{trap}: <{reason}>"]
    assert trapped("b.txt", b"The other one.") == ["b.txt: The other one."]


def test_a_reader_that_waits_is_not_waited_for(
    trapped: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_WALL", 0.5)
    assert trapped("a.sleep", b"x") == ["a.sleep: <took more than 1 s (setting reader_seconds)>"]


def test_an_archive_is_read_on_behind_what_took_the_reader_down(trapped: Read) -> None:
    inner = zipped({"x.txt": "Two.", "y.crash": "x", "z.txt": "Three."})
    data = zipped({"a.txt": "One.", "b.png": "", "c.spin": "x", "d.zip": inner, "e.txt": "Four."})
    assert trapped("a.zip", data) == [
        "a.zip/a.txt: One.",
        "a.zip/b.png: <no reader for .png>",
        "a.zip/c.spin: <took more than 1 s (setting reader_seconds)>",
        "a.zip/d.zip/x.txt: Two.",
        "a.zip/d.zip/y.crash: <crashed its reader (SIGSEGV)>",
        "a.zip/d.zip/z.txt: Three.",
        "a.zip/e.txt: Four.",
    ]


def test_an_archive_full_of_what_takes_readers_down_is_left(
    trapped: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_MAX_FAULTS", 3)
    found = trapped("a.zip", zipped({f"{n}.leave": "x" for n in range(9)}))
    assert found == [
        *(f"a.zip/{n}.leave: <crashed its reader>" for n in range(3)),
        "a.zip: <crashed its reader 3 times: the rest is not read>",
    ]


def test_nothing_is_fetched(trapped: Read) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        refused = ["a.connect: <its reader failed (PermissionError)>"]
        assert trapped("a.connect", str(port).encode()) == refused
        with pytest.raises(TimeoutError):
            server.accept()


def test_nothing_is_read_or_written_outside(trapped: Read, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    refused = "<its reader failed (PermissionError)>"
    assert trapped("a.look", os.fsencode(secret)) == [f"a.look: {refused}"]
    assert trapped("a.look", b"/etc/passwd") == [f"a.look: {refused}"]
    assert trapped("a.write", os.fsencode(tmp_path / "new")) == [f"a.write: {refused}"]
    assert not (tmp_path / "new").exists()
    # Nothing of the parent's; what the package itself sets when it is imported says nothing of the machine.
    assert trapped("a.environment", b"x") == ["a.environment: ORT_DISABLE_TELEMETRY"]


def test_a_reader_that_fails_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_START", traps.START)
    monkeypatch.setitem(READERS, ".fail", traps.fail)  # type: ignore[arg-type]  # it never returns
    for name in ("a.fail", "b.md"):
        (tmp_path / name).write_text("A plain one.")
    found = [*read_folders([tmp_path], max_bytes=10_000)]
    assert found[0] == Skipped("a.fail", "its reader failed (KeyError)")
    assert [type(one) for one in found[1:]] == [Document]


def test_the_same_child_reads_many_files_and_is_replaced_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_FILES_EACH", 3)
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "words"}')
    children = []
    with Sandbox(Options()) as opened, path.open("rb") as file:
        for _ in range(4):
            read = opened.read("a.jsonl", file)
            assert isinstance(next(read), Document)
            assert opened._child
            children.append(opened._child)
            assert list(read) == []
    first, second, third, fourth = children
    assert first is second is third is not fourth
    assert all(child.poll() is not None for child in children)


def test_a_build_that_stops_in_the_middle_leaves_no_child(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "words"}\n' * 100_000)
    before = children()
    read = read_folders([tmp_path], max_bytes=10_000_000)
    assert isinstance(next(read), Document)
    assert len(children() - before) == 1
    read.close()  # type: ignore[attr-defined]  # it is a generator
    assert not children() - before


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_memory_is_level_while_a_large_table_is_read(tmp_path: Path) -> None:
    # 29 MB of rows, one at a time: the child may take 60 MB in all, and needs 40 before it reads.
    row = '{"text": "' + "The harbour was dug in 1872. " * 1_000 + '"}\n'
    (tmp_path / "a.jsonl").write_text(row * 1_000)
    options = Options(Limits(memory_bytes=60_000_000))
    found = read_folders([tmp_path], max_bytes=1_000_000, options=options)
    assert sum(isinstance(item, Document) for item in found) == 1_000


# --- what goes between the two -------------------------------------------------------------------

_DOCUMENT = Document(
    id="d",
    source="a.zip/b.html",
    sha256="0" * 64,
    encoding="utf-8",
    text="\ud800 Ünicode 😀",
    title=None,
    published=Published("2019", "\x00 2019", "label"),
    blocks=(Block("teaser", 0, 3, 0, About("T", None, Published("2018", "2018", "time"))),),
    original_url="https://example.org/",
    author="A",
    language="es",
    page_starts=(0, 4),
    places=(Place(0, "row 2", 0), Place(4, "row 3", 1)),
    has_lines=True,
)


def test_a_document_arrives_as_it_was_sent() -> None:
    ours, its = socket.socketpair()
    with ours, its:
        for item in (_DOCUMENT, Skipped("a.zip", "b"), Mark(3, "a.zip/x")):
            send(ours, message_of(item))
            message = receive(its, limit=10_000)
            assert message
            found = item_of(message, "a.zip")
            assert found
            same = (
                found
                if not isinstance(found, Document)
                else found.__class__(
                    **{**{n: getattr(found, n) for n in Document.__slots__}, "id": "d"}
                )
            )
            assert same == item
        send(ours, {"end": True})
        assert item_of(receive(its, limit=100) or {}, "a.zip") is None
        ours.close()
        assert receive(its, limit=100) is None


@pytest.mark.parametrize(
    "change",
    [
        {"text": 1},
        {"text": "x"},
        {"blocks": [["paragraph", 3, 2, 0, None]]},
        {"blocks": [["paragraph", 0, 2, 0, None], ["paragraph", 1, 3, 0, None]]},
        {"blocks": [["paragraph", -1, 2, 0, None]]},
        {"blocks": [["script", 0, 2, 0, None]]},
        {"blocks": [["paragraph", 0, 2]]},
        {"page_starts": [4, 0]},
        {"page_starts": [0, 99]},
        {"page_starts": [True]},
        {"places": [[4, "b", 0], [0, "a", 1]]},
        {"places": [[0, "a", 1], [4, "b", 0]]},
        {"places": [[0, "a", 0], [99, "b", 1]]},
        {"places": [[0, 7, 0]]},
        {"places": [[True, "a", 0]]},
        {"places": [[0, "a"]]},
        {"has_lines": 1},
        {"source": "a.zip2/b"},
        {"source": None},
        {"title": ["x"]},
        {"published": {"value": "2019"}},
    ],
)
def test_a_document_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    message = message_of(_DOCUMENT)
    message["document"].update(change)
    with pytest.raises(FrameError):
        item_of(message, "a.zip")


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"{", b"[" * 100_000, b'{"other": 1}', b'{"skipped": ["a.zip"]}', b"\xff"]
)
def test_a_message_that_is_none_is_refused(body: bytes) -> None:
    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(len(body).to_bytes(8, "big") + body)
        with pytest.raises(FrameError):
            item_of(receive(its, limit=1_000_000) or {}, "a.zip")
        ours.sendall((1 << 60).to_bytes(8, "big"))
        with pytest.raises(FrameError):
            receive(its, limit=1_000_000)


# --- all formats through the child ---------------------------------------------------------------

_FILES: dict[str, bytes] = {
    "a.pdf": pdf(["The harbour was dug in 1872.", "It was filled in again."]),
    "b.docx": docx(word("The harbour") + word("It was dug in 1872.")),
    "c.epub": epub({"a.xhtml": page("<h1>The harbour</h1><p>It was dug in 1872.</p>")}),
    "d.csv": b"id,text\n7,The harbour was dug in 1872.\n",
    "e.jsonl": b'{"text": "The harbour was dug in 1872."}\n',
    "f.zip": zipped({"a.txt": "The harbour was dug in 1872."}),
    "g.md": b"---\ntitle: The harbour\n---\n\nIt was dug in 1872.\n",
    "h.txt": b"The harbour was dug in 1872.\n",
}


def test_the_child_gives_what_the_readers_give(tmp_path: Path) -> None:
    for name, data in _FILES.items():
        (tmp_path / name).write_bytes(data)
    found = list(read_folders([tmp_path], max_bytes=10_000_000))
    direct = [
        item
        for name, data in _FILES.items()
        for item in contents(name, io.BytesIO(data), Options())
        if not isinstance(item, Mark)
    ]
    assert found == direct
    assert len(found) == len(_FILES)
    for document in found:
        assert isinstance(document, Document)
        assert_lawful(document.text, document.blocks)
        assert "1872" in document.text


@pytest.mark.parametrize(
    "module", ["qa.engine", "qa.api", "qa.cli.commands", "qa.cli.serve", "qa.corpus"]
)
def test_asking_imports_no_library_that_reads_files(module: str) -> None:
    heavy = "{'lxml', 'pypdfium2', 'trafilatura', 'PIL', 'reportlab'}"
    script = f"import sys, {module}; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
