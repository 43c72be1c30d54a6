"""The file of a document, found again beneath the folder that the index was built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qa.corpus import read_folders
from qa.corpus.originals import open_original
from qa.errors import OriginalChangedError, OriginalError
from qa.records import Document
from tests.corpus.makers import zipped

pytestmark = pytest.mark.usefixtures("shared_readers")
WORDS = b"The harbour of Vellmar was dug by four hundred dockers.\n"


def documents(*paths: Path) -> dict[str, Document]:
    found = read_folders(paths, max_bytes=1_000_000)
    return {one.source: one for one in found if isinstance(one, Document)}


def opened(document: Document, *folders: Path, most: int = 1_000_000) -> bytes:
    with open_original(document, [str(folder) for folder in folders], most=most) as file:
        return file.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "papers"
    (path / "old").mkdir(parents=True)
    (path / "old" / "harbour, 2.txt").write_bytes(WORDS)
    (path / "owls.txt").write_bytes(b"Owls hunt voles at dusk.\n")
    return path


def test_every_source_of_a_build_is_found(folder: Path, tmp_path: Path) -> None:
    """One folder, several, and a file that was named by itself: as ``read_folders`` names them."""
    other = tmp_path / "more"
    other.mkdir()
    (other / "bees.txt").write_bytes(b"The bees have left the orchard.\n")
    for paths in ([folder], [folder, other], [folder / "owls.txt"], [folder / "owls.txt", other]):
        found = documents(*paths)
        assert found
        for document in found.values():
            assert opened(document, *paths).decode() == document.text


def test_a_file_that_has_changed(folder: Path) -> None:
    document = documents(folder)["old/harbour, 2.txt"]
    (folder / "old" / "harbour, 2.txt").write_bytes(WORDS.replace(b"four", b"five"))
    with pytest.raises(OriginalChangedError, match="has changed"):
        opened(document, folder)


def test_a_file_that_has_grown_is_not_even_read(folder: Path) -> None:
    document = documents(folder)["owls.txt"]
    with pytest.raises(OriginalChangedError):
        opened(document, folder, most=10)


def _gone(folder: Path) -> None:
    (folder / "owls.txt").unlink()


def _folder_instead(folder: Path) -> None:
    (folder / "owls.txt").unlink()
    (folder / "owls.txt").mkdir()


def _leads_out(folder: Path) -> None:
    (folder / "owls.txt").rename(folder.parent / "owls.txt")
    (folder / "owls.txt").symlink_to(folder.parent / "owls.txt")


@pytest.mark.parametrize("change", [_gone, _folder_instead, _leads_out])
def test_a_file_that_is_not_there(folder: Path, change: object) -> None:
    """Where it leads out of the folder, it is not read though it is the same file."""
    document = documents(folder)["owls.txt"]
    assert callable(change)
    change(folder)
    with pytest.raises(OriginalError) as told:
        opened(document, folder)
    assert str(folder.parent) not in told.value.message


def test_a_source_that_somebody_made_up_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    """An index is a file too: what it says of a source is not believed."""
    (tmp_path / "secret.txt").write_bytes(WORDS)
    document = documents(folder)["old/harbour, 2.txt"]
    for source in (
        "../secret.txt",
        str(tmp_path / "secret.txt"),
        "old/../../secret.txt",
        "a\0b",
        "",
    ):
        made_up = replace(document, source=source)
        with pytest.raises(OriginalError):
            opened(made_up, folder)


def test_what_lies_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"harbour.txt": WORDS}))
    [document] = documents(tmp_path).values()
    with pytest.raises(OriginalError, match=r"within another file \(all.zip\)"):
        opened(document, tmp_path)


@pytest.mark.parametrize(
    ("folders", "why"),
    [([], "does not know the folder"), (["/nowhere/at/all"], "not on this machine")],
)
def test_where_no_folder_is_known_it_is_said(
    folder: Path, folders: Sequence[str], why: str
) -> None:
    with pytest.raises(OriginalError, match=why):
        opened(documents(folder)["owls.txt"], *map(Path, folders))
