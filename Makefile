# Every command of the project. Set-up happens by itself and only once; `make` lists the commands.
.DEFAULT_GOAL := help
.PHONY: help run build test test-quick check check-backend check-frontend
.PHONY: test-backend test-backend-quick test-frontend test-e2e bench chaos soak train pictures types
.PHONY: audit sbom up down logs clean

PYTHON ?= python3
COMPOSE ?= docker compose
BIN := .venv/bin
WORKERS ?= 4# of the backend tests: more than cores, as many of them wait; those of test-quick do not
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal
# Compiled once: where this is set, each interpreter that tests start would do it anew, and pytest for its rewriting.
unexport PYTHONDONTWRITEBYTECODE
export PIP_QUIET := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is imported is compiled then; compiling all that is installed takes 12 s of a core more.
export PIP_COMPILE := 0
TRACES ?= ../shared/data
# Outside the checkout, as all that is slow to make: a clean one is checked by mypy in 2 s in place of 44, by tsc in 3 of 8.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/scaleops
export MYPY_CACHE_DIR ?= $(CACHE)/mypy
export TSC_CACHE ?= $(CACHE)/tsc$(CURDIR)
# Two targets at a time, the output of each in one piece where make can do so.
TWO_AT_A_TIME := $(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
PAGE_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/*.ts frontend/package.json -type f 2>/dev/null)

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: .venv/runtime.stamp frontend/dist/index.html ## set up what is missing, then serve http://127.0.0.1:8000 (SCALEOPS_PORT)
	@exec $(BIN)/scaleops serve

build: frontend/dist/index.html ## build the page

test: ## set up what is missing, then lint, types and every test
	@scripts/ensure-programs --check
	@scripts/ensure-programs &
	@# The page's tests are beside the set-up of Python, which keeps one core busy.
	@$(TWO_AT_A_TIME) check-backend check-frontend test-frontend
	@$(TWO_AT_A_TIME) test-backend test-e2e

test-quick: ## lint, types and the tests that are quick and need no other program: Python and Node only
	@$(TWO_AT_A_TIME) check-backend check-frontend
	@$(TWO_AT_A_TIME) test-backend-quick test-frontend

check: check-backend check-frontend ## ruff, mypy strict, tsc, biome

check-backend: .venv/development.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check-frontend: frontend/node_modules/installed.stamp
	cd frontend && npm run --silent check

test-backend: .venv/development.stamp ## backend tests, with a real InfluxDB, Telegraf, KEDA, Prometheus and nginx
	@scripts/ensure-programs --check
	@scripts/ensure-programs &
	$(PYTEST)

test-backend-quick: .venv/development.stamp
	$(PYTEST) -n 2 -m "not programs and not long"

test-frontend: frontend/node_modules/installed.stamp ## the page's unit tests
	cd frontend && npm run --silent test

test-e2e: .venv/development.stamp frontend/dist/index.html ## the page in a real Chromium against a real backend
	scripts/ensure-browser
	cd frontend && npm run --silent e2e

bench: .venv/development.stamp .venv-peers/installed.stamp ## timings and accuracy beside peers (an hour); TRACES
	$(BIN)/python -m bench
	$(BIN)/python -m bench.anomalies --traces $(TRACES)
	$(BIN)/python -m bench.simulation --traces $(TRACES)
	.venv-peers/bin/python -m bench.accuracy --traces $(TRACES)
	$(BIN)/python -m bench.ablation --traces $(TRACES)

chaos: .venv/development.stamp ## kill backend and InfluxDB at random for ten minutes at most, then account for all that was confirmed
	@scripts/ensure-influxd > /dev/null
	$(BIN)/python -m bench.chaos

MINUTES ?= 60
soak: .venv/development.stamp ## a feed at 60 times real time for MINUTES: memory, descriptors, threads, disk; plot in soak.svg
	$(BIN)/python -m bench.soak --minutes $(MINUTES) --plot soak.svg

train: .venv/runtime.stamp ## train backend/models/lgbm_v1.pkl on the traces in TRACES (default ../shared/data)
	$(BIN)/scaleops train $(TRACES)/nasa_http_1995_jul01_aug22_per_minute.csv.gz $(TRACES)/worldcup98_*.csv.gz \
	  $(TRACES)/app_server_*.csv.gz $(TRACES)/llm_*.csv.gz $(TRACES)/social_*.csv.gz --out backend/models/lgbm_v1.pkl

pictures: .venv/runtime.stamp frontend/dist/index.html ## take the pictures of README and docs anew, of the traces in TRACES
	scripts/ensure-browser
	cd frontend && TRACES=$(abspath $(TRACES)) npm run --silent pictures

types: .venv/runtime.stamp frontend/node_modules/installed.stamp ## regenerate the page's types from the API
	$(BIN)/scaleops openapi > frontend/openapi.json
	cd frontend && npm run --silent generate

# CVE-2026-92786 is in LightGBM's SHAP values, which nothing here computes; 4.7.0 has no fix.
audit: .venv-audit/installed.stamp ## what is known against the dependencies in the locks (needs the network)
	for lock in requirements*.lock; do \
	  .venv-audit/bin/pip-audit --strict --require-hashes --disable-pip --ignore-vuln CVE-2026-92786 -r $$lock || exit; \
	done
	cd frontend && npm audit --package-lock-only

sbom: .venv-audit/installed.stamp ## what the product is made of, as CycloneDX: sbom/*.cdx.json
	mkdir -p sbom
	.venv-audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-file sbom/backend.cdx.json requirements.lock
	cd frontend && npm sbom --package-lock-only --omit dev --sbom-format cyclonedx >../sbom/frontend.cdx.json

up: .env ## the three services in containers on http://127.0.0.1:8080; makes .env with fresh secrets if there is none
	$(COMPOSE) up -d --build
	@echo "ScaleOps on http://127.0.0.1:$${FRONTEND_PORT:-$$(sed -n 's/^FRONTEND_PORT=//p' .env)}"
	@echo "Sign in with $${BACKEND_API_TOKEN:-$$(sed -n 's/^BACKEND_API_TOKEN=//p' .env)} (BACKEND_API_TOKEN)"

down: ## stop the containers; their data stays
	$(COMPOSE) down

logs: ## follow what the containers write
	$(COMPOSE) logs -f

.env:
	scripts/make-env

clean: ## remove everything that set-up and builds made
	rm -rf .venv .venv-peers .venv-audit sbom frontend/node_modules frontend/dist *.egg-info .ruff_cache .pytest_cache .hypothesis

.venv/runtime.stamp: requirements.lock requirements-build.lock pyproject.toml
	scripts/ensure-python $(PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --require-hashes -r requirements.lock -r requirements-build.lock
	$(BIN)/pip install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/development.stamp: requirements-dev.lock .venv/runtime.stamp
	$(BIN)/pip install --require-hashes -r requirements-dev.lock
	@# What tests import is compiled by one process: their workers begin at once, and each would take 8 s for it.
	-@$(BIN)/pytest --collect-only -qqq > /dev/null
	@touch $@

.venv-peers/installed.stamp: requirements-peers.lock
	scripts/ensure-python $(PYTHON)
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --require-hashes -r requirements-peers.lock
	@touch $@

.venv-audit/installed.stamp: requirements-audit.lock
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --require-hashes -r requirements-audit.lock
	@touch $@

frontend/node_modules/installed.stamp: frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/installed.stamp $(PAGE_SOURCES)
	cd frontend && npm run --silent build
