"""Saved web pages: bytes to main text, and to what a page says of itself.

``tree`` makes a plain tree of a page, ``closed`` opens what it shows only at a click; ``main`` finds the
leaves that hold its text, ``dropped`` leaves some out again, ``furniture`` and ``listing`` tell what stands
around it and what is an entry; ``about``, ``shown``, ``beside`` and ``title`` tell what the page says of
itself; ``page`` puts it together.
"""

from qa.corpus.formats.html.page import extract, read_html, read_mhtml, read_page

__all__ = ["extract", "read_html", "read_mhtml", "read_page"]
