"""Small plain texts that people have, each with what is right about it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from qa.corpus import Options, Skipped, read_folders
from qa.corpus.contents import contents
from qa.corpus.readers import read_noted
from qa.errors import UsageError
from qa.records import Document
from qa.settings import Settings

REPORTED = Path(__file__).parent / "reported"


def reported(name: str) -> tuple[Document, str | None]:
    return read_noted(name, (REPORTED / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "txt_windows1250.txt",
            "Wójt gminy ogłosił, że świetlica w Łękach będzie czynna od środy.",
        ),
        ("txt_dos850.txt", "Die Übergabe der Straße fällt aus. Grüße aus Köln, Ärger in Würzburg."),
        (
            "txt_turkish_1254.txt",
            "Şişli Belediyesi yağmur nedeniyle açılışı erteledi. Işıklar sönük",
        ),
        ("txt_iso8859_5.txt", "Сегодня утром директор школы сообщил, что занятия начнутся"),
        ("txt_utf16le_no_bom_cyrillic.txt", "Сегодня утром директор школы сообщил"),
        ("txt_utf8_one_bad_byte.txt", "painted blue – not green.\nHe left the caf\ufffd."),
    ],
)
def test_encodings(name: str, words: str) -> None:
    document, note = reported(name)
    assert words in document.text
    assert (note is None) == (document.encoding == "utf-16-le")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("txt_date_letter.txt", "2019-03-17"),
        ("txt_date_dotted.txt", "2019-03-04"),
        ("txt_date_weekday_de.txt", "2019-03-04"),
        ("txt_date_ru.txt", "2019-03-04"),
        ("txt_date_published_updated.txt", "2019-03-03"),
        ("20190304_minutes.txt", "2019-03-04"),
        ("minutes 4 March 2019.txt", "2019-03-04"),
        ("txt_date_of_birth.txt", None),
        ("txt_date_deadline.txt", None),
    ],
)
def test_dates(name: str, value: str | None) -> None:
    document, _ = reported(name)
    assert (document.published.value if document.published else None) == value


def test_a_list_of_shops_is_text() -> None:
    document, _ = reported("txt_shop_list.txt")
    assert all(block.kind != "furniture" for block in document.blocks)
    assert document.title == "Where to find what in the old mill"


@pytest.mark.slow
def test_the_settings_name_the_encoding_of_files(tmp_path: Path) -> None:
    words = "Größe, Maß und Übermut: das Café am Weiher öffnet um zehn Uhr und schließt um elf."
    for name in ("letters/a.txt", "b.txt", "table.tsv", "page.html", "zip.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        before = "text\n" if name.endswith(".tsv") else "<p>" if name.endswith(".html") else ""
        path.write_bytes(f"{before}{words}\n".encode("cp858" if name != "b.txt" else "cp1252"))
    settings = Settings(encodings="LETTERS/*=cp858, *.tsv = ibm858,*.html=cp858,zip.*=cp858")
    found = [*read_folders([tmp_path], max_bytes=1 << 20, options=Options.of(settings))]
    documents = [one for one in found if isinstance(one, Document)]
    assert [document.text.strip() for document in documents] == [words] * 5
    assert {document.source: document.encoding for document in documents} == {
        "letters/a.txt": "cp858",
        "b.txt": "cp1252",
        "table.tsv#row=1": "utf-8",
        "page.html": "cp858",
        "zip.md": "cp858",
    }
    assert [one for one in found if isinstance(one, Skipped)] == [
        Skipped("b.txt", "read as cp1252, a guess (the setting encodings can name another)")
    ]


@pytest.mark.parametrize("words", ["cp850", "=cp850", "*.txt=", "*.txt=cp8500", "*.txt=base64"])
def test_a_setting_that_names_no_encoding(words: str) -> None:
    with pytest.raises(UsageError, match="GLOB=ENCODING"):
        Options.of(Settings(encodings=words))


def test_a_table_in_an_encoding_that_is_guessed() -> None:
    row = "Die Übergabe der Straße fällt aus. Wir grüßen die Gäste aus Köln und wünschen Glück."
    data = f"title,text\nA,{row}\nB,{row}\n".encode("cp437")
    *documents, skipped = contents("t.csv", io.BytesIO(data), Options())
    assert [one.text for one in documents if isinstance(one, Document)] == [row, row]
    assert skipped == Skipped(
        "t.csv", "read as cp437, a guess (the setting encodings can name another)"
    )
