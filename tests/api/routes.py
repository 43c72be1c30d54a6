"""Every route that an application has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount


def addresses(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield every method and path of an application; a mount stands for what is below it."""
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/chat.css"
        elif hasattr(route, "effective_route_contexts"):
            for context in route.effective_route_contexts():
                yield from ((method, context.path) for method in context.methods)
        else:
            methods = getattr(route, "methods", None) or {"GET", "POST"}
            # A route without contexts has a path; the base class does not say so.
            yield from ((method, route.path) for method in methods)  # type: ignore[attr-defined]


def every(app: FastAPI, *, part: str = "some") -> list[tuple[str, str]]:
    """Return every method and path; ``part`` stands where a path has something that varies."""
    found = {(m, re.sub(r"\{\w+(:path)?\}", part, path)) for m, path in addresses(app.routes)}
    assert len(found) >= 15
    return sorted(found)
