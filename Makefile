# Works with GNU make 3.81 and later. Everything lives in .venv; a stamp in it says that the set-up was done for this pyproject.toml
# and these constraints. All targets share the one environment, and what `make test` installs is more than `make app` needs.
PYTHON ?= python3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help app lab test test-fast test-oldest lint licences study gallery checkpoints readme docs constraints
.NOTPARALLEL:

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

app: .venv/.installed-app ## open the page at http://127.0.0.1:7860
	$(RUN) app.py

lab: .venv/.installed-app ## open the notebooks in JupyterLab
	.venv/bin/jupyter lab notebooks

# Files of tests go to as many processes as there are cores, the longest first.
SPREAD := -n auto --dist loadfile --no-loadscope-reorder

test: .venv/.installed-test ## run every test
	$(RUN) -m pytest $(SPREAD)

test-fast: .venv/.installed-test ## run the quick tests: no browser, no notebook, no training that takes long
	$(RUN) -m pytest $(SPREAD) -m "not slow and not browser"

# Old versions warn of what newer ones of theirs will no longer have: that is no error here, nor in the commands that tests start.
test-oldest: .venv-oldest/.installed ## run the quick tests with the oldest versions that pyproject.toml allows
	PYTHONWARNINGS=ignore .venv-oldest/bin/python -m pytest $(SPREAD) -W default -m "not slow and not browser"

lint: .venv/.installed-dev ## ruff and pyright (as basedpyright, which needs no node), of the notebooks, too
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) tests/support/notebook_code.py build/notebooks
	$(RUN) -m basedpyright

# Memory that is given back to the system after every step is cleared when it is next used: keeping it is faster (LOG.md).
checkpoints: .venv/.installed-app ## train the shipped checkpoints again
	MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 .venv/bin/workbench checkpoints --seed 0
	for name in small tiny; do .venv/bin/workbench calibrate workbench/assets/msnet-$$name.safetensors; done

study: .venv/.installed-app ## run an ablation: make study NAME=21_displacement_range
	.venv/bin/workbench study $(NAME)

gallery: .venv/.installed-app ## execute every notebook into gallery/*.html
	.venv/bin/workbench gallery

readme: .venv/.installed-app ## fill the tables and figures of README and docs/ from results/
	.venv/bin/workbench readme

docs: .venv/.installed-app ## fill docs/architecture.md from the docstrings and imports
	$(RUN) docs/build_architecture.py

licences: .venv/.installed-dev ## fill docs/licences.md from the installed packages
	$(RUN) docs/build_licences.py

constraints: ## pin what pyproject.toml newly asks for (needs uv)
	mkdir -p build
	cp constraints.txt build/resolved.txt
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.10 \
	    --no-annotate --no-header --quiet --output-file build/resolved.txt
	{ grep '^#' constraints.txt; grep -v -E '^(cuda|nvidia|triton|pip=)' build/resolved.txt; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

TOO_OLD = MotionSqueeze Workbench needs Python 3.10 or newer, and $(PYTHON) is %d.%d. Try for example: make PYTHON=python3.11 app

define install
	@$(RUN) -m pip --version > /dev/null 2>&1 || { \
	    $(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit('$(TOO_OLD)' % v if v < (3, 10) else 0)" \
	    && $(PYTHON) -m venv .venv; }
	$(RUN) -m pip install -U "pip>=25.1"
	$(RUN) -m pip install -c constraints.txt -e "$(1)"
	touch .venv/.installed-app $@
endef

.venv/.installed-app: pyproject.toml constraints.txt
	$(call install,.)

.venv/.installed-test: pyproject.toml constraints.txt
	$(call install,.[test])

.venv/.installed-dev: pyproject.toml constraints.txt
	$(call install,.[test$(comma)dev])
	touch .venv/.installed-test

# uv alone knows how to ask for lowest versions. Wheels only: what old versions were built with is no longer at hand.
.venv-oldest/.installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install uv
	.venv-oldest/bin/uv pip install --python .venv-oldest/bin/python --resolution lowest-direct \
	    --only-binary :all: --no-binary motionsqueeze-workbench -e ".[test]"
	touch $@

comma := ,
