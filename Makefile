# `make` alone prints what there is. Settings of tools live in pyproject.toml.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= examples/breast_cancer/study.yaml
WORKERS ?=
MINUTES ?= 60
SEED ?=
FAULTS ?= 200
DRAWS ?=
PYTEST := $(BIN)/python -m pytest
CONSTRAINTS ?= .ci/newest.txt
COVERAGE := --cov --cov-report=
# What shows soonest that a version of Keras, TensorFlow or scikit-learn is not as we know it.
TELLING := tests/train/patches tests/train/test_same_scores.py tests/train/test_targets.py tests/train/test_scoring.py \
	tests/train/test_saving.py tests/train/together/run/test_checkpoint.py

.DEFAULT_GOAL := help
.PHONY: help run test check lint format test-fast test-cluster test-long test-kueue test-sklearns soak test-image test-oldest \
	test-oldest-half test-newest coverage constraints bench kinds docs hunt hunt-tables picture image submit clean

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

$(VENV)/tested: pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[cpu,test]'
	@touch $@ $(VENV)/trained $(VENV)/installed

$(VENV)/benched: pyproject.toml $(VENV)/tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[cpu,test,bench]'
	@touch $@

run: $(VENV)/trained ## run examples/breast_cancer on this machine: the best parameters, and a report
	$(BIN)/tunejob run $(STUDY) $(if $(WORKERS),--workers $(WORKERS))

# The tests in clusters and images mostly wait, so they run beside the others, which leave them the processor's time.
# Thousands of processes are started, and where Python writes no bytecode each would compile what it imports anew.
test: $(VENV)/tested ## run every test that can run on this machine, with the versions of .ci/newest.txt, and tell coverage
	rm -rf .tests && mkdir .tests
	$(BIN)/python -m compileall -q job tests examples
	COVERAGE_FILE=$(CURDIR)/.tests/.coverage.there $(PYTEST) $(COVERAGE) tests/cluster tests/image > .tests/there.log 2>&1 & there=$$!; \
	COVERAGE_FILE=$(CURDIR)/.tests/.coverage.here nice $(PYTEST) $(COVERAGE) --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 25 \
		--ignore tests/cluster --ignore tests/image; here=$$?; \
	echo "tests/cluster and tests/image, which ran beside these:"; \
	tail --lines +1 --follow --pid $$there .tests/there.log; wait $$there && exit $$here
	$(MAKE) --no-print-directory coverage VENV=$(VENV)

coverage: $(VENV)/tested ## what the tests of the last `make test` covered, by branch; files below 80 % by name
	cd .tests && ../$(BIN)/python -m coverage combine --keep --rcfile ../pyproject.toml --quiet
	$(BIN)/python .ci/covered.py .tests/.coverage

check: lint test ## lint, types, import rules, and every test that can run here

lint: $(VENV)/tested ## lint, format, spelling, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/tested ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test-fast: $(VENV)/tested ## run the tests that train nothing and start no servers; two minutes
	$(PYTEST) --numprocesses 2 --dist loadfile -m fast --ignore tests/cluster --ignore tests/image --ignore tests/hunt

test-cluster: $(VENV)/tested ## the tests on a real control plane (built with Go), or on $KUBECONFIG with TUNEJOB_TEST_CLUSTER=kubeconfig
	$(PYTEST) tests/cluster

test-sklearns: $(VENV)/tested ## scikit-learn's own tests of its searches and tools, from the installed package, with ours under them
	TUNEJOB_TEST_SKLEARNS=1 $(PYTEST) tests/sklearn/theirs

test-long: $(VENV)/tested ## the tests that `make test` leaves out by name as too long, and all others of their files; half an hour
	TUNEJOB_TEST_LONG=1 $(PYTEST) tests/cli/test_init.py tests/cluster/test_disturbances.py tests/examples tests/sklearn/test_workloads.py \
		tests/train/test_memory.py

test-kueue: $(VENV)/tested ## build Kueue's own controller, once, and run runs through its queues
	$(BIN)/python tests/cluster/binary.py kueue
	$(PYTEST) tests/cluster/test_kueue.py

soak: $(VENV)/tested ## FAULTS=200 faults of every kind, as SEED= draws them, upon runs on the tests' control plane
	TUNEJOB_FAULTS=$(FAULTS) TUNEJOB_SEED=$(SEED) $(PYTEST) tests/cluster/test_soak.py

test-image: $(VENV)/tested ## build the images with buildah and test them
	$(PYTEST) tests/image

hunt: $(VENV)/tested ## draw models at random and compare groups with plain Keras, for MINUTES=60, from SEED=
	cd tests && ../$(BIN)/python -m hunt --minutes $(if $(DRAWS),0,$(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(DRAWS),--draws $(DRAWS))

hunt-tables: $(VENV)/tested ## train each layer, loss, metric, optimizer and so on of Keras, as its table says; an hour
	cd tests && ../$(BIN)/python -m hunt --tables

test-oldest: ## run every test with the oldest versions that pyproject.toml allows
	$(MAKE) test VENV=.venv-oldest CONSTRAINTS=.ci/oldest.txt

test-oldest-half: ## run the half of the training tests that tells most with the oldest versions; four minutes
	$(MAKE) .venv-oldest/tested VENV=.venv-oldest CONSTRAINTS=.ci/oldest.txt
	.venv-oldest/bin/python -m pytest --numprocesses 2 --dist loadfile $(TELLING)

test-newest: ## run every test with the newest versions that the registry has today
	rm -rf .venv-newest
	$(MAKE) test VENV=.venv-newest CONSTRAINTS=/dev/null

constraints: $(VENV)/tested ## raise the versions of .ci/newest.txt and .ci/oldest.txt to what there is today
	UV=$(BIN)/uv .ci/constraints.sh

bench: $(VENV)/benched ## compare with Keras, scikit-learn and KerasTuner on this machine; takes an hour or two
	$(BIN)/python -m benchmarks.together; first=$$?; $(BIN)/python -m benchmarks.search && exit $$first

kinds: $(VENV)/benched ## search nine kinds of models beside scikit-learn, and fail where that is faster; half an hour
	$(BIN)/python -m benchmarks.kinds

docs: $(VENV)/installed ## write docs/study.md and the JSON Schema anew
	$(BIN)/tunejob schema > docs/study.schema.json
	$(BIN)/python -m job.study.docs > docs/study.md

picture: $(VENV)/tested ## run examples/breast_cancer, and take the picture of its report that the README shows
	$(BIN)/tunejob run examples/breast_cancer/study.yaml
	$(BIN)/python .ci/picture.py $$(ls -t examples/breast_cancer/runs/*/runs/*/report.html | head -1) docs/report.png

image: ## build the images with docker, podman or buildah; REQUIREMENTS=file extends the trainer
	REQUIREMENTS="$(REQUIREMENTS)" k8s/image/build.sh

submit: $(VENV)/installed ## run STUDY=study.yaml in the cluster of your kubeconfig, and follow it
	$(BIN)/tunejob submit $(STUDY)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-oldest .venv-newest .tests .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
