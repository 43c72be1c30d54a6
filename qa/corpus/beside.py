"""Files that are no documents of their own: told by their names, and by what lies beside them."""

from __future__ import annotations

import re
from collections.abc import Collection

_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"})
_LOCK = "~$"
"""How the name begins of the file by which Office says that another one is open."""
_SIDE = ".meta.json"
# What browsers call the folder of a page that they save, in the languages that they speak.
_OF_A_PAGE = re.compile(
    r"(.+)(?:_files|_file|-Dateien|_fichiers|_archivos|_arquivos|_ficheiros|_bestanden|-filer|_pliki"
    r"|_soubory|_tiedostot|_dosyalar|\.files)",
    re.IGNORECASE,
)
_PAGES = (".html", ".htm", ".xhtml")


def is_passed_over(name: str) -> bool:
    """Whether nobody wrote a file of that name: hidden ones, locks of Office, a system's own."""
    return name.startswith((".", _LOCK)) or name.lower() in _SYSTEM


def page_of(folder: str, names: Collection[str]) -> str | None:
    """Return which of ``names``, of the files beside a folder, is the saved page that it belongs to."""
    match = _OF_A_PAGE.fullmatch(folder)
    if match is None:
        return None
    return next((match[1] + ending for ending in _PAGES if match[1] + ending in names), None)


def belonging(count: int, page: str) -> str:
    """Return what is said of so many files that belong to a page."""
    return f"{count:,} file{'' if count == 1 else 's'} of the saved page {page}: not read"


def described_by(name: str) -> str | None:
    """Return the name of the file that a side file describes, None for what is none: ``a.pdf.meta.json``."""
    return name.removesuffix(_SIDE) if name.endswith(_SIDE) and name != _SIDE else None


def side_of(name: str) -> str:
    """Return what the side file of a file is called."""
    return f"{name}{_SIDE}"
