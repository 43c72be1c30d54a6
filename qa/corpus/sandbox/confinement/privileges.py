"""The user and the privileges that a reader's process gives up."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from qa.corpus.sandbox.confinement.kernel import libc, prctl

NOBODY = 65534
"""The user and the group that own nothing, on every Linux."""

_CAP_DAC_READ_SEARCH, _CAP_KILL = 2, 5
_CAPABILITIES_V3 = 0x20080522
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_KEEP_CAPABILITIES, _SET_NO_NEW_PRIVS = 1, 4, 8, 38


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def leave_root(read: Iterable[Path]) -> str:
    """If this is root, become nobody; give up all capabilities; return who this is then.

    If only root may read a path of ``read``, for example if the environment is in root's home, one
    capability is kept: to read what others may not. Landlock limits its use. Raises OSError.
    """
    kept = 0
    user = "its own user"
    if os.geteuid() == 0:
        user = "root without its capabilities"
        if _become_nobody():
            user = "user nobody"
            if not all(os.access(path, os.R_OK) for path in read):
                kept = 1 << _CAP_DAC_READ_SEARCH
                user += ", who may read root's folders among the libraries"
    libc("capset", ctypes.byref(_Header(_CAPABILITIES_V3, 0)), ctypes.byref(_sets(kept)))
    return user


def _become_nobody() -> bool:
    """Become nobody, if root's rights allow it; return whether that worked.

    In a container there may be no such user, or no right to become it, or no right to end another user's
    process, which the build needs. Then only Landlock protects root's own files; the other powers of root
    are its capabilities.
    """
    held = _sets(0)
    libc("capget", ctypes.byref(_Header(_CAPABILITIES_V3, 0)), ctypes.byref(held))
    if not held[0].effective >> _CAP_KILL & 1:
        return False
    prctl(_SET_KEEP_CAPABILITIES, 1)
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def _sets(capabilities: int) -> ctypes.Array[_Sets]:
    """Return the sets of a process that has so many of the first 32 capabilities, and no other."""
    return (_Sets * 2)(_Sets(capabilities, capabilities, 0))


def seal() -> str:
    """Gain no privileges, let no process inspect this one, end with the thread that started it.

    Raises OSError.
    """
    prctl(_SET_NO_NEW_PRIVS, 1)
    prctl(_SET_DUMPABLE, 0)
    # The kernel resets this one when the user changes.
    prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    return "no new privileges"
