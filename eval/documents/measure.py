"""How well documents are read: each labelled set's figures beside their floors.

    python eval/documents/measure.py [SET ...]    exit status 1 where a figure is below its floor

A set is a module beside this file with ``measure() -> dict[str, float]`` and ``FLOORS``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Print the figures of these sets, of all where none is named."""
    sys.path.insert(0, str(HERE))
    low = False
    for name in names or sorted(file.stem for file in HERE.glob("*.py")):
        module = import_module(name)
        if not hasattr(module, "FLOORS"):
            continue
        for figure, value in module.measure().items():
            floor = module.FLOORS.get(figure)
            low = low or (floor is not None and value < floor)
            print(f"{name:16} {figure:32} {value:.3f}   floor {floor if floor else 'none'}")
    return int(low)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
