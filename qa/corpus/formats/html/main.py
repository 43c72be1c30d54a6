"""Which parts of a web page are its text.

trafilatura (Apache-2.0) is asked first: its rules were developed on thousands of pages. It returns a text of its
own; here that only shows which elements of the page count, so that headings, lists and tables come from the page
itself. If it finds nothing, or hardly anything of the page's text, the densest part of the page is used.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Sequence
from copy import deepcopy

from qa.corpus.formats.html.dropped import (
    ENDS,
    SHORT,
    drop_captions,
    drop_repeated,
    drop_sayings,
    drop_titles,
    is_caption,
    settle_headings,
)
from qa.corpus.formats.html.furniture import (
    is_linked,
    is_prose,
    is_saying,
    link_chars,
)
from qa.corpus.formats.html.tree import HEADINGS, words_of
from qa.corpus.formats.markup import Element, local_name

_LETTERS = re.compile(r"[\W_]+")
_NEAR = 300
_PIECE = 20
_TOO_LITTLE, _FEW = 0.15, 300
"""Shares of a page's running text: at least the first must be found; above the second, nothing is doubted."""


def main_leaves(
    root: Element, parts: Sequence[Element], titles: Collection[str], *, bare: bool = False
) -> list[Element]:
    """Return the leaves of a page that are its text; ``titles`` are names that it gives itself.

    A ``bare`` page has no visible boilerplate. There all text that is no link counts, up to the last
    running text.
    """
    keys = [_key(words_of(leaf)) for leaf in parts]
    kept = _voted(keys, _asked(root))
    prose = [len(key) if is_prose(leaf) else 0 for leaf, key in zip(parts, keys, strict=True)]
    found, whole = sum(size for size, keep in zip(prose, kept, strict=True) if keep), sum(prose)
    if found < _TOO_LITTLE * whole or (found < _FEW and 2 * found < whole):
        kept = _densest(parts, keys, prose)
    elif not any(kept):
        kept = _densest(parts, keys, [len(key) for key in keys])
    if bare:
        _keep_whole(parts, kept, prose)
    titled = {_key(title) for title in titles}
    _fill(parts, kept)
    _settle_head(parts, keys, kept, titled)
    drop_sayings(parts, kept, prose)
    drop_titles(parts, keys, kept, titled)
    drop_repeated(parts, keys, kept)
    drop_captions(parts, keys, kept)
    settle_headings(parts, kept)
    return [leaf for leaf, keep in zip(parts, kept, strict=True) if keep]


def _keep_whole(parts: Sequence[Element], kept: list[bool], prose: Sequence[int]) -> None:
    """Keep what is no link, up to the last running text; below that, drop lines that are short or have links."""
    sure = []
    below = False
    for n, leaf in enumerate(parts):
        # Below the first line of a footer, only running text is kept.
        below = not prose[n] and (below or is_saying(leaf))
        told = (prose[n] or _row_of(leaf) is not None) and not link_chars(leaf)
        if kept[n] or (told and not below):
            sure.append(n)
    for n in range(max(sure, default=-1) + 1):
        kept[n] |= not (is_linked(parts[n]) if n > sure[0] else link_chars(parts[n]))


def _key(words: str) -> str:
    """Return the letters and figures of a text, for comparing it with another."""
    return _LETTERS.sub("", unicodedata.normalize("NFC", words).casefold())


def _asked(root: Element) -> str:
    """Return the letters of the text that trafilatura finds in a page."""
    # Imported late: it imports many modules, and only pages need it.
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.bare_extraction(deepcopy(root), include_comments=False, fast=False)
    except Exception:
        # If it raises any error for an odd page, the page is still read.
        return ""
    return _key(found.text or "") if found else ""


def _voted(keys: Sequence[str], answer: str) -> list[bool]:
    """Return for each leaf whether its words are in the answer; few words must be at the right place."""
    votes, at = [], 0
    for key in keys:
        if len(key) >= SHORT:
            place = answer.find(key, at)
            if place < 0:
                place = answer.find(key)
            vote = place >= 0 or _in_pieces(key, answer)
        else:
            place = answer.find(key, at, at + _NEAR) if key else -1
            vote = place >= 0
        if place >= at:
            at = place + len(key)
        votes.append(vote)
    return votes


def _in_pieces(key: str, answer: str) -> bool:
    pieces = [key[n : n + _PIECE] for n in range(0, len(key) - _PIECE + 1, _PIECE)]
    return 2 * sum(piece in answer for piece in pieces) > len(pieces)


def _densest(parts: Sequence[Element], keys: Sequence[str], sizes: Sequence[int]) -> list[bool]:
    """Choose the smallest element with nearly all running text, and in it what is no link."""
    held: dict[Element, int] = {}
    whole = sum(sizes)
    for leaf, size in zip(parts, sizes, strict=True):
        node = leaf
        while node is not None and size:
            held[node] = held.get(node, 0) + size
            node = node.getparent()
    home = min(
        (node for node, size in held.items() if size >= 0.8 * whole),
        key=lambda node: (held[node], -sum(1 for _ in node.iterancestors())),
        default=None,
    )
    if home is None:
        return [False] * len(parts)
    return [
        (leaf is home or home in leaf.iterancestors()) and not is_linked(leaf) for leaf in parts
    ]


def _shape(leaf: Element) -> tuple[str, str, str, str]:
    above = leaf.getparent()
    return (
        local_name(leaf),
        leaf.get("class") or "",
        local_name(above),
        above.get("class") or "",
    )


def _box_of(leaf: Element) -> Element | None:
    """Return the nearest element around a leaf, or the leaf, that has a class."""
    return next((node for node in (leaf, *leaf.iterancestors()) if node.get("class")), None)


def _fill(parts: Sequence[Element], kept: list[bool]) -> None:
    """Keep what was left out between kept leaves, if it stands beside them or has their form."""
    # A phrase of an interface, as in a footer, has no text beside it.
    kept[:] = [keep and not is_saying(leaf) for leaf, keep in zip(parts, kept, strict=True)]
    if not any(kept):
        return
    shapes = {_shape(leaf) for leaf, keep in zip(parts, kept, strict=True) if keep}
    boxes = [_box_of(leaf) for leaf in parts]
    told_boxes = {box for box, keep in zip(boxes, kept, strict=True) if keep and box is not None}
    boxed = {_shape(box) for box in told_boxes}
    rows = [_row_of(leaf) for leaf in parts]
    told_rows = {row for row, keep in zip(rows, kept, strict=True) if keep and row is not None}
    homes = {
        (leaf if row is None else row).getparent()
        for leaf, row, keep in zip(parts, rows, kept, strict=True)
        if keep
    }
    first = kept.index(True)
    last = len(kept) - 1 - kept[::-1].index(True)
    menus = {row for row in {*rows} if row is not None and is_linked(row)}
    told_rows |= _enclosed(rows, kept) - menus
    # From the middle outwards: a leaf at an end is judged by leaves nearer to the middle.
    for n in (*range(first, len(parts)), *reversed(range(first))):
        leaf, row = parts[n], rows[n]
        if kept[n] or is_caption(leaf):
            continue
        home = (leaf if row is None else row).getparent()
        if row is not None and row not in menus:
            near = first < n < last or _adjoins(parts, kept, n, 1 if n < first else -1)
            if row in told_rows or (home in homes and near):
                # A list is kept or left out as a whole.
                told_rows.add(row)
                kept[n] = True
                continue
        if is_linked(leaf):
            continue
        shape, box = _shape(leaf), boxes[n]
        ends = words_of(leaf)[-1:] in ENDS
        alike = shape in shapes and bool(is_prose(leaf) or shape[1] or shape[3])
        # Some posts of a thread have paragraphs, others have none.
        alike |= ends and box is not None and box not in told_boxes and _shape(box) in boxed
        beside = home in homes and local_name(home) not in ("body", "html")
        if first < n < last:
            kept[n] = alike or (
                beside and (is_prose(leaf) or local_name(leaf) in {*HEADINGS, "pre"})
            )
        else:
            kept[n] = (alike and (ends or is_prose(leaf))) or (beside and is_prose(leaf))
            kept[n] |= beside and local_name(leaf) == "table"
            kept[n] |= bool(n and kept[n - 1]) and _goes_on(parts[n - 1], row)
    for n in reversed(range(len(parts) - 1)):
        if not kept[n] and local_name(parts[n]) in HEADINGS and kept[n + 1]:
            # The first post's title may be a link if those of the others are.
            kept[n] = not is_linked(parts[n]) or first < n or _shape(parts[n]) in shapes
        if kept[n]:
            shapes.add(_shape(parts[n]))


def _enclosed(rows: Sequence[Element | None], kept: Sequence[bool]) -> set[Element]:
    """Return lists and tables that stand between two kept leaves; other lists and tables may lie between."""
    found: set[Element] = set()
    passed: set[Element] = set()
    after_kept = False
    for row, keep in zip(rows, kept, strict=True):
        if row is not None and not keep:
            passed.add(row)
            continue
        if keep and after_kept:
            found |= passed
        passed = set()
        after_kept = keep
    return found


def _adjoins(parts: Sequence[Element], kept: Sequence[bool], n: int, step: int) -> bool:
    """Whether the next leaf in a direction is kept; headings are skipped."""
    n += step
    while 0 <= n < len(parts) and not kept[n] and local_name(parts[n]) in HEADINGS:
        n += step
    return 0 <= n < len(parts) and kept[n]


def _goes_on(before: Element, row: Element | None) -> bool:
    """Whether the leaf before a list announces it ("We demand:"), or is an item of it."""
    return row is not None and (row is _row_of(before) or words_of(before).endswith(":"))


def _row_of(leaf: Element) -> Element | None:
    """Return the list or the table that a leaf is part of."""
    if local_name(leaf) == "table":
        return leaf
    found = None
    for above in leaf.iterancestors():
        if local_name(above) not in ("ul", "ol", "dl", "li", "dd"):
            break
        found = above
    return found


def _settle_head(
    parts: Sequence[Element], keys: Sequence[str], kept: list[bool], titles: Collection[str]
) -> None:
    """If a page shows its title, begin the text below it: drop text above, keep a summary below."""
    at = next(
        (n for n, leaf in enumerate(parts) if local_name(leaf) in HEADINGS and keys[n] in titles),
        -1,
    )
    first = kept.index(True) if any(kept) else -1
    for n in range(at):
        kept[n] = kept[n] and is_prose(parts[n])
    if 0 <= at < first:
        beside = parts[at].getparent()
        for n in range(at + 1, first):
            home = parts[n].getparent()
            near = home is beside or home is beside.getparent()
            kept[n] = near and is_prose(parts[n]) and not is_caption(parts[n])
