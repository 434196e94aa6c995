PYTHON ?= .venv/bin/python

.PHONY: check format lint types test

check: format lint types test

format:
	$(PYTHON) -m ruff format --check sim tests

lint:
	$(PYTHON) -m ruff check sim tests

types:
	$(PYTHON) -m mypy --strict -p sim

test:
	$(PYTHON) -m pytest -q -n 2
