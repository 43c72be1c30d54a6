"""Removes from logs and errors what nobody may read there: keys, sessions, a client's own words.

A client may put a key or a session's token in the wrong place, for example in the name of a field. It must
not come back in an error, nor be in a log. An exception may quote anything, so its message is left out of
the log too, unless a setting allows it.
"""

from __future__ import annotations

import logging
import re
import traceback

_SECRETS = re.compile(r"(qa_[0-9a-f]{8})_[A-Za-z0-9_-]+|(qs1\.[0-9a-f]{8})\.[0-9]+[.0-9A-Za-z_-]*")
_MOST_ERRORS = 10
"""The most exceptions of a chain or a group."""


def redacted(text: str) -> str:
    """Return a text in which keys and sessions are replaced by their ids."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}***", text)


def told_in_log(error: BaseException, *, whole: bool = False) -> str:
    """Return the traceback of an exception: which exceptions were raised, and where.

    Their messages are included only with ``whole``, and keys are always removed.
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
    """Formats log records like the standard library, without keys and sessions."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
