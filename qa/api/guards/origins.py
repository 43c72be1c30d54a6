"""The origins whose pages may read answers, from the setting ``cors_origins``."""

from __future__ import annotations

import re

from qa.errors import UsageError

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


def parse_origins(setting: str) -> tuple[str, ...]:
    """Return the origins in the setting, separated by commas or spaces; ``*`` means every origin.

    Raises UsageError for what no browser would send: a path, a final slash, a wildcard in a name.
    """
    origins = tuple(setting.replace(",", " ").split())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(
                f"setting cors_origins has {origin!r}: write an origin such as "
                "https://www.example.org, in small letters, without a path"
            )
    return origins
