# Every target works from a fresh clone; what it needs is installed into .venv, from the locks alone.

PYTHON ?= python3
# Test processes: some tests wait for servers, so three keep two processors busy.
TEST_PROCESSES ?= 3
COVERED_RULES := docs/contract-coverage.md
UV_VERSION ?= 0.13.9

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-long coverage check format generate lock audit clean runtime development

help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: runtime ## Serve the API on this machine; migrates its SQLite database first.
	@exec $(BIN)/customer-api serve

test: development check ## Check everything and run the tests on SQLite and PostgreSQL.
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --contract-coverage-check=$(COVERED_RULES) --promises=test

coverage: development ## Run the tests once more, to see that they reach every line.
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --cov --cov-report=term

test-long: development ## Run the tests that take minutes.
	$(BIN)/python -m pytest -m long --promises=long

check: development ## Run every static check.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(BIN)/yamllint --strict .
	$(BIN)/mypy
	$(BIN)/customer-api openapi --check
	$(BIN)/customer-api docs --check

format: development ## Format the code and mend what can be mended.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

generate: development ## Write openapi/ and the generated pages of docs/.
	$(BIN)/customer-api openapi
	$(BIN)/customer-api docs
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) -m 'contract and not long' --contract-coverage=$(COVERED_RULES)
	$(BIN)/python -m pytest tests/tokens/test_events.py --write-token-events

lock: ## Update both locks to pyproject.toml; `make lock UPGRADE=--upgrade` takes the newest versions.
	@set -eu; $(find_python); "$$python" -m venv .venv/lock
	.venv/lock/bin/python -m pip install $(PIP_OPTIONS) "uv==$(UV_VERSION)"
	.venv/lock/bin/uv pip compile $(LOCK_OPTIONS) $(UPGRADE) --group dev -o requirements/dev.lock pyproject.toml
	.venv/lock/bin/uv pip compile $(LOCK_OPTIONS) --group build -c requirements/dev.lock -o requirements/runtime.lock pyproject.toml

audit: development ## Look for known weaknesses in the locked packages; needs the network.
	$(BIN)/python -m tests.dependencies.audit

clean: ## Remove .venv and everything else that the other targets made; keeps var/, the data of `make run`.
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist htmlcov
	rm -f .coverage .coverage.*
	find src tests migrations benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

PIP_OPTIONS := --quiet --disable-pip-version-check --no-input
LOCK_OPTIONS := --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header

runtime:
	@$(call install,runtime)

development:
	@$(call install,dev)

# Install requirements/$(1).lock and this project into .venv, unless that was done before from the same lock, for the
# same directory. The development lock holds the runtime lock, version by version, so it satisfies both.
define install
set -eu; \
fingerprint=$$({ pwd; cat requirements/$(1).lock pyproject.toml; } | cksum); \
if [ -x $(BIN)/python ] && [ "$$(cat .venv/.$(1)-installed 2>/dev/null)" = "$$fingerprint" ]; then exit 0; fi; \
if [ "$$(cat .venv/.directory 2>/dev/null)" != "$$PWD" ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
  $(find_python); \
  echo "Creating .venv with $$("$$python" --version)."; \
  "$$python" -m venv --clear .venv; \
  echo "$$PWD" > .venv/.directory; \
fi; \
echo "Installing requirements/$(1).lock into .venv."; \
rm -f .venv/.*-installed; \
$(BIN)/python -m pip install $(PIP_OPTIONS) --only-binary :all: --require-hashes -r requirements/$(1).lock; \
$(BIN)/python -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .; \
{ pwd; cat requirements/runtime.lock pyproject.toml; } | cksum > .venv/.runtime-installed; \
echo "$$fingerprint" > .venv/.$(1)-installed
endef

# Set $python to the first interpreter that is new enough and can make virtual environments.
define find_python
python=; \
for candidate in "$(PYTHON)" python3.13 python3.12 python3.11; do \
  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$candidate; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not: install it, or name it with make PYTHON=/path/to/python3." >&2; exit 1; \
fi; \
if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
  echo "$$python cannot make virtual environments: install its venv and pip (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; \
fi
endef
