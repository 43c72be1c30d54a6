"""Pictures: what is marked, and the file that is made of them."""

from __future__ import annotations

import io
from random import Random

import pytest
from PIL import Image

from qa.corpus.pixels import Pixels

PAPER, INK = (255, 255, 255), (0, 0, 0)


def opened(pixels: Pixels) -> Image.Image:
    image = Image.open(io.BytesIO(pixels.png()))
    image.load()
    return image


def test_the_file_holds_the_pixels() -> None:
    data = Random(1).randbytes(3 * 7 * 5)
    image = opened(Pixels(7, 5, data))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (7, 5))
    assert image.tobytes() == data


def test_paper_is_coloured_where_it_is_marked_and_ink_stays() -> None:
    """An area counts its right and lower edge out."""
    page = Image.new("RGB", (10, 8), PAPER)
    page.putpixel((4, 3), INK)
    image = opened(Pixels(10, 8, page.tobytes()).marked([(2, 1, 6, 5)]))
    coloured = {
        (x, y) for x in range(10) for y in range(8) if image.getpixel((x, y)) not in (PAPER, INK)
    }
    assert coloured == {(x, y) for x in range(2, 6) for y in range(1, 5)} - {(4, 3)}
    assert image.getpixel((4, 3)) == INK


def test_areas_that_overlap_are_marked_once_and_those_outside_not_at_all() -> None:
    page = Pixels(6, 6, bytes([255]) * 108)
    once = page.marked([(1, 1, 4, 4)])
    assert page.marked([(1, 1, 4, 4), (2, 2, 4, 4), (1, 1, 3, 3)]) == once
    assert page.marked([(-5, -5, 0, 9), (6, 0, 9, 9), (0, 6, 6, 9)]) == page
    assert page.marked([(-5, -5, 99, 99)]) == page.marked([(0, 0, 6, 6)])


@pytest.mark.parametrize(
    ("width", "height", "size"), [(2, 2, 11), (2, 2, 13), (0, 2, 0), (2, -2, 12)]
)
def test_what_is_no_picture_is_refused(width: int, height: int, size: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        Pixels(width, height, bytes(size))
