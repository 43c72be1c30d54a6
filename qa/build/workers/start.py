"""Gets workers ready for a build: what they are told first, and which of them are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.build.passages import Splitting
from qa.build.work import Team
from qa.build.workers.cluster import need_ray, ray_hands
from qa.build.workers.crew import Crew
from qa.build.workers.worker import Hello, Orders, probe, versions
from qa.corpus import Options
from qa.encode import Encoder
from qa.encode.onnx import CONFIG_FILE
from qa.errors import WorkersError
from qa.settings import Settings

Say = Callable[[str], None]


@contextmanager
def ray_crew(
    settings: Settings, here: Team, encoder: Encoder, model: Path, splitting: Splitting, say: Say
) -> Iterator[Team]:
    """Yield a team of workers on Ray; ``model`` is the folder of the encoder's model.

    Raises WorkersError if none can work.
    """
    options = Options.of(settings)
    files = {path.name: path.read_bytes() for path in sorted(model.iterdir()) if path.is_file()}
    # An encoder that the caller brought has no files.
    sent = Orders(options, splitting, files, None)
    if CONFIG_FILE not in files:
        sent = Orders(options, splitting, None, encoder)
    check = _Check(versions(options), probe(encoder), say)
    with (
        ray_hands(sent, settings.ray_workers, say) as (hands, number),
        Crew(hands, number, here, say, check) as crew,
    ):
        yield crew


class _Check:
    """Holds what a worker says of itself against this process."""

    def __init__(self, versions: dict[str, str], probe: str, say: Say) -> None:
        self._versions, self._probe, self._say = versions, probe, say
        self._told: set[str] = set()

    def __call__(self, hello: Hello) -> None:
        """Raise WorkersError for a worker that would make another index; say where only digits differ."""
        for name in sorted({*self._versions, *hello.versions}):
            ours, theirs = (found.get(name, "none") for found in (self._versions, hello.versions))
            if ours != theirs:
                raise WorkersError(
                    f"the worker {hello.host} has {name} {theirs}, and this machine {ours}: "
                    "install the same on all of them"
                )
        if hello.probe != self._probe and hello.host not in self._told:
            self._told.add(hello.host)
            self._say(
                f"the processors of {hello.host} round vectors in another way than those of this machine: "
                "vectors that are made there have other last digits than vectors made here"
            )


__all__ = ["need_ray", "ray_crew"]
