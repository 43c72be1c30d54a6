"""Workers on Ray: on the cluster that RAY_ADDRESS names, else on one of this machine that lives for a build.

The only module that imports Ray, which is an extra. Ray runs what anyone asks of it who reaches its ports.
The cluster of this machine therefore listens on loopback alone, and asks for a token that only the build
has. No dashboard is started, and nothing is reported to anyone.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

from qa.build.workers.crew import GoneError
from qa.build.workers.worker import Orders, Worker
from qa.errors import UsageError, WorkersError
from qa.runtime import processors
from qa.settings import switched_on

LOOPBACK = "127.0.0.1"
_STORE_BYTES = 256_000_000
"""What results may take on the way in a cluster of this machine; Ray puts more on the disk."""
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_OF_OWN = {
    # Without it Ray replaces 127.0.0.1 by the machine's address, and listens everywhere.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Else everything on the machine goes before its workers.
    "RAY_worker_niceness": "0",
    "RAY_AUTH_MODE": "token",
}


def need_ray() -> None:
    """Raise UsageError where the extra is not installed."""
    if find_spec("ray") is None:
        raise UsageError(
            "workers on Ray need Ray, which is not installed: pip install cited-qa[builders]"
        )


@contextmanager
def ray_hands(
    orders: Orders, wanted: int, say: Callable[[str], None]
) -> Iterator[tuple[RayHands, int]]:
    """Connect to a cluster, or start one; yield its hands, and how many workers there are to be.

    ``wanted`` is that number, if it is not 0. Raises WorkersError if there is no cluster to work with.
    """
    own = not switched_on("RAY_ADDRESS")
    variables = dict(_QUIET)
    if own:
        variables |= {**_OF_OWN, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    # A Unix socket's path may have 107 characters, and Ray's own part of it has 80.
    folder = tempfile.mkdtemp(prefix="qa-ray-", dir="/tmp") if own else None
    try:
        with _environment(variables), _signals():
            import ray

            if ray.is_initialized():
                raise WorkersError(
                    "this process uses Ray already: run qa build, which is a process of its own"
                )
            try:
                number = wanted or processors()
                _forget_tokens(ray)
                if own:
                    _start(ray, number, str(folder))
                else:
                    ray.init(log_to_driver=False, logging_level=logging.ERROR)
                    number = wanted or int(ray.cluster_resources().get("CPU", 0))
            except Exception as error:
                where = "on this machine" if own else "at RAY_ADDRESS"
                raise WorkersError(f"no Ray cluster {where} ({_line(error)})") from error
            try:
                if not number:
                    raise WorkersError(
                        "the Ray cluster has no processor: start Ray on its machines"
                    )
                where = "a cluster of this machine" if own else "the cluster at RAY_ADDRESS"
                say(f"{number} workers on Ray, {where}")
                with _no_prints(ray):
                    yield RayHands(ray, orders), number
            finally:
                ray.shutdown()
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _forget_tokens(ray: Any) -> None:
    """Let Ray read anew whether a token is asked for, and which: it reads that once in a process."""
    ray._raylet.Config.initialize("")
    ray._raylet.AuthenticationTokenLoader.instance().reset_cache()


def _start(ray: Any, number: int, folder: str) -> None:
    """Start a cluster of this machine with so many processors, on loopback alone."""
    # The variable of the same meaning is read when Ray is imported, which another may have done before.
    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
    ray.init(
        "local",
        num_cpus=number,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _node_ip_address=LOOPBACK,
        _temp_dir=folder,
    )
    address = ray.util.get_node_ip_address()
    if address != LOOPBACK:
        ray.shutdown()
        raise WorkersError(f"it would listen on {address}, where others reach it")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables, and put back what was; Ray sets some of its own."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _signals() -> Iterator[None]:
    """Put back the handlers of signals that Ray replaces."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        with suppress(ValueError):  # only the main thread may, and only there Ray does
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _no_prints(ray: Any) -> Iterator[None]:
    """Let Ray not print on standard output that a worker died: what is printed there may be read as JSON."""
    module = ray._private.worker
    before = module.print_to_stdstream
    module.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        module.print_to_stdstream = before


def _line(error: BaseException) -> str:
    """Return the first line of an error, without what marks it up in a terminal."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


class RayHands:
    """Implements ``Hands``: a worker is an actor with one processor of its own."""

    def __init__(self, ray: Any, orders: Orders) -> None:
        self._ray = ray
        # Once for the cluster: workers of one machine read it from shared memory.
        try:
            self._orders = ray.put(orders)
        except TypeError as error:
            raise WorkersError(
                f"the encoder {type(orders.encoder).__name__} cannot be sent to workers: build without them"
            ) from error
        self._actor = ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )(Worker)

    def start(self) -> Any:
        return self._actor.remote(self._orders)

    def call(self, worker: Any, method: str, *given: Any) -> Any:
        return getattr(worker, method).remote(*given)

    def done(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
        if not calls:
            return ()
        first, others = self._ray.wait(list(calls), timeout=seconds)
        # All that have ended, and not only the first that is found.
        more, _ = self._ray.wait(others, num_returns=len(others), timeout=0) if others else ((), ())
        return [*first, *more]

    def result(self, call: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(call)
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.RayError as error:
            raise GoneError(_line(error)) from error

    def stop(self, worker: Any) -> None:
        self._ray.kill(worker)
