"""The numbers of lists and headings as text: 4 as "4", "iv", "D" or "四".

Formats have different names for the ways of counting; each reader has a table from its names to these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MAX_ROMAN = 3999
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"
_ARABIC = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
_KOREAN = "가나다라마바사아자차카타파하"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_HAN = "零一二三四五六七八九"
_HAN_UNITS = ("", "十", "百", "千")
_MAX_REPEATED = 8


def decimal(number: int) -> str:
    """Return ``"4"``."""
    return str(number)


def two_digits(number: int) -> str:
    """Return ``"04"``."""
    return f"{number:02}"


def roman(number: int) -> str:
    """Return ``"iv"``; beyond the range of Roman numerals return figures."""
    if not 0 < number <= _MAX_ROMAN:
        return str(number)
    written = []
    for value, sign in _ROMAN:
        times, number = divmod(number, value)
        written.append(sign * times)
    return "".join(written)


def repeated(letters: str) -> Callable[[int], str]:
    """Return a way of counting by letters: after the last come ``"aa"``, ``"bb"``."""

    def count(number: int) -> str:
        times, at = divmod(number - 1, len(letters))
        return letters[at] * (times + 1) if 0 <= times < _MAX_REPEATED else str(number)

    return count


def ordinal(number: int) -> str:
    """Return ``"4th"``."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number // 10 % 10 == 1 else ends.get(number % 10, 'th')}"


def circled(number: int) -> str:
    """Return ``"④"``."""
    return chr(0x245F + number) if 0 < number <= 20 else str(number)


def han(number: int) -> str:
    """Return ``"二十一"``."""
    if not 0 < number < 10_000:
        return str(number)
    digits = [int(digit) for digit in str(number)]
    written, zero = "", False
    for digit, unit in zip(digits, _HAN_UNITS[len(digits) - 1 :: -1], strict=True):
        if digit:
            written += ("零" if zero else "") + _HAN[digit] + unit
        zero = not digit
    return written.removeprefix("一") if 10 <= number < 20 else written


def han_digits(number: int) -> str:
    """Return ``"二一"``."""
    return "".join(_HAN[int(digit)] for digit in str(number)) if number >= 0 else str(number)


def upper(way: Callable[[int], str]) -> Callable[[int], str]:
    """Return a way of counting in capitals."""
    return lambda number: way(number).upper()


WAYS: Mapping[str, Callable[[int], str]] = {
    "decimal": decimal,
    "two digits": two_digits,
    "latin": repeated(_LATIN),
    "LATIN": upper(repeated(_LATIN)),
    "roman": roman,
    "ROMAN": upper(roman),
    "ordinal": ordinal,
    "circled": circled,
    "han": han,
    "han digits": han_digits,
    "stems": repeated(_STEMS),
    "russian": repeated(_RUSSIAN),
    "RUSSIAN": upper(repeated(_RUSSIAN)),
    "greek": repeated(_GREEK),
    "GREEK": upper(repeated(_GREEK)),
    "hebrew": repeated(_HEBREW),
    "arabic": repeated(_ARABIC),
    "korean": repeated(_KOREAN),
}
