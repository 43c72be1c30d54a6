"""Golden extractions: what is read of a small file of each format, and the passages and terms of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from qa.build import passages
from qa.build.passages import Splitting, split
from qa.corpus import Options, Skipped
from qa.corpus.contents import contents
from qa.corpus.readers import VERSIONS, ending_of
from qa.corpus.reading import Version
from qa.records import Document
from qa.text import analysis
from qa.text.analysis import Analyzer
from tests.conftest import ROOT, SEEDS
from tests.fake import FakeEncoder

FOLDER = Path(__file__).parent / "extractions"
GOLDEN = FOLDER.with_suffix(".json")
PAGES = ROOT / "eval" / "extraction" / "pages"
_OWN = ("id", "sha256")
"""What a document has of its name and its bytes alone."""

Record = dict[str, Any]
"""What was read of a file, as it is kept."""


def samples() -> dict[str, Path]:
    """Return the files by name."""
    found = [*FOLDER.iterdir(), *SEEDS.glob("*.txt"), *PAGES.glob("*.html")]
    return {f"{path.parent.name}/{path.name}": path for path in sorted(found)}


def splitter() -> Version:
    """Return the version of what makes passages."""
    return Version(passages.VERSION, passages.LIBRARIES)


def terms() -> Version:
    """Return the version of what makes terms."""
    return Version(analysis.VERSION, analysis.LIBRARIES)


@cache
def take(name: str) -> Record:
    """Read a file, in this process, and split what is in it."""
    path = samples()[name]
    with path.open("rb") as file:
        found = [*contents(name, file, Options())]
    documents = [one for one in found if isinstance(one, Document)]
    skipped = [asdict(one) for one in found if isinstance(one, Skipped)]
    parts = [
        [asdict(one) for one in split(each, Splitting(), FakeEncoder().token_starts)]
        for each in documents
    ]
    words = [
        Analyzer("en").terms(f"{one['context']}. {one['text']}") for each in parts for one in each
    ]
    return {
        "read": {"version": str(VERSIONS[ending_of(name)]), "digest": _digest([*map(_known, documents), *skipped])},
        "passages": {"version": str(splitter()), "digest": _digest(parts)},
        "terms": {"version": str(terms()), "digest": _digest(words)},
        "shown": [_shown(one) for one in documents] + [one["reason"] for one in skipped],
    }  # fmt: skip


def _known(document: Document) -> Mapping[str, Any]:
    """Return all that is known of a document. A field that it leaves empty counts for nothing."""
    return {
        k: v
        for k, v in asdict(document).items()
        if k not in _OWN and v not in (None, (), [], False)
    }


def _shown(document: Document) -> str:
    """Tell a document in one line, for people to see what has changed."""
    kinds = Counter(block.kind for block in document.blocks)
    counted = " ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    date = document.published.value if document.published else None
    return f"{document.title} | {document.author} | {date} | {len(document.text)} characters | {counted}"


def _digest(value: object) -> str:
    lines = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


# --- keeping and comparing -------------------------------------------------------------------

STAGES: Mapping[str, str] = {
    "read": "the number of {ending} in VERSIONS, qa/corpus/readers.py",
    "passages": "VERSION in qa/build/passages.py",
    "terms": "VERSION in qa/text/analysis.py",
}
"""What is raised when a stage gives something else."""


class Change(NamedTuple):
    """What is not as it is kept. ``silent``: no version tells a build of it."""

    line: str
    silent: bool


def kept() -> dict[str, Record]:
    """Return what is kept, by the file's name; empty where nothing is yet."""
    return json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.is_file() else {}


def keep(records: Mapping[str, Record]) -> None:
    """Write what is kept anew. The same records give the same bytes."""
    GOLDEN.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", "utf-8")


def change(name: str, golden: Record, found: Record) -> Change | None:
    """Return the first stage that is not as it is kept: the later ones follow from it."""
    for stage, where in STAGES.items():
        was, now = golden[stage], found[stage]
        differs = was["digest"] != now["digest"]
        if differs and was["version"] == now["version"]:
            raised = where.format(ending=ending_of(name))
            return Change(f"{name}: {stage} gives something else: raise {raised}", silent=True)
        if differs or was["version"].split()[0] != now["version"].split()[0]:
            line = (
                f"{name}: {stage} is kept of version {was['version']}, and this is {now['version']}"
            )
            return Change(line, silent=False)
    return None
