"""Examples to tensors: batches of about as many tokens, the like of length together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from data import Example
from frames import Framed
from tokenizers import Encoding, Tokenizer
from torch import Tensor

QUESTION_TOKENS, TOKENS = 64, 160
"""A longer question is cut in training; so is a longer input, at its end."""
MESSAGE_TOKENS = 96


class Batch(NamedTuple):
    """Inputs of (B, L) with what is right: -1 where there is no answer to point to."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    answers: Tensor
    start: Tensor
    end: Tensor
    kinds: tuple[str, ...]


class Messages(NamedTuple):
    """Messages of (B, L) with 1 for each token of the question's own, 0 of its frame, -1 elsewhere."""

    ids: Tensor
    mask: Tensor
    own: Tensor


class Encoded(NamedTuple):
    """One example as tokens."""

    ids: list[int]
    types: list[int]
    answers: bool
    start: int
    end: int
    kind: str


def encode(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Encoded]:
    """Return examples as tokens; one whose answer was cut off points to none."""
    questions = tokenizer.encode_batch([e.question for e in examples], add_special_tokens=False)
    windows = tokenizer.encode_batch([e.window for e in examples], add_special_tokens=False)
    return [_encoded(e, q, w) for e, q, w in zip(examples, questions, windows, strict=True)]


def _encoded(example: Example, question: Encoding, window: Encoding) -> Encoded:
    asked = question.ids[:QUESTION_TOKENS]
    told = window.ids[: TOKENS - 3 - len(asked)]
    first = len(asked) + 2
    start = end = -1
    if example.answer:
        touched = [
            n
            for n, (s, e) in enumerate(window.offsets[: len(told)])
            if s < example.answer[1] and example.answer[0] < e
        ]
        if touched:
            start, end = first + touched[0], first + touched[-1]
    ids = [101, *asked, 102, *told, 102]
    types = [0] * first + [1] * (len(told) + 1)
    return Encoded(ids, types, example.answers, start, end, example.kind)


def batches(
    encoded: Sequence[Encoded], tokens: int, dice: random.Random | None = None
) -> Iterator[Batch]:
    """Yield batches of at most so many tokens, padding counted; in random order where dice are given."""
    ordered = sorted(encoded, key=lambda e: len(e.ids))
    groups: list[list[Encoded]] = [[]]
    for one in ordered:
        if groups[-1] and len(one.ids) * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(one)
    if dice:
        dice.shuffle(groups)
    for group in groups:
        length = max(len(one.ids) for one in group)
        yield Batch(
            ids=torch.tensor([one.ids + [0] * (length - len(one.ids)) for one in group]),
            mask=torch.tensor(
                [[1] * len(one.ids) + [0] * (length - len(one.ids)) for one in group]
            ),
            types=torch.tensor([one.types + [0] * (length - len(one.ids)) for one in group]),
            answers=torch.tensor([float(one.answers) for one in group]),
            start=torch.tensor([one.start for one in group]),
            end=torch.tensor([one.end for one in group]),
            kinds=tuple(one.kind for one in group),
        )


def messages(tokenizer: Tokenizer, framed: Sequence[Framed], dice: random.Random) -> Messages:
    """Return messages as tokens; a long one is read from a random place on."""
    rows: list[tuple[list[int], list[int]]] = []
    for text, own in framed:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        marks = [int(any(s < b and a < e for a, b in own)) for s, e in encoding.offsets]
        ids = list(encoding.ids)
        room = MESSAGE_TOKENS - 2
        if len(ids) > room:
            at = dice.randint(0, len(ids) - room)
            ids, marks = ids[at : at + room], marks[at : at + room]
        rows.append(([101, *ids, 102], [-1, *marks, -1]))
    length = max(len(ids) for ids, _ in rows)
    return Messages(
        ids=torch.tensor([ids + [0] * (length - len(ids)) for ids, _ in rows]),
        mask=torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in rows]),
        own=torch.tensor([marks + [-1] * (length - len(marks)) for _, marks in rows]),
    )
