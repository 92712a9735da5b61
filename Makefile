# Works with GNU make 3.81 (macOS) and later. Nothing here needs root; everything lands in this folder,
# but for models, which `transcribe models pull` puts into the user's data directory.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
BENCH  := $(VENV)/.bench-ready
SAMPLE := two-voices
MODEL  ?= base
AUDIO  ?= ../shared/audio
OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo native llm test check format golden docs bench bench-wer bench-overhead bench-peers bench-notes examples models build clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with the program and the development tools

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Name one: make setup PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"  # the first that knows --group
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $(READY)

demo: $(READY) ## Transcribe a real recording with a real model and print the text
	$(BIN)/transcribe models pull $(MODEL)
	$(BIN)/transcribe samples/$(SAMPLE).flac --model $(MODEL) --output .demo --force
	@echo && cat .demo/$(SAMPLE).txt && echo && echo "Written:" && ls .demo/$(SAMPLE).*

native: $(READY) ## Build the recognition engine for this machine, which is faster (docs/native.md)
	$(BIN)/python -m transcribe.engines.native samples/$(SAMPLE).flac

llm: $(READY) ## Build llama-cpp-python, for language models that write notes (5 to 10 minutes)
	CMAKE_ARGS="-DLLAVA_BUILD=OFF -DGGML_NATIVE=ON" \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --group llm

test: $(READY) ## Run every test
	$(BIN)/python -m pytest

check: $(READY) ## Lint, check formatting, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

golden: $(READY) ## Rewrite the expected files of tests/golden; then read the diff
	$(BIN)/python tests/golden/goldens.py

docs: $(READY) ## Rewrite the reference pages that are generated from the code
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/schema.py

bench: bench-wer bench-overhead bench-peers ## Run every benchmark (hours on two cores)

bench-wer: models ## Word error rate beside plain pywhispercpp: benchmarks/results/wer-MODEL.md
	$(BIN)/python -m benchmarks.wer --model $(MODEL) --audio $(AUDIO)

bench-overhead: models ## Time outside recognition, and memory: benchmarks/results/overhead-MODEL.md
	$(BIN)/python -m benchmarks.overhead --model $(MODEL)

bench-peers: $(BENCH) models ## Speed, errors and memory beside the peers: benchmarks/results/peers-MODEL.md
	-$(BIN)/transcribe models pull $(MODEL)-ct2  # what needs it is left out without it
	$(BIN)/python -m benchmarks.peers --model $(MODEL) --audio $(AUDIO) $(OPTIONS)

bench-notes: $(READY) ## What notes cost, and what language models read twice (needs make llm): results/notes.md
	$(BIN)/transcribe models pull smollm2
	$(BIN)/python -m benchmarks.notes

examples: models ## Rewrite the notes and pages in docs/examples (needs make llm, and llama-server on the path)
	$(BIN)/transcribe models pull smollm2
	$(BIN)/python docs/make_examples.py --audio $(AUDIO)

$(BENCH): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@touch $(BENCH)

models: $(READY) ## Install the models that the tests and the benchmarks use
	$(BIN)/transcribe models pull $(MODEL) tiny.en

build: $(READY) ## Build wheel and sdist into dist/, and try the wheel in an empty environment elsewhere
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	TRANSCRIBE_TEST_NETWORK=1 $(BIN)/python -m pytest tests/integration/test_wheel.py

clean: ## Remove what the other targets made here
	rm -rf $(VENV) .demo dist build .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
