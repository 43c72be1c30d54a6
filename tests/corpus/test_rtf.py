"""RTF: the text in order, with headings, lists, tables, notes and comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.formats.rtf import read_rtf
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from tests.corpus.test_docx_structure import lines
from tests.corpus.test_structure import assert_lawful

# As Word writes it.
_LEASE = r"""{\rtf1\ansi\ansicpg1252\uc1\deff0\stshfdbch0{\fonttbl{\f0\froman\fcharset0\fprq2 Times New Roman;}{\f3\froman\fcharset2 Symbol;}{\f4\fswiss\fcharset204 Arial Cyr;}{\f5\fnil\fcharset128 MS Mincho;}}
{\colortbl;\red0\green0\blue0;}{\stylesheet{\ql \fs24 \snext0 Normal;}{\s1\ql\keepn\outlinelevel0\b\fs32 \sbasedon0 \snext0 heading 1;}{\*\cs10 \additive Default Paragraph Font;}{\s15\qc\b\fs40 Title;}}
{\info{\title Lease of a barn}{\author Anna Lind}{\creatim\yr2019\mo3\dy4\hr10\min2}{\revtim\yr2019\mo3\dy5}}
{\header\pard\plain Village of Orlaville\tab Page {\field{\*\fldinst PAGE}{\fldrslt 3}}\chpgn\par}
{\*\generator Word;}\pard\plain\s15\qc\b\fs40 Lease\par
\pard\plain\s1\ql\b\fs32{\listtext\pard\plain\b\fs32 \'a7 1\tab}Rent\par
\pard\plain\fs24 The reservoir holds 10{\super 6} litres{\footnote\pard\plain\fs20 {\super 1} See the minutes.} of water \endash  caf\'e9, \u1055\'3f\u1088\'3f, {\f4\'cf\'f0\'e8}, {\f3 Dp}, {\f5\'93\'fa\'96\'7b}.{\*\atnauthor Bo}{\*\annotation\pard\plain Why so much?}\par
\trowd\cellx2000\cellx4000\cellx6000\pard\intbl Day\cell Opens\cell Closes\cell\row
\trowd\cellx2000\cellx4000\cellx6000\pard\intbl Monday\cell\cell 18:00\cell\row
\trowd\cellx2000\cellx6000\pard\intbl Sunday\cell closed\cell\row
\pard\plain\fs24 Closed {\v secretly }on {\deleted all }holidays.\par
{\*\formfield{\fftype1\ffres1}} Paid\par
{\pict\wmetafile8 010009000003}{\object{\*\objdata 0105}{\result Shown.}}\par}"""


def rtf(body: str) -> bytes:
    return rb"{\rtf1\ansi\ansicpg1252 " + body.encode("latin-1") + b"}"


def read(body: str) -> list[str]:
    return lines(read_rtf(rtf(body)))


def test_a_document_in_order() -> None:
    reading = read_rtf(_LEASE.encode())
    assert lines(reading) == [
        "p Village of Orlaville",
        "t Lease",
        "h § 1 Rent",
        "p The reservoir holds 10⁶ litres of water – café, Пр, При, Δπ, 日本.",
        "p ¹ See the minutes.",
        "p [Comment, Bo] Why so much?",
        "c Day | Opens | Closes",
        "r Monday | | 18:00",
        "r Sunday | closed | closed",
        "p Closed on holidays.",
        "p ☒ Paid",
        "p Shown.",
    ]
    assert reading.note == "left out: 1 deleted passages, 1 hidden texts"
    document = read_document("lease.rtf", _LEASE.encode())
    assert (document.title, document.author) == ("Lease", "Anna Lind")
    assert document.published and document.published.value == "2019-03-04"
    assert_lawful(reading.text, reading.blocks)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (r"a\par b\line c", ["p a", "p b\nc"]),
        (r"caf\'e9 \{x\} a\~b\_c\-d", ["p café {x} a b-cd"]),
        (r"\uc2\u8364\'80?, \u-3913?x", ["p €, •"]),
        (r"\u55357?\u56832?", ["p 😀"]),
        (r"{\upr{old}{\*\ud{new}}} x", ["p new x"]),
        (r"{\*\unknown gone}{\known kept}", ["p kept"]),
        (r"a{\pict 0f0f}{\*\shppict{\pict 0f}}b", ["p ab"]),
        ("a\\bin4 }}{{b", ["p ab"]),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt there}}", ["p there"]),
        (r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt Boxed.\par}}{\shprslt Again}}After", ["p After", "p Boxed."]),
        (r"{\pntext\'b7\tab}one\par{\pntext\'b7\tab}two\par", ["i one", "i two"]),
        (
            r"\trowd\clvmgf\cellx9\cellx99\intbl a\cell b\cell\row"
            r"\trowd\clvmrg\cellx9\cellx99\intbl\cell c\cell\row\pard d",
            ["r a | b", "r a | c", "p d"],
        ),
        (
            r"\trowd\clmgf\cellx900\clmrg\cellx9900\intbl a\cell\cell\row"
            r"\trowd\cellx900\cellx9900\intbl b\cell c\cell\row",
            ["r a | a", "r b | c"],
        ),
    ],
)  # fmt: skip
def test_words_of_the_format(body: str, found: list[str]) -> None:
    assert read(body) == found


def test_looks_make_headings() -> None:
    body = r"\fs24{\b Rent}\par The tenant pays in cash.\par{\b Term}\par It ends in May.\par"
    assert read(body) == ["h Rent", "p The tenant pays in cash.", "h Term", "p It ends in May."]


def test_what_is_cut_short_is_read_as_far_as_it_goes() -> None:
    reading = read_rtf(_LEASE.encode()[: _LEASE.index("Closed {")])
    assert lines(reading)[-1] == "r Sunday | closed | closed"
    assert reading.note == "damaged: its end is missing"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"words", "damaged: it does not begin as a rich text does"),
        (b"\x89PNG", "damaged: it does not begin as a rich text does"),
        (b"{\\rtf1 {\\deleted gone}}", "no text (left out: 1 deleted passages)"),
        (b"{\\rtf1 ", "no text (damaged: its end is missing)"),
    ],
)
def test_what_is_damaged_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_rtf(data)
    assert str(refusal.value) == reason


_PIECES = st.sampled_from(
    r"""{ } \par \cell \row \trowd \cellx9 \intbl \pard \b \super {\footnote {\header {\*\annotation {\field
    {\fldrslt \u-3 \u55357 \'e9 \'93 \plain \s1 {\stylesheet {\fonttbl {\info {\upr {\*\ud {\shptxt {\*\formfield
    \fftype1 \bin3 \uc9 \v \nestcell {\listtext \tab \line words _ \~ \* \
    """.split()
)


@given(st.lists(_PIECES | st.text(max_size=5), max_size=40))
def test_the_offset_law_holds_for_any_file(pieces: list[str]) -> None:
    data = b"{\\rtf1 " + " ".join(pieces).encode("utf-8", "replace")
    try:
        reading = read_rtf(data)
    except UnreadableError:
        return
    assert_lawful(reading.text, reading.blocks)
