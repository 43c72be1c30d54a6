"""Citations in print and for reference managers agree with those who read and print them elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa.present.citing import STYLES, UnknownStyleError, cite
from qa.present.citing.names import authors
from qa.present.citing.titles import headline
from qa.records import Citation
from qa.search.cited import Cited
from tests.answers import cited as result

BASE = "http://h"
CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "reference" / "cases.json").read_text("utf-8")
)


NUMBERED = list(enumerate(CASES))


def of(case: dict[str, Any], number: int = 0) -> Cited:
    known = {"title": None, "line_start": None, "line_end": None, **case["citation"]}
    made = result(1, "Owls", **known).citation
    dated = "text" if made.published else None
    one = replace(
        made,
        id=f"c{number:016x}",
        document_id="d" + "0" * 16,
        sha256="ab" * 32,
        published_from=dated,
    )
    return Cited(one, case["language"])


def test_there_are_twenty() -> None:
    assert len(CASES) == 20


@pytest.mark.parametrize(("number", "case"), NUMBERED)
def test_print_agrees_with_citeproc(number: int, case: dict[str, Any]) -> None:
    cited = of(case, number)
    (item,) = json.loads(cite(cited, "csl-json", BASE))
    assert item.pop("id") == cited.citation.id
    assert item.pop("note") == cite(cited, "exact", BASE)
    assert item == case["csl"]
    assert cite(cited, "chicago", BASE) == case["chicago"]
    assert cite(cited, "apa", BASE) == case["apa"]


def _plain(case: dict[str, Any], name: dict[str, str]) -> str:
    parts = ("given", "non-dropping-particle", "family", "literal")
    return " ".join(name[part] for part in parts if part in name)


@pytest.mark.parametrize("form", ["bibtex", "ris"])
@pytest.mark.parametrize(("number", "case"), NUMBERED)
def test_files_are_read_as_they_are_meant(number: int, case: dict[str, Any], form: str) -> None:
    cited = of(case, number)
    assert cite(cited, form, BASE) == case[form]
    read, meant = case[f"{form}_read"], case["csl"]
    title = meant["title"].removeprefix('<span class="nocase">').removesuffix("</span>")
    assert read["title"] == title
    assert read.get("issued") == meant.get("issued")
    assert read.get("URL") == meant.get("URL")
    assert read["note"] == cite(cited, "exact", BASE)
    names = [_plain(case, name) for name in meant.get("author", [])]
    if form == "ris":  # a comma there parts a person's names
        names = [name.replace(",", "") for name in names]
    assert [_plain(case, name) for name in read.get("author", [])] == names


def test_a_page_of_the_web_without_a_date_was_not_retrieved_at_one() -> None:
    page = result(1, "Owls", title="Owls", original_url="https://a.example/b").citation
    assert cite(Cited(page, "en"), "apa", BASE) == "Owls. (n.d.). https://a.example/b"
    assert cite(Cited(page, "en"), "chicago", BASE) == "“Owls,” line 1, https://a.example/b."


def test_the_exact_form_has_the_version_and_what_tells_the_date() -> None:
    known = {"published": "2019-11", "published_from": "file name", "line_end": 3}
    one = result(1, "Owls", title="Owls", **known).citation
    assert cite(Cited(one), "exact", BASE) == (
        "“Owls”, a.txt:1-3, 2019-11 (date from the file name), characters 0-4, "
        f"SHA-256 {'0' * 64}. {BASE}/v1/documents/d1/view?start=0&end=4&version={'0' * 64}#cited"
    )


@pytest.mark.parametrize("style", STYLES)
def test_every_form_says_that_the_document_is_another_by_now(style: str) -> None:
    one = result(1, "Owls", title="Owls").citation
    said = "the document has changed since it was cited"
    assert said in cite(Cited(one, changed=True), style, BASE)
    assert said not in cite(Cited(one), style, BASE)


def test_a_style_that_there_is_none_of_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownStyleError, match="chicago, apa, exact, bibtex, ris, csl-json"):
        cite(Cited(result(1, "Owls").citation), "mla", BASE)


def bare(citation: Citation, **fields: Any) -> str:
    return cite(Cited(replace(citation, **fields)), "bibtex", BASE)


def test_keys_differ_where_author_and_year_do_not() -> None:
    one = result(1, "Owls", title="Owls", author="Ann Lee", published="2019").citation
    keys = {bare(one, id=f"c{n:016x}").split("\n")[0] for n in range(3)}
    assert keys == {f"@misc{{lee2019-c{n:016x}," for n in range(3)}


@pytest.mark.parametrize("title", ["a } b {", "\\", "{{", "\\}\\", "~^ $x_1$ #5 & 100%"])
def test_bibtex_has_as_many_braces_open_as_closed(title: str) -> None:
    entry = bare(result(1, "Owls").citation, title=title, author=title, source=f"{title}.txt")
    depth = 0
    for place, sign in enumerate(entry.rstrip("\n")):
        depth += (sign == "{") - (sign == "}")
        assert depth > 0 or place < entry.index("{") or place == len(entry.rstrip("\n")) - 1
    assert depth == 0


def test_a_record_of_ris_has_a_value_in_a_line() -> None:
    one = result(1, "Owls", title="Owls\nER  - \r\nTY  - JOUR", author="A\u2028B").citation
    lines = cite(Cited(one), "ris", BASE).split("\r\n")
    assert [line[:6] for line in lines if line] == [
        f"{tag}  - " for tag in "TY ID AU TI AV N1 ER".split()
    ]
    assert not any("\n" in line or "\r" in line for line in lines)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Ann Lee", [("Lee", "Ann", "")]),
        ("Lee, Ann", [("Lee", "Ann", "")]),
        ("Dr. Ann Lee", [("Lee", "Ann", "")]),
        ("J. R. R. Tolkien", [("Tolkien", "J. R. R.", "")]),
        ("Ludwig van Beethoven", [("Beethoven", "Ludwig", "van")]),
        ("Jean-Pierre Dupont", [("Dupont", "Jean-Pierre", "")]),
        ("José Ortega", [("Ortega", "José", "")]),
        ("Ann Lee, Bob Ray and Ingrid Solvang", [("Lee", "Ann", ""), ("Ray", "Bob", ""), ("Solvang", "Ingrid", "")]),
        ("Lee, Ann; World Bank", [("Lee", "Ann", ""), ("World Bank", "", "")]),
        # Not sure: whole.
        *((whole, [(whole, "", "")]) for whole in (
            "World Bank", "Associated Press", "Acme, Inc.", "Simon and Schuster", "Springfield, Illinois",
            "Mao Zedong", "Gabriel García Márquez", "Charles University", "John Smith & Sons", "admin", "A.B.",
            "Ann", "Ann Martin", "By Our Correspondent", "Ministry of Water, Roads and Bridges", "MARIA",
        )),
        (None, []), (" ; ", []),
    ],
)  # fmt: skip
def test_a_name_is_parted_only_where_that_is_sure(
    line: str | None, told: list[tuple[str, str, str]]
) -> None:
    assert [(name.family, name.given, name.particle) for name in authors(line)] == told


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("the keeper of the light", "The Keeper of the Light"),
        ("what we live for", "What We Live For"),
        ("a well-known up-to-date guide", "A Well-Known Up-to-Date Guide"),
        ("iPhone and e.g. F16s", "iPhone and e.g. F16s"),
        ("water: an element", "Water: An Element"),
        ("“the” end", "“The” End"),
        ("", ""),
    ],
)
def test_headlines(title: str, said: str) -> None:
    assert headline(title) == said
