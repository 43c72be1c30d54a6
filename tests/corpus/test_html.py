"""Saved web pages: main text, entries of listings, what a page says of itself, and odd pages."""

from __future__ import annotations

import importlib.util
import socket
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus import extract_html, read_document
from qa.corpus.decode import NotTextError, decode_page
from qa.corpus.formats.html import page as html_page
from qa.corpus.formats.html import read_html, read_page
from qa.corpus.reading import Options, UnreadableError
from qa.corpus.sandbox.process import Sandbox
from qa.records import Document, Published
from tests.corpus.test_structure import assert_lawful

SET = Path("eval/extraction")
LONG = "The harbour was dug by four hundred dockers, who lifted every stone by hand and carried it north."
MORE = "It was filled in again in 1931, when the miller's sons had no more use for a harbour so shallow."


@cache
def measuring() -> ModuleType:
    """Return the script that measures extraction."""
    spec = importlib.util.spec_from_file_location("measure", SET / "measure.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["measure"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a page made its reader open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def article(body: str, head: str = "") -> str:
    """Make a page with two paragraphs after ``body``."""
    return page(f"<main><h1>The harbour</h1>{body}<p>{LONG}</p><p>{MORE}</p></main>", head)


def seen(html: str | bytes) -> list[tuple[str, int, str]]:
    reading = extract_html(html)
    assert_lawful(reading.text, reading.blocks)
    return [(b.kind, b.level, reading.text[b.start : b.end]) for b in reading.blocks]


# --- measured --------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_labelled_pages_are_extracted_well() -> None:
    measure = measuring()
    pages = measure.read_pages(SET)
    assert len(pages) >= 50
    ours = [measure.ours(page) for page in pages]
    peer = [measure.plain_trafilatura(page) for page in pages]

    def mean(found: list[Any], run: int) -> float:
        scores = [measure.score(f.text, p.text, run).f1 for f, p in zip(found, pages, strict=True)]
        return sum(scores) / len(scores)

    assert mean(ours, 4) >= 0.98 and mean(ours, 1) >= 0.98
    assert mean(ours, 4) > mean(peer, 4) and mean(ours, 1) > mean(peer, 1)
    for fact in measure.FACTS:
        right = [f.facts[fact] == p.label[fact] for f, p in zip(ours, pages, strict=True)]
        assert sum(right) >= len(pages) - 2, fact
    for found, labelled in zip(ours, pages, strict=True):
        assert [list(t) for t in found.teasers] == labelled.label.get("teasers", []), labelled.name


def test_f1_is_what_it_is_said_to_be() -> None:
    score = measuring().score
    assert score("a b c d e", "a b c d e", 4).f1 == 1.0
    # One of two runs of four is common: "a b c d".
    assert score("a b c d x", "a b c d e", 4) == measuring().Score(0.5, 0.5)
    assert score("a a b", "a b b", 1) == measuring().Score(2 / 3, 2 / 3)
    assert (score("", "", 4).f1, score("", "a", 4).f1, score("a", "", 1).f1) == (1.0, 0.0, 0.0)


@pytest.mark.slow
def test_the_child_process_reads_pages_as_this_one_does(tmp_path: Path) -> None:
    with Sandbox(Options()) as sandbox:
        for place in sorted(SET.glob("pages/*.html"))[::6]:
            with place.open("rb") as file:
                (document,) = sandbox.read(place.name, file)
            reading = extract_html(place.read_bytes())
            assert isinstance(document, Document)
            assert (document.text, document.blocks) == (reading.text, reading.blocks)
            assert (document.title, document.author) == (reading.title, reading.author)
            assert document.published == reading.published


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("<h2>Fees</h2><p>None.</p>", [("heading", 2, "Fees"), ("paragraph", 0, "None.")]),
        (
            "<ul><li>One</li><li>Two <b>bold</b></li></ul>",
            [("item", 0, "One"), ("item", 0, "Two bold")],
        ),
        ("<p>One<br>two</p>", [("paragraph", 0, "One\ntwo")]),
        ("One<br><br>Two", [("paragraph", 0, "One"), ("paragraph", 0, "Two")]),
        ("<blockquote>Said so.</blockquote>", [("paragraph", 0, "Said so.")]),
        ("<pre>a\n  b</pre>", [("paragraph", 0, "a\n  b")]),
        (
            "<table><tr><th>Boat</th><th>Fee</th></tr><tr><td>Skiff</td><td>2</td></tr></table>",
            [("header", 0, "Boat | Fee"), ("row", 0, "Skiff | 2")],
        ),
        ("<dl><dt>Post</dt><dd>A stack.</dd></dl>", [("item", 0, "Post"), ("item", 0, "A stack.")]),
    ],
)
def test_blocks(body: str, blocks: list[tuple[str, int, str]]) -> None:
    html = page(f"<main><h1>The harbour</h1><p>{LONG}</p>{body}<p>{MORE}</p></main>")
    assert seen(html) == [("paragraph", 0, LONG), *blocks, ("paragraph", 0, MORE)]


@pytest.mark.parametrize(
    "extra",
    [
        "<nav><a href='/'>Home</a> <a href='/news'>All the news there is</a></nav>",
        "<div class='share-buttons'>Share this on Facebook</div>",
        "<div id='cookie-notice'><p>We use cookies to give you the best experience, and store them.</p></div>",
        "<aside class='related'><h3>Related</h3><a href='/a'>Another story altogether</a></aside>",
        "<div class='comments'><p>I was there and it was not like that at all, whatever they say.</p></div>",
        "<form><label>Your email</label><input name='e'><button>Send</button></form>",
        "<div class='pagination'><a href='?p=2'>Next »</a></div>",
        "<p><strong>Read more: <a href='/x'>The miller's side of the story</a></strong></p>",
        "<script>document.write('words')</script><style>p { color: red }</style>",
        "<p style='display: none'>Hidden words that nobody is shown</p>",
        "<figure><img src='a'><figcaption>A picture of the harbour</figcaption></figure>",
        "<footer>© 2019 The Vellmar Post</footer>",
        "<amp-ad>Advertisement</amp-ad>",
        "<template>Not shown</template><noscript>Turn on scripts</noscript>",
    ],
)
def test_what_surrounds_the_text_is_left_out(extra: str) -> None:
    html = page(f"<main><h1>The harbour</h1><p>{LONG}</p>{extra}<p>{MORE}</p></main>{extra}")
    assert extract_html(html).text == f"{LONG}\n\n{MORE}"


def test_a_summary_that_is_given_again_is_kept_once() -> None:
    html = article(f"<div class=head><p>{LONG}</p></div>")
    assert extract_html(html).text == f"{LONG}\n\n{MORE}"


def test_what_an_author_says_twice_is_kept_twice() -> None:
    html = article(f"<p>{MORE}</p><p>{LONG}</p>")
    assert extract_html(html).text == "\n\n".join([MORE, LONG, LONG, MORE])


def test_names_are_not_believed_against_the_text() -> None:
    for name in ("social widget", "newsletter", "sidebar-content", "ad-free", "tools", "promo"):
        html = page(f"<div class='{name}'><p>{LONG}</p><p>{MORE}</p></div>")
        assert extract_html(html).text == f"{LONG}\n\n{MORE}", name


@pytest.mark.parametrize("name", ["popup", "ad", "author", "price", "share", "related"])
def test_a_word_in_a_sentence_stays_whatever_its_name(name: str) -> None:
    before, after = LONG.split(" dockers, ")
    word = f"<a href='#' class='{name}'>dockers</a>"
    assert extract_html(page(f"<p>{before} {word}, {after}</p><p>{MORE}</p>")).text == (
        f"{LONG}\n\n{MORE}"
    )
    beside = f"<p>{LONG} <span class='{name}'>Tell a friend</span></p><p>{MORE}</p>"
    assert extract_html(page(beside)).text == f"{LONG}\n\n{MORE}"


def test_a_list_that_is_announced_is_text() -> None:
    demands = "Open the lock\nWithdraw the guards\nAn end to the tolls"
    items = "".join(f"<li>{line}</li>" for line in demands.split("\n"))
    html = page(f"<h1>A harbour</h1><p>{LONG}</p><p>{MORE}</p><p>We ask:</p><ul>{items}</ul>")
    assert extract_html(html).text == f"{LONG}\n\n{MORE}\n\nWe ask:\n\n{demands}"
    html = page(f"<h1>A harbour</h1><p>{LONG}</p><p>{MORE}</p><ul class='menu'>{items}</ul>")
    assert extract_html(html).text == f"{LONG}\n\n{MORE}"


_KIT = "<ul><li>Rope</li><li>Ice axe</li></ul>"
_MENU = "<ul>" + "".join(f"<li><a href='/{n}'>Part {n}</a></li>" for n in range(6)) + "</ul>"
_TERMS = "<dl><dt>-a</dt><dd>All of them.</dd><dt>-b, --boats</dt><dd>Only boats</dd></dl>"


@pytest.mark.parametrize("box", ["{}", "<div>{}</div>", "<main>{}</main>"])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"{{}}{_KIT}", "{}\n\nRope\nIce axe"),
        (f"{_KIT}{{}}", "Rope\nIce axe\n\n{}"),
        (f"{{}}{_KIT}{{}}", "{}\n\nRope\nIce axe\n\n{}"),
        (f"{{}}<h2>Kit</h2>{_KIT}", "{}\n\nKit\n\nRope\nIce axe"),
        (f"{{}}{_TERMS}", "{}\n\n-a\nAll of them.\n-b, --boats\nOnly boats"),
        (f"{{}}{_MENU}", "{}"),
    ],
)
def test_a_list_beside_text_is_text(box: str, body: str, text: str) -> None:
    running = [LONG, MORE, LONG[::-1], MORE[::-1]]
    count = body.count("{}")
    told = [running[n::count] for n in range(count)]
    html = body.format(*("".join(f"<p>{words}</p>" for words in part) for part in told))
    html = page(box.format(f"<h1>The harbour</h1>{html}"), "<title>The harbour</title>")
    assert extract_html(html).text == text.format(*("\n\n".join(part) for part in told))


def test_a_list_below_a_footer_is_none() -> None:
    html = f"<p>{LONG}</p><p>{MORE}</p><p>© 2019 The Vellmar Post</p>{_KIT}"
    assert extract_html(page(html)).text == f"{LONG}\n\n{MORE}"


def test_short_posts_of_a_thread_are_kept() -> None:
    posts = (f"{LONG}<br><br>{MORE}", "It was the collar.", "Closed as solved.")
    thread = "".join(
        f"<div class='post'><div class='profile'>Ann</div><div class='content'>{post}</div></div>"
        for post in posts
    )
    html = page(f"<h1>A leak</h1>{thread}<h3>Who is online</h3><p>Nobody but 3 guests</p>")
    assert extract_html(html).text == "\n\n".join((LONG, MORE, *posts[1:]))


_TILES = "<div><a href='/a'>Teapot</a> for as little as £29.00</div><div>Trivet</div>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<section><h2>You may also like</h2>{_TILES}</section>", ""),
        (f"<h2>You may also like</h2>{_TILES}", ""),
        (f"<section><h3>Recently viewed</h3><h4>Pots</h4>{_TILES}</section>", ""),
        # What it does not head stays: what comes after the next heading, and running text.
        (f"<h2>More stories</h2>{_TILES}<h2>Fees</h2><p>None.</p>", "Fees\n\nNone."),
        (f"<h2>Most read</h2>{_TILES}<p>{MORE[::-1]}</p>", MORE[::-1]),
        (
            f"<section><h2>Most read</h2>{_TILES}<h2>Fees</h2><p>{MORE[::-1]}</p></section>",
            f"Fees\n\n{MORE[::-1]}",
        ),
    ],
)
def test_a_heading_that_announces_other_things_goes_with_them(body: str, text: str) -> None:
    html = page(f"<main><h1>A kettle</h1><p>{LONG}</p><p>{MORE}</p>{body}</main>")
    assert extract_html(html).text == "\n\n".join(filter(None, (LONG, MORE, text)))


def test_a_page_of_nothing_but_announcements_is_read() -> None:
    html = page(f"<h2>Most read</h2>{_TILES}" * 3)
    assert "Teapot for as little as £29.00" in extract_html(html).text


def test_the_price_of_what_a_page_sells_is_text() -> None:
    price = "<div class='price'>£34.00</div>"
    html = page(f"<main><h1>A kettle</h1>{price}<h2>Made of</h2><p>{LONG}</p><p>{MORE}</p></main>")
    assert extract_html(html).text == f"£34.00\n\nMade of\n\n{LONG}\n\n{MORE}"


def test_the_first_post_of_a_blog_has_its_heading_as_the_others_have() -> None:
    posts = "".join(
        f"<div class='day'><h2 class='when'><span>{n} March 2011</span></h2><div class='post hentry'>"
        f"<h3 class='entry-title'><a href='/{n}'>Walk {n}</a></h3>"
        f"<div class='body'>{n} {LONG}<br><br>Mum fell in the ditch.</div></div></div>"
        for n in (9, 8, 7)
    )
    html = page(f"<h1>Notes</h1><div>{posts}</div>", "<title>Notes: March 2011</title>")
    assert extract_html(html).text.startswith(f"9 March 2011\n\nWalk 9\n\n9 {LONG}")


def test_a_short_page_is_read_whole() -> None:
    assert extract_html("<p>Closed on Monday.</p>").text == "Closed on Monday."
    assert extract_html("Closed on Monday.").text == "Closed on Monday."


def test_layout_tables_are_no_tables() -> None:
    html = page(
        f"<table><tr><td><a href='/'>Home</a></td><td><h2>One</h2><p>{LONG}</p><p>{MORE}</p></td></tr></table>",
        "<title>The harbour</title>",
    )
    assert seen(html) == [("heading", 2, "One"), ("paragraph", 0, LONG), ("paragraph", 0, MORE)]


def test_the_title_is_not_part_of_the_text() -> None:
    reading = extract_html(article("", "<title>The harbour | Vellmar Post</title>"))
    assert (reading.title, reading.text) == ("The harbour", f"{LONG}\n\n{MORE}")
    document = read_document("a.html", article("").encode())
    assert (document.title, document.text) == ("The harbour", f"{LONG}\n\n{MORE}")


def test_sections_are_those_of_the_page() -> None:
    html = article(f"<h2>Fees</h2><p>{LONG[::-1]}</p><h3>Boats</h3><p>{MORE[::-1]}</p>")
    sections = read_document("a.htm", html.encode()).sections
    assert [(s.title, s.level) for s in sections] == [("Fees", 2), ("Boats", 3)]


def test_text_that_a_script_would_show_is_taken_from_the_data() -> None:
    data = f'{{"@type":"NewsArticle","headline":"x","articleBody":"{LONG} {LONG}\\n{MORE}"}}'
    html = page("<div id='app'></div>", f"<script type='application/ld+json'>{data}</script>")
    assert extract_html(html).text == f"{LONG} {LONG}\n\n{MORE}"


def test_a_page_with_its_pictures() -> None:
    data = (
        "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://example.org/harbour\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="X"\r\n\r\n--X\r\n'
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"<h1>Caf=C3=A9s</h1><p>{LONG}</p>\r\n--X\r\nContent-Type: image/png\r\n\r\nPNG\r\n--X--\r\n"
    )
    document = read_document("a.mhtml", data.encode())
    assert document.text == LONG
    assert (document.title, document.original_url) == ("Cafés", "https://example.org/harbour")
    with pytest.raises(UnreadableError, match="no page is in it"):
        read_document("a.mht", b"Content-Type: text/plain\r\n\r\nwords")


# --- character sets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("utf-8", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("windows-1251", "cp1251"),
        ("Shift_JIS", "cp932"),
        ("koi8-r", "koi8-r"),
        ("", "cp1252"),
        ("nonsense", "cp1252"),
        ("rot13", "cp1252"),
    ],
)
def test_character_sets(declared: str, codec: str) -> None:
    words = {"cp1251": "Гавань", "koi8-r": "Гавань", "cp932": "港の灯台"}.get(codec, "Café “Ü”")
    html = f"<html><head><meta charset='{declared}'></head><body><p>{words}</p></body></html>"
    assert extract_html(html.encode(codec)).text == words
    # A mark at the beginning goes before what is declared.
    assert extract_html(html.encode("utf-8-sig")).text == words
    assert extract_html(html.encode("utf-16")).text == words


def test_a_wrong_declaration_is_seen_through() -> None:
    html = "<meta charset='utf-8'><p>Café</p>"
    assert extract_html(html.encode("cp1252")).text == "Café"
    damaged = html.replace("é", "ééééé").encode() + b"<p>cut \xc3"
    assert extract_html(damaged).text == "Cafééééé\n\ncut \ufffd"
    xml = '<?xml version="1.0" encoding="iso-8859-2"?><html><body><p>Łódź</p></body></html>'
    assert decode_page(xml.encode("iso-8859-2")) == (xml, "iso8859-2")


def test_what_is_no_text_is_refused_as_a_file_and_empty_as_a_page() -> None:
    for data in (b"\x89PNG\r\n\x1a\n\0\0\0\r", bytes(range(32)) * 20):
        with pytest.raises(UnreadableError):
            read_html(data)
        assert extract_html(data).text == ""
    with pytest.raises(NotTextError):
        decode_page(bytes(range(9)) * 20)
    with pytest.raises(UnreadableError, match="no main text"):
        read_document("a.html", b"<html><body><nav><a href='/'>Home</a></nav></body></html>")


# --- what a page says of itself --------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        (
            '<script type="application/ld+json">{"@graph":[{"@type":"Article","datePublished":"2019-11-23T10:00Z"}]}</script>',
            "<time datetime='2001-01-01'>then</time>",
            Published("2019-11-23", "2019-11-23T10:00Z", "JSON-LD"),
        ),
        (
            '<meta property="article:published_time" content="2019-11-23T10:00:00+02:00">',
            "",
            Published("2019-11-23", "2019-11-23T10:00:00+02:00", "meta element"),
        ),
        (
            '<meta name="pub_date" content="20191123">',
            "",
            Published("2019-11-23", "20191123", "meta element"),
        ),
        (
            '<meta name="dcterms.issued" content="2019-11">',
            "",
            Published("2019-11", "2019-11", "meta element"),
        ),
        (
            "",
            "<time class='updated' datetime='2020-01-01'>x</time><time datetime='2019-11-23'>23 Nov</time>",
            Published("2019-11-23", "2019-11-23", "time element"),
        ),
        (
            "",
            "<p class='x'>23 de noviembre de 2019</p>",
            Published("2019-11-23", "23 de noviembre de 2019", "dateline"),
        ),
        (
            "",
            "<div>By Ann Lee, 23. März 2019</div>",
            Published("2019-03-23", "23. März 2019", "byline"),
        ),
        ("", "<p>Last updated: 23 Nov 2019</p>", None),
        ('<meta property="article:modified_time" content="2019-11-23">', "", None),
        ('<meta name="date" content="soon">', "", None),
        (
            '<link rel="canonical" href="https://example.org/2019/11/23/harbour/">',
            "",
            Published("2019-11-23", "2019/11/23", "address"),
        ),
        (
            '<script type="application/ld+json">{"@type":"Event","startDate":"2019-11-23"}</script>',
            "<p>23 Nov 2019</p>",
            None,
        ),
    ],
)
def test_dates(head: str, body: str, published: Published | None) -> None:
    assert extract_html(article(body, head)).published == published


def test_a_date_at_the_end_of_a_statement() -> None:
    html = page(f"<h1>Statement</h1><p>{LONG}</p><p>{MORE}</p><p>23 Nov 2019</p>")
    reading = extract_html(html)
    assert reading.published == Published("2019-11-23", "23 Nov 2019", "dateline")
    assert reading.text.endswith("23 Nov 2019")


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        ('<meta name="author" content="Ann Lee">', "", "Ann Lee"),
        ('<script type="application/ld+json">{"@type":["Article"],"author":[{"name":"Ann Lee"},"Bo Sæther"]}</script>', "", "Ann Lee, Bo Sæther"),
        ("", "<a rel='author' href='/ann'>Ann Lee</a>", "Ann Lee"),
        ("", "<p class='byline'>By Ann Lee</p>", "Ann Lee"),
        ("", "<p>Von Ann Lee</p>", "Ann Lee"),
        ('<meta property="article:author" content="https://facebook.example/ann">', "", None),
        ("", "<p class='author'>Ann Lee</p><p class='author'>Bo Sæther</p>", None),
        ("", "<p>By the time of the fire nobody was left.</p>", None),
    ],
)  # fmt: skip
def test_authors(head: str, body: str, author: str | None) -> None:
    assert extract_html(article(body, head)).author == author


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>The harbour - Vellmar Post</title>", "<h1>The harbour</h1>", "The harbour"),
        ("<title>The harbour - Vellmar Post</title>", "", "The harbour"),
        ("<title>Fees</title>", "", "Fees"),
        ("<title>The harbour « Post</title>", "<div id='top'><h1>Post</h1></div><h2>The harbour</h2>", "The harbour"),
        ('<meta property="og:title" content="The harbour">', "", "The harbour"),
        ('<script type="application/ld+json">{"@type":"Article","headline":"The harbour"}</script>', "", "The harbour"),
        ("", "<h1>The harbour<a href='#x'>¶</a></h1>", "The harbour"),
        ("", "", None),
    ],
)  # fmt: skip
def test_titles(head: str, body: str, title: str | None) -> None:
    assert extract_html(page(f"{body}<p>{LONG}</p><p>{MORE}</p>", head)).title == title


@pytest.mark.parametrize(
    ("head", "url", "found"),
    [
        ('<link rel="canonical" href="https://example.org/a">', None, "https://example.org/a"),
        ('<link rel="canonical" href="/a">', "https://example.org/b?c", "https://example.org/a"),
        ('<meta property="og:url" content="https://example.org/a">', None, "https://example.org/a"),
        ("<!-- saved from url=(0021)https://example.org/a -->", None, "https://example.org/a"),
        ("", "https://example.org/b", "https://example.org/b"),
        ('<link rel="canonical" href="javascript:alert(1)">', None, None),
        ('<link rel="canonical" href="/a">', None, None),
        ('<link rel="canonical" href="http://[">', None, None),
    ],
)
def test_addresses(head: str, url: str | None, found: str | None) -> None:
    assert extract_html(article("", head), url).original_url == found


def test_languages() -> None:
    assert extract_html(f"<html lang='es-BO'><p>{LONG}").language == "es"
    assert extract_html(article("", '<meta property="og:locale" content="de_AT">')).language == "de"
    assert extract_html(article("")).language is None


# --- listings --------------------------------------------------------------------------------


def listing_of(entries: str, head: str = "") -> str:
    return page(f"<div id='list'>{entries}</div>", head)


def teasers(html: str, url: str | None = "https://example.org/") -> list[tuple[object, ...]]:
    found = []
    reading = extract_html(html, url)
    assert_lawful(reading.text, reading.blocks)
    for block in reading.blocks:
        about = block.about
        date = about.published.value if about and about.published else None
        words = reading.text[block.start : block.end]
        found.append((block.kind, about and about.title, about and about.url, date, words))
    return found


_TITLES = ("The ferry is late again", "A bridge for the miller", "Why the clock stopped")


@pytest.mark.parametrize(
    "entry",
    [
        "<div class='post'><h2><a href='/{n}'>{title}</a></h2><p class='date'>2{n} Nov 2019</p><p>Told in short.</p></div>",
        "<h3><a href='/{n}'>{title}</a></h3><time datetime='2019-11-2{n}T10:00'>x</time><p>Told in short.</p>",
        "<a class='card' href='/{n}'><h4>{title}</h4><span>Told in short.</span><div class='when'>2{n} Nov 2019</div></a>",
        "<p><b><a href='/{n}'>{title}</a></b> (2{n} Nov 2019)<br>Told in short.</p>",
        "<li><a href='/{n}'>{title}</a> 2{n} November 2019<p>Told in short.</p><a href='/{n}'>Read more</a></li>",
    ],
)
def test_entries(entry: str) -> None:
    html = listing_of("".join(entry.format(n=n, title=t) for n, t in enumerate(_TITLES, start=1)))
    assert teasers(html) == [
        ("teaser", title, f"https://example.org/{n}", f"2019-11-2{n}", f"{title}\nTold in short.")
        for n, title in enumerate(_TITLES, start=1)
    ]


def test_days_of_a_listing_are_of_its_year() -> None:
    entries = "".join(
        f"<li>January 2{n} <a href='/{n}'>{t}</a></li>" for n, t in enumerate(_TITLES)
    )
    html = page(
        f"<h1>Press releases 2017</h1><ul>{entries}</ul>", "<title>Press releases 2017</title>"
    )
    assert [row[3] for row in teasers(html)] == ["2017-01-20", "2017-01-21", "2017-01-22"]
    reading = extract_html(html)
    assert reading.blocks[2].about and reading.blocks[2].about.published
    assert reading.blocks[2].about.published.evidence == "January 22"
    without = html.replace(" 2017", "")
    assert [row[3] for row in teasers(without)] == [None] * 3


def test_a_passage_never_joins_two_entries() -> None:
    entries = "".join(f"<div><h2><a href='/{t}'>{t}</a></h2><p>{MORE}</p></div>" for t in _TITLES)
    document = read_document("a.html", listing_of(entries).encode())
    passages = split(document, Splitting(), lambda text: range(0, len(text), 5))
    for title in _TITLES:
        assert [p.text.startswith(title) for p in passages if title in p.text] == [True]
    assert len(passages) == 3


@pytest.mark.parametrize(
    "body",
    [
        # An article whose sections are headed by links.
        f"<p>{LONG}</p><p>{MORE}</p>" + "".join(f"<h2><a href='/{n}'>A walk of some length {n}</a></h2><p>{LONG}</p>" for n in range(4)),
        # An article with a list of others below it.
        f"<p>{LONG}</p><p>{MORE}</p><p>{LONG}</p><ul>" + "".join(f"<li><a href='/{n}'>Another story number {n}</a></li>" for n in range(6)) + "</ul>",
        # Posts that link to themselves.
        "".join(f"<div class='post'><h3><a href='#p{n}'>Boiler loses pressure</a></h3><p>{LONG} {n}</p></div>" for n in range(4)),
        # A menu.
        f"<p>{LONG}</p><ul>" + "".join(f"<li><a href='/{n}'>Part {n}</a></li>" for n in range(6)) + "</ul>",
    ],
)  # fmt: skip
def test_what_is_no_listing(body: str) -> None:
    assert "teaser" not in {kind for kind, *_ in seen(page(body))}
    assert LONG in extract_html(page(body)).text


# --- odd pages -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        (" \n", ""),
        ("<!-- nothing -->", ""),
        ("<frameset><frame src='a'></frameset>", ""),
        ("<p>one\0two</p>", "onetwo"),
        ("<p>one \ud800 two \ud83d\ude00</p>", "one \ufffd two \U0001f600"),
        ("<p>one&#1;two &#xD800; three</p>", None),
        ("<div>" * 1000 + "Deep words." + "</div>" * 1000, "Deep words."),
        ("<ul><li>" * 700 + "Deep words.", "Deep words."),
        ("<table><tr><td>" * 300 + "Deep words.", "Deep words."),
        ("<p>" + "word " * 200_000 + "</p>", ("word " * 200_000).strip()),
        ("<p>" + "a" * 1_000_000 + "</p>", "a" * 1_000_000),
        (f"<p title='{'x' * 2_000_000}'>Words.</p>", "Words."),
        (f"<p class='{'nav ' * 100_000}'>Words.</p>", "Words."),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><p>&b; words</p>', "&b; words"),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script><p>Words.</p>", "Words."),
        ('<script type="application/ld+json">{"@graph":' * 50 + "</script><p>Words.</p>", "Words."),
        ("<html><head></html><body></p></div><p>One</body><body>two", None),
        ("<p>One</p>" + "<br>" * 3_000, "One"),
        ("<![CDATA[ x ]]><p>Words.</p>", "Words."),
        ("<h1>" * 300 + "Words.", None),
        ("<p>" + "words of it <a class='popup'>in</a> " * 5_000, ("words of it in " * 5_000)[:-4]),
        # Tags that may be left out, before elements that the parser does not know.
        (f"<!DOCTYPE html><title>A</title><article><p>{LONG}</p></article>", LONG),
        (f"<meta charset=utf-8><title>A</title><style>p {{}}</style><main><p>{LONG}</main>", LONG),
        (f"<title>A</title><section><p>{LONG}</p></section><p>{MORE}</p>", f"{LONG}\n\n{MORE}"),
        (f"<head><title>A</title><article><p>{LONG}</article></head>{MORE}", f"{LONG}\n\n{MORE}"),
    ],
)  # fmt: skip
def test_odd_pages(html: str, text: str | None) -> None:
    began = time.process_time()
    reading = read_page(html)
    assert time.process_time() - began < 20
    assert_lawful(reading.text, reading.blocks)
    if text is not None:
        assert reading.text == text


def test_what_is_too_deep_is_left_out() -> None:
    assert extract_html("<p>Words.</p>" + "<div>" * 5000 + "Deeper.").text == "Words."


_TAGS = "p div span a b h1 h2 ul li table tr td br hr main article nav aside pre blockquote font script title".split()
_SOUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in _TAGS] + [f"</{tag}>" for tag in _TAGS]),
        st.sampled_from(
            [
                *(
                    "<a href='/x'>",
                    "<a href='http://['>",
                    "<time datetime='2019'>",
                    "<p class='date'>",
                ),
                *(
                    "<div class='comments'>",
                    "<div hidden>",
                    "<!--",
                    "-->",
                    "&amp;",
                    "&#0;",
                    "&nope;",
                ),
                *(
                    "<meta charset=utf-16>",
                    "<base href='//['>",
                    "<li><a href='/1'>A title of some length</a>",
                ),
                *(
                    "<link rel=canonical href='https://example.org/1'>",
                    LONG,
                    "23 Nov 2019",
                    "By Ann Lee",
                ),
            ]
        ),
        st.text(max_size=12),
        st.characters(codec=None),
    ),
    max_size=40,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_SOUP, st.booleans())
def test_no_page_is_refused(parts: list[str], as_bytes: bool) -> None:
    html = "".join(parts)
    # Not by way of extract_html, which would hide a failure.
    try:
        reading = read_html(html.encode("utf-8", "replace")) if as_bytes else read_page(html)
    except UnreadableError:  # too many control characters
        assert as_bytes
        return
    assert_lawful(reading.text, reading.blocks)
    for words in (reading.title, reading.author, reading.original_url, reading.text):
        (words or "").encode()  # no half characters


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_refused(data: bytes) -> None:
    try:
        reading = read_html(data)
    except UnreadableError:
        assert extract_html(data).text == ""
        return
    assert_lawful(reading.text, reading.blocks)


def test_a_failure_of_ours_is_an_empty_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> NoReturn:
        raise RecursionError

    monkeypatch.setattr(html_page, "parse_page", fail)
    assert extract_html(page("<p>x</p>")).text == ""
    with pytest.raises(RecursionError):
        read_html(b"<p>x</p>")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_SOUP.map("".join), max_size=4))
def test_a_text_among_odd_things_is_found(parts: list[str]) -> None:
    safe = [part for part in parts if "<" not in part and LONG not in part]
    html = page(
        f"<main><p>{LONG}</p><p>{MORE}</p></main>" + "".join(f"<nav>{p}</nav>" for p in safe)
    )
    assert extract_html(html).text == f"{LONG}\n\n{MORE}"


@pytest.fixture(autouse=True, scope="module")
def forget_the_script() -> Iterator[None]:
    """Leave no module behind that is none of the package's."""
    yield
    sys.modules.pop("measure", None)
