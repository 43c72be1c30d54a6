"""How well the text of saved web pages is found: our extractor and plain trafilatura, page by page.

    python eval/extraction/measure.py            the table, as in ../bench/results/extraction.md
    python eval/extraction/measure.py news wiki  these pages, with what was found and what was not

README.md describes the pages and the measures.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

HERE = Path(__file__).parent
RUN = 4
FACTS = ("title", "author", "published", "language", "url")


@dataclass(frozen=True)
class Page:
    """A labelled page: its bytes, its main text, and what it says of itself."""

    name: str
    html: bytes
    text: str
    label: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What an extractor makes of a page."""

    text: str
    facts: Mapping[str, str | None]
    teasers: Sequence[Sequence[str | None]] = ()


@dataclass(frozen=True)
class Score:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def read_pages(folder: Path = HERE) -> list[Page]:
    """Return the labelled pages in the order of their labels."""
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    return [
        Page(
            name,
            (folder / "pages" / f"{name}.html").read_bytes(),
            (folder / "pages" / f"{name}.txt").read_text("utf-8"),
            label,
        )
        for name, label in labels.items()
    ]


def score(found: str, wanted: str, run: int) -> Score:
    """Compare two texts by their words in runs of ``run``, each as often as it stands there."""
    ours, theirs = _runs(found, run), _runs(wanted, run)
    if not ours and not theirs:
        return Score(1.0, 1.0)
    common = (ours & theirs).total()
    return Score(common / ours.total() if ours else 0.0, common / theirs.total() if theirs else 0.0)


def _runs(text: str, run: int) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    if len(words) < run:
        return Counter([tuple(words)] if words else [])
    return Counter(tuple(words[n : n + run]) for n in range(len(words) - run + 1))


def ours(page: Page) -> Found:
    """Ask this project's extractor."""
    from qa.corpus import extract_html

    found = extract_html(page.html)
    facts = {
        "title": found.title,
        "author": found.author,
        "published": found.published.value if found.published else None,
        "language": found.language,
        "url": found.original_url,
    }
    teasers = [
        [about.title, about.url, about.published.value if about.published else None]
        for block in found.blocks
        if (about := block.about)
    ]
    return Found(found.text, facts, teasers)


def plain_trafilatura(page: Page) -> Found:
    """Ask trafilatura as it comes; it has no teasers, and gives every date a day."""
    import trafilatura

    said = trafilatura.extract_metadata(page.html)
    facts = {"title": said.title, "author": said.author, "published": said.date, "url": said.url}
    if facts["author"]:
        facts["author"] = facts["author"].replace("; ", ", ")
    return Found(trafilatura.extract(page.html) or "", facts)


def without_comments(page: Page) -> Found:
    """Ask trafilatura to leave comments out."""
    import trafilatura

    return Found(trafilatura.extract(page.html, include_comments=False) or "", {})


EXTRACTORS: Mapping[str, Callable[[Page], Found]] = {
    "cited-qa": ours,
    "trafilatura": plain_trafilatura,
    "trafilatura without comments": without_comments,
}


def table(pages: Sequence[Page]) -> str:
    """Return the results as Markdown."""
    found = {name: [ask(page) for page in pages] for name, ask in EXTRACTORS.items()}
    lines = [
        "| | precision | recall | F1, runs of four | F1, single words | pages with F1 below .9 |",
        "|---|---|---|---|---|---|",
    ]
    for name, results in found.items():
        four = [score(r.text, p.text, RUN) for r, p in zip(results, pages, strict=True)]
        one = [score(r.text, p.text, 1) for r, p in zip(results, pages, strict=True)]
        figures = (
            fmean(s.precision for s in four), fmean(s.recall for s in four),
            fmean(s.f1 for s in four), fmean(s.f1 for s in one),
        )  # fmt: skip
        below = sum(s.f1 < 0.9 for s in four)
        lines.append(f"| {name} | {' | '.join(f'{f:.3f}' for f in figures)} | {below} |")
    lines += ["", "| right | " + " | ".join(FACTS) + " | teasers |", "|---|" + "---|" * 6]
    for name in ("cited-qa", "trafilatura"):
        right = [
            sum(r.facts.get(fact) == p.label[fact] for r, p in zip(found[name], pages, strict=True))
            if fact in found[name][0].facts
            else None
            for fact in FACTS
        ]
        listed = [(r, p) for r, p in zip(found[name], pages, strict=True) if "teasers" in p.label]
        hits = sum(list(t) in map(list, r.teasers) for r, p in listed for t in p.label["teasers"])
        of = sum(len(p.label["teasers"]) for _, p in listed)
        cells = [f"{n} of {len(pages)}" if n is not None else "n/a" for n in right]
        lines.append(f"| {name} | {' | '.join(cells)} | {hits} of {of} |")
    lines += [
        "",
        "| page, F1 | " + " | ".join(EXTRACTORS) + " |",
        "|---|" + "---|" * len(EXTRACTORS),
    ]
    for n, page in enumerate(pages):
        each = (f"{score(results[n].text, page.text, RUN).f1:.3f}" for results in found.values())
        lines.append(f"| {page.name} | {' | '.join(each)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, or what was made of some pages."""
    pages = read_pages()
    if not sys.argv[1:]:
        print(table(pages))
    for page in pages:
        if page.name in sys.argv[1:]:
            found = ours(page)
            print(f"== {page.name}: F1 {score(found.text, page.text, RUN).f1:.3f}\n{found.text}\n")
            print(dict(found.facts), *found.teasers, sep="\n")


if __name__ == "__main__":
    main()
