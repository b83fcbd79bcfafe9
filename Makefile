# Samnod's commands. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# Two test processes: the size of a small machine. DEEP holds pytest options for the long tests.
WORKERS ?= 2
DEEP ?=

# Compiled modules are kept even where the environment says otherwise: without them every start takes seconds more.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# The files name every package with its hash, so pip has nothing to resolve; `make check` asks whether that is so.
INSTALL := $(PIP) install --require-hashes --no-deps
VENDORED := web/static/vendor/.complete
SPECTRAL := tests/spectral/node_modules/.complete

.PHONY: help setup setup-dev assets spectral run nodes test check test-deep bench fmt lock

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed assets ## Make the environment and fetch the front-end files; nothing is served

run: setup ## Set up, migrate, load the demo once, and serve on HOST:PORT (127.0.0.1:8000)
	@exec $(BIN)/samnod serve --prepare --host $(HOST) --port $(PORT)

nodes: setup ## Start three nodes on PORT+1..3 that split the demo, let them sync, and show that they agree
	@exec $(BIN)/samnod nodes --port $$(($(PORT) + 1))

test: check ## Style, types, and the tests on SQLite, in the browser and, a quarter of them each time, on PostgreSQL
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile -m "not deep"

check: setup-dev ## Style and types only
	@$(PIP) check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-deep: setup-dev ## The long tests, and all on PostgreSQL; DEEP="--deep-sample 5 --deep-seed 7" runs five of them
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile -m "deep or fault" $(DEEP)

bench: setup-dev ## Measure matching quality and speed; writes JSON to benchmarks/results
	$(BIN)/python -m benchmarks

fmt: setup-dev ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup-dev ## Pin the newest allowed packages: requirements*.txt and package-lock.json files
	$(PIP) install uv
	$(BIN)/uv pip compile $(LOCK) -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt
	npm install --package-lock-only
	cd tests/spectral && npm install --package-lock-only
LOCK := pyproject.toml --quiet --upgrade --universal --generate-hashes --python-version 3.11 --extra build \
	--no-header --no-emit-index-url --no-emit-find-links

# Each file below is a stamp: it is newer than what it was made from, so a second start has nothing to do.

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Samnod needs Python 3.11 or newer. If another one is installed, name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/pyvenv.cfg requirements.txt pyproject.toml
	$(INSTALL) -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

setup-dev: setup .venv/installed-dev spectral

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# The front-end files are a convenience, except in CI: without npm the pages link the CDN, with the same hashes.
assets: .venv/pyvenv.cfg
	@if command -v npm >/dev/null || [ "$$CI" = true ]; then $(MAKE) --silent $(VENDORED); \
	else echo "npm is not installed: pages will link htmx and the design system from their CDN."; fi

$(VENDORED): package.json package-lock.json web/assets.json web/vendor.py
	npm ci --ignore-scripts --loglevel error
	$(BIN)/python web/vendor.py
	@touch $@

# The linter of the API's document. Without npm its tests fail, and say so: nothing but they needs it.
spectral:
	@if command -v npm >/dev/null || [ "$$CI" = true ]; then $(MAKE) --silent $(SPECTRAL); \
	else echo "npm is not installed: the tests of the OpenAPI document's rules will fail."; fi

$(SPECTRAL): tests/spectral/package.json tests/spectral/package-lock.json
	cd tests/spectral && npm ci --ignore-scripts --loglevel error
	@touch $@
