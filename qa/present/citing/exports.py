"""A citation for a reference manager: BibTeX and RIS.

BibTeX is what https://www.ctan.org/pkg/btxdoc describes, in UTF-8, with biblatex's ``date``. RIS is what
https://en.wikipedia.org/wiki/RIS_(file_format) and Zotero's translator read.
"""

from __future__ import annotations

import re
import unicodedata

from qa.present.citing.csl import Item, names_of, title_of
from qa.present.citing.names import Name
from qa.present.citing.titles import SMALL

# Braces are counted by BibTeX even behind a backslash, so that they need names that have none open.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        **{sign: f"\\{sign}" for sign in "&%$#_"},
    }
)
_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
_WORD = re.compile(r"[a-z0-9]+")


def key_of(item: Item) -> str:
    """Return a key that no other citation has: the first word, the year, the citation's id."""
    first = next((name.family for name in names_of(item)), title_of(item)[0])
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode().casefold()
    word = next((word for word in _WORD.findall(plain) if word not in SMALL), "")
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""
    return f"{word}{year}-{item['id']}"


def bibtex(item: Item) -> str:
    """Return an entry of a BibTeX file."""
    title, _ = title_of(item)
    date = _date(item)
    fields = {
        "author": " and ".join(map(_bibtex_name, names_of(item))),
        # In two pairs of braces a title keeps its capitals, and a body its whole name.
        "title": f"{{{_tex(title)}}}",
        "year": date[0] if date else "",
        "date": "-".join(date),
        "url": item.get("URL", "").translate(_IN_ADDRESS),
        "howpublished": _tex(item.get("archive_location", "")),
        "langid": item.get("language", ""),
        "note": _tex(item["note"]),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key_of(item)},", *lines, "}", ""])


def ris(item: Item) -> str:
    """Return a record of a RIS file; its lines end with CR LF."""
    title, _ = title_of(item)
    date = _date(item)
    fields = [
        ("TY", "ELEC" if "URL" in item else "GEN"),
        ("ID", key_of(item)),
        *(("AU", _ris_name(name)) for name in names_of(item)),
        ("TI", title),
        ("PY", date[0] if date else ""),
        ("DA", "/".join([*date, *[""] * (4 - len(date))]) if date else ""),
        ("LA", item.get("language", "")),
        ("UR", item.get("URL", "")),
        ("AV", item.get("archive_location", "")),
        ("N1", item["note"]),
        ("ER", ""),
    ]
    lines = [f"{tag}  - {value}" for tag, value in fields if value or tag == "ER"]
    return "".join(f"{line}\r\n" for line in lines)


def _date(item: Item) -> list[str]:
    """Return year, month and day with leading zeros, as far as they are known."""
    parts = item["issued"]["date-parts"][0] if "issued" in item else []
    return [f"{part:0{4 if n == 0 else 2}}" for n, part in enumerate(parts)]


def _tex(words: str) -> str:
    return words.translate(_TEX)


def _bibtex_name(name: Name) -> str:
    if not name.given:
        return f"{{{_tex(name.family)}}}"
    return f"{_tex(f'{name.particle} {name.family}'.strip())}, {_tex(name.given)}"


def _ris_name(name: Name) -> str:
    """Return a name; a comma parts the family's from the given one, so a body's name has none."""
    if not name.given:
        return " ".join(name.family.replace(",", " ").split())
    return f"{f'{name.particle} {name.family}'.strip()}, {name.given}"
