# `make run` and `make test` need make and Python (3.11 or newer, with venv and pip) and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint mutation chaos experiments bench bench-full docs wheel

## Run the main job: the digits sweep, on Ray; a second time shows what it found.
run: $(VENV)/installed
	@if [ -e results/digits ]; then $(BIN)/hpsearch resume results/digits; else $(BIN)/hpsearch run configs/digits.yaml; fi

## Everything that CI runs: lint, types, import contracts, tests with coverage.
test: lint
	rm -f .coverage .coverage.*  # three processes on two cores, as whoever starts Ray mostly waits
	$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report= $(PYTEST_ARGS)
	$(BIN)/coverage report

## Every mutant of every gradient on every architecture of the matrix: the gate must stop them all. Some five minutes.
mutation: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.mutation $(MUTATION_ARGS)

## Sweeps that are disturbed at random, and a cluster of three nodes on this machine. Some twenty minutes.
chaos: $(VENV)/installed-cluster
	$(BIN)/python -m pytest -m chaos --timeout=3600 $(CHAOS_ARGS)

## What courses teach about tuning, measured, into docs/experiments.md. Some five minutes; EXPERIMENTS_ARGS="--images …" for MNIST.
experiments: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks.experiments $(EXPERIMENTS_ARGS)

## A random sample of every benchmark, measured again and compared with what was recorded. Less than an hour.
bench: $(VENV)/installed-bench
	$(BIN)/python -m benchmarks.remeasure $(BENCH_ARGS)

## Every benchmark in full, and every page of results anew; needs HPSEARCH_SHARED_DATA. A day.
bench-full: $(VENV)/installed-bench
	@test -n "$(HPSEARCH_SHARED_DATA)" || { echo "bench-full needs HPSEARCH_SHARED_DATA, the folder with MNIST and letters"; exit 2; }
	rm -f benchmarks/results/search_*.parquet
	$(BIN)/python -m benchmarks.gradcheck
	$(BIN)/python -m benchmarks.mutation
	$(BIN)/python -m benchmarks.trainer
	$(BIN)/python -m benchmarks.estimators
	$(BIN)/python -m benchmarks.search tables
	$(BIN)/python -m benchmarks.search run --objective simulated
	$(BIN)/python -m benchmarks.search run --objective real --methods zoom optuna.tpe "optuna.tpe, one by one" optuna.cmaes "random, twice"
	$(BIN)/python -m benchmarks.search stopping --seeds 5
	$(BIN)/python -m benchmarks.search wall --seeds 10
	$(BIN)/python -m benchmarks.search idle
	$(BIN)/python -m benchmarks.search cost
	$(BIN)/python -m benchmarks.search report
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.real_data
	rm -f benchmarks/results/tables.parquet
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.experiments --images $(HPSEARCH_SHARED_DATA)/t10k-images-idx3-ubyte.gz
	$(BIN)/python -m benchmarks.remeasure

## The site, from README, docs/ and the code, in build/docs; a link that leads nowhere is an error.
docs: $(VENV)/installed-dev
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs . build/docs

## The wheel and the source distribution, in dist/.
wheel: $(VENV)/installed-dev
	rm -rf dist
	$(BIN)/python -m hatchling build

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports & $(BIN)/mypy; types=$$?; wait $$! && exit $$types  # side by side, as each has one process

$(VENV)/installed: requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(VENV)/installed-dev: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(VENV)/installed

$(VENV)/installed-cluster: requirements-cluster.lock pyproject.toml
	$(call install,requirements-cluster.lock)
	@touch $(VENV)/installed $(VENV)/installed-dev

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(UV) --editable '.[bench]'
	@touch $@

# The locked versions, checked against their hashes: by uv, which takes seconds, or by pip where uv finds no index.
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
PIP := $(BIN)/python -m pip install --quiet

define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || { \
		sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock >$(VENV)/uv.lock && \
		$(PIP) --require-hashes --requirement $(VENV)/uv.lock; }
	@$(UV) --require-hashes --requirement $(1) 2>/dev/null || $(PIP) --require-hashes --requirement $(1)
	@$(UV) --no-deps --editable . 2>/dev/null || $(PIP) --no-deps --editable .
	@touch $@
endef
