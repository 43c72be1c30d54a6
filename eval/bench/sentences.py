"""Distinct short sentences as text files, for an index of many passages with vectors of the real model.

    python eval/bench/sentences.py OUT --count 200000 FOLDER ...

Each FOLDER holds JSON lines, whose ``text``s are taken, or pages, whose paragraphs are. A sentence has 30 to
110 characters. OUT gets text files of 50 sentences, mixed; what each FOLDER gave is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from qa.text.sentences import sentence_spans

SHORTEST, LONGEST, TOGETHER = 30, 110, 50
_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_PROSE = re.compile(r"[A-Z\"'(][\w\s,;:'\"()\-/.%–—’“”]+[.?!][\"')”]?")


def texts(folder: Path) -> Iterator[str]:
    """Yield the texts below a folder."""
    for path in sorted(folder.rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if "text" in row:
                yield row["text"]
    for path in sorted(path for path in folder.rglob("*.htm*") if path.is_file()):
        for paragraph in _PARAGRAPH.findall(path.read_text("utf-8", "replace")):
            yield html.unescape(_TAG.sub("", paragraph))


def sentences(folder: Path) -> Iterator[str]:
    """Yield sentences of the wanted length that look like prose."""
    for text in texts(folder):
        for block in re.split(r"\n\s*\n", text):
            for start, end in sentence_spans(block):
                one = _SPACE.sub(" ", block[start:end])
                if SHORTEST <= len(one) <= LONGEST and _PROSE.fullmatch(one):
                    yield one


def main() -> None:
    """Write the files, print the counts."""
    options = argparse.ArgumentParser()
    options.add_argument("out", type=Path)
    options.add_argument("folders", type=Path, nargs="+")
    options.add_argument("--count", type=int, default=200_000)
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    whence: dict[str, str] = {}
    for folder in given.folders:
        for one in sentences(folder):
            whence.setdefault(one, folder.name)
    # Mixed, so that the first files are a sample of all: an index of fewer is of the same kind.
    chosen = sorted(whence, key=lambda one: hashlib.sha256(one.encode()).digest())[: given.count]
    for first in range(0, len(chosen), TOGETHER):
        name = given.out / f"{first // TOGETHER:05}.txt"
        name.write_text("\n\n".join(chosen[first : first + TOGETHER]) + "\n", "utf-8")
    for folder, count in Counter(whence[one] for one in chosen).items():
        print(f"{folder}: {count:,} of {len(chosen):,} sentences")


if __name__ == "__main__":
    main()
