"""A seccomp filter: it allows the system calls that reading an open file needs, and no others.

It is a list of allowed calls. Readers compute, and need from the kernel only memory, time, threads, and
files to read; a list of forbidden calls would miss every new call. A call that is not in the list fails
with EPERM, or, from the number 424 on, with ENOSYS: these calls are so new that the C library tries them
and has an alternative. A call of another processor's interface ends the process.

The program is in classic BPF, two instructions for each call, assembled here. Numbers of calls: the kernel's
``arch/x86/entry/syscalls/syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h``.
Source: https://docs.kernel.org/userspace-api/seccomp_filter.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qa.corpus.sandbox.confinement.kernel import syscall


class Instruction(NamedTuple):
    """An instruction of classic BPF: code, how many to skip if true and if false, operand."""

    code: int
    true: int
    false: int
    operand: int


class Machine(NamedTuple):
    """A processor: its name for audits, its number of seccomp(2), and its column in ``CALLS``."""

    audit: int
    seccomp: int
    column: int


MACHINES = {
    "x86_64": Machine(0xC000003E, 317, 0),
    "aarch64": Machine(0xC00000B7, 277, 1),
}

# The numbers on x86-64 and on aarch64; None if a processor does not have the call.
CALLS: Mapping[str, tuple[int | None, int | None]] = {
    # Open files.
    "read": (0, 63), "readv": (19, 65), "pread64": (17, 67), "preadv": (295, 69), "lseek": (8, 62),
    "write": (1, 64), "writev": (20, 66), "close": (3, 57), "close_range": (436, 436),
    "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "fcntl": (72, 25), "ioctl": (16, 29),
    "fadvise64": (221, 223), "fstat": (5, 80), "fstatfs": (138, 44),
    "getdents": (78, None), "getdents64": (217, 61),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    # The libraries, as far as Landlock allows opening them.
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "statfs": (137, 43), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getcwd": (79, 17),
    # The socket to the build; no call can make another socket.
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212),
    # Memory.
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216),
    "madvise": (28, 233), "brk": (12, 214),
    # Threads.
    "clone": (56, 220), "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
    "set_tid_address": (218, 96), "membarrier": (324, 283), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "getcpu": (309, 168), "exit": (60, 93),
    "exit_group": (231, 94),
    # Signals of this process.
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128), "kill": (62, 129),
    "tgkill": (234, 131),
    # Identity, time, and random numbers.
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getpgid": (121, 155),
    "getpgrp": (111, None), "getsid": (124, 156), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148),
    "getresgid": (120, 150), "getrlimit": (97, 163), "prlimit64": (302, 261),
    "getrusage": (98, 165), "uname": (63, 160), "sysinfo": (99, 179), "time": (201, None),
    "times": (100, 153), "gettimeofday": (96, 169), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "getrandom": (318, 278),
}  # fmt: skip

_NEW = 424
"""From this number on, the numbers are the same on all processors; the first came with Linux 5.1."""
_X32 = 0x40000000
"""The bit of the calls of x86-64's interface with short pointers."""

_LOAD, _EQUAL, _LEAST, _ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

_CLONE_THREAD = 0x00010000
# New namespaces; tracing together with the parent; a parent that waits.
_CLONE_MORE = 0x7E020000 | 0x00002000 | 0x00004000
# Opening for writing, making, emptying, appending, without a name.
_OPEN_TO_WRITE = 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20000000
# Duplicates, and flags that are read and set. Not leases, owners, signals, seals.
_FCNTL = (0, 1, 2, 3, 4, 1030)


def _ret(value: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, value)


def _fail(number: int) -> Instruction:
    return _ret(_ERRNO | number)


_EPERM = _fail(errno.EPERM)


def _load(argument: int, *, high: bool = False) -> Instruction:
    """Load half of an argument; both kinds of processor store the low half first."""
    return Instruction(_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4 * high)


def _one_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    tests = [part for v in values for part in (Instruction(_EQUAL, 0, 1, v), _ret(_ALLOW))]
    return [_load(argument), *tests, _EPERM]


def _without(argument: int, bits: int) -> list[Instruction]:
    return [_load(argument), Instruction(_ANY, 0, 1, bits), _EPERM, _ret(_ALLOW)]


def _thread(argument: int) -> list[Instruction]:
    thread = Instruction(_ANY, 0, 1, _CLONE_THREAD)
    return [_load(argument), Instruction(_ANY, 2, 0, _CLONE_MORE), thread, _ret(_ALLOW), _EPERM]


def _null(argument: int) -> list[Instruction]:
    halves = [
        part
        for high in (False, True)
        for part in (_load(argument, high=high), Instruction(_EQUAL, 1, 0, 0), _EPERM)
    ]
    return [*halves, _ret(_ALLOW)]


def _conditions(process: int) -> Mapping[str, list[Instruction]]:
    """Return the conditions for calls that are allowed only with some arguments."""
    return {
        "open": _without(1, _OPEN_TO_WRITE),
        "openat": _without(2, _OPEN_TO_WRITE),
        "fcntl": _one_of(1, _FCNTL),
        # Only the question whether a file is a terminal.
        "ioctl": [_fail(errno.ENOTTY)],
        "clone": _thread(0),
        "kill": _one_of(0, [process]),
        "tgkill": _one_of(0, [process]),
        # Limits may be read, but not set.
        "prlimit64": _null(2),
    }


def program(machine: Machine, process: int) -> list[Instruction]:
    """Return the filter for a process of that id."""
    short = [Instruction(_ANY, 0, 1, _X32), _ret(_KILL)] if machine.column == 0 else []
    found = [
        Instruction(_LOAD, 0, 0, _ARCHITECTURE),
        Instruction(_EQUAL, 1, 0, machine.audit),
        _ret(_KILL),
        Instruction(_LOAD, 0, 0, _NUMBER),
        *short,
    ]
    conditions = _conditions(process)
    for name, numbers in CALLS.items():
        number = numbers[machine.column]
        if number is not None:
            decision = conditions.get(name, [_ret(_ALLOW)])
            found += [Instruction(_EQUAL, 0, len(decision), number), *decision]
    return [*found, Instruction(_LEAST, 0, 1, _NEW), _fail(errno.ENOSYS), _EPERM]


class _Filter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("true", ctypes.c_uint8),
        ("false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Filter)))


def install() -> str:
    """Apply the filter to all threads of this process; return its name. Raises OSError."""
    machine = MACHINES.get(os.uname().machine)
    if machine is None or sys.maxsize < 1 << 32:
        raise OSError(errno.ENOSYS, f"there is no filter for this processor, {os.uname().machine}")
    parts = program(machine, os.getpid())
    array = (_Filter * len(parts))(*(_Filter(*part) for part in parts))
    whole = _Program(len(parts), array)
    try:
        syscall(machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(whole))
    except OSError as error:
        raise OSError(error.errno, f"seccomp is refused here ({error.strerror})") from error
    return "seccomp"
