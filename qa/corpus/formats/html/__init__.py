"""Saved web pages: from bytes to main text, and to what a page says of itself.

``tree`` makes a plain tree of a page, and ``closed`` opens what it shows only after a click. ``main`` finds
the leaves with its text, and ``dropped`` removes some of them again. ``furniture`` and ``listing`` recognise
boilerplate and entries. ``about``, ``shown``, ``beside`` and ``title`` find what the page says of itself.
``page`` puts it all together.
"""

from qa.corpus.formats.html.page import extract, read_html, read_mhtml, read_page

__all__ = ["extract", "read_html", "read_mhtml", "read_page"]
