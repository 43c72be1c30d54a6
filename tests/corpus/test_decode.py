"""Bytes to text: which codec is told, and that nothing moves an offset."""

from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.decode import NotTextError, codec_of_file, decode, told

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
POLISH = "Wójt ogłosił, że świetlica będzie czynna od środy, a źródło przy ścieżce oczyszczono."
TURKISH = "Belediye, yağmur nedeniyle açılışı erteledi. Işıklar sönük, gişeler kapalı kaldı, şehir sessiz."
LITHUANIAN = (
    "Seniūnija praneša, kad trečiadienį bus valomas šulinys. Prašome gyventojų nesemti vandens."
)
GERMAN = (
    "Die Übergabe der Straße fällt aus. Wir grüßen die Gäste aus Köln und wünschen schöne Tage."
)
THAI = "เทศบาลแจ้งว่าจะทำความสะอาดบ่อน้ำที่ลานหมู่บ้านในวันพุธ ขอให้ชาวบ้านงดตักน้ำ"
ARABIC = "تعلن البلدية أن بئر الساحة سينظف يوم الأربعاء. نرجو من السكان ألا يسحبوا الماء."
KOREAN = "등대는 1871년에 세워졌고 그때부터 매일 밤 불을 밝힌다. 등대지기는 옆집에 살고 있다."


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (GREEK, "cp1253"), (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"), (CHINESE, "gb18030"), (KOREAN, "cp949"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("times", [3, 700])
def test_older_encodings_of_other_scripts_are_told(text: str, codec: str, times: int) -> None:
    whole = "\n".join([text] * times)
    assert decode(whole.encode(codec)) == (whole, codec)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (POLISH, "cp1250"), (POLISH, "iso8859-2"), (POLISH, "cp852"), (POLISH, "mac-latin2"),
        (TURKISH, "cp1254"), (TURKISH, "cp857"), (LITHUANIAN, "cp1257"), (LITHUANIAN, "cp775"),
        (GERMAN, "cp437"), (GERMAN, "mac-roman"), (RUSSIAN, "cp866"), (RUSSIAN, "iso8859-5"),
        (RUSSIAN, "mac-cyrillic"), (GREEK, "cp737"), (THAI, "cp874"), (JAPANESE, "iso2022_jp"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [b"", b"Plain words.\n" * 20_000], ids=["short", "late"])
def test_encodings_of_windows_dos_mac_and_iso_are_told(
    text: str, codec: str, before: bytes
) -> None:
    decoded, told = decode(before + f"{text}\n{text}".encode(codec))
    assert decoded == before.decode() + f"{text}\n{text}"
    assert told == codec


@pytest.mark.parametrize("text", [RUSSIAN, GREEK, JAPANESE, CHINESE, KOREAN, THAI, POLISH, ARABIC])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("torn", [b"", b"x"], ids=["whole", "torn"])
def test_utf_16_without_a_mark_in_any_script(text: str, codec: str, torn: bytes) -> None:
    data = text.encode(codec) + torn
    assert decode(data) == (text + "\ufffd" * bool(torn), codec)


_CAFE = "The café’s façade was blue.\n" * 3


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (_CAFE, "utf-8"), (RUSSIAN, "utf-8"), (JAPANESE, "utf-8"), (RUSSIAN, "utf-16"),
        (JAPANESE * 2, "cp932"), (CHINESE * 2, "gb18030"), (KOREAN * 2, "cp949"),
    ],
)  # fmt: skip
def test_a_bad_byte_costs_one_character(text: str, codec: str) -> None:
    bad, space = b"\xe9", b" "
    if codec == "utf-16":
        bad, space = b"\x00\xd8", b" \0"  # half a character
    elif codec != "utf-8":
        bad = b"\x81"  # the first half of a character
    assert decode(text.encode(codec) + bad + space) == (f"{text}\ufffd ", codec)


def test_what_is_said_of_a_text() -> None:
    assert told(b"plain", "utf-8") is None
    assert told(POLISH.encode("cp1250"), "cp1250") == (
        "read as cp1250, a guess (the setting encodings can name another)"
    )
    assert told(POLISH.encode("cp1250"), "cp1250", given=True) is None
    assert told("é é".encode() + b"\xe9 \xe9", "utf-8") == "2 damaged characters read as U+FFFD"
    # One that is in the text is nobody's damage.
    assert told("é \ufffd".encode(), "utf-8") is None


def test_where_a_text_of_dos_ends() -> None:
    text = f"{GERMAN}\r\n\x1a"
    assert decode(text.encode("cp437")) == (text, "cp437")


@pytest.mark.parametrize("size", [100, 70_000, 300_000])
@pytest.mark.parametrize(
    ("line", "codec"),
    [
        (b"plain words\n", "utf-8"), (f"{RUSSIAN}\n".encode(), "utf-8"),
        (f"{RUSSIAN}\n".encode("cp1251"), "cp1251"), (f"{GERMAN}\n".encode("cp437"), "cp437"),
        (f"{JAPANESE}\n".encode("cp932"), "cp932"),
    ],
)  # fmt: skip
def test_the_codec_of_a_file_is_that_of_its_bytes(line: bytes, codec: str, size: int) -> None:
    file = io.BytesIO(line * (size // len(line) + 2))
    assert codec_of_file(file) == codec
    assert file.tell() == 0
    assert codec_of_file(io.BytesIO(codecs.BOM_UTF16_LE + b"a\0" * size)) == "utf-16"


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
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=codec, errors="replace", newline="")
    assert stream.read() == text
