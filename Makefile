# What people do with this repository: `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
MANAGE := $(PY) manage.py
PORT ?= 8000
# Collecting and compressing takes longer than all the rest of a start, so it is done
# again only after a change. With DEBUG there is no manifest, and it is done each time.
COLLECTED := $(or $(STATIC_ROOT),staticfiles)/staticfiles.json

# A server as it runs in production, for `check --deploy` and the tests of it.
PRODUCTION_ENV := DEBUG=false HTTPS_ONLY=true ALLOWED_HOSTS=detector.example.org \
	SECRET_KEY=`$(PY) -c 'import secrets; print(secrets.token_urlsafe(50))'` \
	EMAIL_URL=smtp+tls://user:password@mail.example.org

.PHONY: help install run test bench microbench lint format messages audit clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: $(VENV)/.serve-installed ## Install what the site needs into .venv

run: $(VENV)/.serve-installed .env receipt-key $(COLLECTED) ## Serve the site on http://127.0.0.1:8000 (PORT=… for another)
	@echo "Open http://127.0.0.1:$(PORT) — stop with Ctrl-C."
	@umask 077; HTTPS_ONLY=$${HTTPS_ONLY:-false} PORT=$(PORT) MIGRATE_ON_START=1 \
	exec $(BIN)/gunicorn --config deploy/gunicorn.conf.py

test: $(VENV)/.dev-installed system-packages lint ## Run every check and every test
	$(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy, as in production"
	@$(PRODUCTION_ENV) $(MANAGE) check --deploy --fail-level WARNING
	$(PY) -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.dev-installed ## Measure the site beside the bare network; see docs/performance.md
	@$(PY) -m benchmarks $(if $(BASELINE),--baseline $(BASELINE)) \
	$(if $(BASELINE_PYTHON),--baseline-python $(BASELINE_PYTHON)) \
	$(if $(BASELINE_URL),--baseline-url $(BASELINE_URL)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(SOAK),--soak $(SOAK)) $(if $(WRITE),--write $(WRITE))

microbench: $(VENV)/.dev-installed ## Time the parts: decode, view, network, heat map, preview, hash
	@$(PY) -m pytest benchmarks/micro -q -p no:cacheprovider \
	--benchmark-timer=time.process_time --benchmark-columns=min,median,rounds \
	--benchmark-max-time=0.5 --benchmark-sort=name $(PYTEST_ARGS)

lint: $(VENV)/.dev-installed ## Check style, types of imports and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.dev-installed ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The compiled files are committed: the site then needs no gettext to run.
messages: $(VENV)/.dev-installed ## Collect the texts to translate into locale/, and compile them (needs gettext)
	$(MANAGE) makemessages --locale ar --no-wrap --add-location file --ignore tests --ignore staticfiles
	$(MANAGE) makemessages --locale ar --no-wrap --add-location file --domain djangojs --ignore tests --ignore staticfiles
	$(MANAGE) compilemessages --locale ar --ignore .venv

audit: $(PY) ## Ask PyPI for known holes in the pinned packages
	@[ -x $(VENV)/audit/bin/pip-audit ] || { \
	  $(PY) -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install --quiet pip-audit==2.10.1; }
	$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip -r deploy/requirements-aws.txt

clean: ## Remove .venv, caches and collected files; data and .env stay
	rm -rf $(VENV) staticfiles .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The virtual environment ---------------------------------------------------------

$(PY):
	@set -e; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    found=$$name; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11, 3.12 or 3.13 is needed and none was found." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 1; \
	fi; \
	echo "Creating $(VENV) with `$$found --version`"; \
	"$$found" -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "No virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; \
	}

$(VENV)/.serve-installed: deploy/requirements-serve.txt | $(PY)
	@echo "Installing the site's packages"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r deploy/requirements-serve.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt requirements.txt requirements-accurate.txt deploy/requirements-serve.txt | $(PY)
	@echo "Installing what the tests need"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-accurate.txt
	@touch $@ $(VENV)/.serve-installed

# --- Local files and system packages -------------------------------------------------

# A key of this machine's own; it is never committed and nobody else may read it.
.env: | $(PY)
	@umask 077; echo "SECRET_KEY=`$(PY) -c 'import secrets; print(secrets.token_urlsafe(50))'`" > $@
	@echo "Wrote .env with a random SECRET_KEY"

# A file of before receipts gets a key too; an empty value keeps them off.
.PHONY: receipt-key
receipt-key: .env
	@grep -q '^RECEIPT_SIGNING_KEY=' .env || { \
	  printf '\nRECEIPT_SIGNING_KEY=%s\n' "`$(PY) -c 'import secrets; print(secrets.token_urlsafe(32))'`" >> .env; \
	  echo "Wrote a random RECEIPT_SIGNING_KEY into .env"; \
	}

$(COLLECTED): $(shell find static -type f) detector_site/settings.py detector_site/apps.py $(VENV)/.serve-installed .env
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@if [ -f $@ ]; then touch $@; fi

.PHONY: system-packages
system-packages:
	@sh deploy/test-packages.sh
