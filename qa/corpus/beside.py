"""Files that are no documents themselves: recognised by their names and by the files beside them."""

from __future__ import annotations

import re
from collections.abc import Collection

_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"})
_LOCK = "~$"
"""Names of Office's lock files, which show that a document is open, begin like this."""
_SIDE = ".meta.json"
# The folder names that browsers use when they save a page, in several languages.
_OF_A_PAGE = re.compile(
    r"(.+)(?:_files|_file|-Dateien|_fichiers|_archivos|_arquivos|_ficheiros|_bestanden|-filer|_pliki"
    r"|_soubory|_tiedostot|_dosyalar|\.files)",
    re.IGNORECASE,
)
_PAGES = (".html", ".htm", ".xhtml")


def is_passed_over(name: str) -> bool:
    """Whether no person wrote a file of that name: hidden files, lock files of Office, system files."""
    return name.startswith((".", _LOCK)) or name.lower() in _SYSTEM


def is_index(files: Collection[str], folders: Collection[str]) -> bool:
    """Whether a folder with these files and folders is an index of this project; see index/README.md."""
    return "LOCK" in files and bool({"generations", "models"} & set(folders))


def page_of(folder: str, names: Collection[str]) -> str | None:
    """Return which of ``names``, the files beside a folder, is the saved page that the folder belongs to."""
    match = _OF_A_PAGE.fullmatch(folder)
    if match is None:
        return None
    return next((match[1] + ending for ending in _PAGES if match[1] + ending in names), None)


def belonging(count: int, page: str) -> str:
    """Return the note about ``count`` files that belong to a saved page."""
    return f"{count:,} file{'' if count == 1 else 's'} of the saved page {page}: not read"


def described_by(name: str) -> str | None:
    """Return the name of the file that a side file (``a.pdf.meta.json``) describes; None for other files."""
    return name.removesuffix(_SIDE) if name.endswith(_SIDE) and name != _SIDE else None


def side_of(name: str) -> str:
    """Return the name of the side file of a file."""
    return f"{name}{_SIDE}"
