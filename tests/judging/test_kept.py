"""The file of judgements: what is acknowledged stays, what is removed is gone, and where it may lie."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from qa.errors import (
    JudgementsFullError,
    JudgementsUnusableError,
    NotFoundError,
    UsageError,
)
from qa.judging.kept import Judgements
from qa.settings import Settings
from tests.judging.made import WORDS, judgement

ROOM = 1_000_000


@pytest.fixture
def kept(tmp_path: Path) -> Judgements:
    return Judgements(tmp_path / "folder" / "judged.jsonl", most=ROOM)


def test_a_judgement_comes_back_as_it_was(kept: Judgements) -> None:
    made = [
        judgement(1),
        judgement(2, kind="does_not", key="0123abcd", question="¿Dónde duermen?\n\u2028"),
        judgement(3, kind="marked", span=(0, 4), excerpt='Owls "sleep"\r\n\\ \0 x'),
        judgement(4, kind="nothing"),
        judgement(5, excerpt="half a character \ud800"),
    ]
    for one in made:
        kept.add(one)
    assert kept.entries() == made
    assert Judgements(kept.path, most=ROOM).entries() == made
    assert len(kept.path.read_bytes().splitlines()) == len(made)
    assert (made[2].place, made[2].quote) == ((5, 9), "Owls")


def test_nothing_is_made_before_the_first(kept: Judgements) -> None:
    kept.mend()
    assert kept.entries() == [] and kept.forget(["owls.txt"]) == 0
    assert not kept.path.parent.exists()


def test_the_file_is_its_owners_alone(kept: Judgements) -> None:
    for number in range(3):
        kept.add(judgement(number))
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    kept.remove([judgement(1).id])
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert os.listdir(kept.path.parent) == ["judged.jsonl"]


def test_a_line_that_was_not_completed_is_mended_wherever_it_ends(kept: Judgements) -> None:
    first, torn, last = judgement(1), judgement(2), judgement(3)
    line = torn.line()
    for length in range(len(line)):
        kept.path.parent.mkdir(exist_ok=True)
        kept.path.write_bytes(first.line() + line[:length])
        # All but the line feed is a judgement already: it may stay, and it must not spoil the next.
        there = [first, torn] if length == len(line) - 1 else [first]
        assert kept.entries() == there
        if length % 2:
            kept.mend()
            assert kept.path.read_bytes() == b"".join(one.line() for one in there)
        kept.add(last)
        assert kept.entries() == [*there, last]
        assert kept.path.read_bytes().endswith(b"\n")


def test_a_long_tail_of_a_lost_write_is_removed(kept: Judgements) -> None:
    kept.add(judgement(1))
    with kept.path.open("ab") as file:
        file.write(b"\0" * 200_000)  # as a file system may leave what was not yet synced
    kept.add(judgement(2))
    assert kept.entries() == [judgement(1), judgement(2)]


def test_what_a_person_wrote_without_a_line_feed_stays(kept: Judgements) -> None:
    kept.path.parent.mkdir()
    kept.path.write_bytes(judgement(1).line().rstrip(b"\n"))
    kept.add(judgement(2))
    assert kept.entries() == [judgement(1), judgement(2)]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "maybe"}, {"judged": None}, {"span": [0, 4]}, {"time": 5}, {"id": None}, {"key": 1},
        {"extra": 1}, {"judged": {"id": "c"}}, {"span": 5}, {"generation": ["g"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_line_of_another_shape_is_named(kept: Judgements, change: dict[str, object]) -> None:
    kept.add(judgement(1))
    wrong = json.dumps(json.loads(judgement(2).line()) | change)
    with kept.path.open("a") as file:
        file.write(f"{wrong}\n")
    kept.add(judgement(3))  # which does not read the others
    with pytest.raises(JudgementsUnusableError, match="judged.jsonl cannot be used: line 2 is not"):
        kept.entries()


def test_removed_ones_are_gone_from_the_file(kept: Judgements) -> None:
    for number in range(4):
        kept.add(judgement(number, source=f"{number % 2}.txt"))
    secret = judgement(9, excerpt="A word that nobody may read: zyzzogeton.")
    kept.add(secret)
    assert b"zyzzogeton" in kept.path.read_bytes()
    kept.remove([secret.id])
    assert b"zyzzogeton" not in kept.path.read_bytes()
    with pytest.raises(NotFoundError, match="there is no judgement 'j0': qa judged list"):
        kept.remove([judgement(1).id, "j0"])
    assert [one.id for one in kept.entries()] == [judgement(n).id for n in range(4)]
    assert kept.forget(["1.txt"]) == 2
    gone = judgement(0, source="0.txt").judged
    assert gone and kept.forget([gone.document_id, "other.txt"]) == 2
    assert kept.entries() == [] and WORDS.encode() not in kept.path.read_bytes()


def test_a_copy_that_a_dying_process_left_is_removed_by_the_next(kept: Judgements) -> None:
    kept.add(judgement(1))
    kept.add(judgement(2))
    child = os.fork()
    if child == 0:
        os.replace = lambda *_: os.kill(os.getpid(), 9)  # type: ignore[assignment]  # it never returns
        kept.remove([judgement(1).id])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    assert len(os.listdir(kept.path.parent)) == 2
    assert kept.entries() == [judgement(1), judgement(2)]
    kept.remove([judgement(2).id])
    assert os.listdir(kept.path.parent) == ["judged.jsonl"]
    assert kept.entries() == [judgement(1)]


def test_a_file_that_is_full_takes_no_more(tmp_path: Path) -> None:
    length = len(judgement(1).line())
    kept = Judgements(tmp_path / "judged.jsonl", most=3 * length)
    kept.add(judgement(1))
    with pytest.raises(JudgementsFullError):
        kept.add_all([judgement(2), judgement(3), judgement(4)])
    assert kept.entries() == [judgement(1)]  # all, or none
    kept.add_all([judgement(2), judgement(3)])
    with pytest.raises(
        JudgementsFullError, match=r"until the operator makes room.*judgements_bytes"
    ):
        kept.add(judgement(4))
    assert kept.entries() == [judgement(n) for n in (1, 2, 3)]
    kept.remove([judgement(2).id])
    kept.add(judgement(4))
    assert kept.entries() == [judgement(n) for n in (1, 3, 4)]


@pytest.mark.parametrize("call", ["fsync", "pwrite"])
def test_what_the_disk_does_not_take_is_not_acknowledged(
    kept: Judgements, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    kept.add(judgement(1))
    before, real = kept.path.read_bytes(), os.pwrite

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(descriptor: int, data: bytes, at: int) -> int:
        return real(descriptor, data[:9], at) if len(data) > 50 else fail()

    with monkeypatch.context() as patch:
        patch.setattr(f"qa.judging.lines.os.{call}", fail if call == "fsync" else half)
        with pytest.raises(JudgementsUnusableError, match="cannot be used: No space left"):
            kept.add(judgement(2))
    assert kept.path.read_bytes() == before
    kept.add(judgement(3))
    assert kept.entries() == [judgement(1), judgement(3)]


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    for place in (tmp_path, Path("/dev/null")):
        kept = Judgements(place, most=ROOM)
        with pytest.raises(JudgementsUnusableError, match="cannot be used"):
            kept.add(judgement(1))


def test_threads_and_processes_take_turns(kept: Judgements) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 20):
            kept.add(judgement(number))

    children = []
    for part in (1000, 2000):
        child = os.fork()
        if child == 0:
            write(part)
            os._exit(0)
        children.append(child)
    threads = [threading.Thread(target=write, args=(part,)) for part in (3000, 4000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    found = kept.entries()
    assert {one.id for one in found} == {
        judgement(part + n).id for part in (1000, 2000, 3000, 4000) for n in range(20)
    }
    assert len(found) == 80


# --- where it may lie ---------------------------------------------------------------------------


def test_without_the_setting_nothing_is_kept(index: Path) -> None:
    assert Judgements.of(Settings(index=str(index))) is None


@pytest.mark.parametrize(
    "name", ["judged.jsonl", "deeper/judged.jsonl", "../small/judged.jsonl", "."]
)
def test_it_may_not_lie_in_the_index(index: Path, name: str) -> None:
    with pytest.raises(UsageError, match="which lies in the index folder"):
        Judgements.of(Settings(index=str(index), judgements=str(index / name)))
    with pytest.raises(UsageError, match="which lies in the index folder"):  # of any index
        Judgements.of(Settings(index="index/other", judgements=str(index / name)))


def test_it_may_not_lie_in_an_index_that_is_not_built_yet(tmp_path: Path) -> None:
    settings = Settings(index=str(tmp_path / "new"), judgements=str(tmp_path / "new" / "j.jsonl"))
    with pytest.raises(UsageError, match="which lies in the index folder"):
        Judgements.of(settings)


def test_it_may_not_lie_in_the_archive(index: Path, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(archive)
    for place in (
        archive / "j.jsonl",
        archive / "notes" / "j.jsonl",
        tmp_path / "link" / "j.jsonl",
    ):
        with pytest.raises(UsageError, match="which lies in the archive"):
            Judgements.of(Settings(index=str(index), judgements=str(place)))
    beside = Settings(index=str(index), judgements=str(tmp_path / "j.jsonl"))
    assert Judgements.of(beside)
    with pytest.raises(UsageError, match="which lies in the archive"):
        Judgements.of(beside, [tmp_path])  # which a build is about to read
