"""Processes that keep judgements are killed at random: what was acknowledged is there, and nothing torn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa.judging.judgement import judgement_in
from qa.judging.kept import Judgements
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

APPENDED = int(os.environ.get("JUDGEMENTS", "60"))
"""How many are acknowledged by processes that are killed; ``make faults`` sets it to 1000."""

_WRITERS = """
import os, random, signal, sys, time
from qa.judging import lines
from qa.judging.kept import Judgements
from tests.judging.made import judgement

path, wanted = sys.argv[1], int(sys.argv[2])
judgements = Judgements(path, most=1 << 30)
whole = os.pwrite

def in_pieces(descriptor, data, at):
    # A disk may take less than it is given, so that a kill can come within a line.
    return whole(descriptor, data[:random.randint(1, 40)], at)

lines.os.pwrite = in_pieces
acknowledged = rounds = 0
while acknowledged < wanted and rounds < 20 * wanted:
    rounds += 1
    read, write = os.pipe()
    children = []
    for writer in range(2):
        child = os.fork()
        if child == 0:
            os.close(read)
            for n in range(1000):
                one = judgement(((rounds * 2 + writer) << 20) + n)
                judgements.add(one)
                os.write(write, one.id.encode() + b"\\n")
            os._exit(0)
        children.append(child)
    os.close(write)
    time.sleep(random.random() / 60)
    for child in children:
        os.kill(child, signal.SIGKILL)
    told = b""
    while data := os.read(read, 65536):
        told += data
    os.close(read)
    for child in children:
        os.waitpid(child, 0)
    with open(path, "rb") as file:
        data = file.read()
    acknowledged += told.count(b"\\n")
    print(len(data) - data.rfind(b"\\n") - 1, told.decode().split(), flush=True)
"""


def test_no_acknowledged_judgement_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "judged.jsonl"
    path.touch()
    run = subprocess.run(
        [sys.executable, "-c", _WRITERS, str(path), str(APPENDED)],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        cwd=ROOT,
    )
    rounds = [line.split(" ", 1) for line in run.stdout.splitlines()]
    told = [id for _, ids in rounds for id in json.loads(ids.replace("'", '"'))]
    torn = sum(int(length) > 0 for length, _ in rounds)
    print(f"{len(told)} acknowledged in {len(rounds)} rounds; {torn} torn lines")
    assert len(told) >= APPENDED
    kept = Judgements(path, most=1 << 30)
    kept.mend()
    found = {judgement_in(line).id for line in path.read_bytes().splitlines()}
    assert found == {one.id for one in kept.entries()}
    assert set(told) <= found
    # Two writers a round are killed at any moment: at most these were written, but not told.
    assert len(found) - len(told) <= 2 * len(rounds)
