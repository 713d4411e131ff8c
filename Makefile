# Every target makes what it needs and is quick the second time. Python 3.11+, make and git are enough to begin;
# Debian packages for test servers are installed where that is allowed, else the target says which are missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
# most tests wait for processes they started, so there are more workers than cores; 0: one after another, with what they print
WORKERS ?= 3
# what tests run against; playwright's driver needs the library
PEERS := mosquitto chromium libatomic.so.1:libatomic1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint soak bench clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(MADE): pyproject.toml
	@tools/setup $(PYTHON) $(VENV)
	@touch $@

setup: $(MADE) ## the virtual environment, with everything

demo: $(MADE) ## a hub, three factories' machines and agents; pages at http://localhost:8000
	@tools/debian mosquitto || true
	@$(BIN)/tsunagu-sim demo $(ARGS)

test: $(MADE) ## every test but the long ones
	@tools/debian $(PEERS) || true
	@$(BIN)/pytest -m "not soak" --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(MADE) ## style, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

soak: $(MADE) ## the long proof: every recording, 1,000 faults (ARGS="-s -k thousand_faults"), an hour of flat memory
	@tools/debian $(PEERS) || true
	@$(BIN)/pytest -m soak $(ARGS)

bench: $(MADE) ## measurements, each beside a peer or a ceiling
	@tools/debian mosquitto mosquitto_pub:mosquitto-clients || true
	@$(BIN)/python -m bench $(ARGS)

clean: ## the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
