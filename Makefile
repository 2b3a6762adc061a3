# Everything starts here: `make run` serves, `make test` proves. A Python >= 3.11 with venv and a package index are enough.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lock replay replay-check load certify screenshots crash-claims bench-claim bench-redeem bench-settle stats-recount export-million targeted-list prove-seals holds settle-rounds payout-histories clean

PYTHON ?= python3
BIN := .venv/bin
PAGES := app/static/vendor/zxing_reader.js
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes
LONG := --timeout 5400  # seconds: a whole campaign is one test
COMPILE := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Handed on when given: make run PORT=8001 TILL_PORT=8002 DATA_DIR=/srv/ankang PROFILE=… WEB_WORKERS=… DEMO_TOWN=small DATABASE_URL=… REDIS_URL=…
run: .venv/.runtime-installed $(PAGES)  ## start the platform on 127.0.0.1:PORT (8000), its data in DATA_DIR (.data); Ctrl-C stops it
	@$(BIN)/python -m app.cli.up

test: bring-servers .venv/.dev-installed $(PAGES) check  ## all checks and all tests; make test TESTS=tests/races runs a part
	$(BIN)/python -m pytest -n 2 -m 'not alone' $(TESTS) || [ $$? = 5 ]  # 5: this part of the suite
	$(BIN)/python -m pytest -m alone $(TESTS) || [ $$? = 5 ]  # has no such tests

check: .venv/.dev-installed  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

replay: .venv/.runtime-installed  ## play the reference campaign; VOUCHERS=16055 DIRECT_FEN=570000000 SEED=1
	@$(BIN)/python -m loadtest.replay

replay-check: .venv/.runtime-installed  ## compare every figure of the last replay anew, on the data it left in DATA_DIR
	@$(BIN)/python -m loadtest.replay check

# Handed on when given: SEED=7 CITIZENS=500 (the same shape, smaller) HOST=http://127.0.0.1:8000 LOGINS=… DATA_DIR=…
load: .venv/.runtime-installed  ## storm the platform and judge: SHAPE=OPENING_RUSH, LUNCH_PEAK or SOAK
	@$(BIN)/python -m loadtest

# Handed on when given: CLIENT="…" HOST=http://… KEY=test_… SECRET_FILE=… LOGINS=… DATA_DIR=… ONLY=D PREFIX=… OUT=… MINUTES=15
certify: .venv/.runtime-installed  ## certify a till's client on the sandbox, twice, the second time on a bad line
	@$(BIN)/python -m loadtest.certify

screenshots: bring-servers .venv/.dev-installed $(PAGES)  ## pictures of the pages in both languages, into docs/screenshots
	SHOTS_DIR=docs/screenshots $(BIN)/python -m pytest -q tests/browser/shots/pictures.py tests/browser/test_pictures_kept.py

crash-claims: bring-servers .venv/.runtime-installed  ## kill everything in claim storms; ROUNDS=20 SEED=1 DATABASE=sqlite|postgresql
	@$(BIN)/python -m loadtest.crash

# Handed on when given: ROUNDS=5 MEASURE_S=3 CITIZENS=50000 ATTEMPTS=20000 GROWTH=10000,100000 SEED=1 OUT=… ONLY=sold_out,b1
bench-claim: bring-servers .venv/.dev-installed  ## CPU of a claim beside its baselines, goals P1-P10, into docs/benchmarks/claim.json
	@$(BIN)/python -m loadtest.bench claim

# Handed on when given: ROUNDS=5 MEASURE_S=3 CITIZENS=50000 STORM_S=60 SEED=1 OUT=… ONLY=two_calls,b1
bench-redeem: bring-servers .venv/.dev-installed  ## CPU of a scan and a redemption, goals P11-P13, P17, into docs/benchmarks/redeem.json
	@$(BIN)/python -m loadtest.bench redeem

# Handed on when given: SIZES=50000,1000000,5000000 ROUNDS=5 ONLY=sqlite OUT=…
bench-settle: bring-servers .venv/.dev-installed  ## closings and statistics beside their rows, goals P14-P16, into docs/benchmarks/settle.json
	@$(BIN)/python -m loadtest.bench.settling

stats-recount: bring-servers .venv/.dev-installed  ## statistics against a recount after OPS=100000 random operations; SEED=1
	STATS_OPS=$(or $(OPS),100000) STATS_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -s $(LONG) tests/rollups/test_recount.py

export-million: bring-servers .venv/.dev-installed  ## export a million rows and see how much memory the worker takes; EXPORT_ROWS=1000000
	EXPORT_ROWS=$(or $(EXPORT_ROWS),1000000) $(BIN)/python -m pytest -s $(LONG) -k larger tests/rollups/test_exports.py

targeted-list: bring-servers .venv/.dev-installed  ## issue a list of 100,000 rows, 1,000 of them bad, killing its worker; TARGET_ROWS=… TARGET_BAD=…
	TARGET_ROWS=$(or $(TARGET_ROWS),100000) TARGET_BAD=$(or $(TARGET_BAD),1000) \
		$(BIN)/python -m pytest -s $(LONG) -k long_list tests/faults/test_list_worker.py

prove-seals: .venv/.dev-installed  ## alter and remove every one of a thousand audit entries; each must be found at its place; SEAL_ROWS=…
	SEAL_ROWS=$(or $(SEAL_ROWS),1000) $(BIN)/python -m pytest -q $(LONG) tests/domain/test_seal.py

holds: .venv/.dev-installed  ## precision and recall of the rules against cash-out on a made-up town; MERCHANTS=6000 SEED=1
	@MERCHANTS=$(or $(MERCHANTS),6000) SEED=$(or $(SEED),1) \
		$(BIN)/python -m pytest -q -s $(LONG) -k precision tests/domain/test_cash_out.py

settle-rounds: bring-servers .venv/.dev-installed  ## settlements triggered five times, a worker killed, one paused past its lease; ROUNDS=50
	ROUNDS=$(or $(ROUNDS),50) $(BIN)/python -m pytest -q -s $(LONG) -k triggered_five_times tests/races/test_settlement_races.py

payout-histories: bring-servers .venv/.dev-installed  ## months of sales, settlements and payouts by a bank with bad habits; HISTORIES=1000 SEED=1
	HISTORIES=$(or $(HISTORIES),1000) SEED=$(or $(SEED),1) \
		$(BIN)/python -m pytest -s $(LONG) tests/settlement/test_payout_histories.py

lock: .venv/.dev-installed  ## write requirements*.txt anew from the .in files; make lock UPGRADE=--upgrade takes newer versions
	$(COMPILE) $(UPGRADE) --output-file requirements.txt requirements.in
	$(COMPILE) $(UPGRADE) --output-file requirements-dev.txt --constraint requirements.txt requirements-dev.in
	$(COMPILE) $(UPGRADE) --output-file requirements-pages.txt requirements-pages.in

clean:  ## remove .venv and caches; data stays
	rm -rf .venv node_modules app/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: bring-servers
bring-servers:
	@scripts/bring-servers

# The stamps make a second call instant. requirements-dev.txt holds all of requirements.txt, so it counts for both.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python >= 3.11 is needed: make PYTHON=python3.11 …'; exit 1; }
	$(PYTHON) -m venv .venv || { echo 'no venv: on Debian, apt install python3-venv'; exit 1; }
	@touch $@

.venv/.runtime-installed: requirements.txt | .venv/.made
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(PAGES): package-lock.json scripts/bring-pages | .venv/.runtime-installed
	scripts/bring-pages

.venv/.dev-installed: requirements-dev.txt requirements.txt | .venv/.made
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch .venv/.runtime-installed $@
