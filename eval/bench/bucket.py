"""An S3 server for measurements: files in a folder, ranges read from the disk, requests counted.

    python eval/bench/bucket.py FOLDER [--delay MILLISECONDS]

It prints its port, and serves on loopback until its standard input ends. Each folder in FOLDER is a bucket.
``GET /-/asked`` returns the requests since the last such call, by method, and the bytes that were sent. It
looks at no signature and keeps no versions: it is for measurements, and for tests that ask much of a bucket.
moto, which other tests use, reads a whole object into memory for each range of it, so that times against it
say nothing of a store.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
import threading
from collections import Counter
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PHRASES = {200: "OK", 204: "No Content", 206: "Partial Content", 404: "Not Found"}
_PHRASES |= {409: "Conflict", 412: "Precondition Failed", 416: "Range Not Satisfiable"}
_LISTED = 1000

Reply = tuple[int, dict[str, str], bytes]


class Bucket:
    """Answers requests from a folder."""

    def __init__(self, folder: Path, delay: float) -> None:
        self.folder = folder
        self.delay = delay
        self.asked: Counter[str] = Counter()
        self._uploads: dict[str, dict[int, bytes]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                method, target, _ = first.split(" ", 2)
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, more, data = self._answer(method, target, headers, body)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not target.startswith("/-/"):
                    self.asked[method] += 1
                    self.asked["bytes"] += len(data)
                length = more.pop("length", str(len(data)))
                told = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(
                    f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Length: {length}\r\n"
                    f"{told}\r\n".encode("latin-1")
                )
                writer.write(data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, True).items()}
        if parts.path == "/-/asked":
            told, self.asked = self.asked, Counter()
            return 200, {}, json.dumps(told).encode()
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        place = self.folder / bucket / key
        if not key:
            return self._of_bucket(method, self.folder / bucket, query, body)
        if method in ("GET", "HEAD"):
            return _read(place, headers.get("range"), whole=method == "GET")
        if method == "PUT" and "partNumber" in query:
            self._uploads[query["uploadId"]][int(query["partNumber"])] = body
            return 200, {"ETag": _etag(body)}, b""
        if method == "PUT":
            return _write(place, body, headers)
        if method == "POST" and "uploads" in query:
            upload = hashlib.sha256(f"{key} {len(self._uploads)}".encode()).hexdigest()
            self._uploads[upload] = {}
            named = (
                f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
            )
            return _xml("InitiateMultipartUploadResult", named)
        if method == "POST":
            uploaded = self._uploads.pop(query["uploadId"])
            data = b"".join(uploaded[number] for number in sorted(uploaded))
            status, more, _ = _write(place, data, headers)
            if status != 200:
                return status, more, b""
            return _xml("CompleteMultipartUploadResult", f"<ETag>{_etag(data)}</ETag>")
        if "uploadId" in query:
            self._uploads.pop(query["uploadId"], None)
        else:
            place.unlink(missing_ok=True)
        return 204, {}, b""

    def _of_bucket(self, method: str, bucket: Path, query: dict[str, str], body: bytes) -> Reply:
        if method == "PUT":
            bucket.mkdir(exist_ok=True)
            return 200, {}, b""
        if method == "POST":  # delete many
            keys = [part.split("</Key>")[0] for part in body.decode().split("<Key>")[1:]]
            for key in keys:
                (bucket / key).unlink(missing_ok=True)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return _xml("DeleteResult", gone)
        return _listing(bucket, query)


def _read(place: Path, wanted: str | None, *, whole: bool) -> Reply:
    if not place.is_file():
        return _error(404, "NoSuchKey") if whole else (404, {}, b"")
    stat = place.stat()
    more = {
        "ETag": f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"',
        "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    if not whole:
        return 200, more | {"length": str(stat.st_size)}, b""
    first, last = 0, stat.st_size - 1
    if wanted:
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        first = int(start) if start else max(stat.st_size - int(end), 0)
        last = min(int(end), last) if start and end else last
        if first > last:
            return _error(416, "InvalidRange")
        more["Content-Range"] = f"bytes {first}-{last}/{stat.st_size}"
    with place.open("rb") as file:
        file.seek(first)
        return 206 if wanted else 200, more, file.read(last - first + 1)


def _write(place: Path, data: bytes, headers: dict[str, str]) -> Reply:
    if headers.get("if-none-match") == "*" and place.exists():
        return _error(412, "PreconditionFailed")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return 200, {"ETag": _etag(data)}, b""


def _listing(bucket: Path, query: dict[str, str]) -> Reply:
    prefix, divider = query.get("prefix", ""), query.get("delimiter", "")
    after = query.get("continuation-token", query.get("start-after", ""))
    folder = bucket / prefix.rpartition("/")[0]
    keys: list[tuple[str, int, float]] = []
    shared: set[str] = set()
    found = folder.iterdir() if divider and folder.is_dir() else folder.rglob("*")
    for path in found:
        key = str(path.relative_to(bucket))
        if not key.startswith(prefix):
            continue
        if path.is_dir():
            if divider and any(one.is_file() for one in path.rglob("*")):
                shared.add(key + divider)
        elif key > after:
            stat = path.stat()
            keys.append((key, stat.st_size, stat.st_mtime))
    keys.sort()
    more, keys = keys[_LISTED:], keys[:_LISTED]
    told = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size><ETag>&quot;{size:x}&quot;</ETag>"
        f"<LastModified>{_time(time)}</LastModified></Contents>"
        for key, size, time in keys
    )
    told += "".join(
        f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(shared)
    )
    told += f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
    if more:
        told += f"<NextContinuationToken>{escape(keys[-1][0])}</NextContinuationToken>"
    return _xml("ListBucketResult", told + f"<KeyCount>{len(keys)}</KeyCount>")


def _time(seconds: float) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _xml(name: str, inner: str) -> Reply:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inner}</{name}>'
    return 200, {"Content-Type": "application/xml"}, text.encode()


def _error(status: int, code: str) -> Reply:
    return status, {}, f"<Error><Code>{code}</Code></Error>".encode()


async def _run(bucket: Bucket) -> None:
    server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0, limit=1 << 26)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=wait, daemon=True).start()
    await over.wait()
    os._exit(0)  # connections that are still open are cut off


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--delay", type=float, default=0.0)
    given = options.parse_args()
    asyncio.run(_run(Bucket(given.folder, given.delay / 1000)))
