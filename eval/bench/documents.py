"""Building a folder of mixed documents of every format: time a megabyte, and memory; against another checkout.

Writes a folder of so many documents, from a fixed seed: in turn one of the repository's own fixtures, which
real programs wrote, and one that is made up. Builds it with a quick stand-in for the model, so that reading,
splitting and writing are what counts. Each build is a process of its own. Time is of the processor: of the
builder, and of the readers' processes.

With ``--base`` two checkouts build in turn, in the order base, new, new, base: that is a round. Formats of
which the base reads nothing are left out of the comparison, and named. So are formats that ``--only`` does not
name. A ratio is new to base a megabyte, with its interval as ``paired.py`` has it. Prints one JSON line for the
folder of every format, and one for each measure of the comparison.

    python eval/bench/documents.py [--documents 1000] [--base CHECKOUT] [--rounds 4] [--only txt html ...] [--alone]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from paired import summary
from rebuild import word

ROOT = Path(__file__).parents[2]
FIXTURES = (
    "eval/documents",
    "eval/extraction/pages",
    "tests/golden/extractions",
    "tests/corpus/reported",
)
FORMATS = (
    "txt md html pdf docx epub csv jsonl xlsx ods eml mbox pptx odt rtf srt vtt json log".split()
)
PAIRED = ("processor_s", "builder_s", "readers_s", "builder_mb", "readers_mb")
BUILD = """
import argparse, json, resource, sys, time
from pathlib import Path
sys.path.insert(0, str(Path.cwd() / "eval" / "bench"))
from rebuild import stand_in
from qa.settings import Settings
try:
    from qa.build.builder import build_index
except ModuleNotFoundError:  # its place in older checkouts
    from qa.indexing import build_index

encoder = stand_in(argparse.Namespace(fake=False, quick=True))
began, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
settings = Settings(index=sys.argv[2])
report = build_index([Path(sys.argv[1])], settings, encoder=encoder, calibrated=False)
took = time.perf_counter() - clock
here, there = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
def cpu(used): return used.ru_utime + used.ru_stime
print(json.dumps({
    "documents": report.documents,
    "passages": report.passages,
    "skipped": len(report.skipped),
    "wall_s": took,
    "builder_s": cpu(here) - cpu(began),
    "readers_s": cpu(there),
    "builder_mb": here.ru_maxrss / 1024,
    "readers_mb": there.ru_maxrss / 1024,
}))
"""
READS = """
import json, sys
from pathlib import Path
from qa.corpus import Skipped, read_folders
found = read_folders([Path(sys.argv[1])], max_bytes=100_000_000)
print(json.dumps([one.source for one in found if not isinstance(one, Skipped)]))
"""


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--base", type=Path, help="checkout with a .venv to compare with")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--alone", action="store_true", help="each format in a folder of its own")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for formats in [[one] for one in options.only] if options.alone else [options.only]:
            run(options, place / "-".join(formats)[:20], formats)


def run(options: argparse.Namespace, place: Path, formats: Sequence[str]) -> None:
    """Measure a folder of these formats."""
    place.mkdir()
    folder = place / "documents"
    size = write(folder, formats, options.documents)
    first = build(ROOT, folder, place)
    told = {"bench": "documents", "formats": list(formats), "files": options.documents, "mb": size}
    print(json.dumps(told | shown(first, size)), flush=True)
    if options.base is None:
        return
    base = options.base.absolute()
    known = read_by(base, place, formats)
    left_out = [one for one in formats if one not in known]
    if left_out:
        print(json.dumps({"bench": "documents", "base reads none of": left_out}), flush=True)
    if not known:
        return
    if left_out:
        folder = place / "known"
        size = write(folder, known, options.documents)
    build(base, folder, place)  # fills the machine's caches
    found: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(options.rounds):
        runs = [build(checkout, folder, place) for checkout in (base, ROOT, ROOT, base)]
        for measure in PAIRED:
            found[measure].append([figures(one)[measure] for one in runs])
    for measure in PAIRED:
        line = summary(measure, np.asarray(found[measure]))
        per = {"mb": size, "formats": list(known)} if measure == PAIRED[0] else {}
        print(json.dumps({**line, "bench": "documents"} | per), flush=True)
    for side, one in (("base", runs[0]), ("new", runs[1])):
        print(json.dumps({"bench": "documents", "side": side, **shown(one, size)}), flush=True)


def figures(found: Mapping[str, float]) -> Mapping[str, float]:
    """Return the figures of a build, with the processor time of all its processes."""
    return {**found, "processor_s": found["builder_s"] + found["readers_s"]}


def shown(found: Mapping[str, float], size: float) -> dict[str, float]:
    """Return the figures of a build, and its times a megabyte of files."""
    every = figures(found)
    per = {
        f"{name}_per_mb": round(value / size, 3)
        for name, value in every.items()
        if name.endswith("_s")
    }
    return {name: round(value, 2) for name, value in every.items()} | per


def build(checkout: Path, folder: Path, place: Path) -> dict[str, float]:
    """Build an index with the code of a checkout; return the figures."""
    with tempfile.TemporaryDirectory(dir=place) as index:
        return dict(called(checkout, BUILD, str(folder), f"{index}/index"))


def read_by(checkout: Path, place: Path, formats: Sequence[str]) -> list[str]:
    """Return the formats of which a checkout reads anything."""
    folder = place / "one of each"
    write(folder, formats, 2 * len(formats))
    sources: Sequence[str] = called(checkout, READS, str(folder))
    read = Counter(source.split("#")[0].split("/")[0] for source in sources)
    return [one for one in formats if read[one]]


def called(checkout: Path, script: str, *arguments: str) -> Any:
    """Return what a script of a checkout's own code prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
    done = subprocess.run(
        [str(checkout / ".venv" / "bin" / "python"), "-c", script, *arguments],
        cwd=checkout,
        env=kept | {"PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


# --- the folder ----------------------------------------------------------------------------------


def write(folder: Path, formats: Sequence[str], documents: int) -> float:
    """Write so many documents, a folder for each format; return their megabytes."""
    fixtures = fixtures_of(formats)
    size = 0
    for number in range(documents):
        kind, turn = formats[number % len(formats)], number // len(formats)
        real = fixtures[kind]
        data = real[turn // 2 % len(real)] if real and turn % 2 == 0 else made_up(kind, turn)
        path = folder / kind / f"{turn:04d}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        size += len(data)
    return round(size / 1e6, 3)


def fixtures_of(formats: Sequence[str]) -> Mapping[str, Sequence[bytes]]:
    """Return the repository's own documents by format."""
    found: dict[str, list[bytes]] = {kind: [] for kind in formats}
    for place in FIXTURES:
        for path in sorted((ROOT / place).rglob("*")):
            kind = path.suffix[1:].lower().replace("htm", "html").replace("htmll", "html")
            if kind in found and path.name != "labels.jsonl" and path.is_file():
                found[kind].append(path.read_bytes())
    return found


class Made:
    """Text that is made up from a seed."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def sentence(self) -> str:
        """Return a sentence."""
        words = " ".join(word(self.chance) for _ in range(self.chance.randrange(6, 20)))
        return f"{words.capitalize()}."

    def paragraph(self) -> str:
        """Return some sentences."""
        return " ".join(self.sentence() for _ in range(self.chance.randrange(2, 9)))

    def paragraphs(self) -> list[str]:
        """Return the text of a document: two to forty paragraphs, a few times as many in some."""
        return [self.paragraph() for _ in range(self.chance.choice((2, 5, 10, 20, 40)))]

    def name(self) -> str:
        """Return a short name."""
        return " ".join(word(self.chance).capitalize() for _ in range(2))

    def rows(self) -> list[list[str | int]]:
        """Return a table with a header."""
        rows: list[list[str | int]] = [["Name", "Place", "Year", "Text"]]
        for _ in range(self.chance.choice((5, 20, 100))):
            rows.append(
                [self.name(), self.name(), self.chance.randrange(1900, 2020), self.sentence()]
            )
        return rows


def made_up(kind: str, number: int) -> bytes:
    """Return a document of a format."""
    from tests.corpus import makers

    made = Made(f"{kind} {number}")
    title = made.name()
    if kind in ("xlsx", "ods"):
        return (
            makers.xlsx({title: made.rows()})
            if kind == "xlsx"
            else makers.ods({title: made.rows()})
        )
    if kind in ("csv", "jsonl", "json"):
        return table(kind, made.rows())
    if kind in ("srt", "vtt"):
        return subtitles(kind, made)
    if kind in ("eml", "mbox"):
        return mail(kind, made)
    texts = made.paragraphs()
    if kind == "html":
        return makers.page(f"<article><h1>{title}</h1>{marked('p', texts)}</article>").encode()
    if kind == "epub":
        chapters = {
            f"{n}.xhtml": makers.page(f"<h1>{made.name()}</h1>{marked('p', texts)}")
            for n in range(3)
        }
        return makers.epub(chapters, about=f"<dc:title>{title}</dc:title>")
    if kind == "pdf":
        return makers.pdf([" ".join(texts[n : n + 4]) for n in range(0, len(texts), 4)])
    if kind == "docx":
        return makers.docx(makers.word(title, style="Titel") + "".join(map(makers.word, texts)))
    if kind == "odt":
        return makers.odt(f"<text:h>{title}</text:h>{marked('text:p', texts)}")
    if kind == "pptx":
        shapes = [makers.shape(made.name(), place="title") + makers.shape(words) for words in texts]
        return makers.pptx(shapes)
    if kind == "rtf":
        return b"{\\rtf1\\ansi {\\b %s}\\par %s}" % (title.encode(), "\\par ".join(texts).encode())
    head = f"# {title}" if kind == "md" else title
    return "\n\n".join([head, *texts]).encode()


def marked(mark: str, texts: Sequence[str]) -> str:
    """Return each text in an element."""
    return "".join(f"<{mark}>{words}</{mark}>" for words in texts)


def table(kind: str, rows: Sequence[Sequence[str | int]]) -> bytes:
    """Return a table whose cells have neither separators nor quotes, in one of the formats of text."""
    if kind == "csv":
        return "".join(f"{','.join(map(str, row))}\n" for row in rows).encode()
    objects = [dict(zip(map(str.lower, map(str, rows[0])), row, strict=True)) for row in rows[1:]]
    if kind == "json":
        return json.dumps(objects).encode()
    return "".join(f"{json.dumps(one)}\n" for one in objects).encode()


def subtitles(kind: str, made: Made) -> bytes:
    """Return subtitles, a sentence a cue."""
    mark, cues = ("." if kind == "vtt" else ","), []
    for n in range(made.chance.choice((20, 100, 500))):
        at = f"{n // 900:02}:{n // 15 % 60:02}:{n % 15 * 4:02}{mark}"
        cues.append(f"{n + 1}\n{at}000 --> {at}900\n{made.sentence()}\n")
    return ("WEBVTT\n\n" * (kind == "vtt") + "\n".join(cues)).encode()


def mail(kind: str, made: Made) -> bytes:
    """Return a message, or an archive of them in which each answers and quotes the one before."""
    found, before = [], ""
    for n in range(1 if kind == "eml" else made.chance.choice((3, 10, 30))):
        words = "\n\n".join(made.paragraphs()[:10])
        quoted = "".join(f"> {line}\n" for line in before.splitlines())
        answered = f"In-Reply-To: <{n - 1}@example.org>\n" if n else ""
        found.append(
            f"From: {made.name()} <a@example.org>\nSubject: {made.name()}\nMessage-ID: <{n}@example.org>\n"
            f"{answered}Date: Mon, 4 Mar 2019 10:22:01 +0100\n\n{words}\n\n{quoted}\n"
        )
        before = words
    if kind == "eml":
        return found[0].encode()
    return "".join(
        f"From a@example.org Mon Mar  4 10:22:01 2019\n{one}\n" for one in found
    ).encode()


if __name__ == "__main__":
    main()
