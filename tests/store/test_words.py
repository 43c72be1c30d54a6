"""The words of a generation as its documents write them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qa.store import IndexFolder
from qa.store.files.words import WORDS, Words, WordsWriter
from qa.text.analysis import Analyzer, fold
from tests.conftest import Build


def file_of(*texts: str) -> bytes:
    analyzer, writer = Analyzer("en"), WordsWriter()
    for text in texts:
        writer.add(text)
    terms = {term for text in texts for term in analyzer.terms(text)}
    return b"".join(writer.file(analyzer, terms))


def test_the_file() -> None:
    data = file_of("The Harbour, the harbour. Żabno", "harbour Zabno\u0301 Żabno 1204 x_y")
    assert data.decode() == "harbour\tharbour\t3\nzabno\tŻabno\t3\n"


def test_words_without_a_term_are_left_out() -> None:
    writer = WordsWriter()
    writer.add("menu harbour")
    assert b"".join(writer.file(Analyzer("en"), {"harbour"})) == b"harbour\tharbour\t1\n"


def distance(one: str, other: str) -> int:
    """Return the optimal string alignment distance, by its definition."""
    if not one or not other:
        return len(one) + len(other)
    costs = [
        distance(one[1:], other) + 1,
        distance(one, other[1:]) + 1,
        distance(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if len(one) > 1 and len(other) > 1 and one[:2] == other[1::-1]:
        costs.append(distance(one[2:], other[2:]) + 1)
    return min(costs)


letters = st.text(alphabet="abé", min_size=3, max_size=5)


@given(st.lists(letters, max_size=8), letters, st.sampled_from([1, 2]))
def test_near_words_are_all_within_the_distance(words: list[str], word: str, most: int) -> None:
    analyzer = Analyzer("xx")  # no stemming, no stop words
    writer = WordsWriter()
    writer.add(" ".join(words))
    held = {fold(one) for one in words}
    found = Words(b"".join(writer.file(analyzer, held))).near(fold(word), most)
    expected = {
        (one, apart)
        for one in held - {fold(word)}
        if (apart := distance(fold(word), one)) <= (most if one[0] == fold(word)[0] else 1)
    }
    assert {(near.word, near.distance) for near in found} == expected
    assert len(found) == len(expected)


def test_an_empty_file() -> None:
    assert Words(b"").near("harbour", 2) == []


def test_a_later_build_forgets_the_words_of_what_is_gone(tmp_path: Path, build: Build) -> None:
    texts, index, fresh = tmp_path / "texts", tmp_path / "index", tmp_path / "fresh"
    texts.mkdir()
    (texts / "a.txt").write_text("The quaggas graze beyond the harbour of Vellmar.")
    (texts / "b.txt").write_text("A steamer pays forty crowns in the harbour.")
    build(texts, index)
    generation = IndexFolder(index).open().generation
    assert [near.written for near in generation.spellings.near("quagas", 1)] == ["quaggas"]
    assert generation.statistics(["harbour"], ()).terms["harbour"] == 2
    (texts / "a.txt").unlink()
    build(texts, index)
    later = IndexFolder(index).open().generation
    assert later.spellings.near("quagas", 1) == []
    build(texts, fresh)
    anew = IndexFolder(fresh).open().generation
    assert (later.folder / WORDS).read_bytes() == (anew.folder / WORDS).read_bytes()
