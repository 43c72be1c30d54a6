"""Parts that a page shows only after a click or with a script: panels, formulas, texts for no scripts.

A saved page is as its script left it, or as it was before. Closed panels are opened. A formula replaces what
a script has drawn for it. A text that only browsers without scripts show is used if there is no other text.
"""

from __future__ import annotations

import re
from itertools import islice, takewhile

from qa.corpus.formats.formulas import math_text, simple_tex
from qa.corpus.formats.markup import Element, local_name, text_of

_CONTROLS = ("aria-controls", "data-target", "data-bs-target", "href")
_PANELS = re.compile(
    r"\b(?:accordion|panel|collaps\w*|tab-?(?:pane|content|panel)|toggle|expand\w*|faq|spoiler|answer|"
    r"akkordeon|acordeon|details)",
    re.IGNORECASE,
)
_NO_PANELS = re.compile(
    r"menu|nav|modal|popup|popover|dialog|dropdown|drawer|overlay|lightbox|cookie|consent|tooltip|search|"
    r"login|signin|share|template",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"\b(?:tex|latex|math|formula|mwe-math-fallback-image-\w+)\b", re.IGNORECASE)
_DRAWN = re.compile(r"\b(?:MathJax\w*|mjx-\w+|katex-html)\b")
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_HEADS = frozenset("h1 h2 h3 h4 h5 h6 dt summary".split())
_BOXES = frozenset("p div td th li dd section article body".split())
_LEAST, _TIMES = 200, 2
"""Characters of a text that is only in noscript, and how much longer than the other text it must be."""
_EMPTY = 20
_ASKS = re.compile(r"javascript|java script|\bscripts?\b|browser|\bJS\b", re.IGNORECASE)
"""A page that only says that it is loading has few characters; a text that only asks for scripts has such words."""
_NEAR = 3


def is_hidden(node: Element) -> bool:
    """Whether an element declares itself hidden."""
    return node.get("hidden") is not None or bool(_HIDDEN.search(node.get("style") or ""))


def open_closed(root: Element) -> None:
    """Make plain elements of the closed and the drawn parts of a page."""
    body = root.find("body")
    if body is not None:
        _open_noscript(body)
        _write_formulas(body)
        _open_panels(body)


def _open_panels(body: Element) -> None:
    for node in list(body.iter("details", "summary")):
        node.tag = "div" if node.tag == "details" else "h4"
    closed = [node for node in body.iter() if local_name(node) and is_hidden(node)]
    if not closed:
        return
    openers: dict[str, Element] = {}
    for node in body.iter():
        for name in _CONTROLS if local_name(node) else ():
            said = node.get(name)
            if said and (name == "aria-controls" or said.startswith("#")):
                openers.setdefault(said.removeprefix("#"), node)
    for node in closed:
        opener = openers.get(node.get("id") or "")
        if not _is_panel(node, told=opener is not None):
            continue
        for name in ("hidden", "aria-hidden", "style"):
            node.attrib.pop(name, None)
        opener = node.getprevious() if opener is None else opener
        if opener is not None and local_name(opener) == "button":
            opener.tag = "span" if local_name(opener.getparent()) in _HEADS else "h4"


def _is_panel(node: Element, *, told: bool) -> bool:
    """Whether a hidden element is text behind a click; ``told``: whether another element opens it."""
    names = f"{node.get('class') or ''} {node.get('id') or ''} {node.get('role') or ''}"
    if _NO_PANELS.search(names):
        return False
    if not (
        told
        or node.get("hidden") == "until-found"
        or node.get("role") in ("tabpanel", "region")
        or _PANELS.search(names)
    ):
        return False
    words = len(text_of(node))
    return bool(words) and 2 * sum(len(text_of(link)) for link in node.iter("a")) < words


def _open_noscript(body: Element) -> None:
    inside = list(body.iter("noscript"))
    if not inside:
        return
    hidden = sum(len(text_of(node)) for node in inside)
    unseen = sum(len(text_of(node)) for node in body.iter("script", "style", "template"))
    shown = len(text_of(body)) - hidden - unseen
    short = shown <= _EMPTY and not any(_ASKS.search(text_of(node)) for node in inside)
    if short or hidden >= max(_LEAST, _TIMES * shown):
        for node in inside:
            node.tag = "div"


def _write_formulas(body: Element) -> None:
    """Replace each formula by its text: TeX in a script, MathML, a picture with TeX."""
    for node in list(body.iter("script")):
        if (node.get("type") or "").lower().startswith("math/tex") and (node.text or "").strip():
            before = node.getprevious()
            while before is not None and _DRAWN.search(before.get("class") or ""):
                _empty(before)
                before = before.getprevious()
            _write(node, simple_tex(node.text))
    # A picture of a formula that is also there as MathML stands in an element around both.
    told: set[Element] = set()
    for node in list(body.iter("math")):
        told.update(takewhile(_is_inline, islice(node.iterancestors(), _NEAR)))
        _uncover(node)
        _write(node, math_text(node))
    for node in list(body.iter("img")):
        alternative = node.get("alt") or ""
        if (
            alternative
            and _FORMULA.search(node.get("class") or "")
            and node.getparent() not in told
        ):
            _write(node, simple_tex(alternative))


def _uncover(formula: Element) -> None:
    """Show a formula that is hidden beside its drawing, and remove the drawing."""
    node = formula
    while _is_inline(node) and node.getparent() is not None:
        if is_hidden(node):
            node.attrib.pop("style", None)
            node.attrib.pop("hidden", None)
        for beside in (node.getprevious(), node.getnext()):
            if (
                beside is not None
                and local_name(beside) not in {"", "p", "div"}
                and _is_drawn(beside)
            ):
                _empty(beside)
        node = node.getparent()


def _is_inline(node: Element) -> bool:
    return local_name(node) not in _BOXES


def _is_drawn(node: Element) -> bool:
    return node.get("aria-hidden") == "true" or bool(_DRAWN.search(node.get("class") or ""))


def _write(node: Element, words: str) -> None:
    _empty(node)
    node.tag, node.text = "span", words
    for name in ("class", "style", "hidden", "aria-hidden"):
        node.attrib.pop(name, None)


def _empty(node: Element) -> None:
    for part in list(node):
        node.remove(part)
    node.text = None
