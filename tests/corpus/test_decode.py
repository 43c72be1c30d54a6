"""Bytes to text: which codec is told, and that nothing moves an offset."""

from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.decode import NotTextError, decode

_LATIN = "Añez said: “no”. It cost €3 – naïve, œuvre."


@pytest.mark.parametrize(
    ("data", "text", "codec"),
    [
        (b"plain", "plain", "utf-8"),
        ("Potosí ’n’ 😀".encode(), "Potosí ’n’ 😀", "utf-8"),
        (codecs.BOM_UTF8 + "Potosí".encode(), "Potosí", "utf-8-sig"),
        (codecs.BOM_UTF16_LE + "Potosí 😀".encode("utf-16-le"), "Potosí 😀", "utf-16"),
        (codecs.BOM_UTF16_BE + "Potosí 😀".encode("utf-16-be"), "Potosí 😀", "utf-16"),
        (codecs.BOM_UTF32_LE + "Potosí".encode("utf-32-le"), "Potosí", "utf-32"),
        (codecs.BOM_UTF32_BE + "Potosí".encode("utf-32-be"), "Potosí", "utf-32"),
        (_LATIN.encode("utf-16-le"), _LATIN, "utf-16-le"),
        (_LATIN.encode("utf-16-be"), _LATIN, "utf-16-be"),
        (_LATIN.encode("cp1252"), _LATIN, "cp1252"),
        # A second mark is text: only the first is a signature.
        (codecs.BOM_UTF8 * 2 + b"x", "\ufeffx", "utf-8-sig"),
        # Line ends of all kinds stay.
        (b"a\r\nb\rc\nd\x0be\x0cf", "a\r\nb\rc\nd\x0be\x0cf", "utf-8"),
        ("a\u2028b\x85c\xa0d".encode(), "a\u2028b\x85c\xa0d", "utf-8"),
        # One stray control character in a long text is scraped dirt; NUL counts as one.
        (b"x" * 30 + b"\0" + b"y" * 30, "x" * 30 + "\0" + "y" * 30, "utf-8"),
    ],
)
def test_codec_is_told(data: bytes, text: str, codec: str) -> None:
    assert decode(data) == (text, codec)


RUSSIAN = "Маяк построили в 1871 году, и с тех пор он горит каждую ночь. Смотритель живёт рядом."
GREEK = (
    "Ο φάρος χτίστηκε το 1871 και από τότε ανάβει κάθε νύχτα, όταν τα πλοία περνούν το ακρωτήρι."
)
JAPANESE = "灯台は明治四年に建てられ、それから毎晩点灯されている。灯台守は隣の家に住んでいます。"
CHINESE = "这座灯塔建于一八七一年，从那时起每天晚上都会点亮。守塔人住在旁边的房子里。"
KOREAN = "등대는 1871년에 세워졌고 그때부터 매일 밤 불을 밝힌다. 등대지기는 옆집에 살고 있다."


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (GREEK, "cp1253"), (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"), (CHINESE, "gb18030"), (KOREAN, "cp949"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("times", [3, 700])
def test_older_encodings_of_other_scripts_are_told(text: str, codec: str, times: int) -> None:
    whole = "\n".join([text] * times)
    assert decode(whole.encode(codec)) == (whole, codec)


@pytest.mark.parametrize(
    "text",
    [
        "Añez", "ÁÉÍÓÚÑ ÄÖÜ", "Où est passé le garçon ? Il était là l’été dernier.",
        "El niño comió una piña en la montaña.", "Die Größe der Straße überraschte die Bürger.",
        "På sjön åkte många båtar förbi ön.", "A eleição não foi concluída.",
    ],
)  # fmt: skip
def test_western_texts_stay_western(text: str) -> None:
    assert decode(text.encode("cp1252")) == (text, "cp1252")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0",
        b"PK\x03\x04\x14\0\0\0\x08\0\xe1\x9a",
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
        bytes(range(256)),
        b"\x01\x02\x03 text",  # valid UTF-8, one in three a control character
        b"caf\xe9 \x81",  # 0x81 is no character of Windows-1252
        b"caf\xe9 \x02",  # Windows-1252 is a guess: with a control character it is a bad one
        codecs.BOM_UTF8 + b"\xff",
        codecs.BOM_UTF16_LE + b"a\0b",  # torn in the middle of a character
        codecs.BOM_UTF16_LE + b"\x00\xd8a\0",  # half a surrogate pair
        codecs.BOM_UTF32_LE + b"\0\0\x11\0",  # beyond the last code point
    ],
)
def test_what_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotTextError):
        decode(data)


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(NotTextError, match="utf-8-sig at byte 4"):
        decode(codecs.BOM_UTF8 + b"a\xff")


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\r\n\t")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_the_text_is_what_open_reads(text: str, written: str) -> None:
    data = text.encode(written)
    decoded, codec = decode(data)
    assert decoded == io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="").read()
    if written != "utf-8" or not text.startswith("\ufeff"):
        assert decoded == text


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text, codec = decode(data)
    except NotTextError:
        return
    assert io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="").read() == text
