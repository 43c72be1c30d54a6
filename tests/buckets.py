"""An S3 server on loopback that a test run starts, and indexes in its bucket."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import moto.backends
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import ROOT

KEY, SECRET = "AKIAVELLMARTESTS0000", "canary-8c1f5f0e-secret"
BUCKET = "archive"


@dataclass(frozen=True)
class Server:
    """A running server; ``client`` looks at its objects without the store's help."""

    endpoint: str
    client: Any

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return every version of every object, by key and version."""
        found = {}
        for page in self.client.get_paginator("list_object_versions").paginate(
            Bucket=BUCKET, Prefix=prefix
        ):
            for one in page.get("Versions", ()):
                body = self.client.get_object(
                    Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"]
                )["Body"]
                found[f"{one['Key']}@{one['VersionId']}"] = body.read()
        return found

    def replace(self, key: str, data: bytes) -> None:
        """Put other bytes where an object is."""
        self.client.put_object(Bucket=BUCKET, Key=key.split("@")[0], Body=data)


@dataclass(frozen=True)
class BusyServer:
    """A running server whose bucket is a folder: the same, looked at from outside."""

    bucket: Path

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return every object by key."""
        files = [path for path in self.bucket.rglob("*") if path.is_file()]
        keys = {path.relative_to(self.bucket).as_posix(): path for path in files}
        return {key: path.read_bytes() for key, path in keys.items() if key.startswith(prefix)}

    def replace(self, key: str, data: bytes) -> None:
        """Put other bytes where an object is."""
        (self.bucket / key).write_bytes(data)


@contextmanager
def server() -> Iterator[Server]:
    """Start a server with an empty bucket; its address and keys are in the environment meanwhile."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # The server lists a folder of its library for each request, which takes longer than the rest of it.
    modules = [*moto.backends.list_of_moto_modules()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moto.backends, "list_of_moto_modules", lambda: modules)
        yield from _serve()


def _serve() -> Iterator[Server]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    try:
        with _named(endpoint):
            client = boto3.client("s3", endpoint_url=endpoint)
            client.create_bucket(Bucket=BUCKET)
            yield Server(endpoint, client)
    finally:
        running.stop()


@contextmanager
def busy_server(folder: Path) -> Iterator[BusyServer]:
    """Start a server for tests that ask much of it, as a process of its own; the bucket lies in a folder.

    It keeps no versions and looks at no keys, but takes a tenth of the time.
    """
    (folder / BUCKET).mkdir()
    command = [sys.executable, str(ROOT / "eval" / "bench" / "bucket.py"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        try:
            with _named(f"http://127.0.0.1:{int(process.stdout.readline())}"):
                yield BusyServer(folder / BUCKET)
        finally:
            process.stdin.close()


@contextmanager
def _named(endpoint: str) -> Iterator[None]:
    """Name a server in the environment."""
    settings = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
