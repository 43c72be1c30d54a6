"""``/`` and ``/static``: who may load them, and what the page says that it loads."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from tests.conftest import ROOT

STATIC = ROOT / "qa" / "web" / "static"


@pytest.mark.parametrize("path", ["/static/qa-chat.js", "/static/chat.css"])
def test_any_page_may_load_the_files(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://www.example.org"})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["/", "/v1/archive", "/static/none.js"])
def test_nothing_else_is_open_to_other_origins(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://www.example.org"})
    assert "access-control-allow-origin" not in response.headers


def test_the_page_preloads_every_module_that_it_needs(client: TestClient) -> None:
    page = client.get("/").text
    needed, waiting = set(), ["app.js"]
    while waiting:
        text = (STATIC / waiting.pop()).read_text("utf-8")
        found = set(re.findall(r'^import .* from "\./([\w-]+\.js)";$', text, re.MULTILINE))
        waiting += found - needed
        needed |= found
    assert set(re.findall(r'rel="modulepreload" href="\./static/([\w-]+\.js)"', page)) == needed


def test_no_page_holds_inline_code_or_styles(client: TestClient) -> None:
    for page in (client.get("/").text, (ROOT / "qa" / "web" / "view.html").read_text("utf-8")):
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
