# `make demo` serves the app, `make test` proves it. Both install what they need into .venv first.
HOST ?= 127.0.0.1
PORT ?= 7860
CHECKPOINT ?= auto
MINUTES ?= 240
RUN := .venv/bin/python -m speecht5_demo

.PHONY: demo setup quality report voice dev lint test format clean

demo: setup ## serve the app on http://HOST:PORT
	@HOST="$(HOST)" PORT="$(PORT)" CHECKPOINT="$(CHECKPOINT)" .venv/bin/python app.py

setup: ## install the run-time
	@sh scripts/install.sh requirements.txt
	@sh scripts/native.sh

quality: setup ## install the measuring libraries of `evaluate`
	@sh scripts/install.sh requirements-quality.txt
	@sh scripts/install.sh requirements-speakers.txt --no-deps

report: quality ## measure speed and quality again, and rewrite the README's tables and pictures from the files
	$(RUN) benchmark --checkpoint random-full --json results/benchmark.json
	$(RUN) evaluate --checkpoint $(CHECKPOINT) -o runs/evaluation --publish results/evaluation
	$(RUN) evaluate sweep --checkpoint $(CHECKPOINT) -o runs/sweep --publish results/sweep
	$(RUN) report results --html results/report.html
	$(RUN) tables README.md --results results

voice: quality ## make the built-in voice again, from nothing; MINUTES of training (flite has to be installed)
	$(RUN) voice train --minutes $(MINUTES)

dev: setup ## install what the tests need
	@sh scripts/install.sh requirements-dev.txt
	@sh scripts/install.sh requirements-quality.txt
	@sh scripts/install.sh requirements-speakers.txt --no-deps
	@sh scripts/system_packages.sh

lint: dev ## style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test: lint ## every check there is
	.venv/bin/python -m pytest

format: dev ## rewrite the code in the house format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## forget the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build
