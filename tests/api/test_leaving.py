"""Clients that leave before their request is whole."""

from __future__ import annotations

import logging
import socket
import time

import pytest

from tests.api.servers import PATIENCE, connect

BEGUN = (
    "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    "content-length: 99\r\n\r\n{{"
)


@pytest.mark.parametrize(
    "path",
    ["/v1/session", "/v1/ask", "/v1/verify", "/v1/chat/completions", "/v1/judgements", "/mcp"],
)
def test_it_writes_no_fault_into_the_log(
    address: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = address.partition(":")
    with caplog.at_level(logging.ERROR):
        request = BEGUN.format(method="POST", path=path)
        connect((host, int(port)), request.encode()).close()
        # Whoever comes next is answered; by then the one that left was noticed.
        deadline = time.monotonic() + PATIENCE
        for _ in range(3):
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
                connection.sendall(b"GET /healthz HTTP/1.0\r\nhost: localhost\r\n\r\n")
                assert connection.recv(64).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.05)
            assert time.monotonic() < deadline
    assert [record.getMessage() for record in caplog.records] == []
