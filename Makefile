# make demo    analyse a capture that comes with the project
# make test    all checks: lint, format, types, tests
# make bench   how fast `decode` is, beside sigrok-cli
# make captures  the captures in captures/ again, from their scenarios
# make pictures  the picture in the README, taken of the real PulseView
# make clean   remove what these made
#
# Works in a virtual environment, .venv; the second run starts at once. Another interpreter: make PYTHON=python3.13 test

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python)
FITS := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
CAPTURE := captures/g071-i2c-bricked/g071-i2c-bricked.sr

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench captures pictures debian-packages clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.run
	@$(BIN)/stm32trace analyze $(CAPTURE) --fail-on never

# pytest comes last: its summary ends the output.
test: $(VENV)/.dev debian-packages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n auto

bench: $(VENV)/.run debian-packages
	@$(BIN)/python scripts/bench.py

captures: $(VENV)/.run
	@$(BIN)/python scripts/make-captures.py

pictures: $(VENV)/.dev debian-packages
	@$(BIN)/python scripts/make-pictures.py

debian-packages:
	@bash scripts/install-debian-packages.sh

# Each stamp stands for a finished step; they are redone when the dependencies may have changed.
$(VENV)/.made:
	@for python in $(CANDIDATES); do \
	    if "$$python" -c '$(FITS)' 2>/dev/null; then \
	        echo "making $(VENV) with $$("$$python" --version)"; \
	        "$$python" -m venv --clear $(VENV) && touch $@; exit; \
	    fi; \
	done; \
	echo "no Python of at least 3.11 with venv and ensurepip among: $(CANDIDATES); install one (Debian: python3-venv) or say make PYTHON=/path/to/python" >&2; exit 1

$(VENV)/.run: $(VENV)/.made pyproject.toml
	@echo "installing stm32trace into $(VENV)"; $(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	@echo "installing stm32trace and the tools of its checks into $(VENV)"; $(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) build dist .captures .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find analyzer decoders tests -name __pycache__ -prune -exec rm -rf {} +
