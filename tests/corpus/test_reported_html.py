"""Small web pages that were once read wrong, with what is right, and others of their kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.corpus import extract_html
from qa.corpus.formats.formulas import lowered, math_text, raised, simple_tex
from qa.corpus.formats.markup import parse_xml
from qa.corpus.formats.names import is_no_title, is_numbered
from qa.corpus.formats.tables import Cell, Table
from qa.corpus.reading import Reading
from tests.corpus.test_structure import assert_lawful

REPORTED = Path(__file__).parent / "reported"
ONE = (
    "The committee met in the hall by the river and spoke for three hours about the water of the village, "
    "and it did not end before midnight."
)
TWO = (
    "Its chair said that the village had grown too large for two wells and that a third one would have to "
    "be dug before the next summer came."
)


def reported(name: str) -> Reading:
    found = extract_html((REPORTED / name).read_bytes())
    assert_lawful(found.text, found.blocks)
    return found


def read(body: str, head: str = "<title>The wells</title>") -> Reading:
    found = extract_html(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>")
    assert_lawful(found.text, found.blocks)
    return found


def test_reported_pages() -> None:
    assert "\nFirst pump (1964): It was" in reported("html_list_in_own_div.html").text
    assert "\nSecond pump (1978): It was" in reported("html_list_in_own_div.html").text
    published = reported("html_updated_before_published.html").published
    assert published and published.value == "2019-03-04"
    assert reported("html_title_is_file_name.html").title is None
    assert "The mayor said that the village" in reported("html_noscript_only.html").text
    assert reported("html_rowspan.html").text.splitlines() == [
        "Year | Pump | Litres",
        "1964 | North pump | 40",
        "1964 | South pump | 55",
    ]
    assert "is E=mc^2, where c is the speed" in reported("html_math.html").text
    assert "holds 10⁶ litres of water, and 25 m² of" in reported("html_superscript.html").text


@pytest.mark.parametrize(
    "box",
    [
        "<div><ul><li>Oak</li><li>Ash</li></ul></div>",
        "<div><table><tr><th>Tree</th><th>Age</th></tr><tr><td>Oak</td><td>9</td></tr></table></div>",
        "<div class=x><dl><dt>Oak</dt><dd>A tree</dd></dl></div>",
        "<div><ol><li>Oak</li></ol></div><div><ul><li>Ash</li></ul></div>",
    ],
)
def test_lists_and_tables_between_paragraphs_are_text(box: str) -> None:
    around = '<nav><a href="/">Home</a></nav>'
    found = read(f"{around}<h1>The wells</h1><div><p>{ONE}</p></div>{box}<div><p>{TWO}</p></div>")
    assert "Oak" in found.text and found.text.index("Oak") < found.text.index("Its chair")


def test_a_page_without_navigation_is_whole() -> None:
    body = f"<h1>The wells</h1><p>Read at noon.</p><div><p>{ONE}</p></div><p>No.</p><div><p>{TWO}</p></div>"
    assert read(body).text == f"Read at noon.\n\n{ONE}\n\nNo.\n\n{TWO}"


@pytest.mark.parametrize(
    "panel",
    [
        f"<details><summary>Who pays?</summary><p>{TWO}</p></details>",
        f'<h3><button aria-controls="a">Who pays?</button></h3><div id="a" hidden><p>{TWO}</p></div>',
        f'<button class="accordion">Who pays?</button><div class="panel" style="display: none"><p>{TWO}</p></div>',
        f'<h3><a href="#b">Who pays?</a></h3><div id="b" role="tabpanel" hidden><p>{TWO}</p></div>',
    ],
)
def test_closed_panels_are_read(panel: str) -> None:
    found = read(f"<main><h1>The wells</h1><p>{ONE}</p><p>{ONE[4:]}</p>{panel}</main>")
    assert found.text.endswith(f"Who pays?\n\n{TWO}")


def test_hidden_menus_and_notices_stay_hidden() -> None:
    menu = '<button aria-controls="m">Menu</button><div id="m" class="mobile-menu" hidden>Our menu of words</div>'
    links = '<div id="n" hidden><a href="/a">One page</a> <a href="/b">Another page</a></div><a href="#n">x</a>'
    modal = f'<div class="modal-panel" style="display:none"><p>{TWO}</p></div>'
    found = read(f"{menu}{links}{modal}<main><h1>The wells</h1><p>{ONE}</p><p>{ONE[4:]}</p></main>")
    assert found.text == f"{ONE}\n\n{ONE[4:]}"


def test_noscript_beside_a_text_is_not_read() -> None:
    note = "<noscript><p>Please turn scripts on to see the pictures of the wells.</p></noscript>"
    assert (
        read(f"<main><h1>The wells</h1><p>{ONE}</p>{note}<p>{TWO}</p></main>").text
        == f"{ONE}\n\n{TWO}"
    )
    assert read(f"<div id=app></div>{note}").text == ""


_MATHML = "<math><semantics><mrow><mi>a</mi><mo>=</mo><mi>b</mi></mrow>{}</semantics></math>"
_TEX = '<annotation encoding="application/x-tex">a = \\frac{b}{c}</annotation>'


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (_MATHML.format(_TEX), "a = \\frac{b}{c}"),
        (
            "<math><mfrac><mi>b</mi><mrow><mi>c</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>",
            "b/(c+1)",
        ),
        ("<math><msup><mi>c</mi><mn>2</mn></msup></math>", "c^2"),
        (
            f'<span class="katex"><span class="katex-mathml">{_MATHML.format(_TEX)}</span>'
            '<span class="katex-html" aria-hidden="true"><span>a</span><span>=bc</span></span></span>',
            "a = \\frac{b}{c}",
        ),
        (
            '<span class="MathJax_Preview"></span><span class="MathJax"><nobr aria-hidden="true">a=b</nobr></span>'
            '<script type="math/tex">a=b^{2}</script>',
            "a=b^2",
        ),
        (
            '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
            '<math alttext="{\\displaystyle a=b^{2}}"><mi>a</mi></math></span>'
            '<img class="mwe-math-fallback-image-inline" aria-hidden="true" alt="{\\displaystyle a=b^{2}}"></span>',
            "a=b^2",
        ),
        ('<img class="tex" alt="$a=b$" src="x.png">', "a=b"),
    ],
)
def test_formulas_are_text_once(formula: str, text: str) -> None:
    found = read(f"<main><h1>The wells</h1><p>{ONE} Here {formula} holds.</p><p>{TWO}</p></main>")
    assert f"Here {text} holds." in found.text


@pytest.mark.parametrize(
    ("before", "set_above", "text"),
    [
        ("10", "6", "⁶"), ("10", "-3", "⁻³"), ("m", "2", "²"), ("1", "st", "st"), ("M", "me", "me"),
        ("n", "o", "o"), ("x", "n", "ⁿ"), ("x", "k", "^k"), ("10", "6.5", "^6.5"), ("e", "-kt", "^(-kt)"),
        ("village", "12", "¹²"), ("Brand", "TM", "TM"), ("", "", ""),
    ],
)  # fmt: skip
def test_exponents(before: str, set_above: str, text: str) -> None:
    assert raised(set_above, before) == text


@pytest.mark.parametrize(
    ("before", "set_below", "text"),
    [
        ("CO", "2", "₂"),
        ("x", "i", "_i"),
        ("a", "n+1", "_(n+1)"),
        ("V", "max", "_max"),
        ("log", "base", "base"),
    ],
)
def test_indices(before: str, set_below: str, text: str) -> None:
    assert lowered(set_below, before) == text


def test_simple_formulas() -> None:
    assert simple_tex("{\\displaystyle  E=mc^{2}}") == "E=mc^2"
    assert simple_tex("x_{ij}^{2}") == "x_{ij}^2"
    deep = "<msup><mi>x</mi>" * 90 + "<mn>2</mn>" + "</msup>" * 90
    assert math_text(parse_xml(f"<math>{deep}</math>".encode())).startswith("x^(x^(")


@pytest.mark.parametrize(
    ("times", "value"),
    [
        (
            'Aktualisiert: <time datetime="2020-05-05"></time> Erschienen: <time datetime="2019-03-04"></time>',
            "2019-03-04",
        ),
        ('<span>Mis à jour le <time datetime="2020-05-05">5 mai</time></span>', None),
        (
            '<time datetime="2019-03-04"></time>, updated <time datetime="2020-05-05"></time>',
            "2019-03-04",
        ),
        (
            'Updated <time datetime="2020-05-05"></time><br>First published <time datetime="2019-03-04"></time>',
            "2019-03-04",
        ),
    ],
)
def test_published_goes_before_updated(times: str, value: str | None) -> None:
    found = read(f"<article><h1>The wells</h1><div>{times}</div><p>{ONE}</p><p>{TWO}</p></article>")
    assert (found.published.value if found.published else None) == value


@pytest.mark.parametrize(
    "side",
    [
        '<aside><time class="published" datetime="2021-01-01">1 January 2021</time> A fair</aside>',
        '<ul><li><a href="/fair">The great fair of the year</a> <time pubdate datetime="2021-01-01"></time></li></ul>',
        '<footer><time itemprop="datePublished" datetime="2021-01-01"></time></footer>',
    ],
)
def test_a_side_columns_date_is_not_the_pages(side: str) -> None:
    found = read(f"<main><h1>The wells</h1><p>{ONE}</p><p>{TWO}</p></main>{side}")
    assert found.published is None


@pytest.mark.parametrize(
    ("words", "no_title"),
    [
        ("well_20211231.htm", True), ("Minutes final v2.docx", True), ("Microsoft Word - minutes.doc", True),
        ("Untitled Document", True), ("Contents", True), ("Inhaltsverzeichnis", True), ("Home", True),
        ("https://example.org/a", True), ("The wells", False), ("Node.js for all", False),
        ("Contents of a shipwreck", False), ("Home rule in 1912", False), ("Index of prices", False),
    ],
)  # fmt: skip
def test_what_is_no_title(words: str, no_title: bool) -> None:
    assert is_no_title(words) is no_title


def test_numbered_headings() -> None:
    assert is_numbered("2.1 Fees") and is_numbered("1. Introduction")
    assert not is_numbered("1984") and not is_numbered("3 men in a boat")


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>a_1.html</title>", "<h1>The wells</h1>", "The wells"),
        ("<title>Contents</title>", "<h1>Contents</h1><h2>One</h2><h2>Two</h2>", None),
        ("", "<h1>1. Introduction</h1>", None),
        ("", "<h2>The wells</h2>", "The wells"),
        (
            '<title>Gazette</title><meta property="og:site_name" content="Gazette">',
            "<h1>Gazette</h1>",
            None,
        ),
    ],
)
def test_titles(head: str, body: str, title: str | None) -> None:
    assert read(f"{body}<p>{ONE}</p><p>{TWO}</p>", head).title == title


def test_spans_of_a_table() -> None:
    table = Table()
    table.add([Cell("Boat", rows=2, heads=True), Cell("Season", columns=2, heads=True)])
    table.add([Cell("Summer", heads=True), Cell("Winter", heads=True)])
    table.add([Cell("Skiff"), Cell(""), Cell("8")])
    table.add([Cell("Large boats", columns=3)])
    table.add([Cell("Ferry"), Cell("by contract", columns=2)])
    rows = table.result()
    assert rows.header == [["Boat", "Season", "Season"], ["Boat", "Summer", "Winter"]]
    assert rows.body == [
        ["Skiff", "", "8"],
        ["Large boats"],
        ["Ferry", "by contract", "by contract"],
    ]


def test_spans_are_bounded_by_the_table() -> None:
    table = Table()
    for _ in range(3_000):
        table.add([Cell("x" * 50, columns=1_000, rows=60_000), Cell("y", columns=1_000)])
    rows = table.result()
    assert sum(len(cell) for row in rows.body for cell in row) < 10 * 3_000 * 51


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Boat", "Fee"], ["Tug", "9"], ["Skiff", "2"]], 1),
        ([["Tug", "9"], ["Skiff", "2"], ["Ferry", "1"]], 0),
        ([["Ann", "Lind"], ["Jo", "Berg"], ["Max", "Ode"]], 0),
    ],
)
def test_a_header_is_known_by_its_looks(rows: list[list[str]], header: int) -> None:
    table = Table()
    for row in rows:
        table.add([Cell(words) for words in row])
    assert len(table.result().header) == header
