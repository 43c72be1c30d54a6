"""Starts the service: it takes an address, opens the index, and then accepts connections."""

from __future__ import annotations

import logging
import signal
import socket
from typing import TYPE_CHECKING, NoReturn

from qa.errors import UsageError
from qa.service.hosts import stays_here
from qa.service.keys import Keyring
from qa.service.redact import RedactedFormatter
from qa.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa.engine import Engine


def serve(settings: Settings, *, announce: Callable[[Engine, str], None]) -> None:
    """Serve the index of ``settings`` until the process is asked to stop.

    SIGTERM lets running answers complete and then exits with status 0. ``announce`` gets the engine
    and the service's address once both are there. Raises UsageError for an address that cannot be
    used, and IndexUnusableError for such an index.
    """
    with door(settings) as listener:
        answer(listener, settings, announce=announce)


def door(settings: Settings) -> socket.socket:
    """Return the socket that the settings want listened on. Raises UsageError for one that cannot be used."""
    keyed = any(not key.revoked for key in Keyring(settings.keys_file).entries())
    return listen(settings.host, settings.port, keyed=keyed)


def answer(
    listener: socket.socket, settings: Settings, *, announce: Callable[[Engine, str], None]
) -> None:
    """Serve on a socket that listens; see ``serve``."""
    # In turn: opening an index holds Python's lock for most of its time, so that importing
    # the web framework beside it gains nothing.
    from qa.engine import Engine

    index = settings.index
    engine = Engine.open(index, max_wrong=settings.max_wrong, reading=settings.reading)
    from qa.api import create_app
    from qa.api.server import make_server

    app = create_app(index=index, settings=settings, engine=engine)
    _log_to_stderr()
    signal.signal(signal.SIGTERM, _stop)
    announce(engine, _address(listener))
    make_server(app, settings).run(sockets=[listener])


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(RedactedFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)


def listen(host: str, port: int, *, keyed: bool = False) -> socket.socket:
    """Return a socket that listens. Raises UsageError if it cannot.

    It listens beyond loopback only if ``keyed``: keys are needed, and there is one.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        alone = stays_here(host)
    except (OSError, ValueError) as error:
        raise UsageError(f"host {host!r} cannot be used: {error}") from error
    if not alone and not keyed:
        raise UsageError(
            f"host {host!r} would open the archive to other machines, and there is no key yet: "
            "make one with qa keys make NAME, or use 127.0.0.1"
        )
    family, *_, address = found[0]
    # Name TCP as the protocol: only then does asyncio send without waiting for acknowledgements;
    # otherwise the second part of every answer comes 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
