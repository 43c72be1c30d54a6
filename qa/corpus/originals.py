"""The file that a document was read from, found again and proved to be the same.

An index keeps the folders that it was built from, a document its path within them and the SHA-256 of its
file. A file is opened as a build opens it: beneath its folder, no link on the way followed, and nothing
outside read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path, PurePosixPath

from qa.corpus.beneath import Place, Root
from qa.corpus.contents import CONTAINERS
from qa.corpus.readers import ending_of
from qa.corpus.reading import UnreadableError
from qa.errors import OriginalChangedError, OriginalError
from qa.records import Document
from qa.text.printable import printable_name

CHANGED = "the file has changed since it was read: build the index again"
_GONE = "the file is not in its folder any more"


def open_original(document: Document, folders: Sequence[str], *, most: int) -> BufferedReader:
    """Open the file of a document at its beginning, once its SHA-256 is found to be the document's.

    ``folders`` are those that the index was built from, ``most`` the bytes that a file may have. Raises
    OriginalError, which says why in words that tell nothing of the machine, and OriginalChangedError.
    """
    place = _place(document.source, folders)
    try:
        file = place.open()
    except UnreadableError as error:
        raise OriginalError(str(error)) from None
    except (OSError, ValueError):
        raise OriginalError(_GONE) from None
    try:
        if file.seek(0, 2) > most:
            raise OriginalChangedError(CHANGED)
        file.seek(0)
        if hashlib.file_digest(file, "sha256").hexdigest() != document.sha256:
            raise OriginalChangedError(CHANGED)
        file.seek(0)
    except OSError:
        file.close()
        raise OriginalError("the file cannot be read") from None
    except OriginalError:
        file.close()
        raise
    return file


def _place(source: str, folders: Sequence[str]) -> Place:
    """Return where a source lies, as ``qa.corpus.folder.sources`` names it."""
    holder = _holder(source)
    if holder:
        raise OriginalError(f"it lies within another file ({holder}): open that one")
    if not folders:
        raise OriginalError("the index does not know the folder that it was built from")
    reachable = False
    for folder in map(Path, folders):
        if not folder.is_dir():
            reachable = reachable or folder.exists()
            if folder.is_file() and printable_name(folder.name) == source:
                return Place(folder, None)
            continue
        reachable = True
        prefix = f"{folder.resolve().name}/" if len(folders) > 1 else ""
        relative = PurePosixPath(source.removeprefix(prefix))
        plain = not relative.is_absolute() and ".." not in relative.parts
        if source.startswith(prefix) and plain and relative.parts:
            try:
                root = Root(folder.resolve())
            except OSError:
                raise OriginalError("the folder of the documents cannot be read") from None
            return Place(root.path / relative, root)
    if not reachable:
        raise OriginalError("the folder that the index was built from is not on this machine")
    raise OriginalError(_GONE)


def _holder(source: str) -> str | None:
    """Return the archive or mail that a source lies in, None for a file of its own."""
    parts = source.split("/")
    for n, part in enumerate(parts):
        name = part.split("#")[0]
        if ending_of(name) in CONTAINERS and (n + 1 < len(parts) or name != part):
            return name
    return None
