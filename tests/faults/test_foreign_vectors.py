"""Files of vectors that somebody made on purpose, with checksums that fit: refused, or read as they are."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import ROOT, Build
from tests.store.forge import live_folder

pytestmark = pytest.mark.slow

# Where FAISS's write_index puts what, before the vectors: read off its source and written down here
# a second time.
FIELDS = {
    "fourcc": (0, 4), "dimension": (4, 4), "count": (8, 8), "reserved": (16, 8),
    "reserved too": (24, 8), "trained": (32, 1), "metric": (33, 4), "floats": (37, 8),
}  # fmt: skip
HEAD = 45
FOURCCS = """
    IxF2 IxFl IxFI IxHe IxPQ IxPo IxPq IxLS IxRQ IxLo IxSQ IxS8 IvFl IvFL IwFl IwFd IvPQ IvQR IwPQ IwQR IwSQ IwSq
    IvSQ IwLS IwRQ IxPT IxRF IxMp IxM2 IHNf IHNp IHNs IHN2 IHNc INSf INSp INSs INNf IPfs IwPf IRfs ImPf ImLf
    IVRQ IBxF IBwF IBHf IBHh IBMp IBM2 IxRb IwRb IxNS IwIQ Iwrf nuls ilar sqbs
""".split()
MB = 1_000_000

# Everything is imported before the fork, and no thread runs: each case is a process of its own that
# opens an index as a service does, within 50 MB more than it has.
_OPENER = """
import json, os, resource, sys
from pathlib import Path
import numpy as np
from qa.errors import IndexUnusableError
from qa.store import IndexFolder
from tests.store.forge import live_folder, seal

def attempt(index, data, expected):
    try:
        generation = IndexFolder(index).open().generation
    except IndexUnusableError as error:
        return f"refused {error.message}"
    vectors = generation.dense.vectors
    floats = np.frombuffer(data[45:], "<f4").reshape(expected)
    if not np.array_equal(vectors, floats):
        return "wrong vectors"
    for row in range(len(floats)):
        best = int(np.argmax(floats @ floats[row]))
        if generation.dense.search(floats[row], 1).tolist() != [best]:
            return "wrong answer"
    return "right"

index, cases, expected = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
file = live_folder(index) / "vectors.faiss"
for case in sorted(cases.iterdir()):
    data = case.read_bytes()
    file.write_bytes(data)
    seal(index, file.name)
    said, told = os.pipe()
    child = os.fork()
    if child == 0:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 50_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        try:
            outcome = attempt(index, data, expected)
        except BaseException as error:
            outcome = f"raised {type(error).__name__} {error}"
        os.write(told, outcome.encode()[:2000])
        os._exit(0)
    os.close(told)
    with os.fdopen(said, "rb") as pipe:
        outcome = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([case.name, outcome if status == 0 else f"ended with {status}"]), flush=True)
"""


def changed(data: bytes, offset: int, new: bytes) -> bytes:
    return data[:offset] + new + data[offset + len(new) :]


def others(vectors: NDArray[np.float32]) -> Iterator[tuple[str, bytes]]:
    """Yield files of other indexes, as FAISS itself writes them."""
    rows, dimension = vectors.shape
    inverted = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, 2)
    inverted.cp.min_points_per_centroid = 1  # else it complains, on stderr
    for name, index in (
        ("L2", faiss.IndexFlatL2(dimension)),
        ("HNSW", faiss.IndexHNSWFlat(dimension, 4, faiss.METRIC_INNER_PRODUCT)),
        ("SQ", faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit)),
        ("LSH", faiss.IndexLSH(dimension, 16)),
        ("IDMap", faiss.IndexIDMap(faiss.IndexFlatIP(dimension))),
        ("IVF", inverted),
        ("Refine", faiss.IndexRefineFlat(faiss.IndexFlatIP(dimension))),
        ("Transform", faiss.IndexPreTransform(faiss.IndexFlatIP(dimension))),
    ):
        if not index.is_trained:
            index.train(vectors)
        if name == "IDMap":
            index.add_with_ids(vectors, np.arange(rows))
        else:
            index.add(vectors)
        yield f"other {name}", bytes(faiss.serialize_index(index))


def mutations(data: bytes, rows: int, dimension: int) -> Iterator[tuple[str, bytes]]:
    """Yield several hundred files that are not the one that was written."""
    chance = random.Random(11)
    for bit in range(HEAD * 8):
        yield f"bit {bit}", changed(data, bit // 8, bytes([data[bit // 8] ^ 1 << bit % 8]))
    for name, (offset, size) in FIELDS.items():
        most = 1 << 8 * size
        own = int.from_bytes(data[offset : offset + size], "little")
        values = {
            0,
            1,
            most - 1,
            most // 2,
            most // 2 - 1,
            own + 1,
            own - 1,
            own * 2,
            1 << 20,
            1 << 31,
        }
        values |= {1 << 33, 1 << 40, 1 << 62, *(chance.randrange(most) for _ in range(4))}
        for value in sorted({value % most for value in values} - {own}):
            yield f"{name} {value}", changed(data, offset, value.to_bytes(size, "little"))
    for fourcc in FOURCCS:
        if fourcc != "IxFI":
            yield f"fourcc {fourcc}", changed(data, 0, fourcc.encode())
    for length in {0, 1, 3, 4, 8, 37, 44, 45, 46, len(data) - 1, len(data) - 4, len(data) // 2}:
        yield f"cut at {length}", data[:length]
    for more in (1, 4, 4 * dimension, MB):
        yield f"{more} more", data + bytes(more)
    # Numbers that fit each other, and not the file, the passages or the manifest.
    for total, wide in ((rows * 2, dimension), (1 << 40, dimension), (rows, 1 << 30), (1 << 31, 1 << 30),
                        (dimension, rows), (1, rows * dimension), (0, dimension), (-1, -1)):  # fmt: skip
        head = struct.pack("<iq", wide, total)
        floats = struct.pack("<Q", total * wide % (1 << 64))
        yield f"{total} of {wide}", changed(changed(data, 4, head), 37, floats)
        yield f"only {total} of {wide}", changed(changed(data, 4, head), 37, floats)[:HEAD]
    for value in (np.nan, np.inf, -np.inf, 0.0, 2.0, 3e38):
        one = np.full(dimension, value, "<f4").tobytes()
        yield f"a vector of {value}", changed(data, HEAD + 4 * dimension, one)
    for number in range(30):
        yield f"random {number}", chance.randbytes(chance.choice([10, HEAD, 200, len(data)]))
        yield f"random tail {number}", data[:4] + chance.randbytes(len(data) - 4)


@pytest.fixture
def index(archive: Path, tmp_path: Path, build: Build) -> Path:
    build(archive, tmp_path / "index")
    return tmp_path / "index"


def test_a_file_made_on_purpose_is_refused_or_read_as_it_is(index: Path, tmp_path: Path) -> None:
    data = (live_folder(index) / "vectors.faiss").read_bytes()
    dimension, rows = struct.unpack_from("<iq", data, 4)
    vectors = np.frombuffer(data[HEAD:], "<f4").reshape(rows, dimension)
    turned = np.ascontiguousarray(vectors[::-1])
    made = {"itself": data, "others in turn": data[:HEAD] + turned.tobytes()}
    wrong = {**dict(mutations(data, rows, dimension)), **dict(others(vectors))}
    assert len(wrong) >= 500
    cases = tmp_path / "cases"
    cases.mkdir()
    names = {f"{number:04}": name for number, name in enumerate([*made, *wrong])}
    for number, name in names.items():
        (cases / number).write_bytes({**wrong, **made}[name])
    done = subprocess.run(
        [sys.executable, "-c", _OPENER, str(index), str(cases), json.dumps([rows, dimension])],
        cwd=ROOT, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcomes = {names[number]: said for number, said in map(json.loads, done.stdout.splitlines())}
    assert outcomes.keys() == {*made, *wrong}
    assert {outcomes.pop(name) for name in made} == {"right"}
    refused = "refused the file of the vectors is not what was written", "refused the vectors are "
    bad = {name: said for name, said in outcomes.items() if not said.startswith(refused)}
    assert bad == {}
    assert done.stderr == ""
