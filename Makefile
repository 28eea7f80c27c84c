# `make` alone prints what there is. Settings of tools live in pyproject.toml.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= examples/breast_cancer/study.yaml
WORKERS ?=
MINUTES ?= 60
SEED ?=
DRAWS ?=
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help run test check lint format test-fast test-cluster test-image bench docs hunt hunt-tables image submit clean

help: ## print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/trained: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cpu]'
	@touch $@ $(VENV)/installed

$(VENV)/tested: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cpu,test]'
	@touch $@ $(VENV)/trained $(VENV)/installed

$(VENV)/benched: pyproject.toml $(VENV)/tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cpu,test,bench]'
	@touch $@

run: $(VENV)/trained ## run examples/breast_cancer on this machine: the best parameters, and a report
	$(BIN)/tunejob run $(STUDY) $(if $(WORKERS),--workers $(WORKERS))

test: $(VENV)/tested ## run every test that can run on this machine; the others are named
	$(PYTEST) --numprocesses 2 --dist loadfile --ignore tests/cluster --ignore tests/image
	$(PYTEST) tests/cluster tests/image

check: lint test ## what CI runs: lint, types, import rules, tests

lint: $(VENV)/tested ## lint, format, spelling, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/tested ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test-fast: $(VENV)/tested ## the tests that train nothing and start no servers
	$(PYTEST) --numprocesses 2 tests/study tests/plan tests/results

test-cluster: $(VENV)/tested ## the tests on a real control plane (built with Go), or on $KUBECONFIG with TUNEJOB_TEST_CLUSTER=kubeconfig
	$(PYTEST) tests/cluster

test-image: $(VENV)/tested ## build the images with buildah and test them
	$(PYTEST) tests/image

hunt: $(VENV)/tested ## draw models at random and compare groups with plain Keras, for MINUTES=60, from SEED=
	cd tests && ../$(BIN)/python -m hunt --minutes $(if $(DRAWS),0,$(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(DRAWS),--draws $(DRAWS))

hunt-tables: $(VENV)/tested ## train each layer, loss, metric, optimizer and so on of Keras, as its table says; an hour
	cd tests && ../$(BIN)/python -m hunt --tables

bench: $(VENV)/benched ## compare with Keras, scikit-learn and KerasTuner on this machine; takes an hour or two
	$(BIN)/python -m benchmarks.together

docs: $(VENV)/installed ## write docs/study.md and the JSON Schema anew
	$(BIN)/tunejob schema > docs/study.schema.json
	$(BIN)/python -m job.study.docs > docs/study.md

image: ## build the images with docker, podman or buildah; REQUIREMENTS=file extends the trainer
	REQUIREMENTS="$(REQUIREMENTS)" k8s/image/build.sh

submit: $(VENV)/installed ## run STUDY=study.yaml in the cluster of your kubeconfig, and follow it
	$(BIN)/tunejob submit $(STUDY)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
