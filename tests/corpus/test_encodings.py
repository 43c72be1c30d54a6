"""Encodings of formats other than plain text: named by the settings, declared by a mail, or guessed and told."""

from __future__ import annotations

import io
import json

import pytest

from qa.corpus import Options, Skipped
from qa.corpus.contents import contents
from qa.records import Document
from qa.settings import Settings

WORDS = "Wójt gminy ogłosił, że świetlica w Łękach będzie czynna od środy."
CODEC = "cp852"
OTHER = "cp1250"
"""A common encoding of the same language, in which the bytes are other letters."""

_FILES = {
    "talk.srt": f"1\n00:00:01,000 --> 00:00:04,000\n{WORDS}\n",
    "talk.vtt": f"WEBVTT\n\n00:01.000 --> 00:04.000\n{WORDS}\n",
    "one.json": json.dumps({"text": WORDS}, ensure_ascii=False),
    "list.json": json.dumps([{"text": WORDS}], ensure_ascii=False),
    "other.json": json.dumps({"gmina": {"ogłoszenie": WORDS}}, ensure_ascii=False),
    "rows.jsonl": json.dumps({"text": WORDS}, ensure_ascii=False),
    "rows.csv": f"id,text\n1,{WORDS.replace(',', '')}\n",
    "letter.eml": f"From: a@example.org\nSubject: {WORDS}\n\n{WORDS}\n",
    "mail.mbox": f"From a@example.org Mon Mar  4 10:22:01 2019\nSubject: {WORDS}\n\n{WORDS}\n",
    "notes.log": WORDS,
    "NOTES": WORDS,
    "page.mhtml": "MIME-Version: 1.0\nContent-Type: text/html\nContent-Location: https://example.org/\n\n"
    f"<html><body><article><p>{WORDS}</p></article></body></html>",
}


def read(name: str, data: bytes, encodings: str = "") -> tuple[list[Document], list[Skipped]]:
    found = [*contents(name, io.BytesIO(data), Options.of(Settings(encodings=encodings)))]
    return (
        [one for one in found if isinstance(one, Document)],
        [one for one in found if isinstance(one, Skipped)],
    )


@pytest.mark.parametrize("name", _FILES)
@pytest.mark.parametrize("codec", [CODEC, OTHER])
def test_the_settings_name_the_encoding_of_every_text_format(name: str, codec: str) -> None:
    data = _FILES[name].encode(codec)
    [document], told = read(name, data, f"*.txt=cp1251, {name}={codec}, *=cp1252")
    wanted = WORDS.replace(",", "") if name == "rows.csv" else WORDS
    assert wanted in document.text
    assert document.title is None or document.title == WORDS
    assert not [one for one in told if "guess" in one.reason]


@pytest.mark.parametrize("name", _FILES)
def test_a_guess_is_told(name: str) -> None:
    [document], told = read(name, _FILES[name].encode(OTHER))
    assert "ogłosił" in document.text
    assert [one.reason for one in told if "guess" in one.reason] == [
        f"read as {OTHER}, a guess (the setting encodings can name another)"
    ]


def attached(about: str, data: bytes) -> bytes:
    """Make a message with one file attached."""
    head = (
        "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\n"
    )
    return f"{head}{about}\n\n".encode() + data + b"\n--b--\n"


@pytest.mark.parametrize(
    ("ending", "words"),
    [("txt", WORDS), ("csv", f"text\n{WORDS.replace(',', '')}"), ("json", _FILES["other.json"])],
)
def test_a_message_declares_the_encoding_of_what_is_attached(ending: str, words: str) -> None:
    about = f"Content-Type: text/plain; charset=cp852\nContent-Disposition: attachment; filename=a.{ending}"
    [_, document], told = read("m.eml", attached(about, words.encode(CODEC)))
    assert "świetlica w Łękach" in document.text
    assert not told
    # The settings come before what is declared.
    [_, document], _ = read("m.eml", attached(about, words.encode(OTHER)), f"*.{ending}={OTHER}")
    assert "świetlica w Łękach" in document.text


def test_what_is_declared_wrongly_is_guessed() -> None:
    for charset in ("us-ascii", "utf-8", "unicode_escape", "nothing"):
        about = f"Content-Type: text/plain; charset={charset}\nContent-Disposition: attachment; filename=a.txt"
        [_, document], [told] = read("m.eml", attached(about, WORDS.encode(OTHER)))
        assert document.text == WORDS
        assert "guess" in told.reason
    # A byte order mark is better evidence than a declaration.
    about = (
        "Content-Type: text/plain; charset=cp1250\nContent-Disposition: attachment; filename=a.txt"
    )
    [_, document], told = read("m.eml", attached(about, WORDS.encode("utf-8-sig")))
    assert document.text == WORDS


def test_windows_quotation_marks_under_the_name_of_latin_1() -> None:
    words = "“The weir” was built – they say – in a night."
    data = b"From: a@example.org\nContent-Type: text/plain; charset=iso-8859-1\n\n" + words.encode(
        "cp1252"
    )
    [document], _ = read("m.eml", data)
    assert document.text.endswith(words)


def test_a_saved_page_has_the_encoding_that_its_part_declares() -> None:
    page = _FILES["page.mhtml"]
    data = page.replace("text/html", "text/html; charset=cp852").encode(CODEC)
    [document], told = read("page.mhtml", data)
    assert (document.text, document.encoding, told) == (WORDS, "cp852", [])
    # What the page itself says comes first.
    own = page.replace("text/html", "text/html; charset=cp852").replace(
        "<body>", "<head><meta charset=windows-1250></head><body>"
    )
    [document], told = read("page.mhtml", own.encode(OTHER))
    assert (document.text, told) == (WORDS, [])
