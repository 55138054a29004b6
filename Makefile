# Two commands do it all: make run, make test. ops/bootstrap.py makes the Python environment first, when it has to.
PYTHON ?= python3
ARGS ?=
OPS = @$(PYTHON) ops/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long check generate doctor bench mutate train-check

help:
	@echo "Quantum Voice AI"
	@echo
	@echo "  make setup    make what is made once: environment, LiveKit server, pages"
	@echo "  make run      set up what is missing, start everything, print the address and the demo login"
	@echo "  make test     run the tests, beside a running product (ARGS='-m unit' or 'tests/api -k login' chooses)"
	@echo "  make test-long  run what takes long: full matrices, kill loops, the pages at every width"
	@echo "  make generate  write what is derived from the code: API description, TypeScript types, catalog"
	@echo "  make check    formatting, lint, types, import contracts, isolation, tests, secrets, commits"
	@echo "  make doctor   place a short synthetic call and name the part that is wrong, if one is"
	@echo "  make mutate   take each protection of an account away once, and count which are missed by no test"
	@echo "  make train-check  measure the shipped models again, and fit them to a sample of their data"
	@echo "  make bench    measure latency, barge-in and recognition on an instance of its own (40 minutes)"
	@echo
	@echo "Next: make run"

setup run test check generate doctor bench mutate train-check:
	$(OPS) $@ $(ARGS)

test-long:
	$(OPS) test --long
	$(OPS) mutate
