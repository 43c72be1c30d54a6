"""What native code in the reader's process may try: calls of the C library, past whatever Python refuses.

``START`` starts a child whose readers make such calls: a file ``x.native`` holds one line of JSON, the
call's name and its arguments, and its text is what came of it: "done", or the name of the error.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from qa.corpus.readers import READERS
from qa.corpus.reading import Reading
from qa.corpus.sandbox import worker
from qa.records import Block

START = "import sys; sys.path[:] = sys.argv[1:]; from tests.corpus.natives import main; main()"

RLIM_INFINITY = (1 << 64) - 1
LIBC = ctypes.CDLL(None, use_errno=True)
# Names without a function of their own in every C library, by number: x86-64, and from 424 on everywhere.
NUMBERS = {
    "vfork": 58, "process_vm_readv": 310, "process_vm_writev": 311, "tkill": 200,
    "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "bpf": 321, "userfaultfd": 323, "keyctl": 250,
    "add_key": 248, "perf_event_open": 298, "memfd_create": 319, "execveat": 322, "kcmp": 312,
    "open_by_handle_at": 304, "name_to_handle_at": 303, "pivot_root": 155, "move_pages": 279,
    "pidfd_send_signal": 424, "io_uring_setup": 425, "open_tree": 428, "clone3": 435,
    "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438, "landlock_create_ruleset": 444,
    "seccomp": 317, "clone": 56, "tgkill": 234, "setresuid": 117, "capset": 126, "modify_ldt": 154,
}  # fmt: skip


def said(text: str) -> Reading:
    """Return a reading of one paragraph."""
    return Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))


def native(data: bytes) -> Reading:
    name, *arguments = json.loads(data)
    return said(outcome(SPECIAL.get(name) or plain(name), arguments))


def outcome(call: Callable[..., int], arguments: list[Any]) -> str:
    ctypes.set_errno(0)
    result = call(*[a.encode() if isinstance(a, str) else a for a in arguments])
    return errno.errorcode[ctypes.get_errno()] if result == -1 else "done"


def plain(name: str) -> Callable[..., int]:
    def call(*arguments: Any) -> int:
        longs = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
        if name in NUMBERS:
            return int(LIBC.syscall(ctypes.c_long(NUMBERS[name]), *longs, 0, 0, 0))
        return int(LIBC[name](*longs))

    return call


def set_limit(which: int, *, of: int | None = None) -> int:
    """Lift a limit as far as it goes; without a process by the older call."""
    limits = (ctypes.c_uint64 * 2)(RLIM_INFINITY, RLIM_INFINITY)
    if of is None:
        return int(LIBC.setrlimit(which, limits))
    return int(LIBC.prlimit(of, which, limits, None))


def get_limit(of: int) -> int:
    return int(LIBC.prlimit(of, 9, None, (ctypes.c_uint64 * 2)()))


def start_thread() -> int:
    ran: list[int] = []
    thread = threading.Thread(target=ran.append, args=(1,))
    thread.start()
    thread.join()
    return 0 if ran else -1


def descriptors() -> int:
    """Fail as EBADF unless those that are open are the three standard ones, the socket and the file."""
    found = [n for n in range(1024) if LIBC.fcntl(n, 1) != -1]
    ctypes.set_errno(errno.EBADF)
    return 0 if found[:4] == [0, 1, 2, 3] and len(found) == 5 else -1


def machine_code(code: bytes) -> int:
    """Run instructions; the memory for them is had, as libraries need it."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())


SPECIAL: Mapping[str, Callable[..., int]] = {
    "setrlimit": set_limit,
    "prlimit": lambda process, which: set_limit(which, of=process),
    "getrlimit": get_limit,
    "thread": start_thread,
    "descriptors": descriptors,
    "own_signal": lambda: int(LIBC.kill(os.getpid(), 0)),
    # mov eax, 20 (getpid); int 0x80; ret
    "call_of_i386": lambda: machine_code(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"),
    # The same number of x86-64, by the interface with short pointers.
    "call_of_x32": lambda: int(LIBC.syscall(ctypes.c_long(0x40000000 | 39))),
}


def stubborn(data: bytes) -> Reading:
    """Compute on, whatever signal says that the time is up."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXCPU})
    while True:
        pass


def late(data: bytes) -> Reading:
    """Import a library that nothing has imported so far."""
    name = data.decode()
    assert name not in sys.modules
    __import__(name)
    return said(time.strftime("imported"))


def main() -> None:
    """Serve as the real child does, with these readers too."""
    assert isinstance(READERS, dict)
    READERS.update({f".{reader.__name__}": reader for reader in (native, stubborn, late)})
    worker.main()
