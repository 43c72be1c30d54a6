"""CommonMark's blocks, in work and memory that grow with the text alone.

markdown-it finds the blocks. By itself it takes time that grows with the square of some texts, and holds
a token for each mark. So it is given a window of the text at a time, and its work is counted:

- *Windows.* The last block of a window may go on behind it, so the next window begins with that block. A
  block that fills its window gets a larger one. What comes out is what the whole text would give.
- *Work.* The rules that look ahead count the lines that they visit. Where those are more than any text needs,
  or the window has more blocks than one can have, the window is read without structure.
- *Rules.* A table makes no tokens for its cells, and a link's definition ends after some lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, reference, table

from qa.corpus.dense import BREAK, stretches
from qa.records import Block, BlockKind

_WINDOW, _MOST = 1 << 15, 1 << 20
"""Characters of the first window, and of the largest."""
_MOST_LINES = 1 << 15
_FREE_WORK, _CHARS_A_UNIT = 50_000, 4
"""Lines that may be visited in any text, and beyond them one in so many characters: prose takes a fifth of
that, a long list of entries of forty characters all of it."""
_BLOCK, _LINE = 4, 128
"""The beginning of a block counts as so many visits, and a line as one more for so many characters."""
_FREE_BLOCKS, _CHARS_A_BLOCK = 1_000, 24
_CHARS_A_ROW = 8
"""Characters that a row of a table has on average; one whose rows have less is a paragraph."""
_DEFINITION_LINES = 32
_CONTAINERS: Mapping[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "list_item_open": "item",
    "blockquote_open": "paragraph",
    "fence": "paragraph",
    "code_block": "paragraph",
    "table_open": "row",
    "html_block": "paragraph",
}


class _TooDenseError(Exception):
    """A window takes more work than a text does."""


class Found(NamedTuple):
    """The blocks of a text, and how many characters of it were too dense for any."""

    blocks: list[Block]
    dense: int


def markdown_blocks(text: str, start: int) -> Found:
    """Return the blocks of a Markdown text from a place on, in order."""
    blocks: list[Block] = []
    dense, left, size = 0, _FREE_WORK, _WINDOW
    while start < len(text):
        end = _end_of_window(text, start, size)
        granted = (end - start) // _CHARS_A_UNIT
        work = {"left": left + granted}
        try:
            found, upto = _read_window(text, start, end, work)
            blocks += found
        except _TooDenseError:
            blocks += stretches(text, start, end)
            dense, upto = dense + end - start, end
        left = max(0, work["left"] - granted + (upto - start) // _CHARS_A_UNIT)
        size = 4 * size if upto == start else _WINDOW
        start = upto
    return Found(blocks, dense)


def _end_of_window(text: str, start: int, size: int) -> int:
    """Return where the last line ends that a window of about that size holds whole."""
    if start + size >= len(text):
        return len(text)
    end = 1 + max(text.rfind(mark, start, start + size) for mark in "\r\n")
    if end and text[end - 1 : end + 1] != "\r\n":
        return end
    found = BREAK.search(text, end - 1 if end else start + size)
    return found.end() if found else len(text)


def _read_window(text: str, start: int, end: int, work: dict[str, int]) -> tuple[list[Block], int]:
    """Return the blocks of a window, and where the next one begins: at ``start`` if this is too small.

    Raises _TooDenseError.
    """
    window = text[start:end]
    lines = [start, *(start + found.end() for found in BREAK.finditer(window)), end]
    if len(window) > _MOST or len(lines) > _MOST_LINES + 2:
        raise _TooDenseError
    blocks: list[Block] = []
    inside = last = start
    rows = 0
    for token in _MARKDOWN.parse(window, work):
        if token.map is None:
            continue
        first, upto = lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]
        # A list may be gone on with from any of its entries.
        if token.level == 0 or (token.level == 1 and token.type == "list_item_open"):
            last = first
        kind = _CONTAINERS.get(token.type)
        if kind is None or first < inside:  # within a block that is already taken whole
            continue
        if kind == "row" and upto - first >= _CHARS_A_ROW * (token.map[1] - token.map[0]):
            table = list(_rows(text, lines[token.map[0] : token.map[1]], upto))
            blocks += table
            rows += len(table)
            inside = upto
            continue
        kind = "paragraph" if kind == "row" else kind
        piece = text[first:upto]
        first, upto = first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip())
        if first < upto:
            if token.type == "html_block" and _is_comment(text[first:upto]):
                kind = "furniture"
            blocks.append(Block(kind, first, upto, int(token.tag[1]) if kind == "heading" else 0))
            inside = upto
    if len(blocks) - rows > _FREE_BLOCKS + len(window) // _CHARS_A_BLOCK:
        raise _TooDenseError
    if end == len(text):
        return blocks, end
    while blocks and blocks[-1].end > last:
        blocks.pop()
    return blocks, last


def _rows(text: str, starts: Sequence[int], end: int) -> Iterator[Block]:
    """Yield the rows of a table: the first one names its columns, with the rule below it."""
    kind: BlockKind = "header"
    for first, upto in pairwise([starts[0], *starts[2:], end]):
        piece = text[first:upto]
        begin, close = first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip())
        if begin < close:
            yield Block(kind, begin, close)
        kind = "row"


def _is_comment(html: str) -> bool:
    """Whether a block of HTML is nothing but comments; the last one may be left open."""
    *comments, rest = html.split("-->")
    opens = [part.lstrip().startswith("<!--") for part in comments]
    return all(opens) and (not rest.strip() or rest.lstrip().startswith("<!--"))


# --- markdown-it's rules, counted and bounded -----------------------------------------------------


def _spend(state: StateBlock, lines: int) -> None:
    state.env["left"] -= lines
    if state.env["left"] < 0:
        raise _TooDenseError


def _fence(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    # Every rule that looks ahead asks this one at each line; and so does whoever begins a block.
    visits = 1 if silent else _BLOCK
    _spend(state, visits + (state.eMarks[line] - state.bMarks[line]) // _LINE)
    return fence(state, line, end, silent)


def _blockquote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    if not silent and state.src.startswith(">", state.bMarks[line] + state.tShift[line]):
        # It looks at the lines as far as an empty one, and may make a block of the first one alone.
        after = line + 1
        while after < end and not state.isEmpty(after):
            after += 1
        _spend(state, after - line)
    return blockquote(state, line, end, silent)


def _reference(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    # A title may go on until the next empty line, and is put together anew at each.
    whole = state.lineMax
    state.lineMax = min(whole, line + _DEFINITION_LINES)
    try:
        return reference(state, line, end, silent)
    finally:
        state.lineMax = whole


def _table(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    if not table(state, line, end, True):
        return False
    if silent:
        return True
    after = line + 2
    before, state.parentType = state.parentType, "table"
    while after < end and state.sCount[after] >= state.blkIndent and not state.isEmpty(after):
        if state.is_code_block(after) or any(
            rule(state, after, end, True) for rule in state.md.block.ruler.getRules("blockquote")
        ):
            break
        after += 1
    state.parentType = before
    state.push("table_open", "table", 1).map = [line, after]
    state.push("table_close", "table", -1)
    state.line = after
    return True


class _Parser(MarkdownIt):
    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name
        return url  # nobody asks where a link leads to


def _parser() -> MarkdownIt:
    options = {"maxNesting": 20, "inline_definitions": True}
    parser = _Parser("commonmark", options).enable("table")
    # Only block structure is wanted.
    parser.disable(["inline", "text_join"])
    ends = ["paragraph", "reference", "blockquote", "list"]
    rules = parser.block.ruler
    rules.at("fence", _fence, {"alt": ends})
    rules.at("blockquote", _blockquote, {"alt": ends})
    rules.at("reference", _reference)
    rules.at("table", _table, {"alt": ends[:2]})
    return parser


_MARKDOWN = _parser()
