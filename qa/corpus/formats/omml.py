"""Formulas of Office (OMML, ECMA-376 part 1, 22.1) as text in one line: ``E=mc²``, ``(a+b)/2``.

The text says what the formula says, with brackets if a line needs them; its layout is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qa.corpus.formats.markup import Element, local_name

_ABOUT = frozenset(
    "rpr ctrlpr fpr radpr narypr dpr ssuppr ssubpr ssubsuppr spprepr sprepr funcpr accpr barpr grouppr "
    "groupchrpr limlowpr limupppr mpr eqarrpr boxpr borderboxpr phantpr argpr omathparapr".split()
)
_ACCENTS = {"̂": "̂", "̃": "̃", "̄": "̄", "̅": "̄", "⃗": "⃗", "̇": "̇", "̈": "̈"}
_UP = str.maketrans("0123456789+-−=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
_DOWN = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_ROOTS = {"3": "∛", "4": "∜"}
_OPERATORS = frozenset("+-−±∓×⋅·*/=<>≤≥ ,;|")


def formula(node: Element) -> str:
    """Return the text of a formula; it recurses, and XML's own limit for depth limits this too."""
    return " ".join(_inside(node).split())


def _inside(node: Element) -> str:
    return "".join(_text(child) for child in node)


def _text(node: Element) -> str:
    name = local_name(node)
    if name in _ABOUT or name in ("del", "movefrom", "deltext", "instrtext"):
        return ""
    if name == "t":
        return node.text or ""
    if name in ("br", "cr", "tab"):
        return " "
    form = _FORMS.get(name)
    return form(node) if form else _inside(node)


def _part(node: Element, name: str) -> str:
    return next((_inside(child) for child in node if local_name(child) == name), "")


def _parts(node: Element, name: str) -> list[str]:
    return [_inside(child) for child in node if local_name(child) == name]


def _told(node: Element, about: str, name: str, default: str) -> str:
    """Return a property of a form: the value of ``name`` in its element of properties."""
    for child in node:
        if local_name(child) == about:
            for told in child:
                if local_name(told) == name:
                    return next((v for k, v in told.attrib.items() if k.endswith("val")), "")
    return default


def _exponent(words: str) -> str:
    return _small(words.strip(), _UP, "^")


def _index(words: str) -> str:
    return _small(words.strip(), _DOWN, "_")


def _small(words: str, signs: dict[int, int], mark: str) -> str:
    """Return small words in small characters if all exist, else after a mark."""
    if all(ord(char) in signs for char in words):
        return words.translate(signs)
    return f"{mark}{words}" if words.isalnum() else f"{mark}({words})"


def _grouped(words: str) -> str:
    """Return a part in brackets if it is more than one thing."""
    words = words.strip()
    if not any(char in _OPERATORS for char in words):
        return words
    return words if _is_bracketed(words) else f"({words})"


def _is_bracketed(words: str) -> bool:
    if not (words.startswith("(") and words.endswith(")")):
        return False
    depth = 0
    for at, char in enumerate(words):
        depth += (char == "(") - (char == ")")
        if not depth:
            return at == len(words) - 1
    return False


def _fraction(node: Element) -> str:
    over, under = _part(node, "num"), _part(node, "den")
    return f"{_grouped(over)}/{_grouped(under)}"


def _root(node: Element) -> str:
    degree, under = _part(node, "deg").strip(), _part(node, "e").strip()
    sign = _ROOTS.get(degree, f"{_exponent(degree)}√" if degree and degree != "2" else "√")
    return f"{sign}{under}" if len(under) == 1 or _is_bracketed(under) else f"{sign}({under})"


def _raised(node: Element) -> str:
    return _grouped(_part(node, "e")) + _exponent(_part(node, "sup"))


def _lowered(node: Element) -> str:
    return _part(node, "e") + _index(_part(node, "sub"))


def _both(node: Element) -> str:
    return _part(node, "e") + _index(_part(node, "sub")) + _exponent(_part(node, "sup"))


def _before(node: Element) -> str:
    return _index(_part(node, "sub")) + _exponent(_part(node, "sup")) + _part(node, "e")


def _sum(node: Element) -> str:
    sign = _told(node, "narypr", "chr", "∫")
    return f"{sign}{_index(_part(node, 'sub'))}{_exponent(_part(node, 'sup'))} {_part(node, 'e')}"


def _brackets(node: Element) -> str:
    opening, closing = _told(node, "dpr", "begchr", "("), _told(node, "dpr", "endchr", ")")
    between = _told(node, "dpr", "sepchr", "|")
    return opening + between.join(_parts(node, "e")) + closing


def _function(node: Element) -> str:
    name, of = _part(node, "fname").strip(), _part(node, "e").strip()
    return f"{name} {of}" if not of.startswith("(") else f"{name}{of}"


def _accent(node: Element) -> str:
    sign = _told(node, "accpr", "chr", "̂")
    return _part(node, "e") + _ACCENTS.get(sign, "")


def _limit(node: Element) -> str:
    return f"{_part(node, 'e')}{_index(_part(node, 'lim'))}"


def _limit_above(node: Element) -> str:
    return f"{_part(node, 'e')}{_exponent(_part(node, 'lim'))}"


def _matrix(node: Element) -> str:
    rows = (", ".join(_parts(row, "e")) for row in node if local_name(row) == "mr")
    return "; ".join(rows)


def _equations(node: Element) -> str:
    return "; ".join(part.strip() for part in _parts(node, "e"))


_FORMS: Mapping[str, Callable[[Element], str]] = {
    "f": _fraction,
    "rad": _root,
    "ssup": _raised,
    "ssub": _lowered,
    "ssubsup": _both,
    "spre": _before,
    "nary": _sum,
    "d": _brackets,
    "func": _function,
    "acc": _accent,
    "limlow": _limit,
    "limupp": _limit_above,
    "m": _matrix,
    "eqarr": _equations,
}
