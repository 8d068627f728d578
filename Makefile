# Each target makes its own virtual environment on first use and reuses it afterwards.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := bot deploy tests

.PHONY: demo run test check format bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/run.stamp: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

demo: $(VENV)/run.stamp ## a bad day played against fake Slack, Argo CD and Kubernetes; prints the page's address
	@exec $(BIN)/python -m bot demo

run: $(VENV)/run.stamp ## the bot itself, with the settings of .env and the environment
	@exec $(BIN)/python -m bot run

test: $(VENV)/dev.stamp ## the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/dev.stamp ## the gate: format, lint, types, layers, knowledge, then the tests
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bot kb lint
	$(BIN)/python -m bot kb test --corpus tests/corpus/labelled.jsonl
	$(MAKE) test

format: $(VENV)/dev.stamp ## rewrite the sources in the project's format
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: $(VENV)/dev.stamp ## benchmarks, each beside a baseline of the same run
	$(BIN)/python -m bot bench

clean: ## remove what the other targets made
	rm -rf $(VENV) artifacts dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
