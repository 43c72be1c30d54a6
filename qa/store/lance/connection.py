"""LanceDB with limits: what takes too long ends, what may work is tried again, every failure has a name.

The engine's own messages quote addresses, requests and answers of the store. None of them is passed on:
of a failure its kind is told, and the short code that an object store gives.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Any, TypeVar, cast

import lancedb
import pyarrow as pa

from qa.errors import IndexDamagedError, IndexUnreachableError, IndexUnusableError, QaError
from qa.store.address import Address

T = TypeVar("T")

READ_SECONDS = 10.0
"""A search or a read that takes longer is given up."""
LONG_SECONDS = 600.0
"""The same for builds, and for what moves much at once: files, models, tables that are removed."""
_OPTIONS = {
    "connect_timeout": "3s",
    "timeout": "8s",  # of one request
    "client_max_retries": "2",
    "client_retry_timeout": "8",
}
_TRIES = 2
_PAUSE_SECONDS = 0.3
_AT_ONCE = 64
"""Calls that may be under way, those that were given up counted."""

_CODE = re.compile(
    r"<Code>(\w{3,40})</Code>|\b(AccessDenied|SlowDown|NoSuchBucket|InvalidAccessKeyId)\b"
)
_STATUS = re.compile(r"\b(?:status(?: code)?:?|HTTP status)\D{0,12}([45]\d\d)\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"AccessDenied|Forbidden|Unauthorized|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|"
    r"\b40[13]\b|credential",
    re.IGNORECASE,
)
_MISSING = re.compile(r"not found|NoSuchKey|no such file|does not exist", re.IGNORECASE)
_STORE = re.compile(
    r"generic \w+ error|Generic \{ store|Status \{ status|error sending|HTTP error|"
    r"performing (?:GET|PUT|HEAD|POST|DELETE|LIST)|credential|connection (?:refused|reset|closed)",
    re.IGNORECASE,
)
"""How the engine tells of what a store did not do."""
# "retry_timeout" is a setting that stands in every message.
_LATE = re.compile(r"timed out|\btime-?out|deadline|stale file|input/output error", re.IGNORECASE)


class Database:
    """The tables at an address. ``patient``: for work that may wait, as a build's; see LONG_SECONDS."""

    def __init__(self, address: Address, *, patient: bool = False) -> None:
        self.address = address
        self._patient = patient
        self._connection: Any = None
        self._under_way = BoundedSemaphore(_AT_ONCE)

    @property
    def there(self) -> bool:
        """Whether the place may hold tables; asks nothing over a network."""
        return self.address.remote or Path(self.address.uri).is_dir()

    def _connected(self) -> Any:
        if self._connection is None:
            options = dict(_OPTIONS) if self.address.remote else {}
            with named(self.address):
                self._connection = lancedb.connect(self.address.uri, storage_options=options)
        return self._connection

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        if not self.there:
            return []
        found: list[str] = []
        token: str | None = None
        while True:
            page = self.read(partial(self._page, token))
            found += page.tables
            token = page.page_token
            if not token:
                return found

    def _page(self, token: str | None) -> Any:
        return self._connected().list_tables(page_token=token, limit=1000)

    def open(self, name: str, version: int | None = None) -> Any:
        """Return a table as it is now, or as it was at a version."""

        def opened() -> Any:
            table = self._connected().open_table(name)
            if version is not None and table.version != version:
                table.checkout(version)
            return table

        return self.read(opened)

    def find(self, name: str) -> Any | None:
        """Return a table as it is now; None where there is none of that name."""

        def opened() -> Any | None:
            try:
                return self._connected().open_table(name)
            except (ValueError, FileNotFoundError) as error:
                if _MISSING.search(str(error)):
                    return None
                raise

        return self.read(opened) if self.there else None

    def create(self, name: str, data: pa.Table) -> Any:
        """Make a table of some rows; there must be none of that name."""
        with named(self.address):
            return self._connected().create_table(name, data)

    def drop(self, name: str) -> None:
        """Remove a table: every object of every version of it."""
        self.read(lambda: self._connected().drop_table(name, ignore_missing=True), LONG_SECONDS)

    def read(self, ask: Callable[[], T], seconds: float | None = None) -> T:
        """Return what ``ask`` does, within a time; ask once more where the store gave no answer.

        ``seconds``: READ_SECONDS unless it is given, or LONG_SECONDS for who is patient.

        Raises IndexUnreachableError, IndexDamagedError.
        """
        seconds = self._seconds if seconds is None else seconds
        began = time.monotonic()
        for left in range(_TRIES - 1, -1, -1):
            try:
                with named(self.address):
                    return self._within(ask, seconds) if self.address.remote else ask()
            except IndexUnreachableError:
                if not left or time.monotonic() - began > READ_SECONDS / 2:
                    raise
            time.sleep(_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - spreads those who wait
        raise AssertionError("the last try returns or raises")

    def _within(self, ask: Callable[[], T], seconds: float) -> T:
        """Return what ``ask`` does; raise TimeoutError where it takes too long.

        The engine has limits for a request, and none for all that a call makes of them. What is given up
        goes on in its thread until these limits end it.
        """
        if not self._under_way.acquire(timeout=READ_SECONDS):
            raise TimeoutError("timed out")
        told: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

        def run() -> None:
            try:
                told.put((ask(), None))
            except BaseException as error:  # a panic of the engine is no Exception
                told.put((None, error))
            finally:
                self._under_way.release()

        Thread(target=run, daemon=True).start()
        try:
            found, error = told.get(timeout=seconds)
        except Empty:
            raise TimeoutError("timed out") from None
        if error is not None:
            raise error
        return cast(T, found)

    def rows(self, query: Any, seconds: float | None = None) -> pa.Table:
        """Return what a query of LanceDB finds, within a time; see ``read``."""
        limit = timedelta(seconds=self._seconds if seconds is None else seconds)
        return self.read(lambda: query.to_arrow(timeout=limit), seconds)

    @property
    def _seconds(self) -> float:
        return LONG_SECONDS if self._patient else READ_SECONDS


@contextmanager
def named(address: Address) -> Iterator[None]:
    """Give every failure of the engine a name; its own words stay behind."""
    try:
        yield
    except (QaError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the engine is no Exception
        raise _explained(error, address) from None


def _explained(error: BaseException, address: Address) -> IndexUnusableError:
    said = str(error)
    found = _CODE.search(said) or _STATUS.search(said)
    short = next(filter(None, found.groups()), "") if found else ""
    told = f" ({short})" if short else ""
    where = f"the store of the index {address.name}"
    if "NoSuchBucket" in said:
        return IndexUnreachableError(
            f"{where} has no such bucket: make it, or name another --index"
        )
    if _MISSING.search(said):
        return IndexDamagedError(
            f"a part of the index {address.name} is not there: run qa check, or qa build again"
        )
    if address.remote and _STORE.search(said) and _REFUSED.search(said):
        return IndexUnreachableError(
            f"{where} refuses us{told}: look at the credentials and rights in the environment"
        )
    if isinstance(error, TimeoutError) or _LATE.search(said):
        return IndexUnreachableError(f"{where} gives no answer in time: ask again")
    if address.remote and (isinstance(error, ConnectionError) or _STORE.search(said)):
        return IndexUnreachableError(f"{where} gives no answer{told}: ask again")
    return IndexDamagedError(
        f"a part of the index {address.name} cannot be read ({type(error).__name__}): "
        "run qa check, or qa build again"
    )
