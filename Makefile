# make demo   train a policy, let the simulated arm follow it, push it, judge the run
# make test   all tests; with ARGS="...", what pytest makes of those
# make test-all   those of benchmarks too that need further packages, or EFLOW=PATH, a checkout
# make lint   formatting, lint and types
# Each sets up .venv first, with the versions pinned in requirements.txt.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all lint format install clean

demo: install
	$(BIN)/elcd demo $(ARGS)

# Nodes get the machine to themselves: their tests are about time. One that waited in vain has a
# second go, and is listed; a wrong figure has none. One torch thread for each of the others'
# processes, or they spin against each other.
test: install
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile --ignore tests/ros2_nodes
	$(BIN)/python -m pytest --reruns 1 --only-rerun "not within .* s;" -rR tests/ros2_nodes
endif

test-all: test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-benchmarks.txt
	OMP_NUM_THREADS=1 EFLOW=$(EFLOW) $(BIN)/python -m pytest tests/benchmarks \
	  -m "extras$(if $(EFLOW), or peer)"

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(READY)

$(READY): requirements.txt setup.py
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "make: got $$($(PYTHON) -V 2>&1), expected Python 3.11 to 3.13 (what requirements.txt pins has wheels for); run: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "make: no virtual environment could be made; run: sudo apt-get install python3-venv" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m elcd_policy_sim.model_files
	@touch $(READY)

clean:
	rm -rf $(VENV) build install log *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
