# make run, make test and make install work on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# If it is set, each process compiles again what it imports; so it is removed here.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run compiled test fast abuse faults install lint wheel clean

run: install
	@test -e index/default/LIVE || $(BIN)/qa build
	$(BIN)/qa serve --port $(PORT)

# On every processor, a file of tests on one; in their order, so that the long ones do not come last.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# A reader's process writes no bytecode: it would compile the package again each time.
compiled: install
	$(BIN)/python -m compileall -q qa

test: compiled lint
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# The tests of a moment each: without the real model, a browser, OCR, a new environment, and without those that
# start processes, build again and again, or read megabytes.
fast: compiled
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not model and not browser and not ocr and not install"

# At least 10,000 requests made up from the description of the interface; minutes.
abuse: install
	ABUSE_EXAMPLES=800 $(BIN)/python -m pytest tests/faults/test_description.py

# Builds killed at random a thousand times, a thousand judgements kept by processes that are killed, a thousand
# generations that take over, connections that mean no good, a minute of each kind, files of every format damaged
# thousands of times, services and builders over a bucket; more than an hour.
faults: install
	KILLS=1000 JUDGEMENTS=1000 SWAPS=1000 CONNECTION_SECONDS=60 DAMAGES=100 \
	  REMOTE_SERVICES=3 REMOTE_SWAPS=200 REMOTE_KILLS=50 RAY_CLUSTER=1 \
	  $(BIN)/python -m pytest -s -o faulthandler_timeout=0 \
	  tests/faults/test_store_faults.py tests/faults/test_judgements.py tests/faults/test_swaps.py tests/faults/test_connections.py \
	  tests/faults/test_large_answers.py tests/faults/test_damaged_files.py tests/faults/test_remote_faults.py tests/faults/test_ray_cluster.py

# What pipx, uvx and pip install, without its libraries: docs/deploy.md.
wheel: install
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: .venv/installed

# An old pip takes minutes to resolve: the newest comes first. The constraints name a version for
# everything; torch's is one that has a build for processors without a GPU. pip would compile all that it installs;
# Python compiles what is imported, where it may write. A reader's process never writes, so the libraries that it
# alone imports are compiled here.
PIP := $(BIN)/python -m pip install --quiet --no-compile
READERS := PIL babel certifi charset_normalizer chardet courlan dateutil htmldate justext lxml lxml_html_clean \
  markdown_it mdurl pypdfium2 pypdfium2_cfg pypdfium2_raw python_calamine six.py tld trafilatura urllib3 yaml

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	$(PIP) --constraint constraints.txt torch
	$(PIP) --constraint constraints.txt --editable '.[test]'
	here=$$PWD; cd "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" && \
	  "$$here/$(BIN)/python" -m compileall -q $(READERS) || true
	touch $@

clean:
	rm -rf .venv index/default
