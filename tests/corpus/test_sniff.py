"""What a file is whose name does not tell."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest

from qa.corpus.readers import read_document
from qa.corpus.sniff import HEAD, kind_by_content
from tests.corpus.makers import OLE, docx, pdf, word, zipped

_MAIL = (
    b"Return-Path: <a@example.org>\nReceived: from mx\n by mail; Mon, 4 Mar 2019\n"
    b"From: Anna <a@example.org>\nSubject: Water\n\nThe water is off.\n"
)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"The well was dug in 1931.\n", ".txt"),
        (b"", ".txt"),
        ("Колодец вырыт.".encode(), ".txt"),
        ("Колодец вырыт в 1931 году. Он пуст.".encode("cp1251"), ".txt"),
        ("Der Brunnen wurde gegraben.".encode("utf-16"), ".txt"),
        ("Der Brunnen wurde gegraben.".encode("utf-16-le"), ".txt"),
        ("Колодец вырыт в этом году.".encode("utf-16-be"), ".txt"),
        ("The well".encode("utf-32"), ".txt"),
        (b"\x1b[32mpump started\x1b[0m\r\n\x0c", ".txt"),
        (b"From here on the road is shut.\nBy order.", ".txt"),
        (b"From: a list of pumps\nTo: the mayor\n\nAll of them.", ".txt"),
        (b"#!/bin/sh\nexit\n", ".txt"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>x", ".html"),
        (b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', ".html"),
        (b"<htmlish>", ".txt"),
        (b"From anna@example.org Mon Mar  4 10:22:01 2019\nFrom: Anna <a@example.org>\n", ".mbox"),
        (_MAIL, ".eml"),
        (pdf(["x"]), ".pdf"),
        (b"{\\rtf1\\ansi x}", ".rtf"),
        (docx(word("x")), None),
        (zipped({"a": "x"}), None),
        (OLE, None),
        (gzip.compress(b"x" * 5000, mtime=0), None),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(8), None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0" + zlib.compress(bytes(range(256)) * 9), None),
        (b"\x7fELF\2\1\1" + bytes(60), None),
        (b"RIFF" + struct.pack("<I", 400) + b"WAVEfmt " + bytes(60), None),
        (b"SQLite format 3\0\x10\0\1\1" + bytes(80), None),
        (b"%!PS-Adobe-3.0\n", None),
    ],
)  # fmt: skip
def test_how_a_file_begins_tells_what_it_is(data: bytes, kind: str | None) -> None:
    assert kind_by_content(data[:HEAD]) == kind


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("NOTES", b"The well was dug in 1931.\n"),
        ("notes.org", b"* The well\n\nThe well was dug in 1931.\n"),
        ("notes.log", b"2019-03-04 10:22 pump started\n"),
        ("notes.rst", b"The well\n========\n\nIt was dug in 1931.\r\n"),
        ("notes.2019", "Der Brunnen, gegraben für 20 Kronen.".encode("utf-16")),
    ],
)
def test_plain_text_is_the_file_whatever_its_ending(name: str, data: bytes) -> None:
    document = read_document(name, data)
    assert document.text == data.decode(document.encoding)


def test_a_page_without_its_ending_is_read_as_a_page() -> None:
    words = "The well was dug in 1931 by the men of the village, and it has never run dry since."
    page = f"<!DOCTYPE html><html><body><article><p>{words}</p></article></body></html>"
    assert read_document("page.php", page.encode()).text == words
