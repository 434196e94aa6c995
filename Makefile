# Each target is one command; without make, run what stands under it.
BIN ?= .venv/bin
ROUNDS ?= 20
FUZZ_SECONDS ?= 1200

.PHONY: check contracts docs fidelity format gallery lint performance slides slow soak test types

check: format lint types contracts test slow

# The site, in docs/_build/html; warnings are errors, and nothing is fetched.
docs:
	PYTHONPATH=docs:tests $(BIN)/python -m website

# A picture for each lesson, from its own run, and a poll slide for each question.
slides:
	PYTHONPATH=notebooks $(BIN)/python -m slides

# Every picture of docs/gallery.md, and the page itself.
gallery:
	PYTHONPATH=docs $(BIN)/python -m website.gallery

format:
	$(BIN)/ruff format --check sim tests docs/website docs/conf.py

lint:
	$(BIN)/ruff check sim tests docs/website docs/conf.py

types:
	$(BIN)/mypy --strict -p sim

contracts:
	$(BIN)/lint-imports

test:
	$(BIN)/pytest -q -n 2

# What needs a browser, a kernel, a real proxy, a notebook server or the whole suite again; minutes.
slow:
	$(BIN)/pytest -q -n 2 -m slow

# Minutes, as root: what is held against a kernel, nginx, Envoy, published rules and formulas; then its page.
fidelity:
	$(BIN)/pytest -q --fidelity=docs/records/fidelity.json
	$(BIN)/python tests/records.py

# Minutes, on a machine that does nothing else: the figures of docs/performance.md.
performance:
	$(BIN)/python tests/benchmarks/record.py docs/records/performance.json
	$(BIN)/python tests/benchmarks/peers.py --record docs/records/performance.json
	$(BIN)/python tests/records.py

# Mutated input, then properties over and over; whatever begins anew says by which number, in the output of a failure.
soak:
	SIM_FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest -q tests/across/test_fuzz.py
	SIM_JUPYTERLAB=1 $(BIN)/pytest -q tests/across/test_jupyterlab.py
	SIM_AGREEMENT=500 $(BIN)/pytest -q tests/across/test_agreement.py
	SIM_MOMENTS=500 $(BIN)/pytest -q tests/across/test_agreement_moments.py
	SIM_FIXES=10000 $(BIN)/pytest -q tests/across/test_fix_serves.py
	SIM_PAGES=all $(BIN)/pytest -q tests/across/test_page_fits.py
	SIM_SECRETS=100 $(BIN)/pytest -q tests/across/test_secrets.py
	SIM_INSPECT_SETS=2400 $(BIN)/pytest -q tests/across/test_inspect_knows.py
	SIM_FAMILIES=200 $(BIN)/pytest -q tests/across/test_kernel_families.py
	SIM_MIGRATIONS=200 $(BIN)/pytest -q -m slow tests/across/test_live_migration.py
	SIM_DEAD_PODS=20 $(BIN)/pytest -q tests/across/test_live_dead_pod.py
	SIM_STOPS=200 $(BIN)/pytest -q tests/across/test_live_stops.py
	SIM_PICKS=2000 $(BIN)/pytest -q tests/across/test_live_picks.py --hypothesis-seed=$$(date +%s)
	SIM_EXAMPLES=7 $(BIN)/pytest -q tests/simulation/test_fast.py --hypothesis-seed=$$(date +%s)
	SIM_SILENCE=2000 $(BIN)/pytest -q tests/across/test_nothing_in_silence.py
	for round in $$(seq $(ROUNDS)); do \
	  SIM_EXAMPLES=5 $(BIN)/pytest -q -n 2 -m hypothesis --hypothesis-seed=$$(date +%s) || exit 1; \
	done
	SIM_LIVE_ROUTES=3000 $(BIN)/pytest -q tests/across/test_live_routes.py --hypothesis-seed=$$(date +%s)
	$(BIN)/pytest -q tests/across/test_live_proxies.py --live-tables=3000 --hypothesis-seed=$$(date +%s)
