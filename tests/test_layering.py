"""Who may import whom, and what: read from the syntax trees, so that no import can hide in a function."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "qa"
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Each room may import those of the levels above it; within a level the room's own order holds.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("text", "arrays", "errors", "records", "runtime"),
    ("facets", "settings"),
    ("asking", "corpus", "encode", "read", "store"),
    ("search",),
    ("build",),
    ("engine",),
    ("present", "service", "evaluate"),
    ("mcp", "integrations", "judging"),
    ("api",),
    ("cli",),
)
# What keeps a build out of the way of asking: imported where it is called. What asking loads indeed is
# told by tests/test_asking_is_light.py.
_LAZY = {("engine", "build")}

# Who may import a library that is heavy, that guards a seam, or that could be swapped.
KEEPERS: Mapping[str, tuple[str, ...]] = {
    "faiss": ("store/files/",),
    "lancedb": ("store/lance/",),
    "pyarrow": ("store/lance/",),
    "torch": ("encode/torch_backend.py",),
    "sentence_transformers": ("encode/torch_backend.py",),
    "transformers": (),
    "onnxruntime": ("encode/onnx.py", "encode/torch_backend.py", "read/onnx.py", "runtime.py"),
    "tokenizers": ("encode/", "read/onnx.py"),
    "fastapi": ("api/",),
    "starlette": ("api/",),
    "pydantic": ("api/", "mcp/", "present/shapes.py", "present/wire.py"),
    "mcp": ("mcp/",),
    "langchain_core": ("integrations/langchain.py",),
    "llama_index": ("integrations/llama_index.py",),
    "uvicorn": ("cli/", "api/"),
    "click": ("cli/"),
    "rich": ("cli/",),
    "sentencex": ("text/sentences.py",),
    "markdown_it": ("corpus/",),
    "yaml": ("corpus/",),
    "lxml": ("corpus/",),
    "chardet": ("corpus/legacy.py",),
    "charset_normalizer": (),
    "trafilatura": ("corpus/formats/html/main.py",),
    "htmldate": ("corpus/formats/html/about.py",),
    "pypdfium2": ("corpus/formats/pdf/",),
    "PIL": ("corpus/formats/images.py",),
    "python_calamine": ("corpus/formats/sheets.py",),
    "Stemmer": ("text/analysis.py",),
    "rapidfuzz": ("store/files/words.py",),
    "ir_measures": ("evaluate/",),
    "prometheus_client": ("api/metrics.py",),
    "scipy": ("evaluate/significance.py",),
    "ray": ("build/workers/cluster.py",),
    "sklearn": (),
    # Formats that run what they read.
    "pickle": (),
    "marshal": (),
    "shelve": (),
    "dill": (),
    "joblib": (),
    "cloudpickle": (),
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text("utf-8"))


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(module)))


@cache
def imports(module: str) -> frozenset[str]:
    """Return the full name of everything that a module imports, at any depth of it."""
    found: set[str] = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def room(module: str) -> str:
    """Return the room of a module: "encode" for "encode/onnx.py"."""
    name = module.split("/")[0].removesuffix(".py")
    return "cli" if name == "__main__" else name


def rooms_imported(module: str) -> set[str]:
    names = [name.split(".") for name in imports(module)]
    found = {name[1] for name in names if name[0] == "qa" and len(name) > 1}
    return found - {"__version__", room(module)}


def test_every_room_has_its_level() -> None:
    listed = [name for level in LEVELS for name in level]
    assert len(listed) == len(set(listed))
    assert {room(module) for module in MODULES} - {"__init__"} == set(listed)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    above: set[str] = set()
    for level in LEVELS:
        if room(module) in level:
            break
        above.update(level)
    assert rooms_imported(module) <= above


def test_what_asking_does_not_need_is_imported_late() -> None:
    for importer, imported in _LAZY:
        module = f"{importer}.py"
        assert imported in rooms_imported(module)
        at_the_top = [
            ast.unparse(node)
            for node in tree(module).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert [line for line in at_the_top if f"qa.{imported}" in line] == []


@pytest.mark.parametrize("library", KEEPERS)
def test_libraries_have_keepers(library: str) -> None:
    users = [m for m in MODULES if any(name.split(".")[0] == library for name in imports(m))]
    assert [user for user in users if not user.startswith(KEEPERS[library] or ("nobody",))] == []


def uses(module: str, wanted: str) -> bool:
    """Whether a module names ``wanted``, as an attribute, a name or an import."""
    return any(
        wanted
        in (getattr(node, "attr", None), getattr(node, "id", None), getattr(node, "name", None))
        for node in nodes(module)
    )


def test_only_the_settings_read_the_environment() -> None:
    # These set variables for the libraries that they, or others after them, are about to import.
    others = {"__init__.py", "encode/torch_backend.py", "build/workers/cluster.py"}
    for word in ("environ", "environb", "getenv", "putenv"):
        users = {module for module in MODULES if uses(module, word)}
        assert users <= {"settings.py", *others}
    for node in (node for module in others for node in nodes(module)):
        if isinstance(node, ast.Attribute) and node.attr == "get":
            assert "environ" not in ast.dump(node.value)


def test_nothing_is_run_that_was_read() -> None:
    for module in MODULES:
        for node in nodes(module):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            options = {option.arg: ast.unparse(option.value) for option in node.keywords}
            assert called not in ("eval", "exec", "compile", "__import__", "os.system"), module
            if called in ("np.load", "np.save", "numpy.load", "numpy.save"):
                assert options.get("allow_pickle") == "False", module
            if called == "yaml.load":
                assert ast.unparse(node.args[1]) == "yaml.BaseLoader", module
            assert not called.startswith("yaml.") or called == "yaml.load", module
            assert options.get("trust_remote_code", "False") == "False", module
            assert options.get("shell", "False") == "False", module


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("qa", "Engine Filters Question __version__"),
        ("qa.integrations.langchain", "ArchiveRetriever"),
        ("qa.integrations.llama_index", "ArchiveRetriever"),
        (
            "qa.corpus",
            "READERS Confinement FolderReader Found Options Reading Skipped Stamp confinement_here"
            " extract_html holds_any read_document read_folders reader_versions scan stamps",
        ),
        ("qa.encode", "Encoded Encoder Piece Projected TokenCodec"),
        (
            "qa.store",
            "CONTEXT Bm25 Building Candidates Checked DocumentEntry Draft EncodedPassage Facts Fault Fetched FileIndex"
            " FileRecord Generation GenerationState GenerationWriter Index IndexFolder IndexState Journal Live"
            " NearWord Opened Pointer Previous PurgeReport Query Recipe Sampled Spans Spellings Statistics Store"
            " StoredPassage TokenCodes document_digest folder_of kept_here open_index",
        ),
        ("qa.build.builder", "Accept BuildReport Judge Progress Silent build_index"),
        ("qa.engine", "Engine"),
        ("qa.api", "create_app"),
    ],
)
def test_the_public_surface(module: str, names: str) -> None:
    found = importlib.import_module(module)
    assert found.__all__ == names.split()
    assert all(hasattr(found, name) for name in found.__all__)


def test_no_file_is_a_drawer_for_everything() -> None:
    assert not {"utils", "util", "helpers", "misc", "common"} & {
        part.removesuffix(".py") for module in MODULES for part in module.split("/")
    }
    assert max(len((PACKAGE / module).read_text().splitlines()) for module in MODULES) < 600
