# Two commands on a fresh machine: `make reproduce` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= auto
# The tests run side by side: one thread of linear algebra in each.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) -q

.PHONY: reproduce test quality clean

reproduce: $(STAMP)
	$(BIN)/python -m proofs_check --full --report report
	$(BIN)/python -m figures --report report
	$(BIN)/python -m empirical.compare --seeds 10 --out report/digits_8.json
	$(PYTEST) -m slow
	@echo "Done: open report/index.html (report/ledger.json for machines) and report/figures/."

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST) -m "not slow"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) 2>/dev/null || \
	  { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -y -q python3-venv && $(PYTHON) -m venv --clear $(VENV); } || \
	  { echo "Cannot make a virtual environment: install the system package python3-venv"; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,ledger,empirical]'
	@touch $@

clean:
	rm -rf $(VENV) report
