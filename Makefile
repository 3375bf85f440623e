# Works with GNU make 3.81, which macOS ships, and later.
.DEFAULT_GOAL := help
.PHONY: help lab test check notebooks browser refresh tensorboard pretrained judge \
	attack benchmark lock

BIN := .venv/bin
READY := .venv/ready
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# PYTHON=... on the command line names one; otherwise the first that fits is taken.
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
FOUND := $(shell for name in $(CANDIDATES); do \
	$$name -c '$(IN_RANGE)' >/dev/null 2>&1 && echo $$name && break; done)
# Jupyter refuses to run as root unless told; containers often are root.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# An address and not a file: with a file, Jupyter serves its folder only, and links
# to the README lead nowhere.
FIRST_LESSON := --LabApp.default_url=/lab/tree/notebooks/01_load_mnist.ipynb
SHIPPED := $(notdir $(patsubst %/card.json,%,$(wildcard pretrained/*/card.json)))
JUDGE_FIRST := classifier $(filter-out classifier,$(SHIPPED))
# It is not shipped; what is shipped is measured by it, too.
SECOND_JUDGE := $(or $(GAN_RUNS),runs)/second_judge
# Two processes, each a whole file at a time.
IN_PAIRS := -n 2 --dist loadfile
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# One lock for every system and Python; what it pins already stays, unless UPGRADE=1.
# Wheels only, and no build isolation: whatever builds a package would be unpinned.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--only-binary :all: --emit-build-options --generate-hashes \
	--annotation-style line --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=900

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1|/' \
		| awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

lab: $(READY) ## open the lessons in JupyterLab
	$(BIN)/jupyter lab --ip=localhost $(AS_ROOT) $(FIRST_LESSON)

test: check notebooks ## run every test: lint, package, style, lessons

check: $(READY) ## run the quick tests only: lint, package, style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(IN_PAIRS) tests

notebooks: $(READY) ## run every lesson and compare its outputs with the stored ones
	$(BIN)/python -m pytest $(NBVAL) notebooks

browser: $(READY) ## sliders in a real JupyterLab, formulas (needs Chromium and Node)
	$(BIN)/python -m pytest tests/browser -rs

refresh: $(READY) ## run every lesson and store its outputs (ONLY=01 for one lesson)
	$(BIN)/python -m tools.refresh $(ONLY)

tensorboard: $(READY) ## show the curves of the shipped models and of your trainings
	$(BIN)/tensorboard --host localhost --logdir_spec shipped:pretrained,yours:runs

pretrained: $(READY) judge ## train the shipped models anew (hours; ONLY=classifier for one)
	@for name in $(or $(ONLY),$(JUDGE_FIRST)); do \
		run=runs/pretrained/$$name; \
		$(BIN)/python -m gan_utils train $$name --out $$run \
			&& $(BIN)/python -m tools.ship $$name $$run/model && rm -rf $$run \
			|| exit 1; done

judge: $(READY) ## train the second judge, which is not shipped (7 minutes)
	@test -f "$(SECOND_JUDGE)/model/card.json" \
		|| $(BIN)/python -m gan_utils train classifier --seed 1 --out "$(SECOND_JUDGE)"

attack: $(READY) ## damage, fill, kill and misuse (7 minutes; SIZE=slice for one)
	$(BIN)/python -m tools.attack $(if $(SIZE),--size $(SIZE)) $(if $(SEED),--seed $(SEED))

benchmark: $(READY) ## measure speed and quality on this machine (about 45 minutes)
	$(BIN)/python -m gan_utils.experiments

# Beside first: a lock that did not change keeps its time, and .venv stays as it is.
lock: $(READY) ## pin what requirements.txt needs, with hashes (UPGRADE=1 for newer ones)
	@cp requirements.lock .venv/requirements.lock
	$(COMPILE) --output-file .venv/requirements.lock requirements.txt
	@cmp -s .venv/requirements.lock requirements.lock || mv .venv/requirements.lock .
	sed -n 's/^tensorflow==/tensorflow[and-cuda]==/p' requirements.txt | \
		$(COMPILE) --constraints requirements.lock --output-file requirements-gpu.lock -

$(READY): requirements.lock
	@test -n "$(FOUND)" || { echo "The lessons need Python 3.11, 3.12 or 3.13, and none was found among: $(CANDIDATES). Install one from python.org or your package manager, or name it with make PYTHON=/path/to/python3.12."; exit 1; }
	@echo "Setting up .venv with $(FOUND); this takes a minute or two."
	@$(FOUND) -m venv --clear .venv || { rm -rf .venv; echo "$(FOUND) could not make a virtual environment; on Debian and Ubuntu, install python3-venv."; exit 1; }
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(READY)
