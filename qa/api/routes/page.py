"""The pages, and the files that they load."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_WEB = Path(__file__).parents[2] / "web"

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def page() -> FileResponse:
    """Return the start page."""
    return FileResponse(_WEB / "index.html")


@router.get("/unanswered")
async def unanswered(request: Request) -> HTMLResponse:
    """Return the page of questions without an answer; it holds none, and asks the service for them."""
    ends_with_slash = request.scope.get("raw_path", b"").endswith(b"/")
    return HTMLResponse(_unanswered().substitute(root="../" if ends_with_slash else "./"))


@cache
def _unanswered() -> Template:
    """Return the page's template, read once."""
    return Template((_WEB / "unanswered.html").read_text(encoding="utf-8"))


class _OpenFiles(StaticFiles):
    """Files that a page of any origin may load: the widget's modules and its style sheet."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def static_files() -> Mount:
    """Return the files of the page and the widget, below ``/static``."""
    return Mount("/static", _OpenFiles(directory=_WEB / "static"), name="static")
