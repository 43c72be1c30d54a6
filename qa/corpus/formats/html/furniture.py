"""Boilerplate of a web page: menus, share bars, cookie notices, related boxes, comments.

Elements are recognised by their names, their roles and the words in their classes. The content of the page
overrides a name: an element with a good part of the page's prose stays, and so does an element whose removal
would leave nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.corpus import dates
from qa.corpus.formats.html.tree import HEADINGS, leaves, remove, words_of
from qa.corpus.formats.markup import BLOCKS, Element, local_name, walk
from qa.corpus.furniture import is_certain

_ROLES = frozenset(
    "navigation banner contentinfo search dialog alertdialog menu menubar toolbar complementary".split()
)
_BY_TAG = ("nav", "footer", "menu")
_SURE = frozenset("nav navbar navigation menu footer breadcrumb breadcrumbs".split())
_NAMES = re.compile(
    r"nav|navbar|navi|navigation|navmenu|menu|menus|menubar|mainmenu|submenu|breadcrumbs?|crumbs?|"
    r"pagination|pager|paging|share|sharing|shares|sharebar|sharedaddy|addthis|addtoany|socials?|"
    r"compartir|teilen|partager|footer|footnav|pagefoot|colophon|masthead|newsletters?|subscribe|subscription|"
    r"signup|login|signin|related|relateds|relatedposts|relacionad[ao]s?|recommended|"
    r"recommendations?|recirc|weiterlesen|promos?|promotions?|ad|ads|adslot|adbox|advert|adverts|"
    r"advertisement|advertising|werbung|publicidad|sponsor|sponsors|sponsored|sidebar|sidenav|skip|skiplinks?|"
    r"toolbar|tools|tags|taglist|tagcloud|taxonomy|paywall|popup|popover|modal|lightbox|trending|"
    r"jumpbox|catlinks|toc|postprofile|outbrain|taboola|searchbox|searchform|"
    r"readnext|upnext|editsection|headerlink|screen-reader-text"
)
_COMMENTS = re.compile(
    r"comments?|commentlist|respond|disqus|kommentare?|comentarios?|commentaires?"
)
_NOTICE = re.compile(r"cookies?|cookiebar|consent|gdpr|cmp|onetrust")
_OF_NOTICES = re.compile(r"\bcookies?\b|privacy|datenschutz|privacidad", re.IGNORECASE)
_PHRASES = re.compile(
    r"(?:also|might|may)-(?:like|read)|read-(?:next|more|also)|more-(?:stories|news|posts|articles|from|on)|"
    r"most-(?:read|popular|viewed)|(?:latest|recent|other)-(?:news|posts|stories|articles|entries|events|comments)|"
    r"about-the-author|author-(?:bio|box|info|card)|post-(?:form|taglist|nav)|entry-footer|mw-navigation|"
    r"sign-up|log-in|widget-area|sidebar-widget|widget-recent|widget-archive|edit-section"
)
_SMALL = re.compile(
    r"byline|bylines|author|authors|autor|autores|vcard|meta|metadata|date|datum|fecha|dateline|datetime|"
    r"timestamp|posted|published|pubdate|rating|ratings|rate|votes?|votecell|cta|permalink|price|label|badge|kicker|"
    r"category|categories|edit|print|download|counter|count|readtime|duration|letters|player|subscribe-links|"
    r"jump|support|also|profile|avatar|user|rank"
)
"""Names of additions to a text that are not part of it; only trusted for a few words."""
_SMALL_CHARS = 120
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SAID = re.compile(r"\w")
_NOT = frozenset({"no", "not", "has", "with", "without", "hide", "is", "js", "show"})
_PROSE = 80
# Scripts in which one character is about as long as a word in letters.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHARE = 0.3
_LEAST = 150
_MENU_CHARS = 300
_AROUND = frozenset("nav footer menu aside header form".split())
_FEW_LINKS = 10
"""In a page without a menu, this percentage of its characters may be links."""
_MANY, _OF_TEXTS = 4, frozenset("date datum fecha label price category".split())
_MARK = re.compile(r"¶|#|§|\[(?:\d{1,3}|[a-z]|edit|note \d+|editar|bearbeiten|citation needed)\]")


def is_prose(leaf: Element) -> bool:
    """Whether a leaf is running text: enough words that are not links."""
    words = words_of(leaf)
    size = len(words)
    if not words.isascii():
        size += 2 * len(_DENSE.findall(words))
    return size >= _PROSE and 2 * link_chars(leaf) < len(words)


def link_chars(node: Element) -> int:
    """Return how many characters of an element's text are links."""
    if any(local_name(above) == "a" for above in node.iterancestors()):
        return len(words_of(node))
    return sum(len(words_of(link)) for link in node.iter("a") if link.get("href") is not None)


def strip_furniture(root: Element) -> bool:
    """Remove boilerplate from a plain page; return whether there was any."""
    body = root.find("body")
    if body is None:
        return False
    _strip_marks(body)
    page = _Page(body)
    sentences = _Sentences()
    gone: list[Element] = []
    within: Element | None = None
    for began, node in walk(body):
        if within is not None:
            within = None if not began and node is within else within
        elif began:
            page.pass_by(node)
            if node is not body and page.is_furniture(node) and not sentences.hold(node):
                within = node
                gone.append(node)
    for node in gone:
        remove(node)
    return bool(gone)


def is_bare(root: Element) -> bool:
    """Whether a page has neither a menu nor a box beside its text, judging by its elements and links."""
    body = root.find("body")
    if any(local_name(node) in _AROUND or node.get("role") in _ROLES for node in body.iter()):
        return False
    return 100 * link_chars(body) <= _FEW_LINKS * len(words_of(body))


class _Page:
    """What a page's prose proves about the names of its elements; the page is read from its beginning."""

    def __init__(self, body: Element) -> None:
        self._prose = {leaf: len(words_of(leaf)) for leaf in leaves(body) if is_prose(leaf)}
        self._whole = self._left = sum(self._prose.values())
        self._words = len(words_of(body))
        self._passed = 0
        self._held: dict[Element, int] = {}
        self._alike: dict[tuple[str, str], int] = {}
        for leaf, size in self._prose.items():
            for node in (leaf, *leaf.iterancestors()):
                self._held[node] = self._held.get(node, 0) + size
        for node, size in self._held.items():
            kind = self._kind(node)
            self._alike[kind] = self._alike.get(kind, 0) + size

    @staticmethod
    def _kind(node: Element) -> tuple[str, str]:
        return local_name(node), node.get("class") or ""

    def pass_by(self, node: Element) -> None:
        """Note that a leaf stays."""
        self._passed += self._prose.get(node, 0)

    def is_furniture(self, node: Element) -> bool:
        """Whether an element is taken for what its names say."""
        verdict = _judge(node)
        if verdict in ("", "small"):
            return False
        size = self._held.get(node, 0)
        if size and _heads(node):
            return False
        if local_name(node) not in _BY_TAG and len(words_of(node)) >= self._words:
            return False
        if verdict == "comments":
            believed = 2 * size <= self._whole or self._passed >= _LEAST
        elif verdict == "notice":
            left = self._left - size >= min(_LEAST, self._whole / 4)
            believed = size <= _SHARE * self._whole or (
                left and _OF_NOTICES.search(words_of(node)) is not None
            )
        else:
            # An element that occurs often on a page, each time with some of its prose, is no related box.
            alike = self._alike.get(self._kind(node), 0) if node.get("class") else 0
            believed = max(size, alike) <= _SHARE * self._whole
            words = words_of(node)
            if verdict == "sure" and not _says_so(node) and len(words) > _MENU_CHARS:
                believed = believed and 10 * link_chars(node) > 4 * len(words)
            if verdict == "unsure":
                small = 2 * len(words) <= self._words
                believed = believed and (small or self._left - size >= _PROSE)
        if believed:
            self._left -= size
        return believed


def strip_small(root: Element) -> None:
    """Remove short additions to a text that are not part of it: the author, the time."""
    body = root.find("body")
    small = [node for node in body.iter() if node is not body and is_small(node)]
    sentences = _Sentences()
    kinds = Counter((local_name(node), node.get("class")) for node in small)
    for node in small:
        # The years of a chronicle and the questions of an interview have such names too.
        many = kinds[local_name(node), node.get("class")] >= _MANY
        if "price" in names_of(node) and any(map(str.isdigit, words_of(node))):
            continue  # a page that sells something has a price as part of its text
        if not (many and _OF_TEXTS & set(names_of(node))) and not sentences.hold(node):
            remove(node)


class _Sentences:
    """Decides what stands in a sentence; the length of a paragraph is computed once."""

    def __init__(self) -> None:
        self._sizes: dict[Element, int] = {}

    def hold(self, node: Element) -> bool:
        """Whether an element stands inside running text, which would change without it."""
        if any(local_name(part) in BLOCKS for part in node.iter()):
            return False
        block = next((a for a in node.iterancestors() if local_name(a) in BLOCKS), None)
        if block is None:
            return False
        if block not in self._sizes:
            self._sizes[block] = len(words_of(block)) if is_prose(block) else 0
        if 2 * len(words_of(node)) >= self._sizes[block]:
            return False
        return _words_beside(node, block, True) and _words_beside(node, block, False)


def _words_beside(node: Element, block: Element, after: bool) -> bool:
    while node is not block:
        above, beside = node.getparent(), node.getnext() if after else node.getprevious()
        text = node.tail if after else above.text if beside is None else beside.tail
        if _SAID.search(text or "") or (beside is not None and _SAID.search(words_of(beside))):
            return True
        node = above
    return False


def strip_announced(root: Element) -> None:
    """Remove headings of other things, and what is below them: "You may also like"."""
    body = root.find("body")
    parts = leaves(body)
    spare = len(words_of(body)) // 2
    # Find all before removing any: the elements before a heading show what it begins.
    gone: dict[Element, None] = {}
    for n, heading in enumerate(parts):
        if heading in gone or local_name(heading) not in HEADINGS - {"h1"}:
            continue
        if not _ANNOUNCES.fullmatch(words_of(heading)):
            continue
        announced = [heading, *_headed(parts, n)]
        size = sum(len(words_of(leaf)) for leaf in announced)
        if size < spare:
            spare -= size
            gone.update(dict.fromkeys(announced))
    for leaf in gone:
        remove(leaf)


def _headed(parts: Sequence[Element], n: int) -> list[Element]:
    """Return what follows a heading in its box, up to the next such heading or the first running text."""
    heading = parts[n]
    before = set(parts[n - 1].iterancestors()) if n else set()
    # The largest box that begins with the heading, else the box that it stands in.
    begun = [
        node
        for node in heading.iterancestors()
        if node not in before and local_name(node) not in ("body", "html")
    ]
    top = begun[-1] if begun else heading
    own = words_of(top) != words_of(heading)
    box = top if own else top.getparent()
    found: list[Element] = []
    for at in range(n + 1, len(parts)):
        leaf = parts[at]
        name = local_name(leaf)
        if name == "h1" or box not in leaf.iterancestors():
            break
        if not own and name in HEADINGS and name <= local_name(heading):
            break
        if is_prose(leaf) or name in ("table", "pre"):
            while found and local_name(found[-1]) in HEADINGS:
                found.pop()  # it is a heading of the text
            break
        found.append(leaf)
    return found


def is_small(node: Element) -> bool:
    """Whether an element holds a few words about a text, by its names."""
    return _judge(node) == "small" and len(words_of(node)) <= _SMALL_CHARS and not _heads(node)


def _strip_marks(body: Element) -> None:
    """Remove the marks beside headings and words that are links: "¶", "[edit]", "[1]"."""
    for node in list(body.iter("a", "sup", "span")):
        links = local_name(node) == "a" or any(True for _ in node.iter("a"))
        if links and node.getparent() is not None and _MARK.fullmatch(words_of(node)):
            remove(node)


def _heads(node: Element) -> bool:
    return local_name(node) == "h1" or any(True for _ in node.iter("h1"))


def _judge(node: Element) -> str:
    """Return the kind of an element by its names; empty if they say nothing.

    The kinds are "sure" (a menu, a footer), "unsure" (a related box), "comments", "notice" and "small".
    """
    name = local_name(node)
    if name in ("html", "body", "main", "article") or not name:
        return ""
    if _says_so(node):
        return "sure"
    found = "unsure" if name in ("aside", "form") else ""
    if name == "header" and not _in_text(node) and not _heads(node):
        found = "unsure"
    for word in names_of(node):
        if _COMMENTS.fullmatch(word):
            return "comments"
        if _NOTICE.fullmatch(word):
            return "notice"
        if _NAMES.fullmatch(word) or _PHRASES.search(word):
            found = "sure" if word in _SURE else found if found == "sure" else "unsure"
        elif _SMALL.fullmatch(word) and not found and name not in HEADINGS:
            found = "small"
    return found


def _says_so(node: Element) -> bool:
    """Whether an element's tag or role itself says what it is."""
    return local_name(node) in _BY_TAG or node.get("role") in _ROLES


def in_furniture(node: Element) -> bool:
    """Whether an element of a parsed page is inside what its names call a menu, a bar or a footer."""
    around = (node, *node.iterancestors())
    return any(_judge(above) in ("sure", "comments", "notice") for above in around)


def _in_text(node: Element) -> bool:
    return any(
        local_name(above) in ("article", "main", "section") for above in node.iterancestors()
    )


def names_of(node: Element) -> Iterator[str]:
    """Yield the words in an element's class and id, and each class and id as a whole."""
    given = [*(node.get("class") or "").split()[:12], *(node.get("id") or "").split()[:1]]
    tag = local_name(node)
    if "-" in tag:  # a custom element, such as amp-ad
        given.append(tag)
    for name in given:
        name = name[:80]
        words = [word.lower() for word in _WORD.findall(name)]
        if words and words[0] not in _NOT:
            yield from words
            yield "-".join(words)
            yield "".join(words)


_ANNOUNCES = re.compile(
    r"(?:you|people|customers|readers)(?: (?:may|might|will|could|should|who bought this))? also "
    r"(?:like[ds]?|read|enjoy(?:ed)?|bought|viewed|be interested in)|frequently bought together|"
    r"(?:related|recommended|similar|recent|latest|other|more) (?:articles?|posts?|stories|news|videos)|"
    r"(?:related|similar) (?:links|products|items|topics|threads|questions)|recommended for you|"
    r"more (?:like this|from .{1,40})|recently viewed(?: (?:products|items))?|"
    r"(?:read|up) next|most read|trending(?: now)?|who(?: is|'s|’s) online(?: now)?|"
    r"(?:también )?te puede interesar|das könnte (?:dich|sie|ihnen) auch (?:gefallen|interessieren)|"
    r"vous aimerez aussi|(?:à lire|lire|lisez) aussi",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d(?:\s*[ap]\.?m\.?)?", re.IGNORECASE)
_LEADS_ON = re.compile(
    r"(?:read (?:more|also|next)|also read|related|see also|more|watch|listen|don't miss|lea también|"
    r"lesen sie auch|lire aussi|leia também)\b.*",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"_{4}.*|(?:[\w ]{0,30}• )?page \d+ of \d+$|"
    r"(?:this (?:article|page) was (?:printed|last)|source:? https?:|printed from|powered by|"
    r"you are visitor|best viewed|back to top|jump to|skip to|from \w+, the|"
    r"(?:log in|sign in|connectez-vous|inicia sesión|anmelden)\b.{0,40}\bcomm?ent|réagir$|"
    r"\d+ (?:answers?|replies|respuestas|antworten)$)\b.*",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"(?:(?:first |page )?(?:published|posted|updated)|last (?:updated|modified|reviewed)|"
    r"publié|mis à jour|veröffentlicht|aktualisiert|publicado|actualizado)\b.{0,20}\d.{0,60}",
    re.IGNORECASE,
)


def is_saying(leaf: Element) -> bool:
    """Whether a leaf is a phrase of an interface, or only a time of day."""
    words = words_of(leaf)
    if local_name(leaf) in ("table", "pre"):
        return False
    if len(words) <= 80 and _WHEN.fullmatch(words) and words[-1] not in ".!?":
        return True
    if len(words) <= 160 and (_FOOTER.match(words) or _CLOCK.fullmatch(words)):
        return True
    if _LEADS_ON.match(words) and is_linked(leaf):
        return True
    return is_certain(words)


def is_linked(leaf: Element) -> bool:
    """Whether a leaf is hardly more than links."""
    words = words_of(leaf)
    return 10 * link_chars(leaf) > 6 * len(words)


def is_date(words: str) -> bool:
    """Whether words are only a date, or say that something was published on it."""
    return dates.from_lines([words], [], named=False) is not None and len(words) <= 60
