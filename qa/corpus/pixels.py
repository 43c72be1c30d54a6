"""A picture as its pixels: what a reader's process says of a page, and how that becomes a file.

The file is written here, and not in the process that drew: whatever that process was made to do, what
leaves this program is a PNG of its own making.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

Area = tuple[int, int, int, int]
"""Left, upper, right and lower edge in pixels; the last two are not included."""

_MARKER = (255, 226, 90)
"""The colour that white paper has where it is marked; ink keeps its own, as under a marker pen."""
_TINTS = tuple(bytes(value * part // 255 for value in range(256)) for part in _MARKER)


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture: ``data`` has three bytes a pixel, red, green and blue, row by row from the top.

    Raises ValueError for a size that is none, and for data of another size.
    """

    width: int
    height: int
    data: bytes

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or len(self.data) != 3 * self.width * self.height:
            raise ValueError(f"{len(self.data)} bytes are no {self.width} x {self.height} pixels")

    def marked(self, areas: Iterable[Area]) -> Pixels:
        """Return the picture with areas marked; what of them lies outside is left out."""
        found = bytearray(self.data)
        for left, upper, right, lower in areas:
            first, last = 3 * max(left, 0), 3 * min(right, self.width)
            for row in range(max(upper, 0), min(lower, self.height)):
                start, end = 3 * self.width * row + first, 3 * self.width * row + last
                for channel, tint in enumerate(_TINTS):
                    # Of the picture as it was, so that areas that overlap are marked once.
                    found[start + channel : end : 3] = self.data[
                        start + channel : end : 3
                    ].translate(tint)
        return Pixels(self.width, self.height, bytes(found))

    def png(self) -> bytes:
        """Return the picture as a PNG file: https://www.w3.org/TR/png-3/."""
        wide, high = 3 * self.width, self.height
        rows = b"".join(b"\0" + self.data[n * wide : (n + 1) * wide] for n in range(high))
        header = struct.pack(">IIBBBBB", self.width, high, 8, 2, 0, 0, 0)
        parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
