"""Landlock: limits the files that this process may open from now on.

The version of the kernel's interface (ABI) says which rules it can enforce; each rule here is requested
from the first version that has it. Source: https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from contextlib import suppress

from qa.corpus.sandbox.confinement.kernel import syscall
from qa.corpus.sandbox.confinement.places import Place

# The numbers are the same on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILES = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""What is refused for files, by version: opening, making, removing; linking; truncating; devices."""
_NETWORK = {4: 0b11}
"""Bind and connect, by TCP."""
_SCOPE = {6: 0b11}
"""Abstract Unix sockets and signals of processes outside."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class Rules:
    """A set of rules that is ready to be applied."""

    def __init__(self, version: int, descriptor: int) -> None:
        self._version = version
        self._descriptor = descriptor

    def restrict(self) -> str:
        """Apply the rules to this thread and those that it starts; return the rules' name.

        Raises OSError if that fails, or if there are other threads already.
        """
        try:
            if len(os.listdir("/proc/self/task")) > 1:
                raise OSError(errno.EBUSY, "threads were started before the rules")
            syscall(_RESTRICT_SELF, self._descriptor, 0)
        finally:
            os.close(self._descriptor)
        return f"Landlock {self._version}"


def prepare(places: Iterable[Place]) -> Rules:
    """Return rules under which only ``places`` can be read and nothing written. Raises OSError."""
    try:
        version = syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError as error:
        raise OSError(error.errno, _without(error)) from error
    attributes = _Ruleset(*(_from(bits, version) for bits in (_FILES, _NETWORK, _SCOPE)))
    # An older kernel knows only the first fields, and refuses a longer structure.
    size = 8 * (1 + (version >= 4) + (version >= 6))
    rules = syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    for place in places:
        with suppress(FileNotFoundError, NotADirectoryError):
            _allow(rules, place)
    return Rules(version, rules)


def _allow(rules: int, place: Place) -> None:
    descriptor = os.open(place.path, os.O_PATH | os.O_CLOEXEC)
    try:
        files = _READ_FILE if place.whole else 0
        folders = _READ_DIR if place.path.is_dir() else 0
        beneath = _Beneath(files | folders, descriptor)
        syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(descriptor)


def _from(bits: dict[int, int], version: int) -> int:
    return sum(bit for since, bit in bits.items() if version >= since)


def _without(error: OSError) -> str:
    if error.errno == errno.ENOSYS:
        return "this kernel has no Landlock (Linux 5.13 and later have it)"
    if error.errno == errno.EOPNOTSUPP:
        return "Landlock is switched off on this machine (see the kernel's parameter lsm)"
    return f"Landlock is refused here, perhaps by a container ({error.strerror})"
