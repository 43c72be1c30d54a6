"""The confinement of a reader's process by the kernel: which files it opens, which calls it makes.

A parser is native code, and an attacker who finds a fault in it may run code in its process. Python cannot
stop such code; the kernel can. ``confine`` gives up, for good and for every later thread:

- files: Landlock leaves only the interpreter's libraries, for reading (``landlock``, ``places``);
- calls: a seccomp filter leaves what reading an open file needs (``seccomp``);
- privileges: the user root, every capability, what a started program could gain (``privileges``).

The system calls are made with ctypes. Libraries were considered: sandlock (Apache-2.0, maintained) has
4.5 MB of native code, needs Linux 6.12, and filters only the calls of programs that it starts; py-landlock
(MIT) has Landlock only, and two releases; pyseccomp (MIT) has had no release since 2021 and needs libseccomp
on the machine. Only a few calls and a hundred instructions of them are needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.corpus.sandbox.confinement.places import Place, to_read


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the kernel confines in a reader's process, and what it does not, with the reason."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def confine(libraries: Sequence[Place]) -> Confinement:
    """Leave this process only ``libraries`` to read, as far as the kernel can; return how far that is.

    It must be called in a process with one thread that only reads open files. It raises nothing: what
    fails is in ``missing``.
    """
    if sys.platform != "linux":
        return Confinement((), (f"there is no confinement by the kernel on {sys.platform}",))
    try:
        from qa.corpus.sandbox.confinement import landlock, privileges, seccomp
    except (ImportError, OSError) as error:
        return Confinement((), (f"system calls cannot be made from this Python: {error}",))

    held: list[str] = []
    missing: list[str] = []

    def attempt(what: str, step: Callable[[], str]) -> None:
        try:
            held.append(step())
        except OSError as error:
            missing.append(f"{what}: {error.strerror or error}")

    read = to_read(libraries)
    # The rules name files that are opened while this is still root; they apply after root is left.
    rules: list[landlock.Rules] = []
    try:
        rules.append(landlock.prepare(libraries))
    except OSError as error:
        missing.append(f"files: {error.strerror}")
    attempt("user", lambda: privileges.leave_root(read))
    attempt("privileges", privileges.seal)
    for files in rules:
        attempt("files", files.restrict)
    attempt("system calls", seccomp.install)
    return Confinement(tuple(held), tuple(missing))
