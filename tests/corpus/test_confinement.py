"""What the kernel refuses the reader's process, by native calls from inside it."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from qa.build.builder import build_index
from qa.cli.commands import cli
from qa.corpus import confinement_here, read_folders
from qa.corpus.reading import Limits, Options
from qa.corpus.sandbox import process as sandbox
from qa.corpus.sandbox.confinement import seccomp
from qa.corpus.sandbox.confinement.places import Place, places
from qa.corpus.sandbox.process import Sandbox
from qa.corpus.sandbox.worker import _guard
from qa.errors import ConfinementError
from qa.records import Document
from qa.settings import Settings
from tests.conftest import ROOT
from tests.corpus import natives
from tests.fake import FakeEncoder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.uname().machine != "x86_64",
        reason="the numbers of the calls are those of x86-64 Linux",
    ),
]

Try = Callable[..., str]
PARENT = os.getpid()


@pytest.fixture(scope="module")
def opened() -> Iterator[Sandbox]:
    """A sandbox that the kernel must hold, with readers that make native calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "_START", natives.START)
        opened = Sandbox(Options(Limits(seconds=2), confinement="kernel")).__enter__()
    with opened:
        yield opened


@pytest.fixture(scope="module")
def anyones() -> Iterator[Path]:
    """A folder outside that everybody may read and write, with a file that everybody may."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "file").write_text("as it was")
        (folder / "file").chmod(0o666)
        yield folder


@pytest.fixture
def attempt(opened: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """``attempt(call, *arguments)``: "done", or the name of the error, or why the reader went down."""
    monkeypatch.setattr(sandbox, "_START", natives.START)

    def run(*call: object, ending: str = "native") -> str:
        path = tmp_path / "call"
        path.write_text(json.dumps(call) if ending == "native" else str(call[0]))
        with path.open("rb") as file:
            [item] = opened.read(f"a.{ending}", file)
        return item.text if isinstance(item, Document) else f"<{item.reason}>"

    return run


def test_the_kernel_holds_it_all_here() -> None:
    found = confinement_here()
    assert found.missing == ()
    version = next(name for name in found.held if name.startswith("Landlock "))
    assert int(version.split()[1]) >= 1
    assert {"seccomp", "no new privileges"} < {*found.held}


def test_what_the_kernel_says_of_the_process(opened: Sandbox) -> None:
    opened.start()
    assert opened._child
    lines = Path(f"/proc/{opened._child.pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "0" not in status["Uid"].split()
    # To read root's folders among the libraries, where they lie in one, and nothing else.
    assert int(status["CapEff"], 16) in (0, 1 << 2)
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16)
    if os.getuid() == 0:
        assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
        assert not status["Groups"].strip()
    # What is not dumpable belongs to root.
    assert Path(f"/proc/{opened._child.pid}/mem").stat().st_uid == 0


READ, WRITE, MAKE, EMPTY = os.O_RDONLY, os.O_WRONLY, os.O_CREAT | os.O_WRONLY, os.O_TRUNC


def test_files_outside_are_not_read(attempt: Try, anyones: Path) -> None:
    assert attempt("open", f"{anyones}/file", READ) == "EACCES"
    assert attempt("open", "/etc/passwd", READ) == "EACCES"
    assert attempt("open", f"/proc/{PARENT}/environ", READ) == "EACCES"
    # Beside the packages that are imported from there.
    assert attempt("open", f"{ROOT}/README.md", READ) == "EACCES"
    assert attempt("open", f"{sys.prefix}/..{'/..' * 20}/etc/passwd", READ) == "EACCES"
    assert attempt("open", os.__file__, READ) == "done"


@pytest.mark.parametrize("where", ["/etc/passwd", str(ROOT / "README.md"), os.__file__])
def test_python_climbs_out_of_no_folder(where: str) -> None:
    guard = _guard(places())
    for folder in (sys.prefix, str(Path(os.__file__).parent)):
        path = f"{folder}{'/..' * len(Path(folder).parts)}{where}"
        assert os.path.samefile(path, where)
        if where == os.__file__:
            guard("open", (path, "r", READ))
        else:
            with pytest.raises(PermissionError, match="a reader may not open"):
                guard("open", (path, "r", READ))


@pytest.mark.parametrize(
    "call",
    [
        ("open", "{}/file", WRITE),
        ("open", "{}/file", os.O_RDWR),
        ("open", "{}/file", READ | EMPTY),
        ("open", "{}/new", MAKE, 0o666),
        ("open", "{}", os.O_TMPFILE | os.O_RDWR, 0o600),
        ("open", os.__file__, READ | EMPTY),
        ("creat", "{}/new", 0o666),
        ("truncate", "{}/file", 0),
        ("mkdir", "{}/new", 0o777),
        ("mknod", "{}/new", 0o10666, 0),
        ("unlink", "{}/file"),
        ("rename", "{}/file", "{}/new"),
        ("link", "{}/file", "{}/new"),
        ("link", os.__file__, "{}/new"),
        ("symlink", "/etc/passwd", "{}/new"),
        ("chmod", "{}/file", 0o777),
        ("chown", "{}/file", 1, 1),
        ("utimes", "{}/file", None),
        ("setxattr", "{}/file", "user.a", "b", 1, 0),
        ("chroot", "{}"),
        ("chdir", "{}"),
        ("mount", "none", "{}", "tmpfs", 0, None),
    ],
)
def test_nothing_is_written(attempt: Try, anyones: Path, call: tuple[object, ...]) -> None:
    before = state(anyones / "file")
    arguments = [a.format(anyones) if isinstance(a, str) else a for a in call]
    assert attempt(*arguments) in ("EPERM", "EACCES")
    assert [path.name for path in anyones.iterdir()] == ["file"]
    assert (anyones / "file").read_text() == "as it was"
    assert state(anyones / "file") == before


def state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return (found.st_mode, found.st_uid, found.st_gid, found.st_nlink, found.st_mtime_ns)


@pytest.mark.parametrize(
    "call",
    [
        ("socket", socket.AF_INET, socket.SOCK_STREAM, 0),
        ("socket", socket.AF_INET6, socket.SOCK_DGRAM, 0),
        ("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0),
        ("socket", socket.AF_NETLINK, socket.SOCK_RAW, 0),
        ("socketpair", socket.AF_UNIX, socket.SOCK_STREAM, 0, None),
        # By the socket that it has.
        ("connect", 3, "\2\0", 2),
        ("bind", 3, "\1\0abstract", 10),
        ("listen", 3, 1),
        ("accept", 3, None, None),
        ("fork",),
        ("vfork",),
        ("clone", signal.SIGCHLD, 0),
        ("clone", 0x10000000 | signal.SIGCHLD, 0),  # a new user namespace
        ("execv", "/bin/true", None),
        ("execveat", 0, "/bin/true", None, None, 0),
        ("clone", 0x4100 | signal.SIGCHLD, 0),  # as posix_spawn does
        ("ptrace", 16, PARENT, 0, 0),
        ("ptrace", 0, 0, 0, 0),
        ("process_vm_readv", PARENT, None, 0, None, 0, 0),
        ("process_vm_writev", PARENT, None, 0, None, 0, 0),
        ("kcmp", PARENT, PARENT, 0, 0, 0),
        ("kill", PARENT, 0),
        ("kill", PARENT, signal.SIGTERM),
        ("kill", -1, 0),
        ("kill", 0, 0),
        ("tkill", PARENT, 0),
        ("tgkill", PARENT, PARENT, 0),
        ("rt_sigqueueinfo", PARENT, 0, None),
        ("rt_tgsigqueueinfo", PARENT, PARENT, 0, None),
        ("fcntl", 0, 8, PARENT),  # whom a descriptor's signals go to
        ("fcntl", 0, 10, signal.SIGKILL),  # which signal that is
        ("setrlimit", resource.RLIMIT_AS),
        ("setrlimit", resource.RLIMIT_FSIZE),
        ("setrlimit", resource.RLIMIT_CPU),
        ("prlimit", 0, resource.RLIMIT_AS),
        ("prlimit", PARENT, resource.RLIMIT_NOFILE),
        ("unshare", 0x10000000),
        ("setns", 0, 0),
        ("pivot_root", "/", "/"),
        ("bpf", 0, None, 0),
        ("userfaultfd", 0),
        ("keyctl", 0, 0, 0, 0, 0),
        ("add_key", "user", "a", "b", 1, 0),
        ("perf_event_open", None, 0, -1, -1, 0),
        ("memfd_create", "a", 0),
        ("name_to_handle_at", -100, "/etc/passwd", None, None, 0),
        ("open_by_handle_at", 0, None, 0),
        ("move_pages", PARENT, 0, None, None, None, 0),
        ("personality", 0x0400000),
        ("modify_ldt", 0, None, 0),
        ("seccomp", 0, 0, None),
        ("prctl", 4, 1, 0, 0, 0),  # dumpable
        ("prctl", 1, 0, 0, 0, 0),  # what it dies of
        ("setresuid", 0, 0, 0),
        ("capset", None, None),
        ("setpgid", 0, 0),
        ("setsid",),
        ("setpriority", 0, 0, 5),
        ("shmget", 0, 4096, 0o1666),
        ("inotify_init",),
        ("pipe", None),
    ],
)
def test_calls_that_reading_does_not_need(attempt: Try, call: tuple[object, ...]) -> None:
    handler = signal.signal(signal.SIGTERM, lambda *_: pytest.fail("a signal came"))
    try:
        assert attempt(*call) == "EPERM"
    finally:
        signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize(
    "call",
    [
        ("clone3", None, 0),
        ("io_uring_setup", 1, None),
        ("openat2", -100, "/etc/passwd", None, 0),
        ("open_tree", -100, "/", 0),
        ("pidfd_open", PARENT, 0),
        ("pidfd_send_signal", 0, 9, None, 0),
        ("pidfd_getfd", 0, 0, 0),
        ("landlock_create_ruleset", None, 0, 1),
    ],
)
def test_calls_that_the_kernel_seems_not_to_have(attempt: Try, call: tuple[object, ...]) -> None:
    assert attempt(*call) == "ENOSYS"


@pytest.mark.parametrize("call", ["call_of_i386", "call_of_x32"])
def test_another_interface_of_the_processor_ends_it(attempt: Try, call: str) -> None:
    assert attempt(call) == "<crashed its reader (SIGSYS)>"


def test_what_reading_needs_is_left(attempt: Try) -> None:
    for call in ("thread", "own_signal", "getpid"):
        assert attempt(call) == "done"
    assert attempt("getrlimit", 0) == "done"
    for library in ("xml.dom.minidom", "sqlite3", "numpy", "lxml.html", "trafilatura", "pypdfium2"):
        assert attempt(library, ending="late") == "imported"


def test_no_open_file_is_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sandbox, "_START", natives.START)
    (tmp_path / "call").write_text('["descriptors"]')
    with (tmp_path / "call").open("rb") as file, Sandbox(Options()) as opened:
        os.set_inheritable(file.fileno(), True)
        [item] = opened.read("a.native", file)
    assert isinstance(item, Document)
    assert item.text == "done"


def test_time_is_up_for_what_heeds_no_signal(attempt: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_WALL", 20)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert attempt("x", ending="stubborn") == "<took more than 2 s (setting reader_seconds)>"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


# --- each layer by itself ------------------------------------------------------------------------

LANDLOCK = """
import ctypes, errno, os, socket, sys
from pathlib import Path
from qa.corpus.sandbox.confinement import landlock, privileges
from qa.corpus.sandbox.confinement.places import Place

inside, port, abstract = sys.argv[1:4]
version = int(sys.argv[4])
if version:
    real = landlock.syscall
    landlock.syscall = lambda number, *rest: (
        version if rest == (None, 0, 1) else real(number, *rest))
tcp, other = socket.socket(), socket.socket()
unix = socket.socket(socket.AF_UNIX)
rules = landlock.prepare([Place(Path(inside)), Place(Path("/"), whole=False), Place(Path("/none"))])
privileges.seal()
print(rules.restrict())

def told(call):
    try:
        call()
        print("done")
    except OSError as error:
        print(errno.errorcode[error.errno])

told(lambda: os.listdir("/"))
told(lambda: open(inside + "/file").close())
told(lambda: open(inside + "/../secret").close())
told(lambda: open(inside + "/file", "a").close())
told(lambda: open(inside + "/new", "w").close())
told(lambda: os.link(inside + "/file", inside + "/../new"))
told(lambda: os.rename(inside + "/file", inside + "/new"))
told(lambda: os.unlink(inside + "/file"))
told(lambda: os.execv("/bin/true", ["true"]))
told(lambda: os.truncate(inside + "/file", 0))
told(lambda: tcp.connect(("127.0.0.1", int(port))))
told(lambda: other.bind(("127.0.0.1", 0)))
told(lambda: unix.connect("\\0" + abstract))
told(lambda: os.kill(os.getppid(), 0))
"""
KERNEL = int(
    next(n for n in confinement_here().held or ("Landlock 0",) if n.startswith("Landlock")).split()[
        1
    ]
)


@pytest.mark.parametrize("version", range(1, KERNEL + 1))
def test_landlock_by_itself_in_each_version(tmp_path: Path, version: int) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file").write_text("one")
    (tmp_path / "secret").write_text("two")
    abstract = f"qa-test-{PARENT}-{version}"
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(f"\0{abstract}")
        unix.listen()
        port = str(tcp.getsockname()[1])
        command = [sys.executable, "-c", LANDLOCK, str(inside), port, abstract, str(version)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    since = {3: "truncate", 4: "tcp", 6: "scope"}
    has = {name for first, name in since.items() if version >= first}
    # Where the version does not know of it, seccomp holds it alone.
    assert done.stdout.split("\n")[:-1] == [
        f"Landlock {version}",
        "done",
        "done",
        *("EACCES",) * 7,
        "EACCES" if "truncate" in has else "done",
        *("EACCES" if "tcp" in has else "done",) * 2,
        *("EPERM" if "scope" in has else "done",) * 2,
    ]


def run(
    program: list[seccomp.Instruction], *, audit: int, number: int, arguments: list[int]
) -> int:
    """Return what a filter of classic BPF says of a call."""
    data = struct.pack("<iIQ6Q", number, audit, 0, *(arguments + [0] * 6)[:6])
    accumulator = at = 0
    while True:
        code, true, false, operand = program[at]
        if code == 0x06:
            return operand
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
            at += 1
            continue
        holds = {
            0x15: accumulator == operand,
            0x35: accumulator >= operand,
            0x45: bool(accumulator & operand),
        }[code]
        at += 1 + (true if holds else false)


ALLOW, KILL = 0x7FFF0000, 0x80000000
# Numbers of arm64 as its manual pages and headers have them.
ARM_REFUSED = {
    "mknodat": 33, "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38,
    "umount2": 39, "mount": 40, "truncate": 45, "ftruncate": 46, "chdir": 49, "chroot": 51, "fchmod": 52,
    "fchownat": 54, "pipe2": 59, "vmsplice": 75, "splice": 76, "utimensat": 88, "personality": 92,
    "unshare": 97, "kexec_load": 104, "init_module": 105, "ptrace": 117, "tkill": 130,
    "rt_sigqueueinfo": 138, "setpriority": 140, "setresuid": 147, "setgroups": 159, "setrlimit": 164,
    "prctl": 167, "shmget": 194, "socket": 198, "socketpair": 199, "bind": 200, "listen": 201,
    "accept": 202, "connect": 203, "add_key": 217, "keyctl": 219, "execve": 221,
    "rt_tgsigqueueinfo": 240, "perf_event_open": 241, "accept4": 242, "open_by_handle_at": 265,
    "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "seccomp": 277,
    "memfd_create": 279, "bpf": 280, "execveat": 281, "userfaultfd": 282,
}  # fmt: skip
ARM_ALLOWED = {
    "read": 63, "write": 64, "close": 57, "lseek": 62, "fstat": 80, "newfstatat": 79, "mmap": 222,
    "munmap": 215, "brk": 214, "mprotect": 226, "futex": 98, "exit_group": 94, "recvmsg": 212,
    "sendto": 206, "getdents64": 61, "readlinkat": 78, "getrandom": 278, "rt_sigaction": 134,
    "clock_gettime": 113, "getpid": 172, "faccessat": 48, "rt_sigreturn": 139, "madvise": 233,
}  # fmt: skip


def test_the_filter_of_the_other_processor() -> None:
    machine = seccomp.MACHINES["aarch64"]
    program = seccomp.program(machine, 77)
    assert len(program) < 4096

    def call(number: int, *arguments: int) -> int:
        return run(program, audit=0xC00000B7, number=number, arguments=list(arguments))

    def refused(number: int) -> int:
        return 0x00050000 | number

    assert {call(number) for number in ARM_ALLOWED.values()} == {ALLOW}
    assert {call(number) for number in ARM_REFUSED.values()} == {refused(errno.EPERM)}
    assert {call(number) for number in (424, 425, 435, 437, 999)} == {refused(errno.ENOSYS)}
    assert run(program, audit=0xC000003E, number=63, arguments=[]) == KILL  # x86-64
    assert run(program, audit=0x40000028, number=63, arguments=[]) == KILL  # 32-bit arm
    open_to = {flags: call(56, 0, 0, flags) for flags in (READ, os.O_CLOEXEC, WRITE, MAKE, EMPTY)}
    assert open_to == {
        READ: ALLOW,
        os.O_CLOEXEC: ALLOW,
        **{flags: refused(errno.EPERM) for flags in (WRITE, MAKE, EMPTY)},
    }
    assert call(220, 0x3D0F00) == ALLOW  # a thread, as glibc makes one
    assert call(220, 0x7D0F00) == ALLOW  # as musl does
    assert call(220, signal.SIGCHLD) == call(220, 0x40000000 | 0x3D0F00) == refused(errno.EPERM)
    assert (call(129, 77, 9), call(129, 78, 9)) == (ALLOW, refused(errno.EPERM))
    assert (call(261, 0, 9, 0, 1), call(261, 0, 9, 1, 0)) == (ALLOW, refused(errno.EPERM))
    assert call(261, 0, 9, 1 << 32, 0) == refused(errno.EPERM)
    assert call(29, 0, 0x5401) == refused(errno.ENOTTY)


def test_a_folder_to_import_from_that_is_anyones_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package/__init__.py", "documents/letter.txt", "site-packages/a.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    (tmp_path / "module.py").write_text("")
    (tmp_path / "keys.json").write_text("")
    (tmp_path / "site-packages/linked").symlink_to(tmp_path / "elsewhere")
    installed = tmp_path / "site-packages"
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(installed), str(tmp_path / "none.zip")])
    found = {place for place in places() if place.path.is_relative_to(tmp_path)}
    assert found == {
        Place(tmp_path, whole=False),
        *map(Place, (tmp_path / "package", tmp_path / "module.py", installed)),
        *map(Place, (installed / "linked", tmp_path / "elsewhere", tmp_path / "none.zip")),
    }


# --- where the kernel does not hold it all -------------------------------------------------------

LACKING = {
    "files: this kernel has no Landlock (Linux 5.13 and later have it)": (
        "from qa.corpus.sandbox.confinement import landlock; landlock._CREATE_RULESET = 4000; "
    ),
    f"system calls: there is no filter for this processor, {os.uname().machine}": (
        "from qa.corpus.sandbox.confinement import seccomp; seccomp.MACHINES.clear(); "
    ),
    "system calls: seccomp is refused here (Function not implemented)": (
        "from qa.corpus.sandbox.confinement import seccomp as s; "
        "s.MACHINES.update({name: m._replace(seccomp=4000) for name, m in s.MACHINES.items()}); "
    ),
    "there is no confinement by the kernel on plan9": "sys.platform = 'plan9'; ",
}


def lacking(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Let children start where the kernel lacks something."""
    started = sandbox._START.replace(
        "from qa.corpus.sandbox.worker", f"{change}from qa.corpus.sandbox.worker"
    )
    assert change in started
    monkeypatch.setattr(sandbox, "_START", started)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for name in "abc":
        (tmp_path / "docs" / f"{name}.csv").write_text("text\nThe harbour was dug in 1872.\n")
    return tmp_path / "docs"


@pytest.mark.parametrize("reason", LACKING)
def test_a_build_says_once_what_is_not_held(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    lacking(monkeypatch, LACKING[reason])
    monkeypatch.setattr(sandbox, "_FILES_EACH", 1)
    said: list[str] = []
    with Sandbox(Options(), said.append) as opened:
        for path in folder.iterdir():
            with path.open("rb") as file:
                assert [type(item) for item in opened.read(path.name, file)] == [Document]
    assert said == [
        f"the kernel does not confine the readers' process completely ({reason}): "
        "docs/security.md says what that means"
    ]


@pytest.mark.parametrize("reason", LACKING)
def test_what_is_demanded_and_not_held_ends_a_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    settings = Settings(index=str(folder.parent / "index"), reader_confinement="kernel")
    build_index([folder], settings, encoder=FakeEncoder(), calibrated=False)
    lacking(monkeypatch, LACKING[reason])
    (folder / "d.csv").write_text("text\nIt was filled in again.\n")
    with pytest.raises(ConfinementError) as refusal:
        build_index([folder], settings, encoder=FakeEncoder(), calibrated=False)
    assert reason in str(refusal.value)
    assert "reader_confinement" in str(refusal.value)
    assert refusal.value.exit_status == 2


def test_the_setting_alone_changes_nothing_that_was_read(folder: Path) -> None:
    index = str(folder.parent / "index")
    for confinement in ("best", "kernel"):
        settings = Settings(index=index, reader_confinement=confinement)
        report = build_index([folder], settings, encoder=FakeEncoder(), calibrated=False)
        assert report.changed is (confinement == "best")


def test_a_child_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_START", "raise SystemExit(1)")
    with pytest.raises(ConfinementError, match="does not start .crashed its reader."):
        Sandbox(Options(confinement="kernel")).__enter__()
    [reason] = confinement_here().missing
    assert "does not start" in reason


@pytest.mark.skipif(os.getuid() != 0, reason="whoever is not root has nothing to give up")
def test_root_that_may_not_become_nobody_gives_up_its_capabilities(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a container that took from root what it takes to end another user's process.
    lacking(
        monkeypatch,
        "import ctypes; from qa.corpus.sandbox.confinement import privileges as p; "
        "p.libc('capset', ctypes.byref(p._Header(p._CAPABILITIES_V3, 0)), ctypes.byref(p._sets(0))); ",
    )
    found = confinement_here()
    assert "root without its capabilities" in found.held
    assert found.missing == ()
    assert {type(item) for item in read_folders([folder], max_bytes=1000)} == {Document}


def test_status_shows_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = str(folder.parent / "index")
    build_index([folder], Settings(index=index), encoder=FakeEncoder(), calibrated=False)
    shown = CliRunner().invoke(cli, ["status", "--index", index])
    assert "The kernel confines the readers' process: " in shown.output
    assert "Landlock" in shown.output
    assert "not held" not in shown.output
    reason, change = next(iter(LACKING.items()))
    lacking(monkeypatch, change)
    shown = CliRunner().invoke(cli, ["status", "--index", index])
    assert f"  not held: {reason}\n" in shown.output
    found = json.loads(CliRunner().invoke(cli, ["status", "--index", index, "--json"]).output)
    assert found["confinement"]["missing"] == [reason]


ALONE = """
import os, sys
sys.path[0] = os.getcwd()  # the child is handed whole paths alone
from qa.corpus.sandbox import process as sandbox
from qa.corpus.reading import Options
from tests.corpus import natives
sandbox._START = natives.START
opened = sandbox.Sandbox(Options())
opened.start()
print(opened._child.pid, flush=True)
with open(sys.argv[1], "rb") as file:
    list(opened.read("a.stubborn", file))
"""


def test_it_ends_with_the_build(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    command = [sys.executable, "-c", ALONE, str(tmp_path / "file")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as build:
        assert build.stdout
        reader = Path("/proc", build.stdout.readline().strip())
        assert reader.exists()
        build.kill()
    # Whoever takes over its children takes a moment to bury it.
    for _ in range(100):
        if not reader.exists() or "State:\tZ" in (reader / "status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the reader's process goes on")
