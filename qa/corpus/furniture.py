"""Boilerplate lines of scraped text (``furniture`` blocks): menus, share buttons, pagers.

Scraped text has them as short lines. Three rules find them; none of them knows a site:

1. *Phrases of an interface.* Some lines can hardly be anything else ("Page 2 of 7", "Close
   this search box."). Others are words that a document may use as a heading too ("Search",
   "Print"): these count only next to other boilerplate, or if the text after them is not about
   the same thing.
2. *Runs.* A menu is a run of very short lines; if a third of a run are words of an interface,
   the whole run is a menu.
3. *Repetition.* A run of four or more very short lines that occurs twice in a document is a bar
   of buttons if one of them has a word of an interface; a refrain or a table has none.

If a button is taken for text, that is a little noise; if a text is taken for a button, nobody can
find it. So the phrases are narrow: "(c) 2019" but not the third item "(c)" of a law, "Search for:"
but not "Search for survivors", "1 2 3 next" but not a row of figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_THING = r"(?:this\s+|the\s+|our\s+)?"
_NETWORK = (
    r"(?:facebook|twitter|x|whatsapp|telegram|reddit|linkedin|pinterest|instagram|youtube|tiktok|"
    r"tumblr|mastodon|bluesky|threads|discord|signal|flickr|e-?mail|rss|social\s+media)"
)
_SAYINGS = (
    # pagers
    r"(?:page|página|pagina|seite)\s+\d+\s*(?:of|de|von|sur|/)\s*\d+",
    r"[«‹<←]*\s*(?:previous|next|older|newer|siguiente|anterior)\s+(?:page|posts?|articles?|entries|story|página)\s*[»›>→]*",
    r"[«‹<←]+\s*\w+|\w+\s*[»›>→]+",
    r"1\s+2(?:\s+\d+)*(?:\s*…\s*\d+)?",
    r"(?:\d+\s+){2,}(?:…\s*)?(?:\d+\s*)?(?:(?:next|last|siguiente)\s*[»›>→]*|[»›>→]+)",
    # search boxes and menus
    # "Open the menu" is what a manual says.
    r"(?:close|open|toggle|show|hide|cerrar|abrir)\s+(?:this\s+|our\s+)?(?:search|menu|navigation|sidebar|dialog|window|búsqueda|menú)(?:\s+(?:box|bar|form|menu|panel))?",
    r"skip\s+to\s+(?:main\s+)?(?:content|navigation)|(?:back|return)\s+to\s+(?:the\s+)?top",
    rf"search\s+(?:for:?|here|{_THING}(?:site|web\s?site|archives?|blog|page))",
    # sharing, following, subscribing
    rf"(?:share|tweet|pin|compartir)\s+(?:{_THING}(?:article|post|page|story|artículo|it|this)|(?:on|via|by|with|en|por)\s+\w+)(?:\s+(?:on|via|by|with|to)\s+[\w\s]+)?",
    rf"(?:email|e-mail|print|bookmark|like)\s+(?:(?:this\s+)?(?:article|post|page|story|artículo)|this|(?:on|via)\s+{_NETWORK})(?:\s+(?:on|via|by|with|to)\s+[\w\s]+)?",
    r"click\s+(?:here\s+)?to\s+(?:share|print|email|subscribe|read|enlarge)\b[^.!?]{0,50}",
    rf"(?:follow|find|join|like)\s+us(?:\s+(?:on|via)\s+{_NETWORK}\b[^.!?]{{0,40}})?",
    r"(?:subscribe|sign\s+up|suscríbete)(?:\s+(?:now|today|here|to|for|a)\b[^.!?]{0,50})?",
    r"(?:sign|log)\s+(?:in|out|up)(?:\s+(?:to|with|/)\b.{0,30})?",
    r"copy\s+(?:link|url)|link\s+copied|(?:opens?\s+)in\s+(?:a\s+)?new\s+(?:window|tab)",
    # what else there is to read
    r"you\s+(?:should|may|might|will|could)\s+also\s+(?:read|like|enjoy|be\s+interested\s+in)|(?:también\s+)?te\s+puede\s+interesar",
    r"(?:related|recommended|similar|more)\s+(?:articles?|posts?|stories|content|reading|news|links|videos)(?:\s+from\s+.{1,30})?",
    r"(?:continue\s+reading|read\s+(?:more|the\s+(?:full|whole|rest)\b.{0,25}|next|also)|leer\s+más|seguir\s+leyendo|weiterlesen|lire\s+la\s+suite)\s*(?:\.{3}|…|[»›>→]+)?",
    r"(?:most|latest|popular|trending|recent)\s+(?:read|popular|viewed|shared|now|posts?|articles|news|comments|stories)",
    # comments, tags, legal
    r"(?:leave|post|write|add)\s+a\s+(?:comment|reply)|(?:\d+\s+comments?|(?:\d+|no)\s+(?:comments|replies|comentarios))|comments?\s+(?:are\s+)?(?:off|closed)\b.{0,30}|your\s+email\s+address\s+will\s+not\s+be\s+published",
    r"(?:posted|filed)\s+(?:in|under)\b.{1,60}|(?:tags?|categories|category|etiquetas)\s*:.{1,120}",
    r"(?:privacy|cookie)s?\s+(?:policy|notice|settings|preferences)|terms\s+(?:of|and)\s+(?:use|service|conditions)|all\s+rights\s+reserved",
    r"(?:accept|reject|manage|allow)\s+(?:all\s+)?(?:cookies|preferences|selection)|advertisement|sponsored(?:\s+content)?",
    r"©.{0,80}|(?:\(c\)|copyright)\s+(?:(?:by|©|\(c\))\s.{0,80}|(?:1[5-9]|20)\d\d\b.{0,80})",
    r"(?:\d+\s+)?min(?:ute)?s?\s+read|reading\s+time\s*:?\s*\d.{0,20}",
)
# One expression for all phrases: separate ones would each read the line again.
_CERTAIN = re.compile("|".join(_SAYINGS), re.IGNORECASE)
_COOKIES = re.compile(r"\b(?:uses?|utiliza(?:mos)?)\s+cookies\b", re.IGNORECASE)
_POSSIBLE = frozenset(
    """
    search buscar suche home inicio menu menú navigation content contents contact about archive
    login register subscribe newsletter donate shop cart share compartir tweet print imprimir
    email e-mail mail facebook twitter x whatsapp telegram reddit linkedin pinterest instagram
    youtube tiktok tumblr mastodon bluesky threads vk pocket flipboard messenger signal viber
    rss feed link pdf like comments reply more next previous prev close ok loading video videos
    audio podcast podcasts gallery topics categories tags sections news events english español
    français deutsch português italiano
    """.split()
)
_NETWORKS = frozenset(
    """
    share compartir tweet print email e-mail mail facebook twitter x whatsapp telegram reddit linkedin
    pinterest instagram youtube tiktok tumblr mastodon bluesky threads vk pocket flipboard messenger signal
    viber rss pdf previous prev next english español français deutsch português italiano
    """.split()
)
_DIGIT = re.compile(r"\d")
_MAX_LINE = 80
_MAX_MARKED = 400
"""The most characters of a line, with the marks around its words."""
_MAX_BUTTON = 30
_MAX_WORDS = 6


def _bare(line: str) -> str:
    return " ".join(line.split()).strip(" \t.:|•·-–—*>»«<…")


def is_certain(line: str) -> bool:
    """Whether a line is a phrase of an interface that a document hardly uses itself."""
    bare = _bare(line)
    if len(line) <= _MAX_MARKED and _COOKIES.search(line):
        return True
    if not any(char.isalnum() for char in line):  # a rule or an ornament
        return True
    if len(bare) > _MAX_LINE:
        return False
    stripped = " ".join(line.split())
    if len(stripped) > _MAX_MARKED:
        return False
    return bool(_CERTAIN.fullmatch(bare) or (stripped != bare and _CERTAIN.fullmatch(stripped)))


def is_possible(line: str) -> bool:
    """Whether a line consists of words of an interface, but may also be a heading."""
    if len(line) > _MAX_MARKED:
        return False
    parts = re.split(r"\s*[|/•·,]+\s*", _bare(line).lower())
    words = [word for part in parts for word in part.split()]
    if not all(word in _POSSIBLE for word in words) or not 0 < len(words) <= _MAX_WORDS:
        return False
    # Two words name a thing ("Print shop", "Video archive") unless both name places for sharing.
    return not any(
        len(part.split()) == 2 and not _NETWORKS.issuperset(part.split()) for part in parts
    )


def _is_button(line: str) -> bool:
    line = line.strip()
    return len(line) <= _MAX_BUTTON and len(line.split()) <= 4 and line[-1:] not in ".!?;,"


def mark_furniture(lines: Sequence[str]) -> list[bool]:
    """Return for each non-blank line of a document, in order, whether it is boilerplate."""
    lines = [line.strip() for line in lines]
    # A ruled line proves nothing: the text beside it is a heading as often as a button.
    ruled = [not any(char.isalnum() for char in line) for line in lines]
    certain = [not is_rule and is_certain(line) for line, is_rule in zip(lines, ruled, strict=True)]
    possible = [not sure and is_possible(line) for sure, line in zip(certain, lines, strict=True)]
    marked = list(certain)
    for start, end in _runs([_is_button(line) for line in lines]):
        words = sum(certain[start:end]) + sum(possible[start:end])
        if end - start >= 3 and 3 * words >= end - start and words >= 2:
            # Only from the first to the last word of an interface: a title may stand next to a menu.
            known = [n for n in range(start, end) if certain[n] or possible[n]]
            for n in range(known[0], known[-1] + 1):
                marked[n] = True
    buttons = [line if _is_button(line) and not _DIGIT.search(line) else None for line in lines]
    repeated = _repeated(buttons)
    for start, end in _runs([n in repeated for n in range(len(lines))]):
        if any(certain[start:end]) or any(possible[start:end]):
            marked[start:end] = [True] * (end - start)
    for n, line in enumerate(lines):
        if possible[n] and not marked[n]:
            marked[n] = _stands_alone(n, line, lines, marked)
    return [mark or is_rule for mark, is_rule in zip(marked, ruled, strict=True)]


def _stands_alone(n: int, line: str, lines: Sequence[str], marked: Sequence[bool]) -> bool:
    """Whether a word of an interface is no heading: boilerplate or text about other things is next to it."""
    if (n > 0 and marked[n - 1]) or (n + 1 < len(lines) and marked[n + 1]):
        return True
    if n + 1 == len(lines) or _is_button(lines[n + 1]) or len(lines[n + 1]) < len(line) + 20:
        return True
    words = [word[:5] for word in re.findall(r"\w+", line.lower())]
    return not any(word in lines[n + 1].lower() for word in words)


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the (start, end) of each run of true flags."""
    runs, start = [], None
    for n, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = n
        elif not flag and start is not None:
            runs.append((start, n))
            start = None
    return runs


def _repeated(lines: Sequence[str | None], length: int = 4) -> set[int]:
    """Return the places of button-like lines in runs of ``length`` that occur more than once."""

    def window(n: int) -> tuple[str, ...] | None:
        found = tuple(line for line in lines[n : n + length] if line is not None)
        # A run of one line repeated is a list of equal entries, not a bar of buttons.
        return found if len(set(found)) == length else None

    places = range(len(lines) - length + 1)
    counts = Counter(filter(None, map(window, places)))
    # None is never counted.
    return {n + i for n in places if counts[window(n) or ()] > 1 for i in range(length)}
