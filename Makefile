# Two targets do all the set-up on a machine that has Python 3.10 to 3.14 and make:
#   make demo   paint the sample photo in several styles and say where the pictures are
#   make test   lint, types, import rules, tests; make test-all adds what takes minutes
#   make docs   build the documentation site into site/; make docs-serve shows it while pages are edited
# PYTHON=python3.12 chooses the interpreter, VENV=dir the environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two processes: most of the suite's time is one thread's.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help demo test test-all docs docs-serve browser clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: $(VENV)/.test browser
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -m "not thorough" --ignore tests/video
	$(PYTEST) tests/video  # films are painted without torch in the process, and tested so

test-all: test
	$(PYTEST) -m thorough

# Not part of `make test`: installing what it needs takes longer than building it.
docs: $(VENV)/.docs
	$(BIN)/python docs/write_cli.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

# The studio's page is tested in a real browser. Where there is none and root may install one, that takes some seconds;
# elsewhere those tests are skipped and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { \
	  echo "Installing Chromium for the tests of the page ..."; \
	  apt-get update -qq >/dev/null && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	  echo "Chromium could not be installed."

clean:
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is as new as the last installation, so a second run installs nothing.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Impasto into $(VENV) ..."
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Impasto with its training and development tools into $(VENV) ..."
	@$(INSTALL) --editable '.[dev,train]'
	@touch $@

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what builds the documentation into $(VENV) ..."
	@$(INSTALL) --editable '.[docs]'
	@touch $@
