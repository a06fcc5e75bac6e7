# demo | test | check | bench: the whole vocabulary. Each sets up .venv by itself.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test check bench

demo: .venv/ready
	$(BIN)/pharmaner demo

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: .venv/ready
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

# MODEL: a trained folder, then any exported ones. BENCH=--quick: does it run? See docs/benchmarks.md.
bench: .venv/ready
	@test -n "$(MODEL)" || { echo "make bench MODEL=FOLDER is accepted"; exit 2; }
	$(BIN)/python benchmarks/prediction_speed.py $(addprefix --model ,$(MODEL)) \
		$(addprefix --peer-python ,$(PEER)) $(BENCH)
	$(BIN)/python benchmarks/scaling.py --model $(lastword $(MODEL)) $(BENCH)
	$(BIN)/python benchmarks/training_speed.py $(BENCH)

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,tune,serve,dev]'
	touch .venv/ready
