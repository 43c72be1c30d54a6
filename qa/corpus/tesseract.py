"""Reading pictures of pages with Tesseract, by its library: https://tesseract-ocr.github.io/tessdoc/.

The library is loaded into the readers' process and held there as every parser is; no program is started for
it. Debian's package ``tesseract-ocr`` (Apache-2.0) brings it with the data of English, packages such as
``tesseract-ocr-deu`` those of other languages. The functions are those of its C interface, ``capi.h``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from qa.corpus.pixels import Pixels
from qa.corpus.reading import Ocr

_LIBRARIES = ("libtesseract.so.5", "libtesseract.so.4", "libtesseract.5.dylib")
_OPENMP = ("libgomp.so.1", "libomp.dylib")
_WHERE = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
_DATA = (
    "/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata", "/usr/local/share/tessdata", "/opt/homebrew/share/tessdata",
)  # fmt: skip
_WORD = 5
"""The level of a word in Tesseract's tables; those above are page, block, paragraph and line."""

Area = tuple[int, int, int, int]
"""Left, upper, right and lower edge in pixels."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a picture: where it stands, and how sure it is, 0 to 1."""

    text: str
    area: Area
    confidence: float


Line = list[Word]


class SlowError(Exception):
    """A page took longer than it may."""


def folders() -> tuple[Path, ...]:
    """Return the folders of the languages' data that there are."""
    return tuple(path for path in map(Path, _DATA) if path.is_dir())


def missing(ocr: Ocr) -> str:
    """Return what is to be installed before pictures can be read, empty where all is there."""
    if _library() is None:
        return "install Tesseract (Debian: apt install tesseract-ocr)"
    for name in ocr.names:
        if _folder(name) is None:
            package = f"tesseract-ocr-{name.replace('_', '-').lower()}"
            return f"install Tesseract's data of {name} (Debian: apt install {package})"
    return ""


def version(ocr: Ocr) -> str:
    """Name what reads pictures: another library, or other data, may read something else."""
    library = _library()
    named = library.resolve().name if library else "none"
    sizes = []
    for name in ocr.names:
        folder = _folder(name)
        size = (folder / f"{name}.traineddata").stat().st_size if folder else 0
        sizes.append(f"{name} {size}")
    return " ".join([named, *sizes])


def _library() -> Path | None:
    for folder in map(Path, _WHERE):
        for name in _LIBRARIES:
            # Debian keeps libraries in a folder for the kind of machine.
            for path in (folder / name, *sorted(folder.glob(f"*-linux-gnu*/{name}"))):
                if path.exists():
                    return path
    return None


def _folder(language: str) -> Path | None:
    return next((path for path in folders() if (path / f"{language}.traineddata").exists()), None)


class Tesseract:
    """Tesseract with its languages loaded. Raises OSError where it cannot be."""

    def __init__(self, ocr: Ocr) -> None:
        self._api = ctypes.c_void_p()
        why = missing(ocr)
        library = _library()
        if why or library is None:
            raise OSError(why)
        self._seconds: float = ocr.seconds
        self._lib = lib = ctypes.CDLL(str(library))
        lib.TessBaseAPICreate.restype = ctypes.c_void_p
        lib.TessMonitorCreate.restype = ctypes.c_void_p
        lib.TessBaseAPIGetTsvText.restype = ctypes.c_void_p
        _one_thread()
        self._api = ctypes.c_void_p(lib.TessBaseAPICreate())
        folder = _folder(ocr.names[0])
        languages = "+".join(ocr.names)
        if lib.TessBaseAPIInit3(self._api, str(folder).encode(), languages.encode()):
            raise OSError(f"Tesseract cannot load {languages}")
        # Whole pages, their blocks and lines found by itself.
        lib.TessBaseAPISetPageSegMode(self._api, 3)

    def __del__(self) -> None:
        if self._api:
            self._lib.TessBaseAPIDelete(self._api)

    def paragraphs(self, pixels: Pixels, dpi: int) -> list[list[Line]]:
        """Return the paragraphs of a page, each its lines. Raises SlowError."""
        lib, api = self._lib, self._api
        lib.TessBaseAPISetImage(api, pixels.data, pixels.width, pixels.height, 3, 3 * pixels.width)
        lib.TessBaseAPISetSourceResolution(api, dpi)
        monitor = ctypes.c_void_p(lib.TessMonitorCreate())
        try:
            lib.TessMonitorSetDeadlineMSecs(monitor, int(1000 * self._seconds))
            if lib.TessBaseAPIRecognize(api, monitor):
                raise SlowError(f"a page took more than {self._seconds:g} s (setting ocr_seconds)")
            text = lib.TessBaseAPIGetTsvText(api, 0)
            try:
                table = (ctypes.string_at(text) if text else b"").decode("utf-8", "replace")
            finally:
                lib.TessDeleteText(ctypes.c_void_p(text))
        finally:
            lib.TessMonitorDelete(monitor)
            lib.TessBaseAPIClear(api)
        return paragraphs_of(table)


def _one_thread() -> None:
    """Keep it to one processor: threads share its time, and what they compute would depend on them."""
    for name in _OPENMP:
        try:
            ctypes.CDLL(name).omp_set_num_threads(1)
            return
        except (OSError, AttributeError):
            continue


def paragraphs_of(table: str) -> list[list[Line]]:
    """Return the paragraphs of a page from Tesseract's table of tab-separated values."""
    found: list[list[Line]] = []
    for _, rows in groupby(_rows(table), key=lambda row: row[0][:3]):
        lines = groupby(rows, key=lambda row: row[0])
        found.append([[word for _, word in line] for _, line in lines])
    return found


def _rows(table: str) -> Iterator[tuple[tuple[int, ...], Word]]:
    """Yield the words with what names their line: page, block, paragraph, line."""
    for row in table.splitlines():
        fields = row.split("\t", 11)
        if len(fields) == 12 and fields[0] == str(_WORD):
            level = tuple(map(int, fields[1:5]))
            left, upper, wide, high = map(int, fields[6:10])
            text = "".join(fields[11].split())
            confidence = float(fields[10]) / 100
            if text and wide > 0 and high > 0 and confidence >= 0:
                area = left, upper, left + wide, upper + high
                yield level, Word(text, area, min(confidence, 1.0))
