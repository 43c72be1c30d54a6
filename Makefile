# make run, make test and make install work on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: run test fast install lint clean

run: install
	@test -e index/default/LIVE || $(BIN)/qa build
	$(BIN)/qa serve --port $(PORT)

test: install lint
	$(BIN)/python -m pytest

# The tests that need neither the real model nor a browser.
fast: install
	$(BIN)/python -m pytest -m "not model and not browser"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: .venv/installed

# An old pip takes minutes to resolve: the newest comes first. The constraints name a version for
# everything; torch's is one that has a build for processors without a GPU.
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf .venv index/default
