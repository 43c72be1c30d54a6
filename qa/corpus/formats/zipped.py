"""ZIP files read with limits: no header is trusted, and nothing is written to disk.

Unpacked bytes are counted while a member is read. Overlapping members, by which a small file can unpack to
petabytes, are refused before any is read.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO

from qa.corpus.reading import UnreadableError

_LOCAL_HEADER = 30
_CHUNK = 1 << 16
_MAX_PARTS, _MAX_PARTS_BYTES = 10_000, 200_000_000
"""For a document that is a ZIP file: a thousand pages of text need a tenth of that."""
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
)
_BOMB = "unpacks to more than its reader takes: a bomb"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""The first bytes of a compound file: Office's format before 2007, and its encrypted documents."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_zip(file: IO[bytes], *, members: int) -> zipfile.ZipFile:
    """Open a ZIP file. Raises UnreadableError for a damaged one and one with too many members."""
    try:
        opened = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise UnreadableError(f"damaged: it cannot be opened as a ZIP file ({error})") from None
    infos = opened.infolist()
    if len(infos) > members:
        raise UnreadableError(f"holds more than {members:,} files (setting archive_files)")
    upto = -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < upto:
            raise UnreadableError("its members overlap: a bomb")
        upto = info.header_offset + _LOCAL_HEADER + len(info.filename) + info.compress_size
    return opened


def read_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the unpacked bytes of a member, at most ``limit + 1``.

    Raises UnreadableError for a member that is encrypted, damaged, or packed by an unknown method.
    """
    return b"".join(_chunks(opened, info, limit))


def _chunks(opened: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    if info.flag_bits & 0x1:
        raise UnreadableError("encrypted: it needs a password")
    if info.compress_type not in _METHODS:
        raise UnreadableError("packed by a method that is not supported")
    left = limit + 1
    try:
        with opened.open(info) as member:
            while left and (chunk := member.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk
    except _DAMAGED:
        raise UnreadableError("damaged: it cannot be unpacked") from None


def refuse_locked(data: bytes) -> None:
    """Raise UnreadableError for a document of Office that is encrypted."""
    if data.startswith(OLE) and _ENCRYPTED in data:
        raise UnreadableError("encrypted: it needs a password")


class Package:
    """A document that is a ZIP file of parts, as DOCX and EPUB are."""

    def __init__(self, data: bytes) -> None:
        refuse_locked(data)
        if data.startswith(OLE):
            raise UnreadableError(
                "an older format under this name: save it again in the format of its ending"
            )
        self._zip = open_zip(BytesIO(data), members=_MAX_PARTS)
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._left = _MAX_PARTS_BYTES

    def refuse_bombs(self) -> None:
        """Raise UnreadableError if the parts declare more unpacked bytes than a reader takes.

        This is for a library that unpacks them itself; if a part lies, the limits of the process hold.
        """
        if sum(info.file_size for info in self._infos.values()) > _MAX_PARTS_BYTES:
            raise UnreadableError(_BOMB)

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def part(self, name: str) -> bytes | None:
        """Return a part's bytes, None without it; all parts together are bounded."""
        info = self._infos.get(name)
        if info is None:
            return None
        data = read_member(self._zip, info, self._left)
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableError(_BOMB)
        return data
