# `make demo` serves the app, `make test` proves it. Both install what they need into .venv first.
HOST ?= 127.0.0.1
PORT ?= 7860
CHECKPOINT ?= auto
MINUTES ?= 240
# Who reads for `make voice`: kokoro (natural), flite (fast), or a folder of recordings; and how many sentences.
TEACHER ?= kokoro
TEXTS ?= 6000
# A vocoder's folder that `make voice` goes on with; empty: from nothing.
VOCODER ?=
# Processes that share the tests; 0 for one after the other.
TESTERS ?= 3
# Tests whose outcome may depend on the kernels of the processor; `make test-older` runs them.
KERNEL_TESTS ?= tests/synthesis tests/variants tests/quality tests/benchmark tests/test_intelligibility.py \
	tests/test_memory.py tests/commands/test_speak.py tests/ui/test_compare_runs.py voice_training/tests
# What `make report` measures, and where it writes.
BENCHMARK ?= random-full
ROUNDS ?= 10
SENTENCES ?= 50
PAIRED ?= int8,pruned
SEEDS ?= 3
SWEEP_SENTENCES ?= 20
PRUNE ?= 0:0.9:0.1
JOBS ?= 2
SPEED_OPTIONS ?=
QUALITY_OPTIONS ?=
SWEEP_OPTIONS ?=
SWEEP ?= sweep
RUNS ?= runs
RESULTS ?= results
# Where TEACHER reads the sentences, as a floor of the measurements; empty: without that floor.
READINGS ?= $(RUNS)/readings
FLOOR = $(if $(READINGS),--teacher $(READINGS))
PAGES ?= README.md docs/results.md docs/speed.md docs/scale.md
PICTURES ?= assets/pictures
RUN := .venv/bin/python -m speecht5_demo

# Measurements must not run beside each other, whatever -j says.
.NOTPARALLEL:
.PHONY: start lock audit attack replicas space demo setup quality readings report report-published speed-report quality-report pairs-report sweep-report tables voice voice-teacher dev lint test test-older format clean

demo: setup ## serve the app on http://HOST:PORT
	@HOST="$(HOST)" PORT="$(PORT)" CHECKPOINT="$(CHECKPOINT)" .venv/bin/python app.py

setup: ## install the run-time; TORCH=cuda for torch's CUDA build where there is no NVIDIA GPU
	@sh scripts/install.sh requirements.txt
	@sh scripts/native.sh

quality: setup ## install the measuring libraries of `evaluate`
	@sh scripts/install.sh requirements-quality.txt
	@sh scripts/install.sh requirements-speakers.txt --no-deps

report: speed-report quality-report pairs-report sweep-report tables ## measure speed and quality again, and rewrite the tables of the pages

report-published: ## the same for the published voice, which has to be cached or the hub has to answer; takes hours on two cores
	@$(MAKE) report CHECKPOINT=microsoft/speecht5_tts BENCHMARK=microsoft/speecht5_tts RUNS=$(RUNS)/published READINGS=

speed-report: quality ## speed and size: ROUNDS of every variant of the BENCHMARK checkpoint
	$(RUN) benchmark --checkpoint $(BENCHMARK) --repeats $(ROUNDS) $(SPEED_OPTIONS) --json $(RESULTS)/benchmark.json

readings: quality ## the built-in voice's teacher reads what is measured
	@[ -z "$(READINGS)" ] || sh scripts/voice_teacher.sh "$(TEACHER)"
	@[ -z "$(READINGS)" ] || for sentences in "$(SENTENCES)" "$(SWEEP_SENTENCES)"; do \
		.venv/bin/python -m voice_training readings "$(READINGS)" --teacher "$(TEACHER)" --sentences "$$sentences" || exit 1; \
	done

quality-report: readings ## quality of every variant on SENTENCES; goes on where it stopped
	$(RUN) evaluate --checkpoint $(CHECKPOINT) --sentences $(SENTENCES) --jobs $(JOBS) $(FLOOR) $(QUALITY_OPTIONS) \
		--output $(RUNS)/evaluation --publish $(RESULTS)/evaluation

pairs-report: readings ## word errors of PAIRED against the baseline's, each utterance heard under SEEDS dropout seeds
	$(RUN) evaluate --checkpoint $(CHECKPOINT) --variants $(PAIRED) --metrics wer,cer --seeds $(SEEDS) \
		--sentences $(SENTENCES) --jobs $(JOBS) $(FLOOR) --output $(RUNS)/pairs --publish $(RESULTS)/evaluation-pairs

sweep-report: readings ## quality over the amounts of PRUNE; SWEEP=sweep-int8 SWEEP_OPTIONS=--quantize for the other kind
	$(RUN) evaluate sweep --checkpoint $(CHECKPOINT) --prune $(PRUNE) --sentences $(SWEEP_SENTENCES) --jobs $(JOBS) \
		--repeats $(ROUNDS) $(FLOOR) $(SWEEP_OPTIONS) --output $(RUNS)/$(SWEEP) --publish $(RESULTS)/$(SWEEP)

tables: quality ## the report's claims beside the files in RESULTS, and the tables and pictures of the pages
	$(RUN) report $(RESULTS) --html $(RESULTS)/report.html
	$(RUN) tables $(PAGES) --results $(RESULTS) --pictures $(PICTURES)

voice: quality ## make a voice as the built-in one from nothing, by TEACHER, in MINUTES of training: voice_training/README.md
	@sh scripts/voice_teacher.sh "$(TEACHER)"
	.venv/bin/python -m voice_training train --minutes $(MINUTES) --teacher "$(TEACHER)" --texts $(TEXTS) \
		$(if $(VOCODER),--vocoder "$(VOCODER)")

voice-teacher: setup ## install the natural teacher, kokoro: 600 MB, Apache 2.0
	@sh scripts/voice_teacher.sh kokoro

dev: setup ## install what the tests need
	@sh scripts/install.sh requirements-dev.txt
	@sh scripts/install.sh requirements-quality.txt
	@sh scripts/install.sh requirements-speakers.txt --no-deps
	@sh scripts/system_packages.sh

lint: dev ## style, format, types and import layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Bytecode is kept whatever the environment says: each worker and all that it starts would compile the same files.
test: lint ## every check there is
	PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest -n $(TESTERS)

test-older: dev ## what depends on the kernels, as older processors and machines without a compiler run it
	SPEECHT5_DEMO_NATIVE=0 .venv/bin/python -m pytest -n $(TESTERS) $(KERNEL_TESTS)
	.venv/bin/python -m speecht5_demo.benchmark.holding avx2 .venv/bin/python -m pytest -n $(TESTERS) $(KERNEL_TESTS)

space: setup ## check that this folder is a Space that starts
	.venv/bin/python scripts/space.py

start: setup ## seconds and CPU seconds from the start of the image's command to a server that is ready, kernels built before
	.venv/bin/python scripts/start_time.py

lock: setup ## pin what the image installs, each file by its hash, in requirements-lock.txt; needs uv
	.venv/bin/python scripts/lock.py

audit: dev ## known weaknesses of what is locked (exit 3 where nothing can be looked up), and secrets in files of git
	.venv/bin/python scripts/secrets_scan.py
	@sh scripts/install.sh requirements-audit.txt
	.venv/bin/python scripts/audit.py

replicas: dev ## 2,000 ratings over three replicas behind nginx, one killed, into each kind of store
	.venv/bin/python -m tests.support.replicas

attack: dev ## attack a server of our own on loopback, and write the table of docs/attack.md
	.venv/bin/python -m tests.attack --write docs/attack.md

format: dev ## rewrite the code in the house format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## forget the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build
