"""The page, and the files that it loads."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

_WEB = Path(__file__).parents[2] / "web"

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def page() -> FileResponse:
    """Return the page where one asks."""
    return FileResponse(_WEB / "index.html")


def static_files() -> Mount:
    """Return what the page loads, below ``/static``."""
    return Mount("/static", StaticFiles(directory=_WEB / "static"), name="static")
