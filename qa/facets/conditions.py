"""Conditions on facets: what a filter may ask, and which documents fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from qa.errors import QuestionError
from qa.facets.values import MAX_NAME, MAX_VALUE, Known, canonical, facet_name, facet_value
from qa.records import FacetValue
from qa.text.printable import as_text

MAX_CONDITIONS, MAX_ALTERNATIVES = 20, 50
"""Names of a filter, and values of each."""
_LISTED = 30
"""Known names that an error lists."""
_VALUE = {"anyOf": [{"type": "string", "maxLength": MAX_VALUE}, {"type": "number"}]}
WHERE: Mapping[str, Any] = {
    "type": "object",
    "maxProperties": MAX_CONDITIONS,
    "additionalProperties": {
        "anyOf": [
            *_VALUE["anyOf"],
            {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": MAX_ALTERNATIVES},
        ]
    },
}
"""The JSON Schema of a filter's conditions; ``conditions`` enforces it."""

Operator = Literal["=", ">=", "<=", ">", "<"]

_READ = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ].*)?)?", re.ASCII)
_ASKED = re.compile(r"([^<>=]+)(>=|<=|=|>|<)?\s*")
_TYPED = re.compile(r"([^<>=]+)(>=|<=|=|>|<)(.*)", re.DOTALL)


class Condition(NamedTuple):
    """What a facet must be: one of the ``values``, or on one side of the one that there is."""

    name: str
    operator: Operator
    values: tuple[FacetValue, ...]


def conditions(where: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return the conditions of a filter, those of equal names joined. Raises QuestionError."""
    found: dict[tuple[str, Operator], list[FacetValue]] = {}
    asked: list[Condition] = []
    if len(where) > MAX_CONDITIONS:
        raise _too_many()
    for words, raw in where.items():
        name, operator = _name_asked(words)
        values = raw if isinstance(raw, list | tuple) else (raw,)
        if len(values) > MAX_ALTERNATIVES:
            raise _too_many()
        if operator == "=":
            same = found.setdefault((name, operator), [])
            same += (_value_asked(words, value) for value in values)
        elif len(values) == 1:
            asked.append(Condition(name, operator, (_bound_asked(words, values[0]),)))
        else:
            raise _wrong(f"{words[:MAX_NAME]!r} wants one number or date")
    asked += (
        Condition(name, operator, tuple(values)) for (name, operator), values in found.items()
    )
    empty = next((one for one in asked if not one.values), None)
    if empty:
        raise _wrong(f"{empty.name!r} has no value: name one")
    return tuple(asked)


def typed(words: Iterable[str]) -> dict[str, list[FacetValue]]:
    """Return the conditions that were typed one by one: ``author=Ann Lee``, ``year>=1990``.

    Raises QuestionError for what is none.
    """
    found: dict[str, list[FacetValue]] = {}
    for one in words:
        parts = _TYPED.fullmatch(one)
        if parts is None:
            raise _wrong(f"{one[:MAX_VALUE]!r} is no condition: NAME=VALUE or NAME>=N is wanted")
        name, operator, value = parts.groups()
        found.setdefault(name if operator == "=" else name + operator, []).append(value)
    return found


def _name_asked(words: str) -> tuple[str, Operator]:
    parts = _ASKED.fullmatch(words)
    name = facet_name(parts[1]) if parts else ""
    if parts is None or not name or len(name) > MAX_NAME:
        raise _wrong(
            f"{words[:MAX_NAME]!r} is no name of a facet: one as author or year>= is wanted"
        )
    operators: dict[str, Operator] = {">=": ">=", "<=": "<=", ">": ">", "<": "<"}
    return name, operators.get(parts[2] or "", "=")


def _value_asked(words: str, raw: object) -> FacetValue:
    value = facet_value(raw)
    if value is None or (isinstance(raw, str) and as_text(raw) != raw):
        raise _wrong(f"{words[:MAX_NAME]!r} has a value that is blank, or no text and no number")
    if isinstance(value, str) and len(value) > MAX_VALUE:
        raise _wrong(f"{words[:MAX_NAME]!r} has a value of more than {MAX_VALUE} characters")
    return value


def _bound_asked(words: str, raw: object) -> FacetValue:
    value = _value_asked(words, raw)
    if _number(value) is None and _days(value) is None:
        raise _wrong(
            f"{words[:MAX_NAME]!r} wants a number or a date, as 1990, 2019-11 or 2019-11-23"
        )
    return value


def _too_many() -> QuestionError:
    return _wrong(
        f"at most {MAX_CONDITIONS} names with at most {MAX_ALTERNATIVES} values each are allowed"
    )


def _wrong(message: str) -> QuestionError:
    return QuestionError(message, field="filters.where", code="invalid_where")


def unknown_name(name: str, known: Sequence[str]) -> QuestionError:
    """Return the error for a name that no document has."""
    more = f" and {len(known) - _LISTED} more (GET /v1/archive)" if len(known) > _LISTED else ""
    told = f"these are: {', '.join(known[:_LISTED])}{more}" if known else "no document has any"
    return QuestionError(
        f"there is no facet {name!r}: {told}", field="filters.where", code="unknown_facet"
    )


class Sieve:
    """Puts the conditions of a filter on one document after the other, and keeps count of what none has."""

    def __init__(self, asked: Iterable[Condition]) -> None:
        self._asked = [(one, {canonical(value): value for value in one.values}) for one in asked]
        self._names: set[str] = set()
        self._met: set[tuple[str, str]] = set()

    def passes(self, known: Known) -> bool:
        """Whether a document fits every condition."""
        fits = True
        for (name, operator, bounds), keys in self._asked:
            values = known.get(name)
            if values is None:
                fits = False
                continue
            self._names.add(name)
            if operator == "=":
                met = [key for key in map(canonical, values) if key in keys]
                self._met.update((name, key) for key in met)
                fits = fits and bool(met)
            else:
                fits = fits and any(_compares(value, operator, bounds[0]) for value in values)
        return fits

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names that no document had."""
        names = dict.fromkeys(one.name for one, _ in self._asked)
        return tuple(name for name in names if name not in self._names)

    @property
    def unmet(self) -> tuple[tuple[str, FacetValue], ...]:
        """The names with values that no document had, though some had the name."""
        return tuple(
            (one.name, value)
            for one, keys in self._asked
            if one.operator == "=" and one.name in self._names
            for key, value in keys.items()
            if (one.name, key) not in self._met
        )


def _compares(value: FacetValue, operator: Operator, bound: FacetValue) -> bool:
    """Whether a value is on the side of a bound that is asked for, in any part of it."""
    first, last = _number(value), _number(bound)
    if first is not None and last is not None:
        mine, other = (first, first), (last, last)
        return _beside(mine, operator, other)
    days, limit = _days(value), _days(bound)
    return days is not None and limit is not None and _beside(days, operator, limit)


def _beside(mine: tuple[Any, Any], operator: Operator, bound: tuple[Any, Any]) -> bool:
    """Compare two stretches, each its first and its last."""
    if operator == ">=":
        return bool(mine[1] >= bound[0])
    if operator == "<=":
        return bool(mine[0] <= bound[1])
    return bool(mine[1] > bound[1]) if operator == ">" else bool(mine[0] < bound[0])


def _number(value: FacetValue) -> float | None:
    if isinstance(value, str):
        return float(value) if _READ.fullmatch(value) else None
    return value


def _days(value: FacetValue) -> tuple[str, str] | None:
    """Return the first and the last day of a date that may be a year or a month; None for what is none."""
    words = str(value)
    if re.fullmatch(r"\d{4}", words, re.ASCII):
        return f"{words}-01-01", f"{words}-12-31"
    found = _DATE.fullmatch(words)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return f"{year}-{month}-{day or '01'}", f"{year}-{month}-{day or '31'}"
