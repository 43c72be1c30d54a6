"""PDFs: ``pages`` gets places from PDFium, ``layout`` finds lines and columns, ``text`` makes the text."""

from qa.corpus.formats.pdf.scans import Scanner
from qa.corpus.formats.pdf.text import read_pdf

__all__ = ["Scanner", "read_pdf"]
