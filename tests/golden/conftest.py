"""The option that writes the golden files anew; see README.md."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-golden", action="store_true", help="write the golden files anew; see the README"
    )


@pytest.fixture
def write_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    # pytest knows the option only where this folder, or a file of it, is named on the command line.
    return bool(request.config.getoption("--write-golden", default=False))
