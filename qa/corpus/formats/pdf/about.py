"""The metadata of a PDF: its title, its author, and when it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa.corpus import dates
from qa.corpus.formats.pdf.fronts import is_imprint
from qa.records import Published

_CONVERTED = re.compile(
    r"microsoft|powerpoint|untitled|unknown|unspecified|anonymous|\(?document\d*\)?$|title$|slide \d|"
    r"layout \d|scan|print(?:ing|ed)?\b.{0,20}$|about:blank|full page photo|new document|no job name",
    re.IGNORECASE,
)
_FILE = re.compile(
    r".*\.(?:docx?|pdf|indd|tex|dvi|rtf|odt|qxd|pages|html?|xlsx?|pptx?|ps|eps|txt|md|pub|wpd|cdr|jpe?g|tiff?)$"
    r"|.*[\\/].*[\\/]|\S+_\S+$|file:",
    re.IGNORECASE,
)
_SITE = re.compile(r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,6}(?:/\S*)?", re.IGNORECASE)
_GENERIC = frozenset(
    """
    contents|table of contents|list of contents|index|inhalt|inhaltsverzeichnis|inhaltsübersicht|
    índice|indice|contenido|contenidos|tabla de contenido|tabla de contenidos|sumario|sommaire|
    table des matières|sommario|indice generale|sumário|conteúdo|inhoud|inhoudsopgave|innehåll|
    innehållsförteckning|indhold|innhold|sisällys|spis treści|obsah|tartalom|cuprins|содержание|
    оглавление|зміст|içindekiler|目次|目录|目錄|차례|abstract|summary|introduction|preface|foreword|
    zusammenfassung|einleitung|einführung|vorwort|resumen|introducción|prólogo|prefacio|résumé|
    avant-propos|préface|resumo|introdução|introduzione|prefazione|premessa|riassunto|samenvatting|
    inleiding|voorwoord|acknowledgements|acknowledgments|appendix|references|bibliography|glossary|
    figure|figures|table|tables|page|chapter|notes|confidential|draft|welcome|cover|home
    """.replace("\n", "")
    .replace("    ", "")
    .strip()
    .split("|")
)
NUMBERED = re.compile(
    r"(?:(?:chapter|section|part|article|appendix|annex|kapitel|teil|artikel|abschnitt|capítulo|artículo|"
    r"chapitre|article|capitolo|articolo|§+)\s*)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,2})*|[IVX]{1,5}|[A-Z](?=[.)]))[.):]?\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NO_AUTHOR = frozenset("admin administrator user owner unknown author root scanner default".split())
_STAMP = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d{6})?")
_CONVERTERS = re.compile(
    r"print ?to ?pdf|distiller|ghostscript|pdfcreator|primopdf|dopdf|cutepdf|pdf24|bullzip|novapdf|"
    r"quartz|skia|wkhtmltopdf|weasyprint|prince|chrom|firefox|itext|pdftk|pdfsam|smallpdf|ilovepdf|"
    r"ocr|abbyy|finereader|scan|paper ?capture|pdf ?compressor|canon|xerox|ricoh|konica|kyocera|"
    r"sharp mx|hewlett|epson|omnipage|readiris|imagemagick|img2pdf|tesseract|pdfsharp|aspose|"
    r"convert|nitro|foxit|phantom",
    re.IGNORECASE,
)
"""Programs that convert older documents to PDF, at any later time."""
_NO_DAY = frozenset({"1970-01-01", "1904-01-01", "1980-01-01", "1601-01-01", "1900-01-01"})
"""The first day of a clock that was never set."""


def names_document(words: str) -> bool:
    """Whether words can be the title of one document: not "Contents", a file's name or a site's name."""
    if not 2 <= len(words) <= 300 or not any(map(str.isalpha, words)):
        return False
    bare = " ".join(words.split()).strip(" .:–—-").lower()
    return bare not in _GENERIC and not (
        _CONVERTED.match(words) or _FILE.match(words) or _SITE.fullmatch(words) or is_imprint(words)
    )


def title_of(words: str, opening: str) -> str | None:
    """Return the title in the metadata if it is a real one: often it is the name of a program or a file.

    ``opening`` is the beginning of the text in lower case, which must have the words of the title.
    """
    words = " ".join(words.split())
    numbered = NUMBERED.match(words)
    if not names_document(words) or len(words) < 3 or (numbered and numbered["number"] == "1"):
        return None
    parts = [part.lower() for part in _WORD.findall(words)]
    said = sum(part in opening for part in parts)
    whole = len(parts) > 1 or (len(words) > 3 and not words.isascii())
    return words if whole and 2 * said >= len(parts) else None


def author_of(words: str) -> str | None:
    """Return the author in the metadata if it is the name of a person or an office."""
    words = " ".join(words.split())
    named = 3 <= len(words) <= 200 and " " in words and "@" not in words
    return words if named and words.lower() not in _NO_AUTHOR else None


def made(about: Mapping[str, str], *, form: bool) -> Published | None:
    """Return when the file was made (``D:20191123101500Z``), if it may have been written then.

    A converting program may have run at any time. The date of a ``form`` is that of the empty form. The
    first moment of a new millennium is a program's default.
    """
    stamp = about.get("CreationDate", "")
    found = _STAMP.match(stamp)
    if (
        not found
        or form
        or _CONVERTERS.search(f"{about.get('Producer', '')} {about.get('Creator', '')}")
    ):
        return None
    value = dates.parse_date("-".join(part for part in found.groups()[:3] if part))
    if value is None or value in _NO_DAY:
        return None
    if value[5:] in ("01-01", "") and found[4] in (None, "000000"):
        return None
    return Published(value, stamp, "PDF metadata")
