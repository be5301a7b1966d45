VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3

.PHONY: demo test soak lint bench clean

# Installed once and again whenever pyproject.toml changes; the stamp is what make compares.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[lz4,zstd]'
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

$(VENV)/.lint: $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	touch $@

demo: $(VENV)/.installed
	$(VENV)/bin/loader demo

test: $(VENV)/.test
	$(PY) -m pytest -p tests.branch_coverage

# The tests that kill the loader, longer and with new seeds each time: make soak ROUNDS=100; LOADER_CHAOS_SEED repeats one.
ROUNDS ?= 10
soak: $(VENV)/.test
	for round in $$(seq $(ROUNDS)); do LOADER_CHAOS_KILLS=$${LOADER_CHAOS_KILLS:-5} $(PY) -m pytest tests/chaos || exit 1; done

lint: $(VENV)/.lint
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

# Loader beside its peers on this machine: all of it, or make bench ONLY="http-batches http-one-row"; see docs/speed.md.
bench: $(VENV)/.test
	$(PY) -m tests.bench $(ONLY) $(if $(PAIRS),--pairs $(PAIRS)) $(if $(SCALE),--scale $(SCALE))

clean:
	rm -rf $(VENV) .loader bench-results .pytest_cache .mypy_cache .ruff_cache .hypothesis
