"""Archives: every file in them read or accounted for, nothing outside, one level of nesting."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from qa.corpus.contents import Mark, Resumed, contents, kind_at
from qa.corpus.reading import Limits, Options, Skipped, UnreadableError
from qa.records import Document
from tests.corpus.makers import pdf, zipped

_TEXT = "The harbour was dug in 1872.\n"


def tarred(parts: dict[str, bytes | tarfile.TarInfo], mode: str = "w") -> bytes:
    """Make a TAR file; a TarInfo stands for a member without bytes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as opened:  # type: ignore[call-overload]  # a mode of tarfile
        for name, data in parts.items():
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(data, bytes):
                info.size = len(data)
            opened.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return file.getvalue()


def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Make a member that is no plain file."""
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def read(data: bytes, name: str = "a.zip", options: Options | None = None) -> dict[str, str]:
    """Return for each source its text, or in angle brackets why it was skipped."""
    found: dict[str, str] = {}
    for item in contents(name, io.BytesIO(data), options or Options()):
        if isinstance(item, Mark):
            continue
        assert item.source not in found
        found[item.source] = item.text if isinstance(item, Document) else f"<{item.reason}>"
    return found


_PARTS = {
    "b/c.md": "# Fees\n",
    "a.txt": _TEXT,
    "t.csv": "id,text\n7,A row.\n",
    "picture.png": "x",
    ".hidden.txt": _TEXT,
    "__MACOSX/._a.txt": _TEXT,
    "d/.git/x.txt": _TEXT,
    "empty.txt": "",
}
_FOUND = {
    "a.txt": _TEXT,
    "b/c.md": "# Fees\n",
    "empty.txt": "<empty>",
    "picture.png": "<no reader for .png>",
    "t.csv#id=7": "A row.",
}


def test_zip() -> None:
    assert read(zipped(_PARTS)) == {f"a.zip/{name}": text for name, text in _FOUND.items()}


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.tgz", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tbz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
        ("A.TXZ", "w:xz"),
    ],
)
def test_tar(name: str, mode: str) -> None:
    data = tarred({f"./{n}": text.encode() for n, text in _PARTS.items()}, mode)
    assert read(data, name) == {f"{name}/{n}": text for n, text in _FOUND.items()}


class _Reads(io.BytesIO):
    """A file that counts how often it is read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.count += 1
        return super().read(size)


def test_a_file_that_claims_more_than_the_tar_holds_costs_no_time() -> None:
    claim = tarfile.TarInfo("big.txt")
    claim.size = 10**12
    data = claim.tobuf(tarfile.GNU_FORMAT) + b"A short text, and then nothing.\n" * 8
    file = _Reads(data)
    found = [one for one in contents("a.tar", file, Options()) if isinstance(one, Skipped)]
    assert found and all("damaged: it cannot be unpacked" in one.reason for one in found)
    assert file.count < 100  # 10**12 bytes are a hundred million blocks


def test_an_archive_in_an_archive_is_read_and_a_third_is_not() -> None:
    inner = zipped({"a.txt": _TEXT, "third.zip": zipped({"b.txt": _TEXT})})
    assert read(zipped({"inner.tar": tarred({"x.zip": inner}), "inner.zip": inner})) == {
        "a.zip/inner.tar/x.zip": "<an archive within two others: unpack it first>",
        "a.zip/inner.zip/a.txt": _TEXT,
        "a.zip/inner.zip/third.zip": "<an archive within two others: unpack it first>",
    }


def test_names_and_links_that_lead_out_are_refused() -> None:
    out, link = "<its name leads out of the archive>", "<a link in an archive: not followed>"
    names = ["../x.txt", "/etc/x.txt", "a/../../x.txt", "C:\\x.txt", "..\\x.txt", "\\\\host\\x.txt"]
    expected = {f"a.zip/{name}": out for name in names}
    assert read(zipped({**dict.fromkeys(names, _TEXT), "good.txt": _TEXT})) == {
        **expected,
        "a.zip/good.txt": _TEXT,
    }
    data = tarred(
        {
            **{name: _TEXT.encode() for name in names},
            "symbolic.txt": special(tarfile.SYMTYPE, "/etc/passwd"),
            "hard.txt": special(tarfile.LNKTYPE, "../../etc/passwd"),
            "device.txt": special(tarfile.CHRTYPE),
            "block.txt": special(tarfile.BLKTYPE),
            "pipe.txt": special(tarfile.FIFOTYPE),
            "good.txt": _TEXT.encode(),
        }
    )
    assert read(data, "a.tar") == {
        **{f"a.tar/{name}": out for name in names},
        "a.tar/symbolic.txt": link,
        "a.tar/hard.txt": link,
        "a.tar/device.txt": "<not a regular file>",
        "a.tar/block.txt": "<not a regular file>",
        "a.tar/pipe.txt": "<not a regular file>",
        "a.tar/good.txt": _TEXT,
    }


def test_links_in_a_zip_are_not_followed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name, kind in (("link.txt", stat.S_IFLNK), ("pipe.txt", stat.S_IFIFO)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o644) << 16
            opened.writestr(info, "/etc/passwd")
    assert read(file.getvalue()) == {
        "a.zip/link.txt": "<a link in an archive: not followed>",
        "a.zip/pipe.txt": "<not a regular file>",
    }


@pytest.mark.parametrize("other", ["./a.txt", ".//a.txt", "././a.txt"])
def test_two_names_of_one_file(other: str) -> None:
    data = tarred({other: _TEXT.encode(), "a.txt": b"another"})
    first, second = (
        item
        for item in contents("a.tar", io.BytesIO(data), Options())
        if not isinstance(item, Mark)
    )
    assert isinstance(first, Document)
    assert (first.source, first.text) == ("a.tar/a.txt", _TEXT)
    assert second == Skipped("a.tar/a.txt", "another file has this name already")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("a.txt", _TEXT)
        opened.writestr("a.txt", "another")
    found = list(contents("a.zip", io.BytesIO(file.getvalue()), Options()))
    assert [i.text for i in found if isinstance(i, Document)] == [_TEXT]
    assert Skipped("a.zip/a.txt", "another file has this name already") in found


@pytest.mark.parametrize(
    ("name", "spoil", "reason"),
    [
        ("a.zip", lambda data: data[:-30], "damaged: it cannot be opened as a ZIP file"),
        ("a.tar.gz", lambda data: data[:-30], "damaged: it cannot be unpacked"),
        ("a.tar.gz", lambda data: b"\x1f\x8b" + b"x" * 99, "damaged: it cannot be unpacked"),
        ("a.tar", lambda data: b"x" * 2000, "damaged: it cannot be unpacked"),
        ("a.zip", lambda data: b"", "empty"),
        ("a.zip", lambda data: zipped({}), "an archive with no files in it"),
    ],
)
def test_damaged_archives(name: str, spoil: Callable[[bytes], bytes], reason: str) -> None:
    import random

    noise = random.Random(1).randbytes(20_000).hex().encode()
    whole = zipped({"x.txt": noise}) if name == "a.zip" else tarred({"x.txt": noise}, "w:gz")
    found = read(spoil(whole), name)
    assert any(text.startswith(f"<{reason}") for text in found.values()), found


def test_a_damaged_member_does_not_take_the_others_with_it() -> None:
    data = bytearray(zipped({"a.txt": "x" * 5000, "b.txt": _TEXT, "c.pdf": b"%PDF"}))
    data[data.index(b"a.txt") + 8] ^= 0xFF
    found = read(bytes(data))
    assert found["a.zip/a.txt"] == "<damaged: it cannot be unpacked>"
    assert found["a.zip/b.txt"] == _TEXT
    assert found["a.zip/c.pdf"] == "<damaged: it cannot be opened as a PDF>"


def test_limits() -> None:
    options = Options(Limits(file_bytes=100, archive_files=3, archive_bytes=10_000))
    parts = {"a.txt": "x" * 101, "b.txt": "x" * 99, "c.txt": _TEXT}
    large = "<larger than 100 bytes (setting max_file_bytes)>"
    wanted = {"a.txt": large, "b.txt": "x" * 99, "c.txt": _TEXT}
    assert read(zipped(parts), options=options) == {f"a.zip/{n}": t for n, t in wanted.items()}
    tar = tarred({name: text.encode() for name, text in parts.items()})
    assert read(tar[:5120], "a.tar", options) == {f"a.tar/{n}": t for n, t in wanted.items()}
    many = {f"{n}.txt": _TEXT for n in range(4)}
    assert "(setting archive_files)" in read(zipped(many), options=options)["a.zip"]
    tar = tarred({name: text.encode() for name, text in many.items()})
    found = read(tar[:5120], "a.tar", options)
    assert (len(found), found["a.tar/2.txt"]) == (4, _TEXT)
    assert "(setting archive_files)" in found["a.tar"]
    assert "max_archive_bytes" in read(b"x" * 10_001, options=options)["a.zip"]
    assert read(b"%PDF" + b"x" * 100, "a.pdf", options) == {"a.pdf": large}


def test_reading_goes_on_behind_a_member() -> None:
    inner = zipped({"x.txt": "One.", "y.txt": "Two."})
    data = zipped({"a.txt": "Three.", "b.zip": inner, "c.txt": "Four.", "d.png": "x"})
    whole = list(contents("a.zip", io.BytesIO(data), Options()))
    marks = [item for item in whole if isinstance(item, Mark)]
    assert [mark.source for mark in marks] == [
        *("a.zip/a.txt", "a.zip/b.zip", "a.zip/b.zip/x.txt", "a.zip/b.zip/y.txt", "a.zip/c.txt"),
    ]

    def texts(resumed: Resumed) -> list[str]:
        found = contents("a.zip", io.BytesIO(data), Options(), resumed)
        return [item.text for item in found if isinstance(item, Document)]

    assert texts(Resumed(after=marks[2].number)) == ["Two.", "Four."]
    assert texts(Resumed(after=marks[1].number, bad=[marks[1].number])) == ["Four."]
    assert texts(Resumed(after=marks[-1].number)) == []


def test_a_document_in_an_archive_has_the_checksum_of_its_own_bytes() -> None:
    import hashlib

    data = pdf([_TEXT])
    [document] = [
        item
        for item in contents("a.zip", io.BytesIO(zipped({"x.pdf": data})), Options())
        if isinstance(item, Document)
    ]
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.source == "a.zip/x.pdf"
    assert document.page_of(0) == 1


def test_a_name_tells_the_kind_and_where_none_does_the_beginning() -> None:
    binary = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"
    for name, kind in {
        "a.txt": ".txt", "b.PDF": ".pdf", "c.tar.gz": ".tar.gz", "d.jsonl": ".jsonl",
        "e/f.zip": ".zip", "g.epub": ".epub", "h.Docx": ".docx",
    }.items():  # fmt: skip
        assert kind_at(name, io.BytesIO(binary)) == kind
    for name in ("a", "b.png", "c.gz", "d.tar.zst", ".txt", "e.foo"):
        with pytest.raises(UnreadableError):
            kind_at(name, io.BytesIO(binary))
    for name in ("a", ".txt", "e.foo", "notes.v2", "a b.2019"):
        file = io.BytesIO(b"Words.")
        assert (kind_at(name, file), file.tell()) == (".txt", 0)


def test_what_is_no_document_of_its_own_is_passed_over_in_an_archive_too() -> None:
    page = f"<!doctype html><article><p>{_TEXT * 3}</p></article>"
    parts = {
        "s/well.html": page, "s/well_files/a.css": "x", "s/well_files/b/c.js": "y", "~$a.docx": "z",
        "tax_files/d.txt": _TEXT, "Thumbs.db": "t", "d.txt.meta.json": "{}",
    }  # fmt: skip
    found = [
        one
        for one in contents("a.zip", io.BytesIO(zipped(parts)), Options())
        if not isinstance(one, Mark)
    ]
    assert [one.source for one in found] == [
        "a.zip/d.txt.meta.json", "a.zip/s/well.html", "a.zip/tax_files/d.txt", "a.zip/s/well_files"
    ]  # fmt: skip
    assert [one.reason for one in found if isinstance(one, Skipped)] == [
        "a side file within an archive: not used",
        "2 files of the saved page well.html: not read",
    ]
