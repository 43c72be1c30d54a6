"""The page, and the files that it loads."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
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
