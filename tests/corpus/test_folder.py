"""Folders of files: each file read or accounted for, nothing read outside, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from qa.corpus import Skipped, read_folders
from qa.corpus.readers import read_document
from qa.errors import CorpusError
from qa.records import Document

_TEXT = "The harbour was dug in 1872 by four hundred dockers.\n"


def read(*paths: Path, max_bytes: int = 10_000) -> dict[str, str]:
    """Return for each source its text, or in angle brackets why it was skipped."""
    found: dict[str, str] = {}
    for item in read_folders(paths, max_bytes=max_bytes):
        assert item.source not in found
        found[item.source] = item.text if isinstance(item, Document) else f"<{item.reason}>"
    return found


def write(folder: Path, *names: str, text: str = _TEXT) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_sources_are_relative_and_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.txt", "a.txt", "a/b/c.md", "B.txt", "é n.txt")
    assert list(read(tmp_path)) == ["B.txt", "a.txt", "a/b/c.md", "a/z.txt", "b.txt", "é n.txt"]
    assert list(read(tmp_path / "a" / "..")) == list(read(tmp_path))


def test_hidden_files_and_the_readme_at_the_top_are_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        ".a.txt",
        ".git/b.txt",
        "README.md",
        "Readme",
        "readme.TXT",
        "a/README.md",
        "c.txt",
    )
    assert list(read(tmp_path)) == ["a/README.md", "c.txt"]
    # Named by itself a README is wanted.
    assert list(read(tmp_path / "README.md")) == ["README.md"]


def test_what_cannot_be_read_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "good.txt")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "blank.txt").write_bytes(b" \n\n")
    (tmp_path / "image.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r")
    (tmp_path / "paper.odt").write_bytes(b"PK")
    (tmp_path / "large.txt").write_bytes(b"x" * 10_001)
    (tmp_path / "fits.txt").write_bytes(b"x" * 10_000)
    os.mkfifo(tmp_path / "pipe.txt")
    assert read(tmp_path) == {
        "blank.txt": "<empty>",
        "empty.txt": "<empty>",
        "fits.txt": "x" * 10_000,
        "good.txt": _TEXT,
        "image.txt": "<not valid utf-8 at byte 0>",
        "large.txt": "<larger than 10,000 bytes (setting max_file_bytes)>",
        "paper.odt": "<no reader for .odt>",
        "pipe.txt": "<not a regular file>",
    }


def test_a_file_or_folder_that_the_system_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "good.txt", "bad.txt", "shut/inside.txt")
    opens, scans = Path.open, os.scandir

    def refusing(call: Callable[..., object], *refused: str) -> Callable[..., object]:
        def refuse(path: str | Path, *args: object, **options: object) -> object:
            if Path(path).name in refused:
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **options)

        return refuse

    monkeypatch.setattr(Path, "open", refusing(opens, "bad.txt"))
    monkeypatch.setattr(os, "scandir", refusing(scans, "shut"))
    assert read(tmp_path) == {
        "bad.txt": "<cannot be read: Permission denied>",
        "good.txt": _TEXT,
        "shut": "<a folder that cannot be read>",
    }


def test_a_file_that_grows_while_it_is_read_is_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.txt", text="x" * 30)
    monkeypatch.setattr(Path, "stat", lambda path, **_: os.stat_result((0o100644, *[0] * 9)))
    assert read(tmp_path / "a.txt", max_bytes=20)["a.txt"].startswith("<larger than 20 bytes")


def test_nothing_is_read_outside_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "root of another"
    write(root, "a.txt", "deep/b.txt")
    write(outside, "secret.txt", text="secret")
    (root / "absolute.txt").symlink_to(outside / "secret.txt")
    (root / "deep" / "relative.txt").symlink_to("../../root of another/secret.txt")
    (root / "twice.txt").symlink_to("absolute.txt")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "loop.txt").symlink_to("loop.txt")
    (root / "gone.txt").symlink_to("nowhere.txt")
    (root / "device.txt").symlink_to("/dev/zero")
    (root / "inside.txt").symlink_to("deep/b.txt")
    away = "<a link that leads out of the folder>"
    found = read(root)
    assert found == {
        "a.txt": _TEXT,
        "absolute.txt": away,
        "deep/b.txt": _TEXT,
        "deep/relative.txt": away,
        "device.txt": away,
        "folder": away,
        "gone.txt": "<a link to nothing>",
        "inside.txt": _TEXT,
        "loop": "<a link to a folder>",
        "loop.txt": "<a link to nothing>",
        "twice.txt": away,
    }
    # A link that is named by itself is followed: that is what was asked for.
    (tmp_path / "link").symlink_to(root)
    assert list(read(tmp_path / "link")) == list(found)
    assert read(root / "absolute.txt") == {"absolute.txt": "secret"}


def test_several_paths_are_told_apart_by_their_names(tmp_path: Path) -> None:
    write(tmp_path, "one/a.txt", "two/a.txt", "three.txt")
    assert list(read(tmp_path / "one", tmp_path / "two", tmp_path / "three.txt")) == [
        "one/a.txt",
        "three.txt",
        "two/a.txt",
    ]
    assert list(read(tmp_path / "one")) == ["a.txt"]


@pytest.mark.parametrize(
    "names", [("x/docs", "y/docs"), ("x/docs", "x/docs"), ("x/docs/a.txt", "y/docs/a.txt")]
)
def test_two_paths_that_would_give_one_source_are_refused(
    tmp_path: Path, names: Sequence[str]
) -> None:
    write(tmp_path, "x/docs/a.txt", "y/docs/a.txt")
    with pytest.raises(CorpusError, match=r"two of the paths hold a (docs/)?a\.txt"):
        read(*(tmp_path / name for name in names))


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere does not exist"):
        read(tmp_path / "nowhere")


def test_odd_names(tmp_path: Path) -> None:
    names = ["a b.txt", "тест.txt", "😀.txt", "x\ny.txt", "'\"&<>.txt", "a*[b]?.txt", "e\u0301.txt"]
    write(tmp_path, *names)
    # Bytes that are not UTF-8, told apart and printable.
    for name in (b"\xff.txt", b"\xfe.txt"):
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text(_TEXT)
    found = read(tmp_path)
    assert set(found) == {*names, "\\xff.txt", "\\xfe.txt"}
    assert set(found.values()) == {_TEXT}
    for source in found:
        source.encode("utf-8")
    single = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"\xff.txt")))
    assert list(read(single)) == ["\\xff.txt"]


def test_a_pipe_that_is_named_by_itself_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert read(tmp_path / "pipe.txt") == {"pipe.txt": "<not a regular file>"}


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == {}
    assert [*read_folders([], max_bytes=1)] == []
    assert Skipped("a", "b") == Skipped("a", "b")


def test_a_reader_that_fails_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: str, data: bytes) -> Document:
        if b"odd" in data:
            raise ArithmeticError("a library's own")
        return read_document(source, data)

    monkeypatch.setattr("qa.corpus.folder.read_document", fail)
    write(tmp_path, "a.md", text="An odd one.")
    write(tmp_path, "b.md", text="A plain one.")
    assert read(tmp_path) == {
        "a.md": "<its reader failed (ArithmeticError)>",
        "b.md": "A plain one.",
    }
