"""System calls that Python has no function for. Importing this fails without ctypes."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)


def libc(name: str, *arguments: Any) -> int:
    """Call a function of the C library; whole numbers are passed as long. Raises OSError."""
    result = int(_LIBC[name](*map(_as_long, arguments)))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(number: int, *arguments: Any) -> int:
    """Make the system call of a number. Raises OSError."""
    return libc("syscall", number, *arguments)


def prctl(option: int, value: int) -> int:
    """Set an attribute of this process in the kernel. Raises OSError."""
    return libc("prctl", option, value, 0, 0, 0)


def _as_long(value: Any) -> Any:
    return ctypes.c_long(value) if isinstance(value, int) else value
