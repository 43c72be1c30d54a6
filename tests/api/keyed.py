"""An application that asks for keys, and a key of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from qa.settings import Settings

UNKNOWN = "qa_00000000_" + "x" * 43


class Keyed:
    """``tokens`` holds one of the scope "ask", one of "admin", and one that was "revoked"."""

    def __init__(self, folder: Path, index: Path, engine: Engine, **settings: Any) -> None:
        self.keyring = Keyring(folder / "keys.json")
        self.tokens = {scope: self.keyring.make(scope, scope)[1] for scope in ("ask", "admin")}
        key, self.tokens["revoked"] = self.keyring.make("former")
        self.keyring.revoke(key.id)
        self.sessions = Sessions(self.keyring.path, seconds=3600)
        self.sessions.make_secret()
        settings = {"requests_per_minute": 0, "keys_file": str(self.keyring.path)} | settings
        self.app: FastAPI = create_app(index=index, settings=Settings(**settings), engine=engine)

    def client(self, kind: str | None = None) -> TestClient:
        """Return a client with one of the keys, or without any."""
        headers = {"authorization": f"Bearer {self.tokens[kind]}"} if kind else {}
        return TestClient(self.app, raise_server_exceptions=False, headers=headers)

    def session(self, kind: str) -> str:
        """Return a session's token, as somebody with one of the keys has it after signing in."""
        return self.sessions.issue(self.tokens[kind].split("_")[1])

    def browser(self, kind: str) -> TestClient:
        """Return a client that has signed in with one of the keys."""
        client = self.client()
        client.cookies["qa_session"] = self.session(kind)
        return client

    def metrics(self) -> dict[str, int]:
        """Return how many requests were refused, by reason."""
        lines = self.client("admin").get("/metrics").text.splitlines()
        begin = 'qa_refusals_total{reason="'
        found = [line.removeprefix(begin) for line in lines if line.startswith(begin)]
        return {
            reason: int(float(number)) for reason, _, number in (f.partition('"} ') for f in found)
        }
