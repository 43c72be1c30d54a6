"""Services and builders over one bucket: swaps under constant questions, builders that are killed anywhere."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from qa.records import PassageId
from qa.store.lance import LanceIndex
from tests.buckets import BUCKET, KEY, SECRET, busy_server
from tests.conftest import ROOT
from tests.faults.service import Address, serving
from tests.store.contract import build, document
from tests.store.lance import lance_index

pytestmark = pytest.mark.slow

SERVICES = int(os.environ.get("REMOTE_SERVICES", "1"))
SWAPS = int(os.environ.get("REMOTE_SWAPS", "1"))
KILLS = int(os.environ.get("REMOTE_KILLS", "1"))
PATIENCE = 60
PAUSE_SECONDS = 0.1
"""Between two questions to a service, so that the services leave the builder a share of the processors."""
DOCUMENTS = ("bridge", "ferry", "harbour")


@pytest.fixture(scope="module", autouse=True)
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server with a bucket, whose address is in the environment."""
    with busy_server(tmp_path_factory.mktemp("bucket")):
        yield


def edition(index: LanceIndex, number: int, keep: int = 1) -> str:
    """Build an edition of all documents; return its generation."""
    documents = [
        document(f"{name}.txt", f"The {name} of the river, edition {number}.") for name in DOCUMENTS
    ]
    return build(index, documents, keep=keep).generation


def told(address: Address, target: str) -> bytes:
    """Return what a service answers."""
    client = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        client.request("GET", target)
        response = client.getresponse()
        body = response.read()
        assert response.status == 200, body
        return body
    finally:
        client.close()


def answered(address: Address) -> tuple[str, set[str]]:
    """Return the generation that a service answers from, and the editions that it cites."""
    body = json.loads(told(address, "/v1/ask?question=ferry+harbour+bridge+river"))
    found = [result["excerpt"].split("edition ")[1].rstrip(".") for result in body["results"]]
    assert len(found) == len(DOCUMENTS)
    return body["index"]["generation"], set(found)


def test_services_that_are_asked_while_generations_take_over(tmp_path: Path) -> None:
    """No question fails, and no answer is of two generations."""
    place = f"s3://{BUCKET}/swaps"
    index = lance_index(place, tmp_path / "builder", grace=120)
    editions = {edition(index, 0): "0"}
    stop = threading.Event()
    wrong: list[str] = []
    asked = [0] * SERVICES
    answers: list[str] = [""] * SERVICES

    def ask(number: int, address: Address) -> None:
        while not stop.is_set():
            try:
                generation, found = answered(address)
                if len(found) != 1:
                    wrong.append(f"{generation} answers from {found}")
                seen.setdefault(generation, set()).update(found)
                answers[number] = generation
                asked[number] += 1
                time.sleep(PAUSE_SECONDS)
            except (AssertionError, OSError, ValueError, LookupError) as error:
                wrong.append(repr(error))

    seen: dict[str, set[str]] = {}
    with ExitStack() as stack:
        addresses = [
            stack.enter_context(serving(place, tmp_path / f"keys-{n}.json"))[1]
            for n in range(SERVICES)
        ]
        threads = [threading.Thread(target=ask, args=one) for one in enumerate(addresses)]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, SWAPS + 1):
                generation = edition(index, number)
                editions[generation] = str(number)
                deadline = time.monotonic() + PATIENCE
                while any(answer != generation for answer in answers) and not wrong:
                    assert time.monotonic() < deadline, f"{generation} takes over nowhere"
                    time.sleep(0.02)
                assert wrong == []
                if number % 20 == 0:
                    print(f"{number} of {SWAPS} swaps, {sum(asked)} questions", flush=True)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for address in addresses:
            metrics = told(address, "/metrics").decode()
            assert "qa_" in metrics and SECRET not in metrics and KEY not in metrics
    assert wrong == []
    assert seen == {generation: {number} for generation, number in editions.items()}
    print(f"{SWAPS} swaps, {SERVICES} services, {sum(asked)} questions, none failed, none mixed")


BUILDER = """
import sys
from pathlib import Path
from tests.faults.test_remote_faults import edition
from tests.store.lance import lance_index

index = lance_index(sys.argv[1], Path(sys.argv[2]), beat=0.2)
print("ready", flush=True)
sys.stdin.readline()
edition(index, int(sys.argv[3]), keep=2)
print("done", flush=True)
"""


def test_builders_that_are_killed_anywhere(tmp_path: Path) -> None:
    """Whenever it is, the old generation answers, or the new one; the next build clears up."""
    place = f"s3://{BUCKET}/kills"
    index = lance_index(place, tmp_path / "here", beat=0.2)
    began = time.monotonic()
    edition(index, 0, keep=2)
    usual = time.monotonic() - began
    chance = random.Random(7)
    old = new = 0
    for number in range(1, KILLS + 1):
        live = str(number - 1)
        command = [sys.executable, "-c", BUILDER, place, str(tmp_path / "builder"), str(number)]
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as builder:
            assert builder.stdout and builder.stdin
            assert builder.stdout.readline() == "ready\n"
            builder.stdin.write("\n")
            builder.stdin.flush()
            with suppress(subprocess.TimeoutExpired):
                builder.wait(chance.uniform(0, 1.5 * usual + 1))
            builder.send_signal(signal.SIGKILL)
        found = editions(index)
        assert found in ({live}, {str(number)}), f"after kill {number}: {found}"
        old, new = old + (found == {live}), new + (found == {str(number)})
        edition(index, number, keep=2)
        assert editions(index) == {str(number)}
        assert kept(index) <= tables(index) <= wanted(index)
        if number % 10 == 0:
            print(f"{number} of {KILLS} builders killed", flush=True)
    print(
        f"{KILLS} builders killed: {old} times the old generation answers, {new} times the new one"
    )


def editions(index: LanceIndex) -> set[str]:
    """Open what is live as a new process does; return the editions that its passages are of."""
    store = index.open().store
    ids = [PassageId(f"{name}.txt", 0) for name in DOCUMENTS]
    texts = [passage.text for passage in store.fetch(ids, ()).passages]
    documents = [store.document(entry.id) for entry in store.listing()]
    assert [one.text for one in documents if one] == texts
    return {text.split("edition ")[1].rstrip(".\n") for text in texts}


def kept(index: LanceIndex) -> set[str]:
    """Return the generations that are kept."""
    row = index._workshop.row.read()
    assert row and row.live
    return {one.generation for one in row.live.generations}


def wanted(index: LanceIndex) -> set[str]:
    """Return those, and the ones that a build has removed or will remove.

    A build that finds nothing changed removes their tables and leaves their names.
    """
    row = index._workshop.row.read()
    assert row
    return kept(index) | {one.generation for one in row.retired}


def tables(index: LanceIndex) -> set[str]:
    """Return the generations that have tables in the bucket."""
    return index._workshop.generations()
