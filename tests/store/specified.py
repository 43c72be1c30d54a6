"""A reader of indexes, written from the text of ``index/README.md`` alone, as a stranger would write one.

It knows nothing of the program: the standard library and NumPy's ``frombuffer`` are all that it uses.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import struct
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BLOCK = 65_536
CONTEXT = 255
FAISS_HEAD = struct.Struct("<4siqqqBiQ")
ENCODED_HEAD = struct.Struct("<16sIII")
ENCODED_MAGIC = b"qa encoded 1\n"


class SpecError(Exception):
    """Something is not as the specification says."""


def demand(holds: bool, what: str) -> None:
    """Raise SpecError unless something holds."""
    if not holds:
        raise SpecError(what)


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def json_of(data: bytes) -> Any:
    return json.loads(data.decode("ascii"))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def array_of(data: bytes, *, by_columns: bool = False) -> Any:
    """Return the array of an ``.npy`` file; whether it may lie by columns, as those of a model may."""
    demand(data[:8] == b"\x93NUMPY\x01\x00", "no array of NumPy's format 1.0")
    (length,) = struct.unpack_from("<H", data, 8)
    head = ast.literal_eval(data[10 : 10 + length].decode("ascii"))
    demand(set(head) == {"descr", "fortran_order", "shape"}, "another header")
    demand(by_columns or head["fortran_order"] is False, "an array by columns")
    descr = head["descr"]
    dtype = np.dtype(descr if isinstance(descr, str) else [tuple(field) for field in descr])
    demand(not dtype.hasobject, "an array of objects")
    body = data[10 + length :]
    demand(len(body) == math.prod(head["shape"]) * dtype.itemsize, "another size")
    if head["fortran_order"]:
        return np.frombuffer(body, dtype).reshape(head["shape"][::-1]).T
    return np.frombuffer(body, dtype).reshape(head["shape"])


class Passage(NamedTuple):
    """A passage: its id outside the store, its document's place, and its span."""

    source: str
    ordinal: int
    document: int
    start: int
    end: int
    text: str
    section: str | None
    sentences: tuple[tuple[int, int], ...]


class SpecifiedIndex:
    """The live generation of an index folder, every checksum verified."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = json_of((folder / "LIVE").read_bytes())
        known = {"format", "generations", "removed", "removed_sha256", "paths", "paths_sha256"}
        demand(not self.live.keys() - known, "a key of LIVE that is not known")
        demand(self.live["format"] == 4, "another version")
        self.removed = self.live.get("removed", [])
        if self.removed:
            demand(
                sha256("\n".join(self.removed).encode()) == self.live["removed_sha256"]
                and self.removed == sorted(self.removed),
                "another list of removed documents",
            )
        first = self.live["generations"][0]
        self.place = folder / "generations" / first["generation"]
        data = (self.place / "manifest.json").read_bytes()
        demand(sha256(data) == first["manifest_sha256"], "another manifest")
        self.manifest = json_of(data)
        self._files = {name: self._verified(name) for name in self.manifest["files"]}
        for name in ("texts.bin", "blocks.bin", "tokens.bin"):
            self._verify_blocks(name)
        self.documents = json_of(self._files["documents.json"])
        self.files = json_of(self._files["files.json"])
        self.sections = json_of(self._files["sections.json"])

    def _verified(self, name: str) -> bytes:
        data, told = (self.place / name).read_bytes(), self.manifest["files"][name]
        demand((len(data), sha256(data)) == (told["bytes"], told["sha256"]), f"another {name}")
        return data

    def _verify_blocks(self, name: str) -> None:
        data, sums = self._files[name], self._files[f"{name}.sums"]
        found = b"".join(
            hashlib.blake2b(data[at : at + BLOCK], digest_size=16).digest()
            for at in range(0, len(data), BLOCK)
        )
        demand(found == sums, f"other sums of {name}")

    # --- documents -----------------------------------------------------------------------------

    def text(self, place: int) -> str:
        """Return the text of the document at a place."""
        return text_of(self._files["texts.bin"][slice(*self.documents[place]["text_bytes"])])

    def layout(self, place: int) -> tuple[list[Any], list[Any]]:
        """Return the blocks and the places of the document at a place."""
        found = json_of(self._files["blocks.bin"][slice(*self.documents[place]["block_bytes"])])
        return (found, []) if isinstance(found, list) else (found["blocks"], found["places"])

    @cached_property
    def shown(self) -> list[int]:
        """The places of the documents that are not removed."""
        return [n for n, d in enumerate(self.documents) if d["id"] not in self.removed]

    # --- passages ------------------------------------------------------------------------------

    def array(self, name: str) -> Any:
        return array_of(self._files[name])

    def passages(self) -> Iterator[tuple[int, Passage]]:
        """Yield row and passage of each whose document is shown."""
        # Of each document its file's source and, of the first of a file, that counting begins anew.
        files = [(f["source"], n) for f in self.files for n in range(f["documents"])]
        table, spans = self.array("passages.npy"), self.array("sentences.npy")
        bounds = self.array("sentence_bounds.npy")
        ordinals: dict[str, int] = {}
        for row, one in enumerate(table):
            place, start, end = int(one["document"]), int(one["start"]), int(one["end"])
            source = files[place][0]
            ordinal = ordinals.get(source, 0)
            ordinals[source] = ordinal + 1
            if place not in self.shown:
                continue
            own = spans[bounds[row] : bounds[row + 1]].tolist()
            yield (
                row,
                Passage(
                    source=source,
                    ordinal=ordinal,
                    document=place,
                    start=start,
                    end=end,
                    text=self.text(place)[start:end],
                    section=None if one["section"] == -1 else self.sections[one["section"]],
                    sentences=tuple((start + a, start + b) for a, b in own),
                ),
            )

    def vectors(self) -> Any:
        """Return the passages' vectors, float32."""
        data = self._files["vectors.faiss"]
        kind, dimension, count, *reserved, trained, metric, floats = FAISS_HEAD.unpack_from(data)
        told = (self.manifest["dimension"], self.manifest["counts"]["passages"])
        demand(kind == b"IxFI" and (dimension, count) == told, "another index of vectors")
        demand(reserved == [1 << 20, 1 << 20] and (trained, metric) == (1, 0), "another head")
        demand(floats == dimension * count, "another number of floats")
        return np.frombuffer(data, "<f4", offset=45).reshape(count, dimension)

    # --- tokens --------------------------------------------------------------------------------

    def tokens(self, row: int) -> tuple[Any, Any, Any]:
        """Return codes, ids and numbers of sentences of a passage's tokens."""
        bounds, width = self.array("token_bounds.npy"), self.manifest["code_width"]
        first, last = int(bounds[row]), int(bounds[row + 1])
        codes = np.frombuffer(self._files["tokens.bin"], "u1").reshape(-1, width)
        ids, numbers = self.array("token_ids.npy"), self.array("token_sentences.npy")
        return codes[first:last], ids[first:last], numbers[first:last]

    def decoded(self, codes: Any) -> Any:
        """Return the vectors that tokens' codes stand for, by the model's arrays."""
        model = self.folder / "models" / self.manifest["fingerprint"]
        sums = (model / "manifest.json").read_bytes()
        demand(sha256(sums) == self.manifest["model_manifest"], "another model")
        mean, axes, steps = (
            array_of((model / f"codec.{name}.npy").read_bytes(), by_columns=True)
            for name in ("mean", "axes", "steps")
        )
        for name, told in json_of(sums).items():
            data = (model / name).read_bytes()
            demand((len(data), sha256(data)) == (told["bytes"], told["sha256"]), f"another {name}")
        width = self.manifest["code_width"]
        found = np.tile(mean.astype(np.float64), (len(codes), 1))
        for token, code in enumerate(codes.tolist()):
            for j, byte in enumerate(code):
                for part in range(4):
                    axis = part * width + j
                    level = byte >> (2 * part) & 3
                    found[token] += (level - 1.5) * steps[axis] * axes[axis]
        return found

    # --- terms ---------------------------------------------------------------------------------

    @cached_property
    def terms(self) -> list[str]:
        text = text_of(self._files["lexical_terms.txt"])
        return text.split("\n") if text else []

    def postings(self, term: str) -> list[tuple[int, int, float]]:
        """Return row, count and impact of each posting of a term."""
        starts, number = self.array("lexical_starts.npy"), self.terms.index(term)
        part = slice(int(starts[number]), int(starts[number + 1]))
        names = ("lexical_rows.npy", "lexical_counts.npy", "lexical_impacts.npy")
        return list(zip(*(self.array(name)[part].tolist() for name in names), strict=True))

    def impact(self, row: int, count: int, holders: int) -> float:
        """Return what BM25 makes of a posting."""
        lengths = self.array("lexical_lengths.npy").tolist()
        k1, b = self.manifest["bm25"]["k1"], self.manifest["bm25"]["b"]
        mean = sum(lengths) / len(lengths)
        rarity = math.log(1 + (len(lengths) - holders + 0.5) / (holders + 0.5))
        norm = k1 * (1 - b + b * lengths[row] / mean)
        return float(rarity * count * (k1 + 1) / (count + norm))

    def words(self) -> list[tuple[str, str, int]]:
        """Return word as folded, as written, and how often."""
        if "words.txt" not in self._files:
            return []
        lines = text_of(self._files["words.txt"]).split("\n")
        demand(lines.pop() == "", "a last line without its end")
        found = [line.split("\t") for line in lines]
        return [(word, written, int(times)) for word, written, times in found]

    # --- digests -------------------------------------------------------------------------------

    def corpus(self) -> str:
        """Return the digest of the recipe and the documents."""
        names = "model fingerprint dimension code_width vocabulary language bm25 settings".split()
        recipe = {name: self.manifest[name] for name in names}
        digests = "".join(document["digest"] for document in self.documents)
        return sha256((sha256(json.dumps(recipe, sort_keys=True).encode()) + digests).encode())


def document_id(source: str) -> str:
    return "d" + sha256(f"document\x1f{source}".encode("utf-8", "surrogatepass"))[:16]


def encoded(data: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the records of ``.encoded``, up to the first that is not whole."""
    demand(data.startswith(ENCODED_MAGIC), "another beginning")
    at = len(ENCODED_MAGIC)
    while at + ENCODED_HEAD.size <= len(data):
        key, dimension, tokens, width = ENCODED_HEAD.unpack_from(data, at)
        sizes = (4 * dimension, tokens * width, 4 * tokens, tokens)
        end = at + ENCODED_HEAD.size + sum(sizes)
        if hashlib.blake2b(data[at:end], digest_size=16).digest() != data[end : end + 16]:
            return
        ends = [at + ENCODED_HEAD.size + sum(sizes[:n]) for n in range(5)]
        parts = [data[one:other] for one, other in zip(ends, ends[1:], strict=False)]
        yield {
            "key": key,
            "vector": np.frombuffer(parts[0], "<f4"),
            "codes": np.frombuffer(parts[1], "u1").reshape(tokens, width),
            "ids": np.frombuffer(parts[2], "<u4"),
            "sentences": np.frombuffer(parts[3], "u1"),
        }
        at = end + 16


def confidence(curve: Mapping[str, float], support: float, reading: float) -> float:
    bounded = min(max(reading, -8.0), 8.0)
    slope = support * curve["support"] + bounded * curve["reading"] + curve["intercept"]
    return 1 / (1 + math.exp(-slope))


__all__ = ["SpecError", "SpecifiedIndex", "array_of", "confidence", "document_id", "encoded"]
