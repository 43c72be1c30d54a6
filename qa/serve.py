"""Starting the service: an address of one's own, an index that is open, then the door."""

from __future__ import annotations

import logging
import signal
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from qa.errors import UsageError
from qa.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa.engine import Engine

SHUTDOWN_SECONDS = 10
"""How long answers that are under way may take once the process is asked to stop."""


def serve(settings: Settings, *, announce: Callable[[Engine, str], None]) -> None:
    """Serve the index of ``settings`` until the process is asked to stop.

    SIGTERM lets the answers that are under way complete and then exits with status 0.
    ``announce`` gets the engine and the service's address once both are there. Raises
    UsageError for an address that cannot be used, IndexUnusableError for an index that cannot.
    """
    with listen(settings.host, settings.port) as listener:
        # In turn: opening an index holds Python's lock for most of its time, so that importing
        # the web framework beside it gains nothing.
        from qa.engine import Engine

        index = Path(settings.index)
        engine = Engine.open(index, max_wrong=settings.max_wrong)
        import uvicorn

        from qa.api import create_app

        app = create_app(index=index, settings=settings, engine=engine)
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        config = uvicorn.Config(
            app,
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        signal.signal(signal.SIGTERM, _stop)
        announce(engine, _address(listener))
        uvicorn.Server(config).run(sockets=[listener])


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a loopback address. Raises UsageError if it cannot."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise UsageError(f"host {host!r} cannot be used: {error}") from error
    if not all(ip_address(address[0]).is_loopback for *_, address in found):
        raise UsageError(
            f"host {host!r} would open the archive to other machines, and there are no keys yet: "
            "use 127.0.0.1"
        )
    family, *_, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise UsageError(
            f"port {port} of {host} cannot be used ({error.strerror}): choose another --port"
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
