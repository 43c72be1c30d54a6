"""What the tests share: a small archive with an index made by the fake encoder, and the real one.

A test that asks for a fixture whose name begins with ``model_`` is marked ``model``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from qa.build.builder import BuildReport, build_index
from qa.encode.build import fingerprint_of
from qa.encode.model import find_model, reference_texts
from qa.engine import Engine
from qa.settings import Settings
from qa.store import IndexFolder
from tests.archive import write_archive
from tests.fake import FakeEncoder
from tests.kept import KeptReaders

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"

Build = Callable[..., BuildReport]
_OF_REFERENCES = ("qa.build.calibration", "qa.encode.torch_backend")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if any(name.startswith("model_") for name in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.model)


@pytest.fixture(scope="session", autouse=True)
def local_clients() -> Iterator[None]:
    """Let test clients come from this machine and name it, as whoever asks without a key must."""
    begin = TestClient.__init__
    here = {"base_url": "http://localhost", "client": ("127.0.0.1", 50000)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "__init__", lambda *args, **kw: begin(*args, **(here | kw)))
        yield


@pytest.fixture(scope="session")
def encoder() -> FakeEncoder:
    """The fake encoder."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def readers() -> Iterator[KeptReaders]:
    """The readers' processes that the builds of ``build`` share."""
    kept = KeptReaders()
    yield kept
    kept.stop()


@pytest.fixture(scope="module")
def shared_readers(readers: KeptReaders) -> Iterator[None]:
    """Let whatever reads files in this process share the readers' processes, for tests of something else."""
    with readers.in_use():
        yield


@pytest.fixture(scope="module")
def few_references() -> Iterator[None]:
    """Let builds in this process calibrate, and exports fit a codec, on few reference texts.

    These take them longest. For tests of something else than verdicts and codecs.
    """
    few = reference_texts()[:20]
    with pytest.MonkeyPatch.context() as patch:
        for users in _OF_REFERENCES:
            patch.setattr(f"{users}.reference_texts", lambda: few)
        yield


@pytest.fixture(scope="session")
def build(encoder: FakeEncoder, readers: KeptReaders) -> Build:
    """``build(paths, index, strict=False, encoder=..., calibrated=False, **settings)`` with the fake encoder."""

    def build_with(
        paths: Path | Sequence[Path],
        index: Path,
        *,
        strict: bool = False,
        encoder: FakeEncoder = encoder,
        calibrated: bool = False,
        **settings: object,
    ) -> BuildReport:
        with readers.in_use():
            return build_index(
                [paths] if isinstance(paths, Path) else paths,
                Settings.load(flags={"index": str(index), **settings}, environment={}),
                strict=strict,
                encoder=encoder,
                calibrated=calibrated,
            )

    return build_with


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small archive; see ``tests/archive.py``. Not to be changed by a test."""
    return write_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def index(archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small archive's index. Not to be changed by a test: copy it first."""
    path = tmp_path_factory.mktemp("index") / "small"
    build(archive, path)
    return path


@pytest.fixture(scope="session")
def engine(index: Path, encoder: FakeEncoder) -> Engine:
    """An engine on the small archive's index."""
    return Engine(store=IndexFolder(index).open().generation, encoder=encoder)


@pytest.fixture(scope="session")
def model_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of ``seeds``, made with the real model: once, for all processes that run tests.

    An index that a test builds with the model beside this one does not export the model again. Under CI,
    where what the checkout holds was made by it, this one takes the model of an index there.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    path = shared / "model-index" / "seeds"
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first one builds, the others wait
        if not (path / "LIVE").exists():
            if os.environ.get("CI"):
                _copy_model(path.with_name("of-the-checkout"))
            with pytest.MonkeyPatch.context() as patch:  # also within few_references
                for users in _OF_REFERENCES:
                    patch.setattr(f"{users}.reference_texts", reference_texts)
                build_index([SEEDS], Settings(index=str(path)))
    return path


def _copy_model(index: Path) -> None:
    """Copy the default model from an index of this checkout, if one has it, so that builds beside find it."""
    fingerprint = fingerprint_of(find_model(Settings().model), int8=True)
    for kept in ("*", "*/*"):
        for found in (ROOT / "index").glob(f"{kept}/models/{fingerprint}"):
            shutil.copytree(found, index / "models" / fingerprint, dirs_exist_ok=True)
            (index / "LIVE").touch()


@pytest.fixture(scope="session")
def model_engine(model_index: Path) -> Engine:
    """An engine on the index of ``seeds``, with the real model."""
    return Engine.open(model_index)
