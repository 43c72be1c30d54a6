"""The reader as it is exported: the same figures as ``net.Net`` in fewer steps, for one input at a time.

Without a batch there is no padding and no mask; a layer's query, key and value are one product.
"""

from __future__ import annotations

import math

import torch
from net import Net, Read
from torch import Tensor, nn
from torch.nn import functional


class SmallWords(nn.Module):  # type: ignore[misc]  # torch has no types here
    """Word vectors in int8 with a scale for each word."""

    def __init__(self, words: nn.Embedding) -> None:
        super().__init__()
        weight = words.weight.detach()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("small", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return float32 vectors of (L, width) for int64 ids of (L,)."""
        words: Tensor = self.small.index_select(0, ids).float() * self.scale.index_select(0, ids)
        return words


class Layer(nn.Module):  # type: ignore[misc]  # torch has no types here
    """One layer of BERT over (L, width)."""

    def __init__(self, layer: nn.Module, heads: int) -> None:
        super().__init__()
        own = layer.attention.self
        weights = [part.weight.detach() for part in (own.query, own.key, own.value)]
        biases = [part.bias.detach() for part in (own.query, own.key, own.value)]
        # The root of a head's width divides the products: it is taken into the query.
        scale = 1 / math.sqrt(weights[0].shape[0] / heads)
        weights[0], biases[0] = weights[0] * scale, biases[0] * scale
        self.register_buffer("joined", torch.cat(weights).T.contiguous())
        self.register_buffer("bias", torch.cat(biases))
        self.heads = heads
        self.after, self.norm = layer.attention.output.dense, layer.attention.output.LayerNorm
        self.wide, self.narrow = layer.intermediate.dense, layer.output.dense
        self.last = layer.output.LayerNorm

    def forward(self, states: Tensor) -> Tensor:
        """Return the next states."""
        width = self.norm.weight.shape[0]
        parts = (states @ self.joined + self.bias).view(-1, 3 * self.heads, width // self.heads)
        query, key, value = parts.transpose(0, 1).split(self.heads)
        seen = torch.softmax(query @ key.transpose(1, 2), dim=-1) @ value
        states = self.norm(states + self.after(seen.transpose(0, 1).reshape(-1, width)))
        found: Tensor = self.last(states + self.narrow(functional.gelu(self.wide(states))))
        return found


class Lean(nn.Module):  # type: ignore[misc]  # torch has no types here
    """``net.Net`` for one input: int64 ids and token types of (L,)."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        before = net.bert.embeddings
        self.words = SmallWords(before.word_embeddings)
        self.places, self.types = before.position_embeddings, before.token_type_embeddings
        self.norm = before.LayerNorm
        heads = net.bert.config.num_attention_heads
        self.layers = nn.ModuleList(Layer(layer, heads) for layer in net.bert.encoder.layer)
        self.hidden, self.answers, self.span, self.own = net.hidden, net.answers, net.span, net.own

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Read:
        """Return the logits: a scalar of the window, and (L,) of its tokens."""
        count = input_ids.shape[0]
        states = self.words(input_ids) + self.places.weight[:count] + self.types(token_type_ids)
        states = self.norm(states)
        for layer in self.layers:
            states = layer(states)
        second = token_type_ids.to(states.dtype)
        means = [
            weight[None] @ states / weight.sum().clamp(min=1.0) for weight in (1 - second, second)
        ]
        both = torch.cat((states[:1], *means), dim=-1)
        hidden = functional.gelu(self.hidden(both))
        span = self.span(states)
        return Read(self.answers(hidden)[0, 0], span[:, 0], span[:, 1], self.own(states)[:, 0])
