# Needs Python >= 3.11 and make, nothing else. PYTHON=python3.12 make test picks another one.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Many tests wait: for another process, for a vendor's own client to give up. So there are more of them than cores.
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help demo test check format lock bench battery clean

help:  ## what can be made
	@awk -F ':.*##' '/^[a-z]+:.*##/ { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/product  ## clouds, Slack and bot on this machine: a played conversation, then yours
	@$(BIN)/relaybot sandbox

# What is compiled and rewritten for a run is kept for the next: five seconds of each worker.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/tests  ## every test that needs no more than this machine
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/tests  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/tests  ## let ruff put things right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/tests  ## the figures that the README and the closing notes quote
	$(BIN)/python benchmarks/pace.py
	$(BIN)/python benchmarks/people.py
	$(BIN)/python benchmarks/watch.py
	$(BIN)/python benchmarks/weight.py
	$(BIN)/python benchmarks/stages.py
	$(BIN)/python benchmarks/million.py

battery: .venv/tests  ## end the bot at every moment, hours of it; nothing lost, nothing said twice
	$(BIN)/python benchmarks/battery.py $(ARGS)
	$(BIN)/python benchmarks/simulate.py
	$(BIN)/python benchmarks/rotas.py
	$(BIN)/python benchmarks/feeds.py 200000

# The locks hold for every Python >= 3.11 and name no index; `uv` comes from wherever you keep such tools.
lock:  ## renew requirements.txt and tests/requirements.txt from pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--custom-compile-command "make lock" --emit-build-options --only-binary :all: \
		pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--constraint requirements.txt --extra test --extra check pyproject.toml -o tests/requirements.txt

clean:  ## forget the virtual environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "relaybot needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.12 …" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv

.venv/product: requirements.txt pyproject.toml | .venv/bin/python
	@echo "installing what relaybot needs into .venv (once, about a minute) …"
	$(PIP) install --require-hashes --only-binary :all: -r requirements.txt
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/relaybot.pth"
	@printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m bot "$$@"\n' "$(CURDIR)" > $(BIN)/relaybot && chmod +x $(BIN)/relaybot
	@touch $@

.venv/tests: .venv/product tests/requirements.txt
	@echo "installing what the tests need into .venv (once, about a minute) …"
	$(PIP) install --require-hashes -r tests/requirements.txt
	@touch $@
