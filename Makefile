# One command on a fresh machine: each target makes .venv and installs what is missing first. `make` alone lists them.

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
ARGS ?=

RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip --disable-pip-version-check install --quiet
IN_TWO = -n 2 --dist loadfile --no-loadscope-reorder
TORCH = torch torchvision -c constraints-torch.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))

.PHONY: help bench export serve test lint docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make bench ARGS="--seeds 5"    options of `pytest bench/`; export, serve and test take ARGS too'
	@echo '  make bench TORCH_INDEX=URL     torch from another package index, for example the one of CPU builds that'
	@echo '                                 PyTorch names under "Get started": the default build carries 5 GB of CUDA'

bench: $(VENV)/runtime ## train, time and table the three studies: results/quick/report.html
	$(RUN) -m pytest bench/ --benchmark-quiet $(ARGS)

export: $(VENV)/runtime ## the best checkpoints of make bench as ONNX: model_repository/
	$(RUN) -m export $(ARGS)

serve: $(VENV)/runtime ## answer from model_repository/ over HTTP, on http://127.0.0.1:8000/v2
	$(RUN) -m serve $(ARGS)

test: $(VENV)/runtime ## the tests, in two processes; ARGS="-n 0" runs them in one
	$(RUN) -m pytest $(IN_TWO) $(ARGS)

lint: $(VENV)/development ## linter, import contracts, types
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(RUN) -m pytest -q tests/test_structure.py
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

docs: $(VENV)/documentation ## the documentation as HTML: docs/_build/html/index.html
	$(RUN) -m bench docs --check
	$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html $(ARGS)

clean: ## remove .venv, caches and what was built; results/ and model_repository/ stay
	rm -rf $(VENV) docs/_build .mypy_cache .pytest_cache .ruff_cache build

# The stamps are made last, so that an installation that was cut short is done again. convbench is installed as a
# link to this checkout: what runs is what stands here.
$(VENV)/runtime: pyproject.toml constraints.txt constraints-torch.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH)
	$(PIP) -e . -c constraints-torch.txt
	touch $@

$(VENV)/development: $(VENV)/runtime
	$(PIP) -e '.[dev]' -c constraints-torch.txt
	touch $@

$(VENV)/documentation: $(VENV)/runtime
	$(PIP) -e '.[docs]' -c constraints-torch.txt
	touch $@
