"""Debian's nginx with the sample of ``deploy/``, before a service with a key, below ``/archive/``, with TLS."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from qa.engine import Engine
from tests.api.keyed import Keyed
from tests.api.servers import running
from tests.conftest import ROOT

MAIN = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    access_log off;
    types {{ text/html html; }}
    gzip on;
    gzip_types *;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/archive.conf;
}}
"""
"""Around the sample, with everything compressed that a location does not refuse."""


class Proxied(NamedTuple):
    """The service behind nginx: its address, what is known of it, and a context that trusts it."""

    address: str
    keyed: Keyed
    trusting: ssl.SSLContext
    folder: Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def program(name: str) -> str:
    """Return a program's place; where it is missing, skip the test, unless all must be run."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    return found


def make_certificate(folder: Path) -> None:
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", names,
         "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip


def changed(text: str, **places: str) -> str:
    for old, new in places.items():
        assert old in text
        text = text.replace(old, new)
    return text


@contextmanager
def proxied(folder: Path, index: Path, engine: Engine, **settings: Any) -> Iterator[Proxied]:
    """Run the service and nginx before it; give where it is reached."""
    nginx = program("nginx")
    make_certificate(folder)
    port = free_port()
    address = f"https://localhost:{port}/archive"
    keyed = Keyed(folder, index, engine, public_url=address, **settings)
    with running(keyed.app) as (_, (_, behind)):
        sample = changed(
            (ROOT / "deploy" / "nginx.conf").read_text("utf-8"),
            **{
                "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
                "    listen [::]:443 ssl;\n": "",
                "server_name archive.example.org;": "server_name localhost;",
                "/etc/ssl/archive": str(folder),
                "http://127.0.0.1:8000/": f"http://127.0.0.1:{behind}/",
            },
        )
        (folder / "archive.conf").write_text(sample)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_for(port, process)
                trusting = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
                yield Proxied(address, keyed, trusting, folder)
            finally:
                process.terminate()
                process.wait(timeout=30)


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
