# Works with GNU make 3.81 (macOS) and later. Nothing here needs root; everything lands in this folder,
# but for models, which `transcribe models pull` puts into the user's data directory.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PINS   := $(if $(CONSTRAINTS),--constraint "$(CONSTRAINTS)")
READY  := $(VENV)/.ready$(if $(CONSTRAINTS),-pinned)
BENCH  := $(VENV)/.bench-ready
SAMPLE := two-voices
MODEL  ?= base
AUDIO  ?= ../shared/audio
OPTIONS ?=
TESTERS ?= logical

.DEFAULT_GOAL := help
.PHONY: help setup constraints demo batch native llm test check check-clients fuzz format golden docs examples examples-notes
.PHONY: bench bench-archive bench-batch bench-chapters bench-cluster bench-faint bench-formats bench-lint bench-noise bench-notes bench-overhead bench-pages bench-peers bench-policy bench-questions bench-redact bench-serve bench-spoken bench-watch models build release clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with the program and the development tools; CONSTRAINTS=constraints.txt: pinned versions

$(READY): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Name one: make setup PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -P -m pip install --quiet --disable-pip-version-check "pip>=25.1"  # the first that knows --group
	$(BIN)/python -P -m pip install --quiet $(PINS) --editable . --group dev
	@touch $(VENV)/.ready $(READY)

constraints: $(READY) ## Pin the newest versions that fit together, in constraints.txt
	$(BIN)/python -P .ci/constraints.py

demo: $(READY) ## Transcribe a real recording with a real model and print the text
	$(BIN)/transcribe models pull $(MODEL)
	$(BIN)/transcribe samples/$(SAMPLE).flac --model $(MODEL) --output .demo --force
	@echo && cat .demo/$(SAMPLE).txt && echo && echo "Written:" && ls .demo/$(SAMPLE).*

batch: $(READY) ## Transcribe what is new or changed: make batch IN=episodes OUT=transcripts
	@test -n "$(IN)" && test -n "$(OUT)" || { echo "Name both folders: make batch IN=episodes OUT=transcripts" >&2; exit 1; }
	$(BIN)/transcribe batch "$(IN)" --output "$(OUT)" $(OPTIONS)

native: $(READY) ## Build the recognition engine for this machine: make native, or GPU=cuda or vulkan (docs/native.md)
	$(BIN)/python -P -m transcribe.engines.native $(if $(GPU),--gpu $(GPU)) samples/$(SAMPLE).flac

llm: $(READY) ## Build llama-cpp-python, for language models that write notes (5 to 10 minutes)
	$(BIN)/python -P -m transcribe.engines.native --llm samples/$(SAMPLE).flac

test: export PYTHONDONTWRITEBYTECODE =  # else each of some thousand processes compiles the program anew
test: $(READY) ## Run every test, on every core; TESTERS=1: on one
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(READY) ## Lint, check formatting, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(READY) ## Mutated lists, configs and documents through the commands: make fuzz MINUTES=10
	$(BIN)/python -m benchmarks.fuzz --minutes $(or $(MINUTES),10) $(OPTIONS)

format: $(READY) ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

golden: $(READY) ## Rewrite the expected files of tests/golden; then read the diff
	$(BIN)/python tests/golden/goldens.py

docs: $(READY) ## Rewrite the reference pages that are generated from the code
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/schema.py

examples: $(READY) models ## Make docs/examples anew: notes, page and pictures of the sample
	$(BIN)/python docs/examples.py
	$(BIN)/python docs/server_pictures.py

bench: bench-archive bench-batch bench-formats bench-lint bench-overhead bench-pages bench-peers bench-policy ## Run every benchmark (hours on two cores)

bench-formats: $(READY) ## Processor time of writing every format: benchmarks/results/formats.md
	$(BIN)/python -m benchmarks.formats

bench-archive: $(READY) ## An archive of five million words, questions, kills: benchmarks/results/archive.md
	$(BIN)/python -m benchmarks.archive $(OPTIONS)

bench-cluster: $(READY) ## A batch on four network namespaces (as root): benchmarks/results/cluster.md
	$(BIN)/python -m benchmarks.cluster --audio $(AUDIO) $(OPTIONS)

bench-policy: $(READY) ## Processor time of a policy, and personal data that it finds: benchmarks/results/policy.md
	$(BIN)/python -m benchmarks.policy

bench-questions: $(READY) ## Prompt injection in a policy's questions: benchmarks/results/policy-questions.md
	$(BIN)/python -m benchmarks.policy_questions

bench-spoken: $(READY) ## Personal data found in speech (needs espeak-ng): benchmarks/results/policy-spoken.md
	$(BIN)/python -m benchmarks.policy_spoken

bench-redact: models ## How often a masked word is still heard: benchmarks/results/redact.md
	$(BIN)/python -m benchmarks.redact --audio $(AUDIO) $(OPTIONS)

bench-lint: $(READY) ## Processor time and memory of checking large files: benchmarks/results/lint.md
	$(BIN)/python -m benchmarks.lint

bench-overhead: models ## Time outside recognition, and memory: benchmarks/results/overhead-MODEL.md
	$(BIN)/python -m benchmarks.overhead --model $(MODEL)

bench-peers: $(BENCH) models ## Speed, errors and memory beside the peers: benchmarks/results/peers-MODEL.md
	$(BIN)/python -m benchmarks.peers --model $(MODEL) --audio $(AUDIO) $(OPTIONS)

bench-batch: models ## A batch of 100 short files beside single runs: benchmarks/results/batch-MODEL.md
	$(BIN)/python -m benchmarks.batch --model $(MODEL) $(OPTIONS)

bench-serve: models ## The server, kills and all: benchmarks/results/serve.md
	$(BIN)/python -m benchmarks.serve --model tiny.en $(OPTIONS)

bench-pages: models ## Correcting two hours in a browser: benchmarks/results/serve-pages.md
	$(BIN)/python -m benchmarks.serve_pages

check-clients: models ## Real clients of the server, Open WebUI among them (3 GB): benchmarks/results/clients.md
	$(BIN)/python -m benchmarks.clients --model $(MODEL) $(OPTIONS)

bench-watch: models ## The watch folder, kills and all: benchmarks/results/watch.md
	$(BIN)/python -m benchmarks.watch --model tiny.en $(OPTIONS)

bench-faint: $(READY) ## Faint voices, clipping and offsets that are noticed: benchmarks/results/faint.md
	$(BIN)/python -m benchmarks.faint --audio $(AUDIO)

bench-noise: models ## Disturbed speech beside plain decoding: benchmarks/results/noise-MODEL.md
	$(BIN)/python -m benchmarks.noise --model $(MODEL) --audio $(AUDIO) $(OPTIONS)

bench-chapters: $(READY) ## Whether chapters begin where authors have headings: results/chapters.md
	$(BIN)/python -m benchmarks.chapters

bench-notes: $(READY) ## What notes cost, and what language models read twice (needs make llm): results/notes.md
	$(BIN)/transcribe models pull smollm2
	$(BIN)/python -m benchmarks.notes

examples-notes: models ## Make the notes by a language model in docs/examples anew (needs make llm)
	$(BIN)/transcribe models pull qwen2.5-coder-1.5b
	$(BIN)/python docs/make_examples.py --audio $(AUDIO)

$(BENCH): $(READY)
	$(BIN)/python -P -m pip install --quiet --disable-pip-version-check $(PINS) --group bench
	@touch $(BENCH)

models: $(READY) ## Install the models that the tests and the benchmarks use, for both engines
	$(BIN)/transcribe models pull $(MODEL) tiny.en --engine whisper.cpp
	$(BIN)/transcribe models pull $(MODEL) tiny.en --engine ctranslate2

build: $(READY) ## Build wheel and sdist into dist/, and try the wheel in an empty environment elsewhere
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	TRANSCRIBE_TEST_NETWORK=1 $(BIN)/python -m pytest tests/integration/test_wheel.py

release: ## Check, test and build a release into dist/: make release VERSION=0.1.0 (docs/releasing.md)
	@test -n "$(VERSION)" || { echo "Name the version: make release VERSION=0.1.0" >&2; exit 1; }
	@changes=$$(git status --porcelain) && test -z "$$changes" || { echo "Commit first: git status shows changes" >&2; exit 1; }
	@! git rev-parse --quiet --verify "refs/tags/v$(VERSION)" >/dev/null || { \
	  echo "v$(VERSION) is tagged already: choose another version" >&2; exit 1; }
	@grep -qxF 'version = "$(VERSION)"' pyproject.toml || { \
	  echo "pyproject.toml has another version: set version = \"$(VERSION)\" and commit" >&2; exit 1; }
	@grep -qE '^## \[$(subst .,\.,$(VERSION))\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$$' CHANGELOG.md || { \
	  echo "CHANGELOG.md has no line \"## [$(VERSION)] - $$(date +%Y-%m-%d)\": add it and commit" >&2; exit 1; }
	$(MAKE) check
	$(if $(filter no,$(TESTS)),@echo "Tests are left out (TESTS=no)",$(MAKE) test)
	$(MAKE) build
	cd dist && if command -v sha256sum >/dev/null; then sha256sum *.whl *.tar.gz; \
	  else shasum -a 256 *.whl *.tar.gz; fi >SHA256SUMS
	@printf '%s\n' "dist/ holds transcribe $(VERSION) and SHA256SUMS. Nothing is tagged, signed or uploaded. Next:" \
	  "  git tag --annotate v$(VERSION) --message 'transcribe $(VERSION)'   # --sign, where you have a key" \
	  "  git push origin v$(VERSION)" \
	  "  then publish the files of dist/ as docs/releasing.md says"

clean: ## Remove what the other targets made here
	rm -rf $(VENV) .demo dist build .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
