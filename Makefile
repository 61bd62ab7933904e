# Every target is idempotent and prints what it does. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
# `make run DEMO=lindenblatt` serves the second demo shop, with files and a database of its own.
VAR := var
ifeq ($(DEMO),lindenblatt)
VAR := var/lindenblatt
export DEMO
export VAR_DIR := $(VAR)
export MEDIA_ROOT := $(VAR)/media
endif
SAY := @printf '\033[36m==>\033[0m %s\n'
# Compiling all modules again at each start takes several seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: snapshot house run serve seed test e2e lint format lock messages bench load load-import soak security scan-code help setup

# uv installs in seconds; pip takes a minute and is used if uv cannot reach an index.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
INSTALL = @$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r $(1) 2>/dev/null || $(PIP) --no-compile -r $(1)

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: setup ## set up and serve the shop at http://127.0.0.1:8000
	@$(MAKE) -s -j2 $(VAR)/seed.stamp $(VAR)/static.stamp
	@$(MAKE) -s serve

serve:
	$(SAY) "Starting the server (accounts: printed when created, or in var/accounts.txt)"
	@exec $(BIN)/python site_project/serve.py --host $(HOST) --port $(PORT)

setup: $(VENV)/run.stamp .env
	@chmod 600 .env
	@if printf 'DATABASE_URL=%s\n' "$$DATABASE_URL" | cat - .env | grep -Eq '^DATABASE_URL=(mysql|mariadb)://'; then $(MAKE) -s $(VENV)/mysql.stamp; fi

$(VENV)/python.stamp: requirements-uv.txt
	$(SAY) "Creating the virtual environment"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is required: install it, or set PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "    installing python3-venv"; apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null; else echo "Python's venv module is required: install the package python3-venv."; exit 1; fi
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-uv.txt && touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp requirements.txt
	$(SAY) "Installing the locked dependencies"
	$(call INSTALL,requirements.txt)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(SAY) "Installing the development tools"
	$(call INSTALL,requirements-dev.txt)
	@touch $@

# mysqlclient has no wheel; it is built on this machine and needs the headers.
$(VENV)/mysql.stamp: $(VENV)/run.stamp requirements-mysql.txt
	@if command -v cc >/dev/null && (pkg-config --exists libmariadb || pkg-config --exists mysqlclient) 2>/dev/null; then printf '==> %s\n' "Building mysqlclient"; $(PIP) -r requirements-mysql.txt; else echo "MySQL needs mysqlclient, which needs a C compiler, pkg-config and the headers: install gcc, pkg-config and libmariadb-dev."; exit 1; fi
	@touch $@

.env:
	$(SAY) "Writing .env with a new secret key"
	@umask 077 && $(BIN)/python -c "import secrets; print('SECRET_KEY=' + secrets.token_urlsafe(48))" > $@
	@printf 'SITE_URL=http://$(HOST):$(PORT)\nDEMO_GATEWAY=on\n' >> $@

seed: setup ## migrate the database and load the demo shop
	$(SAY) "Bringing the database up to date"
	@mkdir -p $(VAR) && $(BIN)/python manage.py migrate_if_needed
	$(SAY) "Loading the demo shop"
	@$(BIN)/python manage.py load_demo

# A second `make run` starts the server at once, unless code, migrations or .env have changed.
SEED_SOURCES := $(shell find demo */migrations */*/migrations -type f -name '*.[pt]*' 2>/dev/null)
$(VAR)/seed.stamp: requirements.txt .env $(SEED_SOURCES)
	@$(MAKE) -s seed
	@touch $@

STATIC_SOURCES := $(shell find static -type f 2>/dev/null)
$(VAR)/static.stamp: requirements.txt $(STATIC_SOURCES) | setup
	$(SAY) "Collecting static files"
	@$(BIN)/python manage.py collectstatic --noinput -v0
	@mkdir -p $(VAR) && touch $@

test: $(VENV)/dev.stamp ## run the whole suite on SQLite (TEST_DATABASE_URL names another database, COVER=on measures coverage)
	@if [ -n "$$TEST_DATABASE_URL" ]; then $(MAKE) -s $(VENV)/mysql.stamp; fi
	$(SAY) "Running the tests"
	@mkdir -p var && $(BIN)/python $(if $(COVER),-m slipcover --json --out var/coverage.json) -m pytest -n 2 --dist loadgroup -m "not browser" $(PYTEST)
	@if [ -n "$(COVER)" ]; then $(BIN)/python -m slipcover --merge var/coverage.json --out var/coverage-merged.json --skip-covered --fail-under 90; fi

e2e: $(VENV)/dev.stamp ## run the browser tests in Chromium
	@command -v chromium >/dev/null || { echo "Chromium is required: install the package chromium."; exit 1; }
	$(SAY) "Running the browser tests"
	@mkdir -p var && $(BIN)/python -m pytest -n 2 --dist loadgroup -m browser -p no:randomly $(PYTEST)

lint: $(VENV)/dev.stamp ## check style, imports, templates, types, dependencies, CSS, JavaScript and the metrics of `make house`
	$(SAY) "ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(SAY) "import-linter"; $(BIN)/lint-imports
	$(SAY) "djade, djhtml"; git ls-files 'templates/*.html' | xargs $(BIN)/djade --check --target-version 5.2 && git ls-files 'templates/*.html' | xargs $(BIN)/djhtml --tabwidth 2 --check
	$(SAY) "mypy"; $(BIN)/mypy
	$(SAY) "deptry"; $(BIN)/deptry --no-ansi .
	$(SAY) "biome"; $(BIN)/biome lint --error-on-warnings
	$(SAY) "house"; $(BIN)/python -m tools.house

snapshot: $(VENV)/run.stamp ## migrate an empty SQLite database and save it for first starts (after new migrations)
	$(SAY) "Migrating an empty database"
	@$(BIN)/python -m tools.snapshot

house: $(VENV)/dev.stamp ## print metrics of code layout and naming
	@$(BIN)/python -m tools.house $(if $(V),-v)

format: $(VENV)/dev.stamp ## format Python and templates
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format . ; git ls-files 'templates/*.html' | xargs $(BIN)/djade --target-version 5.2 ; git ls-files 'templates/*.html' | xargs $(BIN)/djhtml --tabwidth 2

LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --custom-compile-command 'make lock'
lock: $(VENV)/dev.stamp ## write lock files with hashes from pyproject.toml
	$(SAY) "Locking"
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@echo 'mysqlclient==2.3.1' | $(LOCK) - -o requirements-mysql.txt
	@echo 'uv=='$$($(BIN)/uv --version | cut -d" " -f2) | $(LOCK) - -o requirements-uv.txt

	@printf '%s\n' bandit detect-secrets pip-audit wapiti3 | $(LOCK) - -o requirements-security.txt

# The scanners have their own environment, so that their dependencies do not mix with the shop's.
SCAN := .venv-security/bin
.venv-security/security.stamp: requirements-security.txt | $(VENV)/python.stamp
	$(SAY) "Installing the security scanners"
	@$(PYTHON) -m venv .venv-security
	@$(BIN)/uv pip install --quiet --python $(SCAN)/python --no-deps --require-hashes -r $< 2>/dev/null || $(SCAN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

AUDITED := requirements.txt requirements-mysql.txt requirements-dev.txt requirements-uv.txt
scan-code: .venv-security/security.stamp $(VENV)/dev.stamp ## scan tracked files for unsafe code and secrets
	$(SAY) "bandit"; $(SCAN)/bandit -q -c pyproject.toml -r site_project commerce checkout_app home demo demo_gateway
	$(SAY) "detect-secrets"; $(BIN)/python -m tools.security.leaked

security: scan-code ## scan code, dependencies (needs the network) and the served shop
	$(SAY) "pip-audit"; for lock in $(AUDITED); do $(SCAN)/pip-audit --strict --progress-spinner off --disable-pip --require-hashes -r $$lock || { echo "$$lock failed: pip-audit found something, or could not reach its database."; exit 1; }; done
	$(SAY) "wapiti over the demo shop"; $(BIN)/python -m tools.security.scan

WORDS := locale/en_GB/LC_MESSAGES/django
GERMAN := locale/de/LC_MESSAGES/django
messages: $(VENV)/run.stamp .env ## extract translatable text to locale/ and compile it (needs gettext)
	@command -v msgfmt >/dev/null && command -v xgettext >/dev/null || { echo "GNU gettext is required: install the package gettext."; exit 1; }
	$(SAY) "Extracting translatable text"
	@cp $(WORDS).po $(WORDS).old
	@$(BIN)/python manage.py makemessages -l en_GB --keep-pot --ignore "$(VENV)*" --ignore tests --ignore var --no-location --no-wrap -v0
	@msgmerge -q --no-fuzzy-matching --no-wrap $(WORDS).old locale/django.pot | msgattrib --no-obsolete --no-wrap - | msgen --no-wrap -o $(WORDS).po -
	@msgmerge -q --no-fuzzy-matching --no-wrap $(GERMAN).po locale/django.pot | msgattrib --no-obsolete --no-wrap -o $(GERMAN).new -
	@mv $(GERMAN).new $(GERMAN).po
	@rm $(WORDS).old locale/django.pot
	@for words in $(WORDS) $(GERMAN); do msgfmt --check $$words.po -o $$words.mo || exit 1; done
	@msgattrib --untranslated --no-wrap $(GERMAN).po | grep '^msgid "..*"' | sed 's/^/    German is missing: /' || true

bench: $(VENV)/dev.stamp ## measure pages against an empty view (SIZES="1000 10000" LARGE=1)
	@$(if $(findstring sqlite,$(BENCH_ARGS)),,$(MAKE) --no-print-directory $(VENV)/mysql.stamp)
	@mkdir -p var && $(BIN)/python -m tools.bench $(if $(SIZES),--sizes $(SIZES)) $(if $(LARGE),--large) $(BENCH_ARGS)

load: $(VENV)/dev.stamp ## 500 buyers compete for 100 units (LOAD_DATABASE_URL names another database)
	$(SAY) "Starting 500 buyers"
	@$(BIN)/python -m tools.load.buyers $(LOAD_ARGS)

load-import: $(VENV)/dev.stamp $(VENV)/mysql.stamp ## four buyers shop while 10,000 rows are imported, on SQLite and on MariaDB
	$(SAY) "SQLite"
	@$(BIN)/python -m tools.load.imports $(LOAD_ARGS)
	$(SAY) "MariaDB"
	@$(BIN)/python -m tools.load.imports --mariadb $(LOAD_ARGS)

soak: $(VENV)/dev.stamp $(VENV)/mysql.stamp ## twenty minutes of faults over a separate MariaDB and Redis (SOAK_ARGS="--minutes 2")
	$(SAY) "Starting the soak test"
	@$(BIN)/python -m tools.load.soak $(SOAK_ARGS)
