"""Scanned pages: what Tesseract reads on them, where its words stand, and what is said without it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageOps
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from qa.corpus import read_folders, reader_versions, tesseract
from qa.corpus.formats.images import read_image
from qa.corpus.formats.pdf import Scanner, read_pdf
from qa.corpus.formats.pdf.boxes import boxes_of
from qa.corpus.formats.pdf.text import read_traced
from qa.corpus.reading import Limits, Ocr, Options, Skipped, UnreadableError
from qa.corpus.sandbox.process import Sandbox
from qa.corpus.sheets import Marks, Wanted, scanned_pages, text_digest
from qa.corpus.tesseract import paragraphs_of
from qa.errors import UsageError
from qa.records import Document, Scan
from qa.settings import Settings
from tests.corpus.makers import COLUMN, HEIGHT, pdf, scanned_pdf, wrapped, zipped

ON = Ocr("tesseract")
FERRY = (
    "The ferry across the Orla was run by Marta Lindqvist from the spring of 1889. She charged two "
    "crowns for a horse and nothing for a child."
)
STORM = "In 1911 the ferry sank in a storm, and its crew of nine swam home."


def scan(pages: Sequence[str], *, written: Sequence[int] = ()) -> bytes:
    """Make a PDF whose pages are pictures of pages with these texts; those ``written`` are text."""
    source = pypdfium2.PdfDocument(pdf(pages))
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    for number, page in enumerate(source):
        if number in written:
            canvas.setFont("Times-Roman", 10)
            for n, line in enumerate(wrapped(pages[number], 80)):
                canvas.drawString(72, HEIGHT - 100 - 12 * n, line)
        else:
            picture = page.render(scale=200 / 72, grayscale=True).to_pil()
            canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    source.close()
    return file.getvalue()


def read(tmp_path: Path, data: bytes, ocr: Ocr = ON) -> list[Document | Skipped]:
    """Read a file in a process that the kernel holds."""
    (tmp_path / "a.pdf").write_bytes(data)
    options = Options(ocr=ocr, confinement="kernel")
    return [*read_folders([tmp_path], max_bytes=10_000_000, options=options)]


@pytest.mark.ocr
def test_scanned_pages_are_read_in_the_readers_process(tmp_path: Path) -> None:
    """Landlock and seccomp hold it, and no program is started."""
    [document] = read(tmp_path, scan([FERRY, STORM]))
    assert isinstance(document, Document)
    assert document.text == f"{FERRY}\n\n{STORM}"
    assert document.page_starts == (0, len(FERRY) + 2)
    assert [(s.start, s.end) for s in document.scans] == [
        (0, len(FERRY) + 2),
        (len(FERRY) + 2, len(document.text)),
    ]
    assert all(0.8 < scan.confidence <= 1 for scan in document.scans)


@pytest.mark.ocr
def test_pages_with_text_are_read_as_ever(tmp_path: Path) -> None:
    """A citation says of a span whether OCR read it."""
    text = " ".join(COLUMN)
    [document] = read(tmp_path, scan([text, FERRY, text], written=[0, 2]))
    assert isinstance(document, Document)
    start = document.text.index("The ferry")
    assert document.text[start : start + len(FERRY)] == FERRY
    assert document.ocr_confidence(0, 20) is None
    assert document.ocr_confidence(start, start + 9) == document.scans[0].confidence
    assert document.ocr_confidence(len(document.text) - 9, len(document.text)) is None
    assert [document.page_of(at) for at in (0, start, len(document.text) - 1)] == [1, 2, 3]


@pytest.mark.ocr
def test_a_page_is_cited_by_its_own_number_where_a_sentence_goes_on_behind_it() -> None:
    """A scan between two pages parts what would be one paragraph."""
    broken = ["It was filled in again by the", STORM, "same dockers, and nobody thanked them."]
    reading = read_pdf(scan(broken, written=[0, 2]), Scanner(ON))
    assert reading.text == "\n\n".join(broken)
    assert [reading.text[at:].split()[0] for at in reading.page_starts] == ["It", "In", "same"]


@pytest.mark.ocr
def test_a_word_has_its_box() -> None:
    """Where the font's own metrics say that it stands, to a point and a half."""
    data = scan([FERRY])
    traced = read_traced(data, Scanner(ON))
    start = traced.reading.text.index("Marta Lindqvist")
    [marked] = boxes_of(data, traced, start, start + len("Marta Lindqvist"))
    [(x0, y0, x1, y1)] = marked.boxes
    before = "The ferry across the Orla was run by "
    left = 72 + pdfmetrics.stringWidth(before, "Times-Roman", 10)
    right = left + pdfmetrics.stringWidth("Marta Lindqvist", "Times-Roman", 10)
    assert (x0, x1) == pytest.approx((left, right), abs=1.5)
    assert HEIGHT - 104 < y0 < HEIGHT - 99
    assert HEIGHT - 94 < y1 < HEIGHT - 90


@pytest.mark.ocr
@pytest.mark.parametrize("changed", [False, True])
def test_a_citation_of_a_scan_is_marked_on_its_page(tmp_path: Path, changed: bool) -> None:
    """Its page is read again, of the others the text is known; another text marks nothing."""
    data = scan([FERRY, STORM])
    [document] = read(tmp_path, data)
    assert isinstance(document, Document)
    if changed:
        document = replace(document, text=document.text.replace("Marta", "Maria"))
    start = document.text.index("nine swam")
    wanted = Wanted(
        hashlib.sha256(data).hexdigest(),
        (2,),
        start,
        start + 9,
        text_digest(document.text.replace("1911", "1912") if changed else document.text),
        scanned=scanned_pages(document),
    )
    with Sandbox(Options(ocr=ON)) as sandbox, (tmp_path / "a.pdf").open("rb") as file:
        found = [*sandbox.draw(file, wanted)]
    marks = [one for one in found if isinstance(one, Marks)]
    assert [len(one.boxes) for one in marks] == ([] if changed else [1])


@pytest.mark.ocr
def test_a_picture_without_words_is_none(tmp_path: Path) -> None:
    [skipped] = read(tmp_path, scanned_pdf())
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "no text: scanned pages; OCR finds no words there"


@pytest.mark.ocr
def test_more_pages_than_are_read_are_told(tmp_path: Path) -> None:
    document, told = read(tmp_path, scan([FERRY, STORM, FERRY]), replace(ON, pages=1))
    assert isinstance(document, Document)
    assert isinstance(told, Skipped)
    assert document.text == FERRY
    assert told.reason == (
        "2 of 3 pages without text; no more than 1 are read of a document (setting ocr_pages)"
    )


@pytest.mark.ocr
def test_a_page_that_takes_too_long_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    page = scan([" ".join([FERRY] * 5)])
    engine = tesseract.Tesseract(ON)
    engine._seconds = 0.01
    monkeypatch.setattr("qa.corpus.formats.pdf.scans.Tesseract", lambda _: engine)
    with pytest.raises(UnreadableError, match=r"a page took more than 0.01 s \(setting ocr_sec"):
        read_pdf(page, Scanner(ON))
    engine._seconds = 60  # and the next one is read
    assert FERRY in read_pdf(page, Scanner(ON)).text.replace("\n", " ")


@pytest.mark.ocr
def test_a_document_may_take_the_time_of_its_pages(tmp_path: Path) -> None:
    """The clock of a document begins anew with each page that was read."""
    (tmp_path / "a.pdf").write_bytes(scan([FERRY] * 6))
    options = Options(Limits(seconds=3), ocr=ON)
    [document] = read_folders([tmp_path], max_bytes=10_000_000, options=options)
    assert isinstance(document, Document), document
    assert len(document.scans) == 6


def picture(words: str, *, upside_down: bool = False) -> Image.Image:
    """Return a picture of a page that is half as wide as it is high."""
    with pypdfium2.PdfDocument(pdf([words])) as source:
        image: Image.Image = source[0].render(scale=200 / 72, grayscale=True).to_pil()
    return image.rotate(180) if upside_down else image


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)  # type: ignore[arg-type]  # options of one format
    return file.getvalue()


def images() -> dict[str, bytes]:
    """Make images of every kind that is read, one of them turned by what its camera notes."""
    ferry = picture(FERRY)
    turned = Image.Exif()
    turned[0x0112] = 3
    clear = ferry.convert("LA")
    clear.putalpha(ImageOps.invert(ferry))  # ink on nothing
    return {
        "a.png": saved(ferry, "PNG"),
        "b.PNG": saved(clear, "PNG"),
        "c.jpg": saved(picture(FERRY, upside_down=True), "JPEG", exif=turned),
        "d.tif": saved(ferry, "TIFF", save_all=True, append_images=[picture(STORM)]),
        "e.png": saved(ferry.convert("I;16").point(lambda value: value * 256), "PNG"),
    }


@pytest.mark.ocr
def test_images_are_read_where_it_is_on(tmp_path: Path) -> None:
    for name, data in images().items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "all.zip").write_bytes(zipped({"a.png": images()["a.png"]}))
    off = [*read_folders([tmp_path], max_bytes=10_000_000)]
    assert [one for one in off if isinstance(one, Document)] == []
    options = Options(ocr=ON, confinement="kernel")
    found = {
        one.source: one
        for one in read_folders([tmp_path], max_bytes=10_000_000, options=options)
        if isinstance(one, Document)
    }
    both = f"{FERRY}\n\n{STORM}"
    texts = {source: document.text for source, document in found.items()}
    assert texts == {
        "a.png": FERRY, "all.zip/a.png": FERRY, "b.PNG": FERRY, "c.jpg": FERRY, "d.tif": both, "e.png": FERRY,
    }  # fmt: skip
    assert found["d.tif"].page_starts == (0, len(FERRY) + 2)
    assert len(found["d.tif"].scans) == 2


@pytest.mark.ocr
def test_a_citation_of_an_image_is_marked_in_it(tmp_path: Path) -> None:
    data = images()["d.tif"]
    path = tmp_path / "d.tif"
    path.write_bytes(data)
    with Sandbox(Options(ocr=ON)) as sandbox, path.open("rb") as file:
        [document] = sandbox.read("d.tif", file)
        assert isinstance(document, Document)
        start = document.text.index("nine swam")
        wanted = Wanted(
            document.sha256,
            (2,),
            start,
            start + 9,
            text_digest(document.text),
            scanned=scanned_pages(document),
        )
        file.seek(0)
        _, marks = sandbox.draw(file, wanted)
    assert isinstance(marks, Marks)
    [(x0, y0, x1, y1)] = marks.boxes
    scale = 200 / 72
    left = 72 + pdfmetrics.stringWidth(STORM[: STORM.index("nine")], "Times-Roman", 10)
    right = left + pdfmetrics.stringWidth("nine swam", "Times-Roman", 10)
    assert (x0 / scale, x1 / scale) == pytest.approx((left, right), abs=1.5)
    assert HEIGHT - 104 < y0 / scale < y1 / scale < HEIGHT - 90


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        saved(Image.new("L", (60, 80)), "PNG")[:-30],
        b"II*\0" + bytes(100),
        b"\xff\xd8\xff" + bytes(100),
        b"GIF89a" + bytes(100),
        saved(Image.new("1", (20_000, 20_000)), "PNG"),
    ],
)
def test_a_damaged_or_enormous_image_ends_in_a_line(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_image(data, Scanner(ON))


def test_without_it_the_build_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = scan([FERRY])
    with pytest.raises(UnreadableError, match="scanned pages; set ocr to tesseract"):
        read_pdf(data)
    monkeypatch.setattr(tesseract, "_LIBRARIES", ("libnowhere.so.1",))
    with pytest.raises(UnreadableError, match="apt install tesseract-ocr"):
        read_pdf(data, Scanner(ON))
    mixed = scan([" ".join(COLUMN), FERRY], written=[0])
    assert "1 of 2 pages without text; install Tesseract" in str(read_pdf(mixed, Scanner(ON)).note)


@pytest.mark.ocr
def test_a_language_that_is_not_there_is_named() -> None:
    assert tesseract.missing(ON) == ""
    assert "apt install tesseract-ocr-xyz-old" in tesseract.missing(Ocr("tesseract", "eng+xyz_old"))


def test_another_engine_reads_pdfs_again_and_nothing_else() -> None:
    """So that a build reads the scans once it is switched on, or another version is installed."""
    off, on = reader_versions(Ocr()), reader_versions(ON)
    assert off == reader_versions()
    changed = {ending for ending in on if on[ending] != off.get(ending)}
    assert changed == {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"}
    assert on != reader_versions(Ocr("tesseract", "deu"))


@pytest.mark.parametrize("languages", ["", "e", "eng+", "../eng", "eng deu", "eng;deu"])
def test_languages_are_names(languages: str) -> None:
    with pytest.raises(UsageError, match="ocr_languages"):
        Options.of(Settings(ocr_languages=languages))


TABLE = "\n".join(
    [
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
        "1\t1\t0\t0\t0\t0\t0\t0\t900\t900\t-1\t",
        "5\t1\t1\t1\t1\t1\t10\t20\t30\t40\t96.5\tThe",
        "5\t1\t1\t1\t1\t2\t50\t20\t30\t40\t80\tferry",
        "5\t1\t1\t1\t2\t1\t10\t70\t30\t40\t70\tsank.",
        "5\t1\t1\t2\t1\t1\t10\t170\t30\t40\t50\tNobody",
        "5\t1\t2\t1\t1\t1\t10\t270\t30\t40\t40\t ",
        "5\t1\t2\t1\t1\t2\t10\t270\t0\t40\t40\tflat",
        "5\t1\t2\t1\t1\t3\t10\t270\t30\t40\t-1\tnone",
        "5\t1\t2\t1",
    ]
)


def test_a_table_of_tesseract_says_which_words_belong_together() -> None:
    found = paragraphs_of(TABLE)
    assert [[[word.text for word in line] for line in part] for part in found] == [
        [["The", "ferry"], ["sank."]],
        [["Nobody"]],
    ]
    first = found[0][0][0]
    assert (first.area, first.confidence) == ((10, 20, 40, 60), 0.965)


def test_scans_name_a_document_and_no_other(tmp_path: Path) -> None:
    """A document without any is called what it always was."""
    from qa.store import document_digest

    (tmp_path / "a.txt").write_text("Owls hunt voles at dusk.")
    [document] = read_folders([tmp_path], max_bytes=1000)
    assert isinstance(document, Document)
    assert "scans" not in repr(document)
    assert document_digest(document) != document_digest(replace(document, scans=(Scan(0, 4, 0.9),)))
