"""PDFs: ``pages`` asks PDFium what stands where, ``layout`` finds lines and columns, ``text`` reads them."""

from qa.corpus.formats.pdf.scans import Scanner
from qa.corpus.formats.pdf.text import read_pdf

__all__ = ["Scanner", "read_pdf"]
