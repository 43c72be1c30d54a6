"""A store that refuses whoever asks is told as that, whichever way the engine words it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qa.errors import IndexUnreachableError
from qa.store.address import remote_address
from qa.store.lance.connection import named
from tests.buckets import BUCKET, server
from tests.proxies import proxied
from tests.store.lance import lance_index

# As LanceDB 0.40 says them; what is between is left out.
REFUSED = [
    'IO { source: Generic { store: "S3", source: ListRequest { source: RetryError(RetryErrorImpl { '
    "method: GET, retries: 0, max_retries: 2, retry_timeout: 8s, inner: Status { status: 403, body: "
    'Some("<Error><Code>AccessDenied</Code></Error>") } }) } }',
    "Generic S3 error: Error performing list request: Error performing GET http://127.0.0.1:1/archive - "
    "Server returned non-2xx status code: 403 Forbidden: <Error><Code>InvalidAccessKeyId</Code></Error>",
    "Generic N/A error: The operation lacked the necessary privileges to complete for path x: Error "
    "performing GET http://127.0.0.1:1/x in 1ms - Server returned non-2xx status code: 403 Forbidden",
    'Generic { store: "N/A", source: IO { source: "Failed to get AWS credentials: ProviderError"',
]
LATE = [
    'IO { source: Generic { store: "S3", source: RetryError(RetryErrorImpl { retry_timeout: 8s, inner: '
    "Http { error: operation timed out } }) } }",
    "request failed: timeout",
]
BUSY = [
    'IO { source: Generic { store: "S3", source: RetryError(RetryErrorImpl { retry_timeout: 8s, inner: '
    'Status { status: 503, body: Some("<Error><Code>SlowDown</Code></Error>") } }) } }',
]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        *((one, "refuses us.*credentials and rights") for one in REFUSED),
        *((one, "gives no answer in time") for one in LATE),
        *((one, r"gives no answer \(SlowDown\)") for one in BUSY),
    ],
)
def test_what_the_engine_says_of_a_store(said: str, told: str) -> None:
    address = remote_address("s3://bucket/archive")
    assert address is not None
    with pytest.raises(IndexUnreachableError, match=told), named(address):
        raise ValueError(said)


@pytest.mark.slow
def test_a_store_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as s3, proxied(int(s3.endpoint.rsplit(":", 1)[1])) as proxy:
        monkeypatch.setitem(os.environ, "AWS_ENDPOINT", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setattr("qa.store.lance.connection._TRIES", 1)
        proxy.mood = "refuse"
        index = lance_index(f"s3://{BUCKET}/refused", tmp_path)
        with pytest.raises(IndexUnreachableError, match="refuses us") as told:
            index.version()
        assert "of whoever asks" not in str(told.value)
