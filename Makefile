# Redoubt: `make run` serves the site, `make test` runs every test. No other step is needed.
PYTHON ?= python3
BIN := .venv/bin
export PORT ?= 8000
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-long lint check lock bench version wrk browser postgres servers

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.runtime: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.vectors: requirements-vectors.lock .venv/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
		-r requirements-vectors.lock || echo "No word vectors: search ranks by words alone."
	@touch $@

.venv/.development: requirements-dev.lock .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: .venv/.runtime .venv/.vectors ## make the virtual environment and install dependencies
setup-dev: .venv/.development .venv/.vectors

run: setup ## set up, load the demo community once (not with SEED=0), serve on PORT
	@test "$(SEED)" = 0 || $(BIN)/flask seed --once
	@exec $(BIN)/python app.py

browser:
	@sh tests/ensure_chromium.sh

postgres:
	@sh tests/ensure_postgres.sh

servers:
	@sh tests/ensure_servers.sh

test: setup-dev browser postgres ## set up and run the tests
	$(BIN)/python -m pytest -n auto -m "not long"

test-long: setup-dev browser postgres servers ## run the tests that take minutes: failures, scale, real data
	$(BIN)/python -m pytest -n auto -m long

lint: setup-dev ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

check: ## what CI runs
	bash .ci/run

bench: setup-dev browser wrk ## measure performance and print one table (POSTS=130000 PEERS= POSTGRES= COLLECTION= WRITE=)
	$(BIN)/python -m bench $(if $(POSTS),--posts $(POSTS)) $(if $(PEERS),--peers) $(if $(WRITE),--write) \
		$(if $(POSTGRES),--postgres $(POSTGRES)) $(if $(COLLECTION),--collection $(COLLECTION))

wrk:
	@sh bench/ensure_wrk.sh

version: ## print the version
	@sed -n 's/^## \([0-9][0-9.]*\) .*/\1/p;T;q' CHANGELOG.md

lock: ## renew the lock files from requirements*.txt
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.txt -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.txt -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-deps requirements-vectors.txt -o requirements-vectors.lock
