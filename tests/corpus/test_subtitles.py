"""Subtitles: one speaker's words are a paragraph, and are cited by the time at which they are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from qa.records import Document
from tests.corpus.test_structure import assert_lawful


def srt(*cues: tuple[str, str], gap: int = 0) -> str:
    """Make subtitles of (time, words); each is shown for two seconds."""
    lines = []
    for n, (time, words) in enumerate(cues, 1):
        hours, minutes, seconds = map(int, time.split(":"))
        end = f"{hours:02}:{minutes:02}:{seconds + 2:02},000"
        lines.append(f"{n}\n{time},000 --> {end}\n{words}\n")
    return "\n".join(lines)


def paragraphs(document: Document) -> list[tuple[str | None, str]]:
    assert_lawful(document.text, document.blocks)
    return [(document.place_of(b.start), document.text[b.start : b.end]) for b in document.blocks]


def test_a_sentence_is_whole_however_it_was_cut_up() -> None:
    text = srt(
        ("00:00:01", "The water is off on Friday,"), ("00:12:31", "from <i>eight</i>\nto noon.")
    )
    document = read_document("a.srt", text.encode())
    assert paragraphs(document) == [("00:00:01", "The water is off on Friday, from eight to noon.")]
    assert document.place_of(document.text.index("eight")) == "00:12:31"
    [passage] = split(document, Splitting(), lambda text: range(0, len(text), 4))
    assert len(passage.sentences) == 1


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.srt", srt(("00:00:01", "ANNA: It is off."), ("00:00:03", "On Friday."), ("00:00:05", "BO: Why?")),
         [("00:00:01", "ANNA: It is off. On Friday."), ("00:00:05", "BO: Why?")]),
        ("a.srt", srt(("00:00:01", "Anna Lind: It is off."), ("00:00:03", "Anna Lind: On Friday.")),
         [("00:00:01", "Anna Lind: It is off. On Friday.")]),
        ("a.srt", srt(("00:00:01", "- Is it off?\n- It is.")),
         [("00:00:01", "- Is it off?"), ("00:00:01", "- It is.")]),
        ("a.srt", srt(("00:00:01", ">> It is."), ("00:00:03", ">> Is it?")),
         [("00:00:01", ">> It is."), ("00:00:03", ">> Is it?")]),
        # A pause ends a paragraph where a sentence ends.
        ("a.srt", srt(("00:00:01", "It is off."), ("00:01:03", "Good.")),
         [("00:00:01", "It is off."), ("00:01:03", "Good.")]),
        ("a.srt", "1\r\n01:02:03,5 --> 01:02:04,000 X1:1 X2:2\r\n{\\an8}R&amp;D  is\r\nhere.\r\n\r\n",
         [("01:02:03", "R&D is here.")]),
        # An empty line within words; a number that is said.
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nOne\n\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\n1931\n",
         [("00:00:01", "One two 1931")]),
        ("a.vtt", "WEBVTT\nKind: captions\n\nNOTE made by hand\n\nSTYLE\n::cue {}\n\nfirst\n00:01.000 --> 00:02.000\n"
         "<v.loud Anna Lind>It is off.\n\nNOTE x\n\n00:03.000 --> 00:04.000 align:left\n<v Anna Lind>On Friday.</v>\n\n"
         "00:05.000 --> 00:06.000\n<v Bo>Why?\n",
         [("00:00:01", "Anna Lind: It is off. On Friday."), ("00:00:05", "Bo: Why?")]),
    ],
)  # fmt: skip
def test_who_says_what(name: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert paragraphs(read_document(name, text.encode())) == expected


def test_lines_that_roll_up_the_screen_are_read_once() -> None:
    said = ["the well was dug", "in the year 1931", "by the men", "of the village"]
    cues = [f"00:0{n}.000 --> 00:0{n + 1}.000\n{said[n - 1] if n else ' '}\n<c>{line}</c>\n"
            for n, line in enumerate(said)]  # fmt: skip
    document = read_document("a.vtt", ("WEBVTT\n\n" + "\n".join(cues)).encode())
    assert document.text == " ".join(said)
    # What is said twice is said twice.
    document = read_document("a.srt", srt(("00:00:01", "No."), ("00:00:03", "No.")).encode())
    assert document.text == "No. No."


def test_words_without_an_end_are_paragraphs_all_the_same() -> None:
    cues = [
        (f"00:{n // 20:02}:{n % 20 * 3:02}", f"words that no mark of writer {n} ends")
        for n in range(200)
    ]
    document = read_document("a.srt", srt(*cues).encode())
    lengths = [b.end - b.start for b in document.blocks]
    assert max(lengths) < 1_100
    assert len(document.places) == 200


def test_the_language_of_web_subtitles() -> None:
    text = "WEBVTT\nKind: captions\nLanguage: de-AT\n\n00:01.000 --> 00:02.000\nDas Wasser.\n"
    assert read_document("a.vtt", text.encode()).language == "de"


def test_what_has_no_times_is_refused() -> None:
    with pytest.raises(UnreadableError, match="it has no times"):
        read_document("a.srt", b"The water is off.")
    with pytest.raises(UnreadableError):
        read_document("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n")


@given(
    st.lists(
        st.sampled_from(
            ["00:00:01,000 --> 00:00:02,000", "99:99.9 --> 1:1.1", "1", "", " ", "WEBVTT", "NOTE", "A: b", "- c",
             "<v X>", "<v X>y", "<i>", "&amp;", "{\\an1}", ">>", "words.", "\ufeff", "A:"]
        ),
        max_size=25,
    )
)  # fmt: skip
def test_the_law_holds(lines: list[str]) -> None:
    try:
        document = read_document("a.srt", "\n".join(lines).encode())
    except UnreadableError:
        return
    paragraphs(document)
    starts = [place.start for place in document.places]
    assert starts == sorted(starts)
