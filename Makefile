# Start with make run or make test. ops/bootstrap.py creates the Python environment first if needed.
PYTHON ?= python3
ARGS ?=
OPS = @$(PYTHON) ops/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long check generate doctor bench mutate train-check

help:
	@echo "Quantum Voice AI"
	@echo
	@echo "  make run          set up what's missing, start everything, print the URL and the demo login"
	@echo "  make setup        build the environment, the LiveKit server and the pages without starting them"
	@echo "  make test         run the tests (select with ARGS='-m unit' or ARGS='tests/api -k login')"
	@echo "  make test-long    run slow tests: full matrices, crash loops, all page widths, mutation tests"
	@echo "  make check        check formatting, lint, types, imports, isolation, tests, names, secrets and commits"
	@echo "  make generate     generate the API description, TypeScript types and catalog from the code"
	@echo "  make doctor       check each component and place a test call"
	@echo "  make mutate       remove each account protection once and list those that no test misses"
	@echo "  make train-check  evaluate the bundled models and refit them on a sample of their data"
	@echo "  make bench        measure latency, interruptions and recognition on a separate instance (40 minutes)"
	@echo
	@echo "Next: make run"

setup run test check generate doctor bench mutate train-check:
	$(OPS) $@ $(ARGS)

test-long:
	$(OPS) test --long
	$(OPS) mutate
