"""The reader as it is trained: MiniLM's layers with a question and a window in one input, and three heads."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import AutoModel

from qa.encode.model import find_model


class Read(NamedTuple):
    """What the heads give: logits of (B,) and of (B, L)."""

    answers: Tensor
    start: Tensor
    end: Tensor
    own: Tensor


class Net(nn.Module):  # type: ignore[misc]  # torch has no types here
    """Reads "[CLS] question [SEP] window [SEP]".

    ``answers``: whether the window answers. ``start`` and ``end``: where the answer's first and last
    token are. ``own``: whether a token belongs to the question and not to a frame around it; this one is
    asked of "[CLS] message [SEP]" alone.
    """

    def __init__(self, layers: int = 6) -> None:
        super().__init__()
        folder = find_model("all-MiniLM-L6-v2").folder
        self.bert = AutoModel.from_pretrained(str(folder), add_pooling_layer=False)
        del self.bert.encoder.layer[layers:]
        self.bert.config.num_hidden_layers = layers
        self.bert.embeddings.word_embeddings.weight.requires_grad = False
        width = self.bert.config.hidden_size
        self.hidden = nn.Linear(3 * width, 256)
        self.answers = nn.Linear(256, 1)
        self.span = nn.Linear(width, 2)
        self.own = nn.Linear(width, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Read:
        """Return the logits; all inputs are int64 of (B, L)."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        seen = attention_mask.to(states.dtype)
        second = seen * token_type_ids.to(states.dtype)
        first = seen - second
        both = torch.cat((states[:, 0], _mean(states, first), _mean(states, second)), dim=-1)
        hidden = nn.functional.gelu(self.hidden(self.drop(both)))
        span = self.span(states)
        return Read(
            self.answers(hidden)[:, 0], span[..., 0], span[..., 1], self.own(states)[..., 0]
        )


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1.0)


def tokenizer_file() -> Path:
    """Return the tokenizer of the model that the reader begins from."""
    folder = find_model("all-MiniLM-L6-v2").folder
    assert folder is not None
    return folder / "tokenizer.json"
