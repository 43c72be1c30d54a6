"""Trains the reader: ``python eval/reading/train.py DATA --out FOLDER``.

DATA has files in the layout of ``README.md`` beside this. FOLDER keeps a checkpoint: the same command goes
on from it. Two cores of a recent processor take some two hours, a GPU minutes.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from batches import Batch, batches, encode, messages
from data import Asked, Example, Paragraph, Sampler, load, passes
from near import mine
from net import Net, Read, tokenizer_file
from tokenizers import Tokenizer
from torch.nn import functional

_CHUNK = 1500
"""Questions that are made into examples at a time."""
_EVERY = 250
"""Steps between two checkpoints."""
_MESSAGES = 3
"""Messages a step, to tell a question from its frame."""


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--written", type=Path, nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--tokens", type=int, default=2400, help="of a batch, padding counted")
    parser.add_argument("--rate", type=float, default=1.3e-4)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=120, help="then it stops; start it again")
    a = parser.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    a.out.mkdir(parents=True, exist_ok=True)
    paragraphs = load(a.data, a.written)
    mine(paragraphs, a.out / "near.json")
    Trainer(paragraphs, a).run()


class Trainer:
    """Holds the state of one training run."""

    def __init__(self, paragraphs: Sequence[Paragraph], a: argparse.Namespace) -> None:
        torch.manual_seed(a.seed)
        self.a = a
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.paragraphs = paragraphs
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file()))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.net = Net(a.layers).to(self.device)
        heads: list[torch.Tensor] = []
        body: list[torch.Tensor] = []
        for name, weight in self.net.named_parameters():
            if weight.requires_grad:
                (body if name.startswith("bert.") else heads).append(weight)
        self.optimizer = torch.optim.AdamW(
            [{"params": body, "lr": a.rate}, {"params": heads, "lr": 4 * a.rate}], weight_decay=0.01
        )
        self.base = [group["lr"] for group in self.optimizer.param_groups]
        self.step = self.chunk = 0
        self.path = a.out / "checkpoint.pt"
        if self.path.exists():
            kept = torch.load(self.path, weights_only=True, map_location=self.device)
            self.net.load_state_dict(kept["net"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step, self.chunk = int(kept["step"]), int(kept["chunk"])
            print(f"going on from step {self.step:,}", flush=True)

    def run(self) -> None:
        """Train to the last step, or until the minutes are over."""
        until = time.monotonic() + 60 * self.a.minutes
        began, at = time.monotonic(), self.step
        sums: dict[str, float] = defaultdict(float)
        while self.step < self.a.steps:
            # What a chunk holds depends on its number alone, so that a run goes on as it would have.
            dice = random.Random(self.a.seed * 1_000_003 + self.chunk)
            sampler = Sampler(self.paragraphs, dice)
            examples = [
                example
                for number, asked in self._questions()
                for example in sampler.examples(self.paragraphs[number], asked)
            ]
            for batch in batches(encode(self.tokenizer, examples), self.a.tokens, dice):
                for name, value in self._learn(batch, sampler, dice).items():
                    sums[name] += value
                if self.step % 50 == 0:
                    speed = (time.monotonic() - began) / max(1, self.step - at)
                    shown = " ".join(f"{name} {value / 50:.3f}" for name, value in sums.items())
                    print(f"step {self.step:,} {speed:.2f} s/step {shown}", flush=True)
                    sums.clear()
                if self.step >= self.a.steps:
                    break
            self.chunk += 1
            if self.step - at >= _EVERY or time.monotonic() > until or self.step >= self.a.steps:
                self._save()
            if self.step % 1000 < 120 or self.step >= self.a.steps:
                self._measure()
            if time.monotonic() > until:
                break

    def _questions(self) -> list[tuple[int, Asked]]:
        """Return the questions of this chunk: a part of the shuffled pass that it lies in."""
        order = passes(self.paragraphs, random.Random(self.a.seed))
        each = max(1, len(order) // _CHUNK)
        number, part = divmod(self.chunk, each)
        random.Random(self.a.seed + 7919 * number).shuffle(order)
        return order[part * _CHUNK : (part + 1) * _CHUNK]

    def _learn(self, batch: Batch, sampler: Sampler, dice: random.Random) -> dict[str, float]:
        self.net.train()
        warm = min(1.0, (self.step + 1) / 300)
        left = 1 - self.step / self.a.steps
        for group, base in zip(self.optimizer.param_groups, self.base, strict=True):
            group["lr"] = base * warm * max(0.02, left)
        told = messages(self.tokenizer, [sampler.message() for _ in range(_MESSAGES)], dice)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            read = self._read(batch)
            ids, mask = told.ids.to(self.device), told.mask.to(self.device)
            own = self.net(ids, mask, torch.zeros_like(ids)).own
        answers = functional.binary_cross_entropy_with_logits(
            read.answers.float(), batch.answers.to(self.device)
        )
        span = self._span_loss(read, batch)
        marks = told.own.to(self.device)
        frame = functional.binary_cross_entropy_with_logits(
            own.float()[marks >= 0], marks[marks >= 0].float()
        )
        loss = answers + 0.25 * span + 0.3 * frame
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return {"answers": answers.item(), "span": span.item(), "frame": frame.item()}

    def _read(self, batch: Batch) -> Read:
        out: Read = self.net(
            batch.ids.to(self.device), batch.mask.to(self.device), batch.types.to(self.device)
        )
        return out

    def _span_loss(self, read: Read, batch: Batch) -> torch.Tensor:
        """Return the mean of both cross-entropies over the tokens of the windows that hold an answer."""
        outside = (batch.types * batch.mask == 0).to(self.device)
        start = read.start.float().masked_fill(outside, -1e4)
        end = read.end.float().masked_fill(outside, -1e4)
        kept = (batch.start >= 0).to(self.device)
        if not bool(kept.any()):
            return 0.0 * start.sum()
        return functional.cross_entropy(
            start[kept], batch.start.to(self.device)[kept]
        ) + functional.cross_entropy(end[kept], batch.end.to(self.device)[kept])

    def _save(self) -> None:
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "net": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "chunk": self.chunk,
                "layers": self.a.layers,
            },
            part,
        )
        part.replace(self.path)

    def _measure(self) -> None:
        """Print figures of the paragraphs that are kept for choosing."""
        self.net.eval()
        dice = random.Random(5)
        sampler = Sampler(self.paragraphs, dice)
        examples: list[Example] = []
        for p in self.paragraphs:
            if p.dev:
                for asked in p.questions:
                    examples += sampler.examples(p, asked)
        encoded = encode(self.tokenizer, examples)
        scores: list[float] = []
        truth: list[bool] = []
        kinds: list[str] = []
        exact = held = 0
        with torch.no_grad(), torch.autocast(self.device.type, dtype=torch.bfloat16):
            for batch in batches(encoded, 8000):
                read = self._read(batch)
                scores += read.answers.float().tolist()
                truth += [bool(x) for x in batch.answers.tolist()]
                kinds += batch.kinds
                outside = batch.types * batch.mask == 0
                start = read.start.float().cpu().masked_fill(outside, -1e4).argmax(1)
                end = read.end.float().cpu().masked_fill(outside, -1e4).argmax(1)
                kept = batch.start >= 0
                held += int(kept.sum())
                exact += int(((start == batch.start) & (end == batch.end) & kept).sum())
        right = np.asarray([s for s, t in zip(scores, truth, strict=True) if t])
        shown = []
        for kind in sorted({k for k, t in zip(kinds, truth, strict=True) if not t}):
            wrong = np.asarray(
                [s for s, k, t in zip(scores, kinds, truth, strict=True) if k == kind and not t]
            )
            shown.append(f"{kind} {_auroc(right, wrong):.3f} ({len(wrong)})")
        print(
            f"dev at {self.step:,}: {'; '.join(shown)}; span exact {exact / max(1, held):.3f}",
            flush=True,
        )


def _auroc(right: np.ndarray, wrong: np.ndarray) -> float:
    order = np.sort(wrong)
    below = np.searchsorted(order, right, "left") + np.searchsorted(order, right, "right")
    return float(below.mean() / 2 / len(wrong))


if __name__ == "__main__":
    main()
