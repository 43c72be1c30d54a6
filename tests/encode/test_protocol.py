"""From a model's raw output to an Encoded."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from qa.encode.protocol import Read, TextReader, encodable
from qa.text.folding import folded


class RawEncoding:
    """What the tokenizer says of "[CLS] Fees. A boat [SEP]", with "Fees. " as context."""

    special_tokens_mask = (1, 0, 0, 0, 0, 1)
    offsets = ((0, 0), (0, 4), (4, 5), (6, 7), (8, 12), (0, 0))
    ids = (101, 11, 12, 13, 14, 102)


class Prompted:
    """The same after the prompt "to: ", whose last space the tokenizer gives to the word behind it."""

    special_tokens_mask = (1, 0, 0, 0, 0, 0, 0, 1)
    offsets = ((0, 0), (0, 2), (2, 3), (3, 8), (8, 9), (9, 11), (11, 16), (0, 0))
    ids = (101, 9, 10, 11, 12, 13, 14, 102)


def test_special_tokens_are_left_out_and_offsets_count_from_the_passage() -> None:
    raw = np.arange(18, dtype=np.float32).reshape(6, 3)
    raw[3] = 0
    vector = np.asarray([3, 0, 4], np.float32)
    read = Read(RawEncoding(), 0, len("Fees. "), folded("A boat"))  # type: ignore[arg-type]  # it has what is read of an encoding
    encoded = read.encoded(vector, raw)
    assert list(encoded.ids) == [11, 12, 13, 14]
    assert list(encoded.starts) == [-1, -1, 0, 2]
    np.testing.assert_allclose(encoded.vector, [0.6, 0, 0.8], rtol=1e-6)
    assert encoded.tokens.dtype == encoded.vector.dtype == np.float32
    expected = raw[[1, 2, 4]] / np.linalg.norm(raw[[1, 2, 4]], axis=1, keepdims=True)
    np.testing.assert_allclose(encoded.tokens[[0, 1, 3]], expected, rtol=1e-6)
    # A token without a direction stays zero and is not divided by zero.
    assert encoded.tokens[2].tolist() == [0, 0, 0]
    assert read.prompt_tokens() == 1


def test_the_prompts_tokens_are_none_of_the_passages() -> None:
    read = Read(Prompted(), len("to: "), len("Fees. "), folded(" A boat"))  # type: ignore[arg-type]  # as above
    encoded = read.encoded(np.ones(2, np.float32), np.ones((8, 2), np.float32))
    assert list(encoded.ids) == [11, 12, 13, 14]
    assert list(encoded.starts) == [-1, -1, 0, 1]
    assert read.prompt_tokens() == 3  # [CLS] to :


def test_lone_surrogates_are_replaced_one_for_one() -> None:
    assert encodable("a\ud800b\udfffc 😀\0") == "a\ufffdb\ufffdc 😀\0"


@pytest.fixture
def reader() -> TextReader:
    """A reader of the words a, b and c, six tokens at once with the two around them."""
    words = ["[UNK]", "[CLS]", "[SEP]", "a", "b", "c"]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return TextReader(tokenizer, 6)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", "[CLS] [SEP]"),
        ("a b c", "[CLS] a b c [SEP]"),
        ("a b c a", "[CLS] a b c a [SEP]"),
        ("a b c a b", "[CLS] a b c a [SEP]"),
        ("a b c a b c a b c", "[CLS] a b c a [SEP]"),
        ("a \ud800 b", "[CLS] a [UNK] b [SEP]"),
    ],
)
def test_a_long_text_loses_its_end_and_not_its_last_mark(
    reader: TextReader, text: str, tokens: str
) -> None:
    assert reader.read(text).encoding.tokens == tokens.split()


def test_a_prompt_and_a_context_come_before_a_text(reader: TextReader) -> None:
    read = reader.read("a b", prompt="c ", context="c")
    assert read.encoding.tokens == "[CLS] c c [UNK] a [SEP]".split()  # the full stop is unknown
    assert (read.prompt_length, read.context_length) == (2, 3)
    assert reader.vocabulary == 6


def test_where_tokens_start_however_long_the_text(reader: TextReader) -> None:
    assert reader.starts("a  b c \ud800 a b c") == [0, 3, 5, 7, 9, 11, 13]
    assert len(reader.starts("a " * 1000)) == 1000
