# Each command makes .venv itself from a bare Python >= 3.11 and is safe to repeat. `make` alone lists them.
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python that is new enough and can make environments; `make demo PYTHON=/path/to/python3` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
export MPLBACKEND ?= agg

# For tests only, in a folder of their own: beside a torch without CUDA, PyPI's torchvision does not import, and takes
# sentence-transformers with it. The tests declare the two operators it misses; no encoder uses them.
VISION := torchvision open_clip_torch timm ftfy

.PHONY: help demo test test-quick test-rest test-outside test-notebooks kills versions lab notebooks assets docs wheel lint clean
help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.base  ## train HAN-GNN on a small world in about a minute and open the report (ARGS="--world pick")
	$(BIN)/mmsr-lite demo $(ARGS)

# Two workers; one that has nothing left takes tests from the other, so that the notebooks are shared out.
# Bytecode is kept, whatever the shell says: else every process of every test compiles the package anew.
PYTEST = PYTHONDONTWRITEBYTECODE= MMSR_STRICT=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal
QUICK := not slow and not browser and not notebook

test: $(VENV)/.dev  ## all tests, doctests and notebooks (ARGS="tests/graph -x")
	$(PYTEST) $(ARGS)

test-quick: $(VENV)/.dev  ## what to run while you work: no browser, no notebook is executed, nothing slow
	$(PYTEST) --hypothesis-profile quick --ignore tests/browser -m "$(QUICK)" $(ARGS)

test-rest: $(VENV)/.dev  ## all tests but the next two: the browser, what is slow, more examples of each fact
	$(PYTEST) -m "not notebook and not outside" $(ARGS)

test-outside: $(VENV)/.dev  ## build and start the whole: site, wheel, JupyterLab, Voila; a short run of kills and of damaged input
	$(PYTEST) -m outside $(ARGS)

test-notebooks: $(VENV)/.dev  ## execute all notebooks, two at a time
	$(PYTEST) tests/test_notebooks.py -m notebook $(ARGS)

kills: $(VENV)/.dev  ## kill commands at every file operation and at 300 random moments each: hours (ARGS="--minutes 10")
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.faults.kills --every 1 --random 300 $(ARGS)

versions: $(VENV)/.dev  ## the quick suite with the lowest and newest dependencies and other Pythons (ARGS="lowest 3.13")
	$(BIN)/python -m tests.versions $(ARGS)

docs: $(VENV)/.docs  ## build the site into site/, strictly; open site/index.html, or serve it: python -m http.server -d site
	NO_MKDOCS_2_WARNING=1 OMP_NUM_THREADS=1 $(BIN)/python -m mkdocs build --strict --quiet

wheel: $(VENV)/.dev  ## build dist/*.whl and try it away from here: demo, a stored run, a notebook
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/test_wheel.py

lab: $(VENV)/.dev  ## JupyterLab on the first notebook
	env -u MPLBACKEND $(BIN)/jupyter lab notebooks/00_start_here.ipynb

notebooks: $(VENV)/.dev  ## build both editions of notebooks/*.ipynb from notebooks/src/*.py and execute them (ARGS="00_start_here")
	env -u MPLBACKEND OMP_NUM_THREADS=1 $(BIN)/python notebooks/build.py $(ARGS)

teaching: $(VENV)/.dev  ## the teacher's pack: slides, handout and its PDF; live pages too (ARGS="--live")
	$(BIN)/python notebooks/teaching/build.py $(ARGS)

assets: $(VENV)/.dev  ## train again what the notebooks open, a minute or two each (ARGS="wardrobe-match")
	$(BIN)/python notebooks/assets.py $(ARGS)

lint: $(VENV)/.dev  ## ruff, ruff format, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove the environment and what tools left behind; runs/ and your data stay
	rm -rf $(VENV) build dist site .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.base: pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[lab,dev]'
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target $(VENV)/vision --constraint constraints.txt $(VISION)
	@touch $@

$(VENV)/.docs: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

.PHONY: venv
venv:
	@test -n "$(PYTHON)" || { echo "mmsr-lite needs Python 3.11 or newer with venv and ensurepip; here python3 is: $$(python3 --version 2>&1)."; \
	  echo "Install them (Debian, Ubuntu: apt-get install python3-venv), or name another: make demo PYTHON=/path/to/python3"; exit 1; } >&2
	$(PYTHON) -m venv --clear $(VENV)
	@test "$$(uname -s)" != Linux || command -v nvidia-smi >/dev/null || echo "No NVIDIA GPU seen. If pip starts to fetch gigabytes" \
	  "of CUDA, stop it and repeat with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu after the target."
