"""Files that were good and are damaged at random: cut, flipped, blanked, with other numbers, under another name.

What is damaged depends on a seed alone, so that a fault that was found comes again. In a file that is a ZIP, one
of its parts is damaged and the ZIP itself stays whole, because its checksums would hide the part from its reader.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.corpus.makers import zipped
from tests.faults.mixed import FILES

SAMPLES = Path(__file__).parents[1] / "golden" / "extractions"
_NUMBER = re.compile(rb"\d+")
_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"65536",
    b"999999",
    b"2147483648",
    b"99999999999999999999",
    b"1e309",
    b"NaN",
)
_MARK = re.compile(rb"<[a-zA-Z][^<>/]{0,200}>|\\\w+ ?|[{\[(]|--\w+\n|\n\n")
_MOST_AGAIN = 2_000

Damage = Callable[[bytes, random.Random], bytes]


def good() -> Mapping[str, bytes]:
    """Return good files of every format by name: those of the mixed folder, and the golden samples."""
    found = {name: data for name, data in FILES.items() if "/" not in name}
    return found | {f"kept {path.name}": path.read_bytes() for path in sorted(SAMPLES.iterdir())}


def damaged(name: str, data: bytes, times: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many damaged forms of a file, each under a name that says how it was damaged."""
    for number in range(times):
        chance = random.Random(f"{name} {number}")
        kind = chance.choice([*DAMAGES])
        yield f"{number:04} {kind} {name}", _within(data, DAMAGES[kind], chance)


def misnamed(files: Mapping[str, bytes], times: int) -> Iterator[tuple[str, bytes]]:
    """Yield for each file so many copies that have the name of one of another format."""
    for name, data in files.items():
        for number in range(times):
            other = random.Random(f"{name} as {number}").choice([*files])
            yield f"{number:04} is {name} as {other}", data


def _within(data: bytes, damage: Damage, chance: random.Random) -> bytes:
    if not data.startswith(b"PK\x03\x04") or chance.random() < 0.2:
        return damage(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    name = chance.choice([name for name, part in parts.items() if part])
    return zipped({**parts, name: _within(parts[name], damage, chance)})


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _beheaded(data: bytes, chance: random.Random) -> bytes:
    return data[chance.randrange(len(data)) :]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.randrange(1, 200))


def _lost(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    return data[:start] + data[end:]


def _doubled(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    return data[:end] + data[start:end] * chance.randrange(1, 50) + data[end:]


def _blanked(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    return data[:start] + bytes(end - start) + data[end:]


def _recounted(data: bytes, chance: random.Random) -> bytes:
    """Replace some numbers by very large ones, negative ones and others that no reader expects."""
    return _NUMBER.sub(
        lambda found: chance.choice(_NUMBERS) if chance.random() < 0.2 else found[0], data
    )


def _nested(data: bytes, chance: random.Random) -> bytes:
    """Repeat one mark of the format very often, such as the begin of an element or of a group."""
    marks = [*_MARK.finditer(data)]
    if not marks:
        return _doubled(data, chance)
    mark = chance.choice(marks)
    return data[: mark.end()] + mark[0] * chance.randrange(10, _MOST_AGAIN) + data[mark.end() :]


DAMAGES: Mapping[str, Damage] = {
    "cut": _cut,
    "beheaded": _beheaded,
    "flipped": _flipped,
    "lost": _lost,
    "doubled": _doubled,
    "blanked": _blanked,
    "recounted": _recounted,
    "nested": _nested,
}
