"""Accents that a PDF draws over their letters, as characters of their own."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf

FONT, SIZE = "Times-Roman", 12.0


class Typesetter:
    """Writes a PDF as TeX's ``\\accent`` does: the accent in the middle over its letter, higher over a capital."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._canvas = Canvas(self._file, pagesize=(595, 842), invariant=1)
        self._canvas.setFont(FONT, SIZE)
        self._y = 740.0

    def line(self, parts: list[str | tuple[str, str]], *, after: bool = False) -> None:
        """Write a line: text, and pairs of an accent and its letter; with ``after`` the letter comes first."""
        x = 72.0
        for part in parts:
            accent, letter = ("", part) if isinstance(part, str) else part
            wide = stringWidth(letter, FONT, SIZE)
            off = (wide - stringWidth(accent, FONT, SIZE)) / 2
            drawn = [(x, 0.0, letter)]
            if accent:
                mark = (x + off, 2.6 if letter.isupper() else 0.0, accent)
                drawn = [*drawn, mark] if after else [mark, *drawn]
            for left, up, text in drawn:
                self._canvas.drawString(left, self._y + up, text)
            x += wide
        self._y -= 15

    def read(self) -> str:
        """Return what is read."""
        self._canvas.save()
        return read_pdf(self._file.getvalue()).text


@pytest.mark.parametrize("after", [False, True])
def test_an_accent_over_a_letter_and_the_letter_are_one(after: bool) -> None:
    page = Typesetter()
    page.line(["Le conseil a d", ("\u00b4", "e"), "cid", ("\u00b4", "e"), " ", ("`", "a"), " l'unanimit",
               ("\u00b4", "e"), " pendant la f", ("\u02c6", "e"), "te du village"], after=after)  # fmt: skip
    page.line(["Die B", ("\u00a8", "u"), "rger h", ("\u00a8", "o"), "ren die Gr", ("\u00a8", "u"),
               "nde; el ni", ("\u02dc", "n"), "o y la gar", ("\u00b8", "c"), "on"], after=after)  # fmt: skip
    text = " ".join(page.read().split())
    assert "Le conseil a décidé à l'unanimité pendant la fête du village" in text
    assert "Die Bürger hören die Gründe; el niño y la garçon" in text


def test_the_accent_of_a_capital_stands_higher() -> None:
    page = Typesetter()
    page.line([("\u00b4", "E"), "criture sur le disque de la mairie du village"])
    page.line([("\u00a8", "U"), "ber die Brunnen des Dorfes an der oberen Orla"])
    text = page.read()
    assert "Écriture sur le disque" in text and "Über die Brunnen" in text


def test_a_grave_accent_beside_its_letter_is_a_quotation_mark() -> None:
    page = Typesetter()
    page.line(["The command `ls` lists the files, and `a quotation' of old has one too."])
    page.line(["The hat ^ and the tilde ~ stand for themselves, as does 20\u00b4 of a degree."])
    text = page.read()
    assert "The command `ls` lists the files, and `a quotation' of old has one too." in text
    assert "The hat ^ and the tilde ~ stand for themselves, as does 20\u00b4 of a degree." in text
