"""A folder with each format in it, good ones, damaged ones and bombs, and what is to come of each.

``EXPECTED`` says it by the file's name, for each thing in it that is accounted for: words that its
text holds, or in angle brackets how the reason begins for which it is skipped.
"""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.corpus.bombs import BOMBS
from tests.corpus.makers import (
    OLE,
    docx,
    epub,
    ods,
    odt,
    page,
    pdf,
    pptx,
    scanned_pdf,
    shape,
    word,
    xlsx,
    zipped,
)

SETTINGS = {
    "max_file_bytes": 1_500_000,
    "max_archive_bytes": 6_000_000,
    "archive_files": 100,
    "reader_seconds": 3,
    "reader_memory_bytes": 300_000_000,
    "reader_output_bytes": 3_000_000,
}
"""Small limits, so that bombs go off soon."""

ADDRESS = "https://harbour.example.org"
_FILLER = "The keeper wrote down every ship that came in, and the weather of the day as well. " * 4

TEXT = "The weighbridge of the harbour was cast in Sheffield.\n"
MARKDOWN = f"""---
title: The customs house
date: 2019-11-23
url: {ADDRESS}/customs
---

# The customs house

The customs house burned down in the night of the regatta.
"""
ARTICLE = f"""<!doctype html><html lang="en"><head><title>The dredger</title>
<link rel="canonical" href="{ADDRESS}/dredger"></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>The dredger</h1><p>The dredger Fafner sank twice, and was raised twice. {_FILLER}</p>
<p>{_FILLER}</p></article><footer>All rights reserved</footer></body></html>"""
_ENTRIES = {
    "pilots": "The pilots struck for a day, and won a second boat for the winter.",
    "ice": "The ice closed the harbour for eleven weeks, the longest of the century.",
    "bells": "The bells of the buoys were tuned to a minor third by the organist.",
    "cranes": "The cranes were painted yellow after a gull had nested in the grey one.",
}
LISTING = (
    "<!doctype html><html><head><title>News</title></head><body><main><h1>News</h1>"
    + "".join(
        f'<article class="teaser"><h2><a href="{ADDRESS}/{name}">About the {name}</a></h2>'
        f"<p>{words}</p></article>"
        for name, words in _ENTRIES.items()
    )
    + "</main></body></html>"
)
SAVED = f"""From: <Saved by a browser>
Snapshot-Content-Location: {ADDRESS}/ropery
MIME-Version: 1.0
Content-Type: multipart/related; boundary="part"

--part
Content-Type: text/html; charset=utf-8
Content-Location: {ADDRESS}/ropery

<html><head><title>The ropery</title></head><body><article><p>The ropery was longer than the town
was wide. {_FILLER}</p><p>{_FILLER}</p></article></body></html>
--part--
""".replace("\n", "\r\n")
PDF = pdf(
    [
        "The breakwater was begun in granite. Convicts cut it on the island and rowed it over.",
        "A whale was stranded upon the breakwater in its third year. Its jaw is now a gate.",
    ]
)
DOCX = docx(word("The ferry", style="Titel") + word("The ferry crossed free of charge on Sundays."))
ODT = odt(
    "<text:h>The cooper</text:h><text:p>The cooper made barrels of oak from the island.</text:p>"
)
PPTX = pptx(
    [
        shape("The lighthouse", place="ctrTitle"),
        shape("The lamp", place="title") + shape("The lamp of the lighthouse burned rape oil."),
    ]
)
RTF = rb"{\rtf1\ansi {\b The net loft}\par The net loft dried nets in the wind of the h\'e4rbour.\par}"
EPUB = epub(
    {
        "a.xhtml": page(
            "<h1>The school</h1><p>The school of pilots taught knots by candlelight.</p>"
        )
    },
    about=f"<dc:title>A book of pilots</dc:title><dc:source>{ADDRESS}/book</dc:source>",
)
XLSX = xlsx({"Buoys": [["Buoy", "Laid"], ["Bell buoy", 1911], ["Gong buoy", 1910]]})
LETTER = b"""From: The pilot <pilot@example.org>
Subject: Oilskins
Date: Mon, 4 Mar 2019 10:22:01 +0100
Content-Type: multipart/mixed; boundary=b

--b

The pilot asked for oilskins.
--b
Content-Disposition: attachment; filename=plan.csv

id,text
1,The plan of the lock. It is kept in the office of the harbour.
--b--
"""
CSV = f"id,title,text,url\n1,Herring,The herring was sold by the barrel.,{ADDRESS}/herring\n2,Salt,,\n"
JSONL = '{"id": "cod", "text": "The cod was dried upon the rocks."}\n{"id": "eel"}\n'
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 20


def tar(parts: Iterable[tuple[str, bytes | tarfile.TarInfo]], mode: str = "w") -> bytes:
    """Make a TAR file; a TarInfo stands for a member that is no file."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as opened:  # type: ignore[call-overload]  # a mode of tarfile
        for name, thing in parts:
            info = thing if isinstance(thing, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(thing, bytes):
                info.size = len(thing)
            opened.addfile(info, io.BytesIO(thing) if isinstance(thing, bytes) else None)
    return file.getvalue()


def link(kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Make a member that is a link, or a device."""
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def locked(data: bytes) -> bytes:
    """Say of each member of a ZIP file that it is encrypted."""
    found = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = found.find(mark)
        while at >= 0:
            found[at + place] |= 1
            at = found.find(mark, at + 4)
    return bytes(found)


def leading_out(outside: Path) -> tuple[bytes, bytes]:
    """Make a ZIP and a TAR that would read and write in the folder ``outside``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("../evil.txt", "Written outside.")
        opened.writestr(f"{outside}/evil.txt", "Written outside.")
        linked = zipfile.ZipInfo("link.txt")
        linked.external_attr = 0o120777 << 16
        opened.writestr(linked, f"{outside}/secret.txt")
    return file.getvalue(), tar(
        [
            ("../evil.txt", b"Written outside."),
            (f"{outside}/evil.txt", b"Written outside."),
            ("symbolic.txt", link(tarfile.SYMTYPE, f"{outside}/secret.txt")),
            ("hard.txt", link(tarfile.LNKTYPE, f"{outside}/secret.txt")),
            ("folder", link(tarfile.SYMTYPE, str(outside))),
            ("folder/evil.txt", b"Written through a link."),
            ("device.txt", link(tarfile.CHRTYPE)),
        ]
    )


_IN_ARCHIVE: Mapping[str, bytes] = {
    "letters/a.txt": b"The archive's own letter tells of a mutiny.\n",
    "b.pdf": pdf(["Page one of the bound volume.", "The bound volume tells of smugglers."]),
    "c.html": ARTICLE.replace("dredger", "tug").replace("Fafner", "Mime").encode(),
    "d.docx": docx(word("The packed memorandum tells of lanterns.")),
    "e.csv": b"id,text\n1,The packed table tells of anchors.\n",
    "photo.jpg": b"\xff\xd8\xff",
}
FILES: Mapping[str, bytes] = {
    "plain.txt": TEXT.encode(),
    "front matter.md": MARKDOWN.encode(),
    "article.html": ARTICLE.encode(),
    "listing.htm": LISTING.encode(),
    "page.xhtml": page(f"<p>The lime kiln smoked. {_FILLER}</p>").encode(),
    "saved.mhtml": SAVED.encode(),
    "two pages.pdf": PDF,
    "scanned.pdf": scanned_pdf(),
    "word.docx": DOCX,
    "text.odt": ODT,
    "slides.pptx": PPTX,
    "rich.rtf": RTF,
    "book.epub": EPUB,
    "table.csv": CSV.encode(),
    "table.tsv": b"id\ttext\n9\tThe tar was boiled on the beach.\n",
    "rows.jsonl": JSONL.encode(),
    "packed.zip": zipped(_IN_ARCHIVE),
    "packed.tar.gz": tar(_IN_ARCHIVE.items(), "w:gz"),
    "picture.png": _PNG,
    "no ending": b"words",
    "talk.srt": b"1\n00:12:31,000 --> 00:12:33,000\nThe sluice jams,\n\n2\n00:12:33,000 --> 00:12:35,000\nat low tide.\n",
    "talk.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>The slipway is steep.\n",
    "list.json": b'[{"id": 3, "text": "The winch was hand made."}, {"id": 4}]',
    "other.json": b'{"capstan": {"turned by": 12}}',
    "letter.eml": LETTER,
    "mail.mbox": b"From a@example.org Mon Mar  4 10:22:01 2019\n" + LETTER + b"\n"
    b"From a@example.org Mon Mar  4 10:22:01 2019\nno header\n\n"
    b"From b@example.org Mon Mar  4 10:22:01 2019\nSubject: Fog\n\nThe foghorn was sold.\n",
    "program.bin": b"\x7fELF\2\1\1" + bytes(range(256)),
    "book.xlsx": XLSX,
    "book.ods": ods({"Buoys": [["Buoy", "Laid"], ["Whistle buoy", 1912]]}),
    # Cut short.
    "cut/a.pdf": PDF[: len(PDF) // 2],
    "cut/a.docx": DOCX[: len(DOCX) // 2],
    "cut/a.odt": ODT[: len(ODT) // 2],
    "cut/a.pptx": PPTX[: len(PPTX) // 2],
    "cut/a.rtf": RTF[:11],
    "cut/a.epub": EPUB[: len(EPUB) // 2],
    "cut/a.xlsx": XLSX[: len(XLSX) // 2],
    "cut/a.ods": XLSX[: len(XLSX) // 2],
    "cut/a.mhtml": SAVED[:100].encode(),
    "cut/a.eml": LETTER[:-50],
    "cut/a.json": b'[{"id": 3, "text": "The winch',
    "cut/a.srt": b"1\n00:12:31,000 --> 00:",
    "cut/a.html": ARTICLE[:60].encode(),
    "cut/a.zip": zipped(_IN_ARCHIVE)[:-40],
    "cut/a.tar": tar(_IN_ARCHIVE.items())[:700],
    "cut/a.tar.gz": tar(_IN_ARCHIVE.items(), "w:gz")[:-300],
    "cut/a.jsonl": JSONL[:-5].encode(),
    "cut/empty.txt": b"",
    # A picture under another ending.
    **{
        f"wrong/a{ending}": _PNG
        for ending in (
            *(".txt", ".md", ".html", ".xhtml", ".mhtml", ".pdf", ".docx", ".epub", ".csv"),
            *(".odt", ".pptx", ".rtf"),
            *(".xlsx", ".xls", ".ods", ".eml", ".mbox", ".srt", ".vtt", ".json"),
            *(".jsonl", ".zip", ".tar", ".tar.gz", ".tar.xz"),
        )
    },
    # Encrypted.
    "locked/a.pdf": pdf(["Secret."], password="x"),
    "locked/a.xlsx": OLE + "EncryptedPackage".encode("utf-16-le"),
    "locked/a.docx": OLE + "EncryptedPackage".encode("utf-16-le"),
    "locked/a.odt": odt("<text:p/>", **{"META-INF/manifest.xml": "<x><encryption-data/></x>"}),
    "locked/a.zip": locked(zipped({"a.txt": "Secret.", "b.txt": "Secret."})),
    "locked/old.docx": OLE + "WordDocument".encode("utf-16-le"),
}

_EMPTY = "<empty>"
_CUT_RTF = "<no text (damaged: its end is missing)>"
_DAMAGED_ZIP = "<damaged: it cannot be opened as a ZIP file"
_DAMAGED_TAR = "<damaged: it cannot be unpacked, or not further"
_NOT_TEXT = "<not valid utf-8 at byte 0>"
_BINARY = "<holds control characters: a binary file>"
_MEMORY = "needed more than 300,000,000 bytes of memory (setting reader_memory_bytes)>"
_ABORTED = f"<crashed its reader, most likely because it {_MEMORY}"
_SECONDS = "<took more than 3 s (setting reader_seconds)>"
_NO_TEXT = "<no main text: only what surrounds one, or what a script would show>"
_XML_BOMB = "<its XML expands or nests without limit: a bomb>"
_UNPACKED = {
    "/letters/a.txt": "letter tells of a mutiny",
    "/b.pdf": "tells of smugglers",
    "/c.html": "The tug Mime sank twice",
    "/d.docx": "memorandum tells of lanterns",
    "/e.csv#id=1": "The packed table tells of anchors.",
    "/photo.jpg": "<no reader for .jpg>",
}
_NESTED = "<an archive within two others: unpack it first>"
_TOO_MUCH = "<unpacks to more than 6,000,000 bytes"

_BOMBS: Mapping[str, Mapping[str, str]] = {
    "ratio.zip": {**{f"/{n}.txt": _EMPTY for n in (0, 1, 10, 11, 2, 3)}, "": _TOO_MUCH},
    "count.zip": {"": "<holds more than 100 files (setting archive_files)>"},
    "nesting.zip": {"/19.zip/18.zip": _NESTED},
    "overlap.zip": {"": "<its members overlap: a bomb>"},
    "unpacked.tar.gz": {"/picture.png": "<no reader for .png>", "": _TOO_MUCH},
    "entities.docx": {"": _XML_BOMB},
    "size.docx": {"": f"<{_MEMORY}"},
    "depth.docx": {"": _XML_BOMB},
    "entities.odt": {"": _XML_BOMB},
    "repeats.odt": {"": "again | again"},
    "size.pptx": {"": f"<{_MEMORY}"},
    "slides.pptx": {"": "A slide. A slide."},
    "depth.rtf": {"": _CUT_RTF},
    "cells.rtf": {"": "The words behind it."},
    "depth.json": {"": "<what is in it is nested too deeply>"},
    "depth.eml": {"": "<what is in it is nested too deeply>"},
    "ratio.eml": {
        "": "Packed.",
        **{f"/ratio.zip/{n}.txt": _EMPTY for n in (0, 1, 10, 11, 2)},
        "/ratio.zip": _TOO_MUCH,
    },
    "corner.xlsx": {"": _ABORTED},
    "size.xlsx": {"": "<unpacks to more than its reader takes: a bomb>"},
    "rows.ods": {"": "<damaged: it cannot be opened as a workbook>"},
    "entities.epub": {"": "&e9;"},
    "spine.epub": {"": "Again. Again."},
    "depth.html": {"": _NO_TEXT},
    "attributes.html": {"": _SECONDS},
    "depth.mhtml": {"": "<what is in it is nested too deeply>"},
    "front matter.md": {"": "The words behind a front matter."},
    "depth.jsonl": {"#row=2": "The row behind it.", "": "<row 1: not JSON>"},
    "loop.pdf": {"": "<damaged: it cannot be opened as a PDF>"},
    "forms.pdf": {"": _ABORTED},
    "size.pdf": {"": _ABORTED},
    "words.pdf": {"": _ABORTED},
    "pages.pdf": {"": _SECONDS},
    "quote.csv": {"#id=1": "The row before it.", "": "<row 2: damaged (field larger than"},
    "line.txt": {"": "ab ab ab"},
}

EXPECTED: Mapping[str, Mapping[str, str]] = {
    "plain.txt": {"": "weighbridge"},
    "front matter.md": {"": "burned down in the night of the regatta"},
    "article.html": {"": "The dredger Fafner sank twice, and was raised twice."},
    "listing.htm": {"": "won a second boat for the winter"},
    "page.xhtml": {"": "The lime kiln smoked."},
    "saved.mhtml": {"": "The ropery was longer than the town was wide."},
    "two pages.pdf": {"": "A whale was stranded upon the breakwater in its third year."},
    "scanned.pdf": {"": "<no text: scanned pages; set ocr to tesseract to have them read>"},
    "word.docx": {"": "The ferry crossed free of charge on Sundays."},
    "text.odt": {"": "made barrels of oak"},
    "slides.pptx": {"": "The lamp of the lighthouse burned rape oil."},
    "rich.rtf": {"": "in the wind of the härbour"},
    "book.epub": {"": "taught knots by candlelight"},
    "table.csv": {"#id=1": "The herring was sold by the barrel.", "": "<row 2: no text>"},
    "table.tsv": {"#id=9": "The tar was boiled on the beach."},
    "rows.jsonl": {"#id=cod": "The cod was dried upon the rocks.", "": "<row 2: no text>"},
    "packed.zip": _UNPACKED,
    "packed.tar.gz": _UNPACKED,
    "picture.png": {"": "<no reader for .png>"},
    "no ending": {"": "words"},
    "talk.srt": {"": "The sluice jams, at low tide."},
    "talk.vtt": {"": "Anna: The slipway is steep."},
    "list.json": {"#id=3": "The winch was hand made.", "": "<row 2: no text>"},
    "other.json": {"": "capstan.turned by: 12"},
    "letter.eml": {"": "The pilot asked for oilskins.", "/plan.csv#id=1": "The plan of the lock."},
    "mail.mbox": {
        "#message=1": "The pilot asked for oilskins.",
        "#message=1/plan.csv#id=1": "The plan of the lock.",
        "#message=2": "<damaged: no message is in it>",
        "#message=3": "The foghorn was sold.",
    },
    "program.bin": {"": "<a binary file: no reader for .bin>"},
    "book.xlsx": {"": "Buoy: Bell buoy | Laid: 1911"},
    "book.ods": {"": "Buoy: Whistle buoy | Laid: 1912"},
    "cut/a.pdf": {"": "<damaged: it cannot be opened as a PDF>"},
    "cut/a.docx": {"": _DAMAGED_ZIP},
    "cut/a.odt": {"": _DAMAGED_ZIP},
    "cut/a.pptx": {"": _DAMAGED_ZIP},
    "cut/a.rtf": {"": _CUT_RTF},
    "cut/a.epub": {"": _DAMAGED_ZIP},
    "cut/a.xlsx": {"": _DAMAGED_ZIP},
    "cut/a.ods": {"": _DAMAGED_ZIP},
    "cut/a.mhtml": {"": "<damaged: no page is in it>"},
    "cut/a.json": {"": "<not JSON"},
    "cut/a.srt": {"": "<damaged: it has no times>"},
    "cut/a.eml": {"": "oilskins", "/plan.csv#id=1": "The plan"},
    "cut/a.html": {"": _NO_TEXT},
    "cut/a.zip": {"": _DAMAGED_ZIP},
    "cut/a.tar": {"/letters/a.txt": "mutiny", "": _DAMAGED_TAR},
    "cut/a.tar.gz": {"": _DAMAGED_TAR},
    "cut/a.jsonl": {"#id=cod": "The cod was dried", "": "<row 2: not JSON>"},
    "cut/empty.txt": {"": _EMPTY},
    **{f"wrong/a.{ending}": {"": _NOT_TEXT} for ending in "txt md csv jsonl json srt vtt".split()},
    **{f"wrong/a.{ending}": {"": _BINARY} for ending in ("html", "xhtml")},
    "wrong/a.mhtml": {"": "<damaged: no page is in it>"},
    "wrong/a.eml": {"": "<damaged: no message is in it>"},
    "wrong/a.mbox": {"": "<damaged: it does not begin with a message>"},
    "wrong/a.pdf": {"": "<damaged: it cannot be opened as a PDF>"},
    "wrong/a.rtf": {"": "<damaged: it does not begin as a rich text does>"},
    **{
        f"wrong/a.{ending}": {"": _DAMAGED_ZIP}
        for ending in "docx odt pptx epub zip xlsx xls ods".split()
    },
    **{f"wrong/a.{ending}": {"": _DAMAGED_TAR} for ending in "tar tar.gz tar.xz".split()},
    "locked/a.pdf": {"": "<encrypted: it needs a password>"},
    "locked/a.docx": {"": "<encrypted: it needs a password>"},
    "locked/a.odt": {"": "<encrypted: it needs a password>"},
    "locked/a.xlsx": {"": "<encrypted: it needs a password>"},
    "locked/a.zip": {
        "/a.txt": "<encrypted: it needs a password>",
        "/b.txt": "<encrypted: it needs a password>",
    },
    "locked/old.docx": {"": "<an older format under this name"},
    "outside.zip": {
        "/../evil.txt": "<its name leads out of the archive>",
        "/{outside}/evil.txt": "<its name leads out of the archive>",
        "/link.txt": "<a link in an archive: not followed>",
    },
    "outside.tar": {
        "/../evil.txt": "<its name leads out of the archive>",
        "/{outside}/evil.txt": "<its name leads out of the archive>",
        "/symbolic.txt": "<a link in an archive: not followed>",
        "/hard.txt": "<a link in an archive: not followed>",
        "/folder": "<a link in an archive: not followed>",
        "/folder/evil.txt": "Written through a link.",
        "/device.txt": "<not a regular file>",
    },
    **{f"bombs/{name}": found for name, found in _BOMBS.items()},
    "links/out.txt": {"": "<a link that leads out of the folder>"},
    "links/folder": {"": "<a link that leads out of the folder>"},
    "links/nowhere.txt": {"": "<a link to nothing>"},
    "links/endless.txt": {"": "<a link that leads out of the folder>"},
    "links/pipe.txt": {"": "<not a regular file>"},
}


def write_mixed(folder: Path, outside: Path) -> Path:
    """Write the folder, and beside it what nothing may be read of; return the folder."""
    outside.mkdir(parents=True)
    (outside / "secret.txt").write_text("A secret that lies outside.")
    in_zip, in_tar = leading_out(outside)
    files = {**FILES, "outside.zip": in_zip, "outside.tar": in_tar}
    files |= {f"bombs/{name}": make() for name, make in BOMBS.items()}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    links = folder / "links"
    links.mkdir()
    (links / "out.txt").symlink_to(outside / "secret.txt")
    (links / "folder").symlink_to(outside)
    (links / "nowhere.txt").symlink_to("nowhere else.txt")
    (links / "endless.txt").symlink_to("/dev/zero")
    os.mkfifo(links / "pipe.txt")
    return folder


def expected(outside: Path) -> dict[str, str]:
    """Return what is to come of everything in the folder, by source."""
    return {
        f"{name}{within}".format(outside=outside): words
        for name, found in EXPECTED.items()
        for within, words in found.items()
    }
