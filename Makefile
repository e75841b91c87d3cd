PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

.PHONY: run test fault coverage check lint format types bench pictures reference lock venv

# Serves a demo on embedded SQLite. Choose otherwise: make run PORT=8001 DATABASE_URL=postgres://…
run: .venv/run.installed
	@exec $(BIN)/python manage.py up --demo --host $(HOST) --port $(PORT)

# The whole suite on SQLite and, where one answers, on PostgreSQL at the same time. ARGS go to pytest.
test: .venv/dev.installed
	@$(BIN)/python -m tests $(ARGS)

# Faults made on purpose against running services; needs PostgreSQL and some minutes.
fault: .venv/dev.installed
	@FAULT=1 $(BIN)/python -m pytest -s tests/fault $(ARGS)

coverage: .venv/dev.installed
	@$(BIN)/coverage erase
	@$(BIN)/python -m tests --coverage $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: lint types
	$(BIN)/ruff format --check .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

lint: .venv/dev.installed
	$(BIN)/ruff check .

format: .venv/dev.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev.installed
	$(BIN)/mypy .

bench: .venv/dev.installed
	@$(BIN)/python -m benchmarks $(ARGS)

# Takes those of the guides anew, of a demo of its own; ARGS names some: make pictures ARGS="home labels".
pictures: .venv/dev.installed
	@$(BIN)/python -m docs.pictures $(ARGS)

# Writes docs/settings.md from the code that reads the environment.
reference: .venv/dev.installed
	@$(BIN)/python -m docs.reference

# Pins what pyproject.toml asks for; ARGS=--upgrade moves the pins.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url
lock: .venv/dev.installed
	$(LOCK) $(ARGS) -o requirements.txt
	$(LOCK) $(ARGS) --group dev -c requirements.txt -o requirements-dev.txt

venv: .venv/dev.installed

.venv/run.installed: requirements.txt | .venv/bin/pip
	@echo "Installing the packages of $<"
	@$(BIN)/python -m pip install -qq --require-hashes -r $<
	@touch $@

.venv/dev.installed: requirements-dev.txt | .venv/bin/pip
	@echo "Installing the packages of $<"
	@$(BIN)/python -m pip install -qq --require-hashes -r $<
	@touch .venv/run.installed $@

.venv/bin/pip:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not there: install Python 3.11 or newer, or name one with PYTHON=."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Python 3.11 or newer is needed; name one with PYTHON=."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv --clear .venv
