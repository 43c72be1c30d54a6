"""From a model's raw output to an Encoded."""

from __future__ import annotations

import numpy as np

from qa.encode.protocol import encodable, split_tokens


class RawEncoding:
    """What the tokenizer says of "[CLS] Fees. A boat [SEP]", with "Fees. " as prefix."""

    special_tokens_mask = (1, 0, 0, 0, 0, 1)
    offsets = ((0, 0), (0, 4), (4, 5), (6, 7), (8, 12), (0, 0))
    ids = (101, 11, 12, 13, 14, 102)


def test_special_tokens_are_left_out_and_offsets_count_from_the_passage() -> None:
    raw = np.arange(18, dtype=np.float32).reshape(6, 3)
    raw[3] = 0
    vector = np.ones(3, np.float32)
    encoded = split_tokens(RawEncoding(), vector, raw, len("Fees. "))  # type: ignore[arg-type]
    assert list(encoded.ids) == [11, 12, 13, 14]
    assert list(encoded.starts) == [-1, -1, 0, 2]
    assert encoded.vector is vector
    assert encoded.tokens.dtype == np.float32
    expected = raw[[1, 2, 4]] / np.linalg.norm(raw[[1, 2, 4]], axis=1, keepdims=True)
    np.testing.assert_allclose(encoded.tokens[[0, 1, 3]], expected, rtol=1e-6)
    # A token without a direction stays zero and is not divided by zero.
    assert encoded.tokens[2].tolist() == [0, 0, 0]


def test_lone_surrogates_are_replaced_one_for_one() -> None:
    assert encodable("a\ud800b\udfffc 😀\0") == "a\ufffdb\ufffdc 😀\0"
