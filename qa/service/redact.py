"""What is written and told without what nobody may read there: keys, sessions, a client's own words.

A key or the token of a session that a client puts in the wrong place, the name of a field for
instance, must not come back in an error, nor stand in a log. An exception may say anything that it
was raised about, so that what it says is left out of the log too, unless a setting wants it.
"""

from __future__ import annotations

import logging
import re
import traceback

_SECRETS = re.compile(r"(qa_[0-9a-f]{8})_[A-Za-z0-9_-]+|(qs1\.[0-9a-f]{8})\.[0-9]+[.0-9A-Za-z_-]*")
_MOST_ERRORS = 10
"""Of a chain, or of a group of exceptions."""


def redacted(text: str) -> str:
    """Return a text in which keys and sessions are named by their ids alone."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}***", text)


def told_in_log(error: BaseException, *, whole: bool = False) -> str:
    """Return the traceback of an exception: which ones were raised and where.

    What they say is in it only where it is to be told ``whole``, and never a key.
    """
    if whole:
        return redacted("".join(traceback.format_exception(error)).rstrip())
    return "\n".join(_places(error, set()))


def _places(error: BaseException, seen: set[int]) -> list[str]:
    if id(error) in seen or len(seen) >= _MOST_ERRORS:
        return []
    seen.add(id(error))
    lines: list[str] = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        lines += [*_places(before, seen), "and then"]
    lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            lines += ["of which", *_places(one, seen)]
    return lines


class RedactedFormatter(logging.Formatter):
    """Writes records as the standard library does, without keys and sessions."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
