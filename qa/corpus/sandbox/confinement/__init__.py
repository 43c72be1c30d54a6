"""What the kernel holds of a reader's process: which files it opens, and which calls it may make.

A parser is native code, and whoever finds a fault in it may run code of their own in its process. What
Python refuses does not hold such code; what the kernel refuses does. ``confine`` gives up, for good and for
every thread to come:

- files: Landlock leaves the interpreter's libraries, to read, and nothing else (``landlock``, ``places``);
- calls: a seccomp filter leaves what reading an open file needs (``seccomp``);
- privileges: the user root, every capability, what a started program could gain (``privileges``).

These are system calls of our own, by ctypes. Of the libraries for it, sandlock (Apache-2.0, maintained)
brings 4.5 MB of native code, wants Linux 6.12, and filters calls only of programs that it starts;
py-landlock (MIT) does Landlock alone, in two releases; pyseccomp (MIT) has had none since 2021 and wants
libseccomp on the machine. What is needed of them is a few calls and a hundred instructions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.corpus.sandbox.confinement.places import Place, to_read


@dataclass(frozen=True, slots=True)
class Confinement:
    """What of a reader's process the kernel holds, and what it does not, with the reason."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def confine(libraries: Sequence[Place]) -> Confinement:
    """Leave this process ``libraries`` to read, as far as the kernel can; return how far that is.

    For a process with one thread that has nothing to do but to read open files. Raises nothing: what
    cannot be had is in ``missing``.
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
    # What the rules name is opened while this is still root; they hold once root is left.
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
