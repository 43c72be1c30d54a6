"""How well documents are read: the figures of each labelled set beside this script, and its floors.

    python eval/documents/measure.py              every set
    python eval/documents/measure.py dates        this one

A set is a module beside this script with ``measure()``, which returns its figures by name, and
``FLOORS``, what the figures of the same names must reach. The exit status is 1 where one does not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent


def main(names: Sequence[str]) -> int:
    """Print the figures of the sets, all of them where none is named."""
    known = sorted(path.stem for path in HERE.glob("*.py") if path != Path(__file__))
    held = True
    for name in names or known:
        if name not in known:
            print(f"no set {name}: one of {', '.join(known)}", file=sys.stderr)
            return 2
        module = _module(name)
        if not hasattr(module, "measure"):
            continue
        figures = module.measure()
        for figure in sorted({*figures, *module.FLOORS}):
            value, floor = figures.get(figure), module.FLOORS.get(figure)
            reached = floor is None or (value is not None and value >= floor)
            held &= reached
            shown = "missing" if value is None else f"{value:.3f}"
            beside = (
                "" if floor is None else f"  floor {floor:.3f}{'' if reached else '  not held'}"
            )
            print(f"{name:16} {figure:28} {shown:>8}{beside}")
    return 0 if held else 1


def _module(name: str) -> ModuleType:
    """Return a module beside this script, whatever else bears its name."""
    spec = spec_from_file_location(f"documents_{name}", HERE / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
