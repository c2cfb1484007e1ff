# Guibin: `make up` runs it, `make test` tests it. Needs Python 3.11 or later, make and git.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What the pages bring along, and with it all that running and testing needs.
ASSETS := core/guibin/console/_assets/manifest.json
READY := $(STAMP) $(ASSETS)
PYTEST_ARGS ?=
MUTATE_ARGS ?=
FUZZ_SECONDS ?= 420
BENCH_ARGS ?=
# What the product is measured beside, in an environment of its own.
PEERS := .guibin/peers/.installed
# Whole runs also write down which tests touch what, for `make mutate`. With `=`: pytest takes a path that exists for a test.
WHOLE := -n 2 --dist worksteal --touches=.guibin/mutate/touches.json

.PHONY: help assets up test pages pictures test-without-packs mutate check format lock bench bench-jobs docs fuzz client house cells slow clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 28

up: $(READY) ## Run the product on its embedded servers; Ctrl-C stops everything
	@exec $(BIN)/guibin up

test: $(READY) ## Run all tests; PYTEST_ARGS="tests/core -k sla" passes arguments on
	@$(BIN)/pytest $(if $(PYTEST_ARGS),$(PYTEST_ARGS),$(WHOLE))

pages: $(READY) ## Go through the pages in a real browser (Debian's chromium-headless-shell, else skipped)
	@$(BIN)/pytest -m browser tests/console $(PYTEST_ARGS)

pictures: $(READY) ## Write pictures of every page to .guibin/pictures, for people to look at, those of the handbook to docs/pictures
	@$(BIN)/pytest -m pictures tests/console
	@echo "see .guibin/pictures"

test-without-packs: $(READY) ## Run the core's whole suite with no pack installed
	@$(BIN)/pytest --without-packs $(if $(PYTEST_ARGS),$(PYTEST_ARGS),$(WHOLE))

mutate: $(READY) ## Take out every rule, one by one: a test must notice; MUTATE_ARGS="--changed", "wall reception" or "--help"
	@PYTHONPATH=tests/support $(BIN)/python -m mutating $(MUTATE_ARGS)

check: $(STAMP) ## Lint, format, types, layers, texts that can be read
	@echo "ruff:" && $(BIN)/ruff check .
	@echo "format:" && $(BIN)/ruff format --check .
	@echo "mypy:" && $(BIN)/mypy
	@echo "layers:" && $(BIN)/lint-imports
	@echo "texts:" && git ls-files '*.toml' | $(BIN)/python -c 'import sys, tomllib; [tomllib.loads(open(name.strip(), encoding="utf-8").read()) for name in sys.stdin]' && echo "every TOML file can be read"

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(READY) $(PEERS) ## Measure every figure that has an aim, beside its peers; BENCH_ARGS="requests idle", "--quick", "--keep"
	@$(BIN)/python benchmarks/figures.py $(BENCH_ARGS)

bench-jobs: $(READY) ## Measure the ledger beside plain arq, claims, and how late deadlines fire
	@$(BIN)/python benchmarks/jobs.py

docs: $(READY) ## Write docs/rules and docs/rooms.md anew from the sources
	@$(BIN)/guibin rules write docs/rules
	@$(BIN)/python benchmarks/house.py --picture docs/rooms.md

fuzz: $(READY) ## Ask a running API whatever its document allows and forbids, as two companies; FUZZ_SECONDS=240
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python tests/fuzz

client: $(READY) ## Write guibin-client, a typed Python client of the API, to clients/python/guibin-client
	@$(BIN)/python clients/python/make.py

house: $(STAMP) ## Measure the shape of the code: rooms, circles, arguments, reaches into other rooms' tables
	@$(BIN)/python benchmarks/house.py

cells: $(READY) ## Run the tests of companies on several PostgreSQL servers, one moved from one to another while it is served
	@$(BIN)/pytest -m cells tests/cells $(if $(PYTEST_ARGS),$(PYTEST_ARGS),-n 2 --dist worksteal)

slow: $(READY) ## Run the tests that take long: a million deadlines, a simulated year
	@$(BIN)/pytest -m slow

lock: $(STAMP) ## Pin the dependencies anew, with hashes and without any address
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras \
		--extra dev -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras \
		-o benchmarks/peers/requirements.lock benchmarks/peers/requirements.in
	@# pip wants what is asked for with an extra by one and without by another pinned both ways.
	@$(BIN)/python -c 'import re, pathlib; locks = map(pathlib.Path, ("requirements.lock", "benchmarks/peers/requirements.lock")); [lock.write_text(re.sub(r"(?m)^([a-z0-9-]+)\[[a-z,-]+\](==.*(?:\n    .*)+)", r"\1\2\n\g<0>", lock.read_text())) for lock in locks]'
	@echo "requirements.lock and benchmarks/peers/requirements.lock are written"

$(PEERS): benchmarks/peers/requirements.lock
	@echo "Installing what the product is compared with, apart from it …"
	@$(PYTHON) -m venv .guibin/peers
	@.guibin/peers/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r benchmarks/peers/requirements.lock
	@touch $@

clean: ## Remove the virtual environment; data under .guibin stays
	@rm -rf $(VENV)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Guibin needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "Creating the virtual environment in $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the pinned dependencies (about a minute) …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock || \
		{ echo "The dependencies could not be installed: see the lines above (is a package registry reachable?)"; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . || \
		{ echo "Guibin itself could not be installed: see the lines above"; exit 1; }
	@touch $(STAMP)

assets: $(ASSETS) ## Make the pages' sheet, scripts and icons (npm, or Node in an environment of its own)

$(ASSETS): assets/build.py assets/icons.txt assets/package-lock.json $(wildcard assets/src/*)
	@echo "Making the console's assets …"
	@$(PYTHON) assets/build.py
