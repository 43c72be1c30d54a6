"""Dense marks: what they cost grows with the text alone, and every character is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from cProfile import Profile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus import Skipped, read_folders
from qa.corpus.formats import commonmark
from qa.corpus.formats.commonmark import markdown_blocks
from qa.corpus.furniture import mark_furniture
from qa.corpus.readers import read_document
from qa.corpus.reading import Limits, Options
from qa.records import Block, Document, heading_text
from tests.build.test_passages import assert_lawful as assert_lawfully_split
from tests.corpus.shapes import PERIODS, shape
from tests.corpus.test_structure import assert_lawful
from tests.fake import FakeEncoder

pytestmark = pytest.mark.slow

_STARTS = FakeEncoder().token_starts
_LAST = "The harbour was dug in 1872."


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions that some work makes, those of built-in ones too."""
    counting = Profile()
    counting.runcall(work)
    return sum(one.callcount for one in counting.getstats())


def grows(work: Callable[[str], object], name: str, size: int) -> float:
    """Return how many times the calls become when a shape is twice as large."""
    small, large = shape(name, size), shape(name, 2 * size)
    return calls(lambda: work(large)) / (calls(lambda: work(small)) + 1_000)


@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_work_grows_with_the_text_alone(name: str, ending: str) -> None:
    assert grows(lambda text: read_document(f"a{ending}", text.encode()), name, 4_000) < 2.1


@pytest.mark.parametrize("name", PERIODS)
def test_the_work_of_the_splitter_grows_with_the_text_alone(name: str) -> None:
    def splits(text: str) -> object:
        blocks = (Block("paragraph", 0, len(text)),)
        document = Document("d", "s", "", "utf-8", text, None, None, blocks)
        return split(document, Splitting(), _STARTS)

    assert grows(splits, name, 16_000) < 2.3


@pytest.mark.parametrize("name", PERIODS)
def test_the_work_of_the_furniture_rules_grows_with_the_lines_alone(name: str) -> None:
    def marks(text: str) -> object:
        return mark_furniture([line for line in text.splitlines() if line.strip()])

    assert grows(marks, name, 8_000) < 2.2


@pytest.mark.parametrize("name", ["headings", "quotes between lines"])
def test_a_megabyte_of_marks_takes_the_work_of_its_characters(name: str) -> None:
    # Any text may take some work to begin with; here that is used up.
    first, second = shape(name, 100_000), shape(name, 200_000)
    more = calls(lambda: markdown_blocks(second, 0)) - calls(lambda: markdown_blocks(first, 0))
    assert more < 12 * 100_000


@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_every_character_is_accounted_for(name: str, ending: str) -> None:
    for size in (5_000, 40_000):  # the second is longer than the windows that Markdown is read in
        text = shape(name, size)
        document = read_document(f"a{ending}", text.encode())
        assert document.text == text
        assert_lawful(text, document.blocks)
        assert text[document.blocks[-1].start : document.blocks[-1].end].endswith(_LAST)
        assert len(document.blocks) < 25_000 + size // 16
        if size == 5_000:
            assert_lawfully_split(document, split(document, Splitting(), _STARTS), Splitting())


@pytest.mark.parametrize("name", ["list marks", "headings", "quotes between lines", "short lines"])
def test_what_is_too_dense_is_read_and_told(name: str, tmp_path: Path) -> None:
    text = shape(name, 400_000)
    (tmp_path / "a.md").write_text(text)
    (tmp_path / "b.txt").write_text(text)
    told: dict[str, str] = {}
    for item in read_folders([tmp_path], max_bytes=10_000_000):
        if isinstance(item, Skipped):
            told[item.source] = item.reason
        else:
            assert item.text == text
            assert max(b.end - b.start for b in item.blocks) < 40_000
    assert {*told} == {"a.md", "b.txt"}
    for reason in told.values():
        assert "too dense with marks or lines for a text: read without headings and lists" in reason


def test_a_dense_stretch_leaves_the_rest_its_structure() -> None:
    before = "# The harbour\n\nIt was dug in 1872.\n\n"
    after = f"\n\n# The mole\n\n- It was built {'of granite, ' * 9}and of lime.\n"
    text = before * 1_000 + "#\n" * 200_000 + after * 1_000
    blocks, dense = markdown_blocks(text, 0)
    assert 350_000 < dense < 480_000
    found = [(block.kind, text[block.start : block.end]) for block in blocks]
    assert found[:2] == [("heading", "# The harbour"), ("paragraph", "It was dug in 1872.")]
    assert found[-2:] == [("heading", "# The mole"), ("item", after.strip().split("\n")[-1])]
    assert found.count(("heading", "# The harbour")) > 800
    assert found.count(("heading", "# The mole")) > 800


def test_in_the_sandbox_within_its_limits(tmp_path: Path) -> None:
    # Any of these took minutes or gigabytes in a reader whose work grows with the square.
    names = ("quotes between lines", "quotes of fences", "wide tables", "link targets", "pipes")
    for name in names:
        (tmp_path / f"{name}.md").write_text(shape(name, 1_000_000))
    limits = Limits(seconds=20, memory_bytes=300_000_000)
    found = [*read_folders([tmp_path], max_bytes=10_000_000, options=Options(limits))]
    assert {item.source for item in found if isinstance(item, Document)} == {
        f"{name}.md" for name in names
    }


# --- windows -------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [
        *("# One", "Two", "===", "---", "- a", "  - b", "    - c", "1. d", "7) e", "   f", "      g"),
        *("> h", "> - i", ">", "> > j", "> # k", "```", "~~~", "  ```", "<!--", "-->", "<div>", "</p>"),
        *("<b>", "| a | b |", "|---|---|", "| c |", "[l]: m", "[n]:", "'o", 'p"', '[q]: r "s', "***"),
        *("", "", "", "\t", "    t", "words and more words, and then a full stop."),
    ]
)  # fmt: skip
_TEXTS = st.lists(st.tuples(_LINES, st.sampled_from(["\n", "\n", "\r\n", "\r"])), max_size=40).map(
    lambda lines: "".join(line + end for line, end in lines)
)


@given(_TEXTS, st.sampled_from([1, 7, 30, 100]))
def test_a_window_gives_what_the_whole_text_gives(text: str, size: int) -> None:
    whole = markdown_blocks(text, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commonmark, "_WINDOW", size)
        assert markdown_blocks(text, 0) == whole


def test_long_documents_of_people_are_read_in_full() -> None:
    # 600 kB of lists, tables and quotes as people write them, an entry of a hundred lines among them.
    entries = "".join(f"- entry {n} of a list of things\n" for n in range(300))
    table = "| name | year |\n|---|---|\n" + "".join(f"| ship {n} | 18{n} |\n" for n in range(99))
    quote = "".join(f"> > line {n} of a letter that is answered\n>\n" for n in range(60))
    code = "```\n" + "x = 1\n\n" * 2_000 + "```\n"
    part = f"# Part\n\n{entries}\n{table}\n{quote}\n{code}\n[a]: https://example.org/ 'b'\n\n"
    blocks, dense = markdown_blocks(part * 20, 0)
    assert dense == 0
    kinds = [block.kind for block in blocks]
    assert (kinds.count("heading"), kinds.count("item")) == (20, 20 * 300)
    assert (kinds.count("header"), kinds.count("row")) == (20, 20 * 99)
    assert kinds.count("paragraph") == 20 * 2


def test_a_name_is_not_as_long_as_a_line_may_be() -> None:
    line = "# " + "a" * 1_000_000
    assert heading_text(line) == "a" * 998
    document = read_document("a.md", f"{line}\n\nwords\n".encode())
    assert document.title == "a" * 998
    passages = split(document, Splitting(), _STARTS)
    assert "".join(p.text for p in passages).count("a") == 1_000_000
    assert max(len(_STARTS(p.context)) for p in passages) <= 40
