# Needs Python >= 3.11, make and git; everything else is installed into .venv from the lock files.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" pyproject.toml
READERS_LOCK = $(subst pyproject.toml,tests/readers/requirements.in,$(LOCK)) --output-file tests/readers/requirements.lock
ENGINES_LOCK = $(subst pyproject.toml,tests/engines/requirements.in,$(LOCK)) --output-file tests/engines/requirements.lock
RUN := --extra serve
DEV := $(RUN) --extra azure --extra dagster --extra delta --extra notify --extra postgres --extra sqlalchemy --group dev
HISTORIES ?= 1000
BENCH ?=
HISTORY_SEED ?= $(shell date +%s)
NIGHTS ?= 30
NIGHT_SEED ?= 1
KILLS ?= 200
FUZZ_SECONDS ?= 3600
FUZZ_SEED ?= $(shell date +%s)
KILL_SEED ?= 1
KEPT := $(wildcard tests/property/test_kept_*.py)
# The suite has two parts, so that the one that shows what a sync does takes a coffee; CI runs both.
WIDE := tests/readers tests/engines $(addprefix tests/e2e/,destinations dlt_source one_client orchestration publish uploads v1) \
	$(wildcard tests/e2e/test_serve*.py) $(addprefix tests/e2e/test_,budget.py copies.py looks.py notify.py ordinary_views.py \
	page_in_chromium.py published_views.py renamed_tenants.py report.py)
PLAYED := test_histories.py $(notdir $(KEPT)) test_kills.py test_nights.py test_planted_bugs.py
export PYTHONDONTWRITEBYTECODE :=  # hundreds of processes: what one of them has compiled is there for all

.PHONY: help demo test test-wide test-long test-fast check locked format docs site lock readers engines oracle nights kills fuzz bench clean
.DEFAULT_GOAL := help

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run.ok: requirements.lock pyproject.toml
	@test -x $(BIN)/python || { echo "Setting up $(VENV) (once) ..."; $(PYTHON) -m venv $(VENV); }
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements-dev.lock $(VENV)/run.ok
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/run.ok  ## start a local Aleta, sync it, and show what is in the warehouse
	@$(BIN)/aleta-sync demo

test: $(VENV)/dev.ok  ## run the test suite: what a sync does, under eight minutes on two cores
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m "not long" $(addprefix --ignore=,$(WIDE))

test-wide: $(VENV)/dev.ok  ## run its other part, what is around a sync: other destinations and tracks, copies, pages, servers, the dlt source
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m "not long" $(WIDE)

test-long: $(VENV)/dev.ok  ## run what plays at length: every kind of fault, kill, destination and planted bug
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m long

test-fast: $(VENV)/dev.ok  ## unit and property tests for the edit loop, a minute on two cores; plays no histories
	@DEEP=0.2 FUZZ_SECONDS=1 $(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not long and not slow" tests/unit tests/property $(addprefix --ignore=tests/property/,$(PLAYED))

check: $(VENV)/dev.ok  ## format, lint, types, layers, lock files, the site, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory locked site
	$(BIN)/python -m pytest -n 3 --dist worksteal

locked: $(VENV)/dev.ok  ## see that the lock files say what pyproject.toml asks for
	@cp requirements.lock $(VENV)/run.lock && $(LOCK) $(RUN) --output-file $(VENV)/run.lock && cmp requirements.lock $(VENV)/run.lock
	@cp requirements-dev.lock $(VENV)/dev.lock && $(LOCK) $(DEV) --output-file $(VENV)/dev.lock && cmp requirements-dev.lock $(VENV)/dev.lock
	@cp tests/readers/requirements.lock $(VENV)/readers.lock && $(READERS_LOCK:tests/readers/requirements.lock=$(VENV)/readers.lock) && cmp tests/readers/requirements.lock $(VENV)/readers.lock
	@cp tests/engines/requirements.lock $(VENV)/engines.lock && $(ENGINES_LOCK:tests/engines/requirements.lock=$(VENV)/engines.lock) && cmp tests/engines/requirements.lock $(VENV)/engines.lock

format: $(VENV)/dev.ok  ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/run.ok  ## write docs/tables.md, docs/views.md, docs/reference/ and the dbt sources again, from the code
	$(BIN)/python -m schemas.dictionary > docs/tables.md
	$(BIN)/python -m schemas.guide > docs/views.md
	$(BIN)/python -m schemas.dbt_sources > dbt/models/sources.yml
	PYTHONPATH=. $(BIN)/python docs/reference/generate.py

site: $(VENV)/dev.ok  ## build the documentation site into site/; a warning or a dead link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

lock: $(VENV)/dev.ok  ## compile the lock files again
	$(LOCK) $(RUN) --output-file requirements.lock
	$(LOCK) $(DEV) --output-file requirements-dev.lock
	$(READERS_LOCK)
	$(ENGINES_LOCK)

.readers/ok: tests/readers/requirements.lock
	@test -x .readers/bin/python || $(PYTHON) -m venv .readers
	@.readers/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r tests/readers/requirements.lock
	@touch $@

readers: $(VENV)/dev.ok .readers/ok  ## open the published copies with DuckDB 1.x, polars, pandas, delta-rs, dbt and marimo
	@READERS=1 $(BIN)/python -m pytest -rA tests/readers

.engines/ok: tests/engines/requirements.lock
	@test -x .engines/bin/python || $(PYTHON) -m venv .engines
	@.engines/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r tests/engines/requirements.lock
	@touch $@

engines: $(VENV)/dev.ok .engines/ok  ## the examples of deployments under real ones: Dagster's daemons, Airflow, Kubernetes
	@ENGINES=1 $(BIN)/python -m pytest -rA tests/engines

oracle: $(VENV)/dev.ok  ## hours of random histories, a kill before every step, every planted bug (HISTORIES=n)
	@HISTORIES=$(HISTORIES) HISTORY_SEED=$(HISTORY_SEED) EVERY_STEP=1 DEEP=20 SCALE_ROWS=200000 $(BIN)/python -m pytest -n 3 --maxschedchunk 1 -v -rA \
		tests/property/test_histories.py tests/property/test_kills.py $(KEPT) \
		tests/property/test_planted_bugs.py tests/property/test_differences.py tests/property/test_decode.py \
		tests/property/test_decode_tables.py tests/e2e/test_scale.py tests/e2e/test_cap_models.py tests/e2e/test_interrupt.py \
		tests/e2e/v1/test_tracks.py

nights: $(VENV)/dev.ok  ## night after night against a world that changes, every third run killed (NIGHTS=n)
	@NIGHTS=$(NIGHTS) NIGHT_SEED=$(NIGHT_SEED) $(BIN)/python -m pytest -n 2 -rA tests/property/test_nights.py

fuzz: $(VENV)/dev.ok  ## the client against random bytes, over a socket (FUZZ_SECONDS=n)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/python -m pytest -rA --timeout 0 -p no:logging tests/property/test_fuzzed_answers.py

kills: $(VENV)/dev.ok  ## kill -9 at random instants of first loads (KILLS=n)
	@KILLS=$(KILLS) KILL_SEED=$(KILL_SEED) $(BIN)/python -m pytest -n 2 -rA tests/property/test_kills.py -k random_kills

bench: $(VENV)/dev.ok  ## us and the peers on the same server, in pairs (BENCH="--small", "--help")
	@$(BIN)/python -m benchmarks.matrix $(BENCH)

clean:  ## remove the environment and every cache
	rm -rf $(VENV) demo site .mypy_cache .ruff_cache .pytest_cache .hypothesis
