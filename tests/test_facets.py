"""Facets: normal forms, bounds, conditions, counting. Every expected value is written down by hand."""

from __future__ import annotations

from typing import Any

import pytest

from qa.errors import QuestionError
from qa.facets import (
    MAX_ALTERNATIVES,
    MAX_CONDITIONS,
    MAX_NAMES,
    MAX_VALUES,
    Sieve,
    bounded,
    conditions,
    count,
    facet_name,
    facet_value,
    gather,
    known_of,
    typed,
)
from qa.records import FacetCount


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Author", "author"),
        ("Publication  Place", "publication_place"),
        (" Año\tde edición ", "año_de_edición"),
        ("Releve\u0301", "relev\u00e9"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("price>=", "price"),
        ("a=b", "a_b"),
        ("meta.Year", "meta.year"),
        ("\0\ud800", "\ufffd\ufffd"),
        (" <=> ", ""),
    ],
)
def test_names_have_one_normal_form(words: str, name: str) -> None:
    assert facet_name(words) == name


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Ann  Lee\n", "Ann Lee"),
        ("1990", 1990),
        ("-3", -3),
        ("3.5", 3.5),
        # Written otherwise than a number would be: a version, a postcode, a part number.
        ("1.10", "1.10"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("1,250", "1,250"),
        ("\u0663", "\u0663"),
        (1990, 1990),
        (1990.0, 1990),
        (3.5, 3.5),
        (10**20, "100000000000000000000"),
        (True, "true"),
        (False, "false"),
        (float("nan"), None),
        (float("inf"), None),
        ("", None),
        (" \n", None),
        (None, None),
        ({"a": 1}, None),
        (b"bytes", None),
    ],
)
def test_values_are_texts_or_numbers(raw: object, value: object) -> None:
    found = facet_value(raw)
    assert found == value and type(found) is type(value)


def test_what_is_gathered_is_sorted_and_each_value_stands_once() -> None:
    found = gather(
        [
            ("Tags", ["Bees", "owls", "BEES", "", None]),
            ("tags", "Moths"),
            ("authors.1.name", "Ann Lee"),
            ("authors.2.name", "Bo Chen"),
            ("year", "1990"),
        ]
    )
    assert found.facets == (
        ("authors.name", ("Ann Lee", "Bo Chen")),
        ("tags", ("Bees", "owls", "Moths")),
        ("year", (1990,)),
    )
    assert found.left_out == ()


def test_facets_are_bounded_and_what_is_left_out_is_named() -> None:
    names = [(f"name {n}", "x") for n in range(MAX_NAMES + 2)]
    assert len(gather(names).facets) == MAX_NAMES
    assert gather(names).left_out == (f"name {MAX_NAMES}", f"name {MAX_NAMES + 1}")
    many = gather([("tags", [f"t{n}" for n in range(MAX_VALUES + 5)]), ("year", 1990)])
    assert [len(values) for _, values in many.facets] == [MAX_VALUES, 1]
    assert many.left_out == ("tags",)
    long = gather([("abstract", "x" * 201), ("n" * 61, "x"), ("=", "x"), ("note", "x" * 200)])
    assert [name for name, _ in long.facets] == ["note"]
    assert long.left_out == ("abstract", "n" * 61, "=")


def test_facets_of_another_process_are_held_to_the_bounds() -> None:
    facets = gather([("tags", ["a", "b"]), ("year", 1990)]).facets
    assert bounded([[name, list(values)] for name, values in facets]) == facets
    for wrong in (
        [["Tags", ["a"]]],
        [["tags", ["a", "A"]]],
        [["tags", []]],
        [["tags", [None]]],
        [["tags", ["x" * 201]]],
        [["tags", [["a"]]]],
        [["b", [1]], ["a", [1]]],
        [["a", [1]], ["a", [2]]],
        [[f"n{n:03}", [1]] for n in range(MAX_NAMES + 1)],
        [["tags", ["1990"]]],
    ):
        with pytest.raises((TypeError, ValueError)):
            bounded(wrong)


DOCUMENTS = {
    "lee": {"author": ("Ann Lee", "Bo Chen"), "year": (1990,), "kind": ("letter",)},
    "releve": {"author": ("Rene\u0301 Dubois",), "year": (2004.5,), "price": ("12.50",)},
    "dated": {"published": ("2019-11-23",), "kind": ("memo",)},
    "month": {"published": ("2019-11",), "kind": ("Letter",)},
    "year": {"published": (2019,), "year": (2019,)},
}


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ({"author": ["Ann Lee"]}, {"lee"}),
        ({"author": "ANN lee"}, {"lee"}),
        ({"Author": ["bo chen", "Nobody"]}, {"lee"}),
        ({"author": ["ren\u00e9 dubois"]}, {"releve"}),
        ({"kind": ["letter"]}, {"lee", "month"}),
        ({"kind": ["letter"], "year>=": 1990}, {"lee"}),
        ({"kind": ["letter", "memo"]}, {"lee", "month", "dated"}),
        ({"kind": ["letter"], "KIND": ["memo"]}, {"lee", "month", "dated"}),
        ({"year": ["1990"]}, {"lee"}),
        ({"year": [1990, 2019.0]}, {"lee", "year"}),
        ({"year>=": 1990}, {"lee", "releve", "year"}),
        ({"year>": "1990"}, {"releve", "year"}),
        ({"year<": 2004.6}, {"lee", "releve"}),
        ({"year<=": 2004}, {"lee"}),
        ({"year>=": 1990, "year<=": 2004.5}, {"lee", "releve"}),
        ({"price>=": 12.5}, {"releve"}),
        ({"price": ["12.50"]}, {"releve"}),
        ({"price>": 12.5}, set()),
        # A date that is a month or a year stands for any day within it, a bound for all of its days.
        ({"published>=": "2019-11-24"}, {"month", "year"}),
        ({"published>=": "2019-11"}, {"dated", "month", "year"}),
        ({"published>": "2019-11"}, {"year"}),
        ({"published<": "2019-11"}, {"year"}),
        ({"published<=": "2019-11-01"}, {"month", "year"}),
        ({"published>=": 2019}, {"dated", "month", "year"}),
        ({"published>": 2019}, set()),
        ({"published<": 2020}, {"dated", "month", "year"}),
        # Texts have no order.
        ({"author>=": 1}, set()),
        ({"kind>=": "2019-11-23"}, set()),
        ({}, set(DOCUMENTS)),
    ],
)
def test_what_conditions_leave(where: dict[str, Any], left: set[str]) -> None:
    sieve = Sieve(conditions(where))
    assert {name for name, known in DOCUMENTS.items() if sieve.passes(known)} == left


def test_names_and_values_that_no_document_has_are_told_apart() -> None:
    sieve = Sieve(conditions({"colour": ["red"], "author": ["ann lee", "Zoë"], "age>=": 3}))
    for known in DOCUMENTS.values():
        sieve.passes(known)
    assert set(sieve.unknown) == {"colour", "age"}
    assert sieve.unmet == (("author", "Zoë"),)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"": ["x"]}, "is no name"),
        ({">=": 3}, "is no name"),
        ({"year=>": 3}, "is no name"),
        ({"a<b": 3}, "is no name"),
        ({"n" * 61: ["x"]}, "is no name"),
        ({"author": []}, "has no value"),
        ({"author": [""]}, "blank"),
        ({"author": [None]}, "no text and no number"),
        ({"author": {"name": "x"}}, "no text and no number"),
        ({"author": ["x\0"]}, "no text and no number"),
        ({"author": ["x" * 201]}, "more than 200 characters"),
        ({"year>=": "soon"}, "wants a number or a date"),
        ({"year>=": "2019-13"}, "wants a number or a date"),
        ({"year>=": "2019-02-30"}, "wants a number or a date"),
        ({"year>=": [1990, 1991]}, "one number or date"),
        ({"year>=": []}, "one number or date"),
        ({f"n{n}": ["x"] for n in range(MAX_CONDITIONS + 1)}, "at most 20 names"),
        ({"n": [f"{n}x" for n in range(MAX_ALTERNATIVES + 1)]}, "at most 50 values"),
    ],
)
def test_conditions_that_are_none(where: dict[str, Any], words: str) -> None:
    with pytest.raises(QuestionError, match=words) as raised:
        conditions(where)
    assert (raised.value.name, raised.value.field) == ("invalid_where", "filters.where")


def test_conditions_as_they_are_typed() -> None:
    words = ["author=Ann Lee", "author=Bo = Chen", "year>=1990", "year<2000", "size<=3", "n>0"]
    assert typed(words) == {
        "author": ["Ann Lee", "Bo = Chen"],
        "year>=": ["1990"],
        "year<": ["2000"],
        "size<=": ["3"],
        "n>": ["0"],
    }
    for wrong in ("author", "=x", ">=3", ""):
        with pytest.raises(QuestionError, match="is no condition"):
            typed([wrong])


def test_what_is_known_of_every_document_is_a_facet() -> None:
    known = known_of((), author="A, B", language="es", published="2019-11")
    assert known == {
        "author": ("A, B",),
        "language": ("es",),
        "published": ("2019-11",),
        "year": (2019,),
    }
    own = (("author", ("A", "B")), ("published", ("true",)), ("year", (1872,)))
    assert known_of(own, author="A, B", language=None, published="2019") == {
        "author": ("A", "B"),
        "published": (2019,),
        "year": (1872,),
    }
    assert known_of((), author=None, language=None, published=None) == {}


def test_facets_are_counted_the_most_frequent_first() -> None:
    assert count(DOCUMENTS.values()) == (
        FacetCount("kind", 3, (("letter", 2), ("memo", 1)), 2),
        FacetCount("published", 3, ((2019, 1), ("2019-11", 1), ("2019-11-23", 1)), 3),
        FacetCount("year", 3, ((1990, 1), (2004.5, 1), (2019, 1)), 3),
        FacetCount("author", 2, (("Ann Lee", 1), ("Bo Chen", 1), ("Rene\u0301 Dubois", 1)), 3),
        FacetCount("price", 1, (("12.50", 1),), 1),
    )
    many = count({"n": (n,), f"name {n:03}": (1,)} for n in range(200))
    assert (many[0].name, many[0].documents, many[0].distinct) == ("n", 200, 200)
    assert len(many) == 100 and len(many[0].values) == 20
