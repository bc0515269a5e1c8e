# One command on a fresh machine: each target makes .venv and installs what is missing first.
#
#   make bench                    train, time and table the three studies: results/quick/report.html
#   make export                   the best checkpoints of make bench as ONNX: model_repository/
#   make serve                    answer from model_repository/ over HTTP, on http://127.0.0.1:8000/v2
#   make test                     the tests
#   make lint                     ruff and mypy
#   make bench TORCH_INDEX=URL    take torch from another package index, for example PyTorch's own index of CPU
#                                 builds, whose address is on its "Get started" page: the default build carries
#                                 5 GB of CUDA libraries
#   make bench ARGS="--seeds 10"  options of `pytest bench/`

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
ARGS ?=

RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip --disable-pip-version-check install --quiet
TORCH = torch torchvision -c constraints-torch.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))

.PHONY: bench export serve test lint clean

bench: $(VENV)/runtime
	$(RUN) -m pytest bench/ --benchmark-quiet $(ARGS)

export: $(VENV)/runtime
	$(RUN) -m export $(ARGS)

serve: $(VENV)/runtime
	$(RUN) -m serve $(ARGS)

test: $(VENV)/runtime
	$(RUN) -m pytest $(ARGS)

lint: $(VENV)/development
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build *.egg-info

# The stamps are made last, so that an installation that was cut short is done again. convbench itself is never
# installed: pip takes the dependencies from pyproject.toml, and bench/, models/ and tests/ run from the checkout.
$(VENV)/runtime: pyproject.toml constraints.txt constraints-torch.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH)
	$(PIP) . -c constraints-torch.txt
	touch $@

$(VENV)/development: $(VENV)/runtime
	$(PIP) '.[dev]' -c constraints-torch.txt
	touch $@
