"""The one row that says which generation is live, and who builds; it changes by compare-and-set.

Each change of what answers gives the row another ``stamp``. Whoever builds puts its token into ``holder``
and counts ``beat`` up while it lives. Publishing wants the stamp that the build began with and its own
token: of two builders one wins, and the other one is told. A holder whose beat stands still is taken for
dead; if it was only slow, it has lost its token and can publish no more.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from qa.errors import (
    IndexDamagedError,
    IndexForeignError,
    IndexLockedError,
    IndexMissingError,
    IndexUnreachableError,
    IndexUnusableError,
)
from qa.store.files.pointer import Live, entry_of, live_of
from qa.store.lance.connection import Database, named
from qa.store.lance.layout import checksum

FORMAT = 1
"""Of the row. What a generation holds has a format of its own."""
TABLE = "live"
BEAT_SECONDS = 5.0
_DEAD_AFTER = 4
"""Beats that a holder may miss."""
_OLD_ROWS = timedelta(minutes=10)
"""Earlier versions of the row are removed after so long; they name generations and hold no text."""


class Retired(NamedTuple):
    """A generation that is no longer kept, and since when (seconds, as the builder's clock says)."""

    generation: str
    since: float


class Row(NamedTuple):
    """What the row says; ``live`` is None before the first build."""

    stamp: str
    holder: str
    beat: int
    live: Live | None
    retired: tuple[Retired, ...]


class LiveRow:
    """Reads and changes the row. Safe to use from several threads."""

    def __init__(self, database: Database, *, beat_seconds: float = BEAT_SECONDS) -> None:
        self._database = database
        self._beat_seconds = beat_seconds
        self._table: Any = None
        self._lock = threading.Lock()

    def read(self) -> Row | None:
        """Return what the row says now; None where there is none.

        Raises IndexUnreachableError, IndexDamagedError, IndexForeignError.
        """
        with self._lock:
            return self._read()

    def live(self) -> Live:
        """Return which generations answer. Raises IndexMissingError too."""
        row = self.read()
        if row is None or row.live is None:
            raise IndexMissingError(
                f"there is no index at {self._database.address.uri} yet: "
                "run qa build first, or name another --index"
            )
        return row.live

    @contextmanager
    def held(self) -> Iterator[Hold]:
        """Hold the index for a build. Raises IndexLockedError where another process does."""
        token = f"process {os.getpid()} of {socket.gethostname()} ({secrets.token_hex(8)})"
        with self._lock:
            self._begin()
        self._take(token)
        hold = Hold(self, token)
        stop = threading.Event()
        beating = threading.Thread(target=self._beat, args=(token, stop), daemon=True)
        beating.start()
        try:
            yield hold
        finally:
            stop.set()
            beating.join()
            with suppress(IndexUnusableError):  # a token that stays is taken for dead
                self._change(f"holder = {_quoted(token)}", {"holder": ""})
                self._tidy()

    # --- within ------------------------------------------------------------------------------

    def _read(self) -> Row | None:
        if self._table is None:
            self._table = self._database.find(TABLE)
            if self._table is None:
                return None
        table = self._table
        try:
            self._database.read(table.checkout_latest)
            rows = self._database.rows(table.search().limit(2)).to_pylist()
        except IndexDamagedError:
            self._table = None  # looked for anew the next time
            raise
        return self._parsed(rows)

    def _parsed(self, rows: list[dict[str, Any]]) -> Row:
        name = self._database.address.name
        wrong = IndexDamagedError(
            f"the pointer of the index {name} is not one: restore or remove it"
        )
        if len(rows) != 1:
            raise wrong
        row = rows[0]
        if row["sum"] != _sum(row["stamp"], row["value"]):
            raise wrong
        if not row["value"]:
            return Row(row["stamp"], row["holder"], row["beat"], None, ())
        try:
            value = json.loads(row["value"])
            version = value["format"]
        except (LookupError, TypeError, ValueError):
            raise wrong from None
        if version != FORMAT:
            raise IndexForeignError(
                f"the index {name} has format {version}, this program reads {FORMAT}: "
                "run qa build again, or install the version that built it"
            )
        try:
            retired = tuple(Retired(str(g), float(since)) for g, since in value["retired"])
            return Row(row["stamp"], row["holder"], row["beat"], live_of(value["live"]), retired)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise wrong from None

    def _begin(self) -> None:
        """Make the row where there is none; of two that do, one does."""
        if self._read() is not None:
            return
        row = {"stamp": "", "holder": "", "beat": 0, "value": "", "sum": _sum("", "")}
        schema = pa.schema(
            [(n, pa.int64() if n == "beat" else pa.string()) for n in row],
        )
        data = pa.Table.from_pylist([row], schema=schema)
        try:
            self._table = self._database.create(TABLE, data)
        except IndexUnusableError:
            if self._read() is None:
                raise

    def _take(self, token: str) -> None:
        row = self.read()
        assert row is not None  # begun before
        seen, began = row, time.monotonic()
        while seen.holder:
            if time.monotonic() - began > _DEAD_AFTER * self._beat_seconds:
                break
            time.sleep(self._beat_seconds / 4)
            now = self.read()
            assert now is not None
            if now.holder == seen.holder and now.beat != seen.beat:
                raise self._locked(now.holder)
            if now.holder != seen.holder:
                seen, began = now, time.monotonic()
        where = f"holder = {_quoted(seen.holder)} AND beat = {seen.beat}"
        now = self._change(where, {"holder": token, "beat": 0})
        if now.holder != token:
            raise self._locked(now.holder)

    def _locked(self, holder: str) -> IndexLockedError:
        who = holder.split(" (")[0] or "another process"
        return IndexLockedError(
            f"{who} is building the index {self._database.address.name}: "
            "wait for it, or build into another --index"
        )

    def _change(self, where: str, values: dict[str, Any]) -> Row:
        """Change the row where it is as ``where`` says; return it as it is afterwards."""
        with self._lock:
            failed: IndexUnusableError | None = None
            if self._table is None:
                self._read()
            try:
                with named(self._database.address):
                    self._table.checkout_latest()
                    self._table.update(where=where, values=values)
            except IndexUnusableError as error:
                failed = error  # it may have been done all the same: the row itself tells
            row = self._read()
            if row is None:
                raise failed or IndexDamagedError(
                    "the pointer of the index is gone: build it again"
                )
            done = all(getattr(row, name, value) == value for name, value in values.items())
            if isinstance(failed, IndexUnreachableError) and not done:
                raise failed
            return row

    def _beat(self, token: str, stop: threading.Event) -> None:
        beat = 0
        while not stop.wait(self._beat_seconds):
            beat += 1
            with suppress(
                IndexUnusableError
            ):  # publishing finds out whether the token still stands
                self._change(f"holder = {_quoted(token)}", {"beat": beat})

    def _tidy(self) -> None:
        with self._lock, named(self._database.address):
            if self._table is not None:
                self._table.optimize(cleanup_older_than=_OLD_ROWS)


class Hold:
    """The right of one process to build; lost where another one took it for dead."""

    def __init__(self, row: LiveRow, token: str) -> None:
        self._row = row
        self._token = token
        began = row.read()
        assert began is not None
        self.row = began
        """What the row said when the build began, or what this build made of it."""

    def publish(self, live: Live, retired: tuple[Retired, ...] = ()) -> None:
        """Let something else answer. Raises IndexLockedError where another build has won."""
        value = json.dumps({"format": FORMAT, "live": entry_of(live), "retired": retired})
        stamp = secrets.token_hex(16)
        now = self._row._change(
            f"stamp = {_quoted(self.row.stamp)} AND holder = {_quoted(self._token)}",
            {"stamp": stamp, "value": value, "sum": _sum(stamp, value)},
        )
        if now.stamp != stamp:
            raise IndexLockedError(
                "another process has built this index meanwhile, and nothing was changed: "
                "run qa build again"
            )
        self.row = now


def _sum(stamp: str, value: str) -> str:
    return checksum(stamp, value).hex()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = ["FORMAT", "Hold", "LiveRow", "Retired", "Row"]
