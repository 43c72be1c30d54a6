"""The text of an RTF file: it puts groups and control words as paragraphs and tables into a flow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from qa.corpus.formats.flow import PAGE, Flow, Paragraph, lines, small
from qa.corpus.formats.rtf.rows import Rows
from qa.corpus.formats.rtf.state import POINTS, Font, Head, State, Style
from qa.corpus.formats.rtf.tokens import CHARSETS, Token, codec
from qa.corpus.formats.symbols import translated
from qa.records import BlockKind

_CHARACTERS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ", "page": "\n",
    "column": "\n",
}  # fmt: skip
_SIGNS = {"~": "\xa0", "_": "-", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n"}
_EDGES = frozenset("header headerl headerr headerf footer footerl footerr footerf".split())
_PASSED_OVER = frozenset(
    "colortbl pict objdata fldinst shprslt nonshppict themedata datastore xe tc tcn rxe bxe private keywords "
    "subject operator category manager company hlinkbase nextfile template generator atnid atntime atndate "
    "atnref atrfstart atrfend listtable listoverridetable revtbl rsidtbl filetbl pnseclvl pn ftnsep ftnsepc "
    "ftncn aftnsep aftnsepc aftncn background mmathPr latentstyles wgrffmtfilter xmlnstbl".split()
)
_STARRED = frozenset(
    "shpinst shptxt ud annotation atnauthor formfield nesttableprops docvar moMath".split()
)
"""Groups after a star that are read anyway; the star tells readers to ignore groups that they do not know."""
_LABELS = frozenset({"listtext", "pntext"})
_ABOUT = frozenset({"title", "author", "doccomm", "keywords", "subject", "category"})
_TIMES = {"yr": 0, "mo": 1, "dy": 2}
_BOXES = ("☐", "☒")


@dataclass(slots=True)
class _Story:
    """A text with its own paragraphs: the body, a header, a note."""

    flow: Flow
    kind: str = "text"
    words: list[str] = field(default_factory=list)
    bold: bool = True
    points: float | None = None
    style: int = 0
    outline: int | None = None
    in_table: bool = False
    label: list[str] = field(default_factory=list)
    rows: Rows = field(default_factory=Rows)
    beside: list[Paragraph] = field(default_factory=list)
    """Notes and comments on the open paragraph; ``behind`` has those on the open table."""
    behind: list[Paragraph] = field(default_factory=list)


class Body:
    """Takes the pieces of a file in order."""

    def __init__(self) -> None:
        self.head = Head()
        self.left_out: Counter[str] = Counter()
        self.headers: list[Paragraph] = []
        self.footers: list[Paragraph] = []
        self.flow = Flow()
        self._states: list[State] = []
        self._state = State()
        self._stories: list[tuple[int, _Story]] = [(0, _Story(self.flow))]
        """Each with the depth of the group around it."""
        self._pending = bytearray()
        self._skipped = 0
        self._star = self._begins = False
        self._author = ""
        self._font = self._style = 0
        self._time = ""
        self._form = [0, 0]

    @property
    def depth(self) -> int:
        """How many groups are open."""
        return len(self._states)

    def take(self, token: Token) -> None:
        """Process the next piece."""
        kind = token.kind
        if kind == "text":
            self._begins = False
            if self._state.target != "skip":
                self._bytes(token)
            return
        self._flush()
        if kind == "{":
            self._states.append(self._state)
            self._begins, self._star, self._skipped = True, False, 0
        elif kind == "}":
            self._close()
        elif kind == "word":
            self._word(token.name, token.number)
        elif token.name == "*":
            self._star = True
        elif self._state.target != "skip" and token.name in _SIGNS and not self._skip_one():
            self._say(_SIGNS[token.name])

    def end(self) -> None:
        """End the text, even if groups are still open."""
        self._flush()
        while len(self._stories) > 1:
            self._end_story()
        self._paragraph()
        self._end_table()

    # Text.

    def _bytes(self, token: Token) -> None:
        data = token.data
        while self._skipped and data:
            self._skipped -= 1
            data = data[1:]
        self._pending += data

    def _skip_one(self) -> bool:
        if self._skipped:
            self._skipped -= 1
            return True
        return False

    def _flush(self) -> None:
        if self._pending:
            font = self._fonts()
            words = bytes(self._pending).decode(font.codec or self.head.codec, "replace")
            self._pending.clear()
            self._say(words)

    def _fonts(self) -> Font:
        number = self.head.default_font if self._state.font is None else self._state.font
        return self.head.fonts.get(number, Font())

    def _say(self, words: str) -> None:
        state = self._state
        target = state.target
        if target == "skip":
            return
        if target == "fonttbl":
            self.head.fonts.setdefault(self._font, Font()).name += words
        elif target == "stylesheet":
            self.head.styles.setdefault(self._style, Style()).name += words
        elif target in _ABOUT:
            self.head.about[target] = self.head.about.get(target, "") + words
        elif target == "atnauthor":
            self._author += words
        elif target == "label":
            self._stories[-1][1].label.append(words)
        elif target == "text":
            self._text(words, state)

    def _text(self, words: str, state: State) -> None:
        story = self._stories[-1][1]
        if state.hidden or state.deleted:
            what = "deleted passages" if state.deleted else "hidden texts"
            self.left_out[what] += bool(words.strip())
            return
        words, unknown = translated(words, self._fonts().name.strip().rstrip(";"))
        self.left_out["signs of unknown fonts"] += unknown
        if words.strip():
            story.bold = story.bold and state.bold
            story.points = min(state.points, story.points or state.points)
            if state.raised:
                words = small(words, story.words, up=state.raised > 0)
        story.words.append(words)

    # Groups.

    def _close(self) -> None:
        if self._state.target == "formfield":
            if self._form[0] == 1:
                self._state = replace(self._state, target="text")
                self._say(_BOXES[self._form[1] == 1])
            self._form = [0, 0]
        if self._states:
            self._state = self._states.pop()
        while len(self._stories) > 1 and self._stories[-1][0] > len(self._states):
            self._end_story()
        self._begins = self._star = False
        self._skipped = 0

    def _target(self, name: str, known: bool) -> None:
        """Choose the target of the open group's text by the group's first word."""
        if name in _EDGES or name in ("footnote", "annotation", "shptxt"):
            if self._state.target != "skip" or name == "shptxt":
                self._state = State(fallback=self._state.fallback)
                self._stories.append((len(self._states), _Story(Flow(), name)))
        elif name in _LABELS and self._state.target == "text":
            self._state = replace(self._state, target="label")
        elif name in _ABOUT or name in ("fonttbl", "stylesheet", "atnauthor", "formfield"):
            if name not in _ABOUT or self._state.target == "info":
                self._state = replace(self._state, target=name)
        elif name == "info":
            self._state = replace(self._state, target="info")
        elif name == "upr":
            self._state = replace(self._state, target="skip")
        elif name == "ud":
            outer = self._states[-2] if len(self._states) > 1 else State()
            self._state = replace(outer, fallback=self._state.fallback)
        elif name == "moMath":
            self.left_out["formulas"] += 1
            self._state = replace(self._state, target="skip")
        elif name in ("creatim", "revtim"):
            self._time = name
            self.head.times[name] = [0, 0, 0]
            self._state = replace(self._state, target="time")
        elif name in _PASSED_OVER or name in ("shpinst", "nesttableprops") or not known:
            self._state = replace(self._state, target="skip")

    def _end_story(self) -> None:
        _, story = self._stories[-1]
        self._paragraph()
        self._end_table()
        self._stories.pop()
        found = story.flow.paragraphs()
        around = self._stories[-1][1]
        if story.kind in _EDGES:
            seen = self.headers if story.kind.startswith("header") else self.footers
            words = {paragraph.words for paragraph in seen}
            seen += [p for p in found if p.words not in words]
        elif story.kind == "annotation":
            said = "\n".join(paragraph.words for paragraph in found)
            who = " ".join(self._author.split())
            self._author = ""
            if said:
                told = f"[Comment, {who}] {said}" if who else f"[Comment] {said}"
                around.beside.append(Paragraph(told))
        else:
            around.beside += found

    # Control words.

    def _word(self, name: str, number: int | None) -> None:
        first, self._begins = self._begins, False
        if first or self._star:
            star, self._star = self._star, False
            known = not star or name in _STARRED or name in _EDGES
            self._target(name, known)
            if star and not known:
                return
        act = getattr(self, f"_do_{name}", None) if name in _ACTS else None
        if self._state.target in ("fonttbl", "stylesheet", "time", "formfield"):
            self._declare(name, number)
        elif name == "u":
            self._unicode(number or 0)
        elif self._state.target in ("skip", "info"):
            return
        elif name in _CHARACTERS:
            self._say(_CHARACTERS[name])
        elif act:
            act(number)
        else:
            self._look(name, number)

    def _declare(self, name: str, number: int | None) -> None:
        """Process a control word in the tables of the file's head."""
        target = self._state.target
        if name == "u":
            self._unicode(number or 0)
        elif target == "fonttbl" and name == "f":
            self._font = number or 0
        elif target == "fonttbl" and name == "fcharset":
            self.head.fonts.setdefault(self._font, Font()).codec = CHARSETS.get(number or 0)
        elif target == "fonttbl" and name == "cpg":
            self.head.fonts.setdefault(self._font, Font()).codec = codec(number)
        elif target == "stylesheet":
            if name in ("s", "cs", "ds", "ts", "tsrowd"):
                # Styles for other things than paragraphs have their own numbers.
                self._style = (number or 0) if name == "s" else -1 - (number or 0)
            style = self.head.styles.setdefault(self._style, Style())
            if name == "outlinelevel":
                style.outline = (number or 0) + 1 if 0 <= (number or 0) < 9 else None
            elif name == "b":
                style.bold = number != 0
            elif name == "fs" and number:
                style.points = number / 2
        elif target == "time" and name in _TIMES:
            self.head.times[self._time][_TIMES[name]] = number or 0
        elif target == "formfield" and name in ("fftype", "ffres", "ffdefres"):
            at = 0 if name == "fftype" else 1
            # The result is in the file only if it is not the default.
            if not (name == "ffdefres" and self._form[1]) and number != 25:
                self._form[at] = number or 0

    def _unicode(self, number: int) -> None:
        self._say(chr(number & 0xFFFF))
        self._skipped = self._state.fallback

    def _look(self, name: str, number: int | None) -> None:
        """Process a control word for the look or the place of the text after it."""
        on = number != 0
        story = self._stories[-1][1]
        if name == "b":
            self._state = replace(self._state, bold=on)
        elif name == "fs":
            self._state = replace(self._state, points=(number or 24) / 2)
        elif name in ("super", "up"):
            self._state = replace(self._state, raised=1 if on else 0)
        elif name in ("sub", "dn"):
            self._state = replace(self._state, raised=-1 if on else 0)
        elif name == "nosupersub":
            self._state = replace(self._state, raised=0)
        elif name == "v":
            self._state = replace(self._state, hidden=on)
        elif name == "deleted":
            self._state = replace(self._state, deleted=on)
        elif name == "f":
            self._state = replace(self._state, font=number or 0)
        elif name == "uc":
            self._state = replace(self._state, fallback=max(0, min(number or 0, 100)))
        elif name == "ansicpg":
            self.head.codec = codec(number)
        elif name == "mac":
            self.head.codec = "mac_roman"
        elif name == "deff":
            self.head.default_font = number or 0
        elif name == "s":
            story.style = number or 0
        elif name == "outlinelevel":
            story.outline = (number or 0) + 1 if 0 <= (number or 0) < 9 else None
        elif name == "chpgn":
            self._say(PAGE if story.kind in _EDGES else "")
        else:
            story.rows.define(name, number)

    def _do_plain(self, _: int | None) -> None:
        style = self.head.styles.get(self._stories[-1][1].style, Style())
        self._state = State(
            target=self._state.target,
            fallback=self._state.fallback,
            bold=style.bold,
            points=style.points or POINTS,
        )

    def _do_pard(self, _: int | None) -> None:
        story = self._stories[-1][1]
        story.style, story.outline, story.in_table = 0, None, False

    def _do_intbl(self, _: int | None) -> None:
        self._stories[-1][1].in_table = True

    def _do_itap(self, number: int | None) -> None:
        self._stories[-1][1].in_table = bool(number)

    def _do_par(self, _: int | None) -> None:
        self._paragraph()

    def _do_sect(self, _: int | None) -> None:
        self._paragraph()

    def _do_cell(self, _: int | None) -> None:
        self._stories[-1][1].in_table = True
        self._paragraph()
        self._stories[-1][1].rows.end_cell()

    def _do_row(self, _: int | None) -> None:
        self._paragraph()
        self._stories[-1][1].rows.end_row()

    def _do_nestcell(self, _: int | None) -> None:
        self._paragraph()

    def _paragraph(self) -> None:
        """End the open paragraph."""
        story = self._stories[-1][1]
        edge = story.kind in _EDGES
        words = lines("".join(story.words), edge=edge)
        label = " ".join("".join(story.label).split())
        bold, points = story.bold, story.points
        story.words, story.label, story.bold, story.points = [], [], True, None
        style = self.head.styles.get(story.style, Style())
        level = style.level if story.outline is None else story.outline
        kind: BlockKind = "paragraph"
        if style.is_contents:
            kind = "furniture"
        elif level is not None and not edge:
            kind = "heading" if level else "title"
        elif label:
            kind = "item"
        numbered = any(char.isalnum() for char in label)
        if kind in ("heading", "title"):
            words = " ".join(words.split())
        paragraph = Paragraph(
            f"{label} {words}" if numbered else words,
            kind,
            max(level or 1, 1) if kind in ("heading", "title") else 0,
            numbered=numbered,
            bold=bold,
            points=points or 0.0,
            edge=edge,
        )
        beside, story.beside = story.beside, []
        if story.in_table:
            if words:
                story.rows.add(paragraph)
            story.behind += beside
            return
        if words or beside:
            self._end_table()
            for each in (paragraph, *beside):
                story.flow.add(each)

    def _end_table(self) -> None:
        story = self._stories[-1][1]
        if story.rows.is_open:
            story.rows.hand_on(story.flow)
        behind, story.behind = story.behind, []
        for paragraph in behind:
            story.flow.add(paragraph)


_ACTS = frozenset("plain pard intbl itap par sect cell row nestcell".split())
