"""Files of every format that are damaged at random, misnamed, or huge, built as one folder in the sandbox.

Each is accounted for, nothing ends its reader's process that is no bomb, and what lies beside them is read as if they
were not there. ``DAMAGES`` says how often each file is damaged; ``make faults`` damages it more often.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from qa.build.builder import BuildReport
from qa.engine import Engine
from qa.store import Generation, IndexFolder
from tests.conftest import Build
from tests.disks import folder_in_memory
from tests.fake import FakeEncoder
from tests.faults.damages import damaged, good, misnamed
from tests.faults.huge import HUGE
from tests.faults.mixed import EXPECTED, SETTINGS
from tests.store.reads import passages_of

pytestmark = pytest.mark.slow

DAMAGES = int(os.environ.get("DAMAGES", "3"))
_FAULTS = re.compile(
    r"its reader failed|crashed its reader|its reader was killed|no sensible answer|took more than"
)
"""What is said of a file that its reader was not ready for."""


class Built(NamedTuple):
    """The folder with its index."""

    files: dict[str, bytes]
    texts: dict[str, str]
    told: dict[str, str]
    report: BuildReport
    engine: Engine

    def of(self, file: str) -> dict[str, str]:
        """Return what came of a file, by what is within it: a text, or a reason in angle brackets."""
        found = {source: f"<{reason}>" for source, reason in self.told.items()} | self.texts
        return {
            source.removeprefix(file): words
            for source, words in found.items()
            if source == file or source.startswith((f"{file}/", f"{file}#"))
        }


@pytest.fixture(scope="module")
def built(build: Build, encoder: FakeEncoder) -> Iterator[Built]:
    whole = good()
    files = {f"good/{name}": data for name, data in whole.items()}
    files |= {
        f"damaged/{name}": data
        for source, data_of in whole.items()
        for name, data in damaged(source, data_of, DAMAGES)
    }
    files |= {f"misnamed/{name}": data for name, data in misnamed(whole, 1 + DAMAGES // 10)}
    files |= {f"huge/{name}": huge.make() for name, huge in HUGE.items()}
    with folder_in_memory() as place:
        for name, data in files.items():
            path = place / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        report = build(place / "files", place / "index", **SETTINGS)
        generation = IndexFolder(place / "index").open().generation
        engine = Engine(store=generation, encoder=encoder)
        texts = {one.source: engine.document(one.id).text for one in generation.listing()}
        told = {one.source: one.reason for one in report.skipped}
        yield Built(files, texts, told, report, engine)


def test_each_file_is_accounted_for(built: Built) -> None:
    unheard = [file for file in built.files if not built.of(file)]
    assert unheard == []
    assert built.report.documents == len(built.texts)
    assert {reason for reason in built.told.values() if not reason.strip()} == set()


def test_no_damage_ends_a_reader(built: Built) -> None:
    faults = {
        source: reason
        for source, reason in built.told.items()
        if _FAULTS.search(reason) and not source.startswith("huge/")
    }
    assert faults == {}


@pytest.mark.parametrize("name", HUGE)
def test_what_says_it_is_huge(built: Built, name: str) -> None:
    found = built.of(f"huge/{name}")
    assert found.keys() == HUGE[name].found.keys()
    for within, words in HUGE[name].found.items():
        if words.startswith("<"):
            assert found[within].startswith(words), within
        else:
            assert not found[within].startswith("<"), found[within]
            assert words in found[within]


def test_what_lies_beside_them_is_read(built: Built) -> None:
    for name, within in EXPECTED.items():
        if "/" in name or f"good/{name}" not in built.files:
            continue
        found = built.of(f"good/{name}")
        assert found.keys() == within.keys()
        for part, words in within.items():
            assert found[part].startswith(words) if words[0] == "<" else words in found[part]


def test_the_offset_law_holds(built: Built) -> None:
    assert isinstance(built.engine.store, Generation)
    passages = passages_of(built.engine.store)
    assert len(passages) == built.report.passages
    for passage in passages:
        document = built.engine.document(passage.document_id)
        assert document.text[passage.start : passage.end] == passage.text
