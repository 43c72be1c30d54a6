"""Folders of files: each file read or accounted for, nothing read outside, in a fixed order."""

from __future__ import annotations

import errno
import gc
import json
import os
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from qa.corpus import FolderReader, Options, Skipped, read_folders, scan, stamps
from qa.errors import CorpusError
from qa.records import Document, Published

pytestmark = pytest.mark.usefixtures("shared_readers")
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
    (tmp_path / "paper.foo").write_bytes(b"PK")
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
        "paper.foo": "<a binary file: no reader for .foo>",
        "pipe.txt": "<not a regular file>",
    }


def test_a_file_or_folder_that_the_system_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "good.txt", "bad.txt", "shut/inside.txt")
    opens = os.open

    def refuse(path: str | Path, *args: int, **options: int) -> int:
        if Path(path).name in ("bad.txt", "shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return opens(path, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
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


# --- what changes between the walk and the reading ------------------------------------------------


@pytest.fixture
def swapped(tmp_path: Path) -> Path:
    """A folder with a folder in it, and beside it another that holds a secret under the same name."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(root, "a.txt", "deep/er/b.txt", "z.txt")
    write(outside, "b.txt", "er/b.txt", text="secret")
    return root


def swap(place: Path, target: Path) -> None:
    """Put a link where something was."""
    place.rename(place.with_name(f".{place.name}"))
    place.symlink_to(target)


_WAY = "a folder on the way to it became a link: not followed"


@pytest.mark.parametrize(
    ("changed", "target", "told"),
    [
        ("deep", "../outside", _WAY),
        ("deep/er", "../../outside", _WAY),
        # A link from one folder to another within is followed as little.
        ("deep/er", "../.deep", _WAY),
        ("deep/er/b.txt", "../../../outside/b.txt", "a link that leads out of the folder"),
        ("deep/er/b.txt", "../er", "a link to a folder"),
        ("deep/er/b.txt", "nowhere", "a link to nothing"),
        ("deep/er/b.txt", "../../a.txt", None),
    ],
)
def test_what_becomes_a_link_before_it_is_read(
    swapped: Path, changed: str, target: str, told: str | None
) -> None:
    found = read_folders([swapped], max_bytes=10_000)
    assert next(found).source == "a.txt"  # the folder has been walked
    swap(swapped / changed, Path(target))
    deep, last = found
    if told is None:
        assert isinstance(deep, Document)
        assert (deep.source, deep.text) == ("deep/er/b.txt", _TEXT)
    else:
        assert deep == Skipped("deep/er/b.txt", told)
    assert last.source == "z.txt"


def test_the_folder_itself_may_be_replaced(swapped: Path) -> None:
    # What was named is held open: whatever has its name by now is another folder.
    found = read_folders([swapped], max_bytes=10_000)
    next(found)
    swap(swapped, swapped.with_name("outside"))
    texts = [item.text for item in found if isinstance(item, Document)]
    assert texts == [_TEXT, _TEXT]


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_becomes_no_file_before_it_is_read_is_not_waited_for(swapped: Path, kind: str) -> None:
    found = read_folders([swapped], max_bytes=10_000)
    next(found)
    file = swapped / "deep" / "er" / "b.txt"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    told = "a folder that cannot be read" if kind == "folder" else "not a regular file"
    assert next(found) == Skipped("deep/er/b.txt", told)


def test_the_checksum_is_taken_beneath_the_folder_too(swapped: Path) -> None:
    found = scan([swapped], Options())
    assert next(found).source == "a.txt"
    swap(swapped / "deep" / "er", Path("../../outside"))
    file = next(found)
    assert (file.source, file.sha256) == ("deep/er/b.txt", "")
    with FolderReader(Options()) as reader:
        assert [*reader.read(file)] == [Skipped("deep/er/b.txt", _WAY)]


def test_a_folder_that_keeps_changing_into_a_link_gives_nothing_away(swapped: Path) -> None:
    *_, file, _ = scan([swapped], Options())
    assert file.source == "deep/er/b.txt"
    deep, aside = swapped / "deep", swapped / ".deep"
    link = swapped / ".link"
    link.symlink_to("../outside")
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            deep.rename(aside)
            link.rename(deep)
            over.wait(0.0003)
            deep.rename(link)
            aside.rename(deep)
            over.wait(0.0003)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        with FolderReader(Options()) as reader:
            found = Counter(
                one.text if isinstance(one, Document) else one.reason
                for _ in range(500)
                for one in reader.read(file)
            )
            over.set()
            changing.join()
            assert [type(one) for one in reader.read(file)] == [Document]
    finally:
        over.set()
        changing.join()
    assert "secret" not in found
    gone = {f"cannot be read: {os.strerror(n)}" for n in (errno.ENOENT, errno.ENOTDIR)}
    assert {*found} <= {_TEXT, _WAY, *gone}


def test_no_folder_stays_open(swapped: Path) -> None:
    read(swapped)  # a reader's process may stay, for the next test
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        read(swapped)
        stamps([swapped])
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= len(before)


# --- files that are no documents of their own ------------------------------------------------


def test_locks_and_what_a_system_keeps_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "~$letter.docx", "a/~$b.xlsx", "Thumbs.db", "desktop.ini", "a/c.txt", "~d.txt")
    assert list(read(tmp_path)) == ["a/c.txt", "~d.txt"]


@pytest.mark.parametrize(
    ("page", "folder"),
    [("The well.html", "The well_files"), ("a.htm", "a-Dateien"), ("a.xhtml", "a_fichiers"),
     ("a.html", "a.files")],
)  # fmt: skip
def test_the_files_of_a_saved_page_are_one_line(tmp_path: Path, page: str, folder: str) -> None:
    write(tmp_path, "b.txt", f"{folder}/style.css", f"{folder}/more/a.js", f"{folder}/.hidden")
    write(tmp_path, page, text=f"<!doctype html><article><p>{_TEXT * 3}</p></article>")
    found = read(tmp_path)
    assert found.keys() == {"b.txt", folder, page}
    assert found[folder] == f"<2 files of the saved page {page}: not read>"


def test_a_folder_of_that_name_without_its_page_is_a_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        "tax_files/a.txt",
        "b/tax.html/c.txt",
        "b/tax_files/d.txt",
        "other.html_files/e.txt",
    )
    assert list(read(tmp_path)) == [
        "b/tax.html/c.txt", "b/tax_files/d.txt", "other.html_files/e.txt", "tax_files/a.txt"
    ]  # fmt: skip


def documents(folder: Path) -> dict[str, Document]:
    return {
        one.source: one
        for one in read_folders([folder], max_bytes=100_000)
        if isinstance(one, Document)
    }


def test_a_side_file_describes_its_document(tmp_path: Path) -> None:
    write(tmp_path, "a/letter.txt", text="Dear Bo\n\n1 May 1931\n\nThe water is off.\n")
    side = {
        "Title": "On the water", "author": "Anna Lind", "date": "4 March 2019",
        "url": "https://example.org/water", "language": "en-GB", "shelf": 7,
    }  # fmt: skip
    (tmp_path / "a" / "letter.txt.meta.json").write_text(json.dumps(side))
    found = documents(tmp_path)
    assert found.keys() == {"a/letter.txt"}
    letter = found["a/letter.txt"]
    assert (letter.title, letter.author, letter.language) == ("On the water", "Anna Lind", "en")
    assert letter.published == Published("2019-03-04", "4 March 2019", "side file")
    assert letter.original_url == "https://example.org/water"
    # What it does not say is what the text says.
    (tmp_path / "a" / "letter.txt.meta.json").write_text('{"title": "On the water"}')
    letter = documents(tmp_path)["a/letter.txt"]
    assert letter.title == "On the water"
    assert letter.published is not None and letter.published.value == "1931-05-01"


def test_a_side_file_of_nothing_is_a_document(tmp_path: Path) -> None:
    write(tmp_path, "gone.txt.meta.json", ".meta.json", text='{"title": "The well"}')
    assert read(tmp_path) == {"gone.txt.meta.json": "title: The well"}


@pytest.mark.parametrize(
    ("name", "text", "side", "reason"),
    [
        ("a.txt", "Words.", '{"title": "The well",\n author: "Ann"}',
         "its side file is no JSON object (line 2, column 2: Expecting property name enclosed in double quotes): "
         "not used"),
        ("a.txt", "Words.", "[1]", "its side file is no JSON object: not used"),
        ("a.txt", "Words.", " " * 70_000 + "{}", "its side file is no JSON object: not used"),
        ("a.csv", "id,text\n1,Words.\n", "{}", "its side file is of one document, and here are others: not used"),
    ],
)  # fmt: skip
def test_a_side_file_that_is_not_used_is_told(
    tmp_path: Path, name: str, text: str, side: str, reason: str
) -> None:
    write(tmp_path, name, text=text)
    write(tmp_path, f"{name}.meta.json", text=side)
    told = [*read_folders([tmp_path], max_bytes=100_000)]
    assert [one.text for one in told if isinstance(one, Document)] == ["Words."]
    assert [one for one in told if isinstance(one, Skipped)] == [Skipped(name, reason)]


def test_a_side_file_that_changes_changes_its_document(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    seen = []
    for side in ("", '{"title": "A"}', '{"title": "B"}', ""):
        path = tmp_path / "a.txt.meta.json"
        if side:
            path.write_text(side)
        else:
            path.unlink(missing_ok=True)
        [found] = scan([tmp_path], Options())
        assert not found.changed()
        seen.append((found.sha256, stamps([tmp_path])["a.txt"]))
    assert seen[0] == seen[3]
    assert len({sha256 for sha256, _ in seen}) == len({stamp for _, stamp in seen}) == 3


def test_a_side_file_that_leads_out_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write(folder, "a.txt")
    write(tmp_path, "secret.json", text='{"title": "A secret"}')
    (folder / "a.txt.meta.json").symlink_to(tmp_path / "secret.json")
    assert documents(folder)["a.txt"].title is None
