# `make help` is the manual. Everything lives in .venv inside the checkout; nothing else on the machine is touched.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check accept nu bench lock clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$p" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin

help:  ## show what can be done here
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with its venv module is needed; none was found" >&2; exit 2; }
	@echo "Setting up .venv with $$($(PYTHON) --version) (about half a minute, once)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/ready  ## the whole way on bundled sample outlets: poll, match, group, write a site and mail it
	@$(BIN)/aggregator demo --output demo-output

# The tests start commands, each of which would compile the package anew.
test accept: export PYTHONDONTWRITEBYTECODE =

test: .venv/ready  ## every test but the acceptance runs
	@$(BIN)/python -m pytest -m "not acceptance" --ignore tests/acceptance -n 3 --dist loadfile --no-loadscope-reorder

check: .venv/ready  ## types, lint, format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

accept: .venv/ready  ## quality on labelled data and real feeds (needs the data beside the checkout, else skips)
	@$(BIN)/python -m pytest -m acceptance -n 2 --dist loadfile -rs

nu: .venv/ready  ## fetch the Nu HTML checker, which the tests use where it and Java are there (needs npm)
	@npm install --silent --no-audit --no-fund --prefix .venv/nu vnu-jar@26.9.27

bench: .venv/ready  ## speed, beside peers in the same run
	@$(BIN)/python -m tests.bench

lock:  ## resolve requirements.lock anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra dev --extra postgres --extra fast pyproject.toml -o requirements.lock

clean:  ## remove what the other targets made
	rm -rf .venv demo-output .mypy_cache .ruff_cache tests/golden/actual
