"""`python -m ops <command>`: what the targets of the Makefile run inside `.venv`."""

import importlib
import sys

from ops.home import OpsError

COMMANDS = ("setup", "run", "test", "check", "doctor", "bench", "mutate", "database", "generate", "train-check")


def main(argv: list[str]) -> int:
    """Runs one command; 0 when it went well. A Problem becomes one sentence and exit status 1."""
    if not argv or argv[0] not in COMMANDS:
        print(f"Commands: {', '.join(COMMANDS)}. Next: make run", file=sys.stderr)
        return 2
    try:
        return importlib.import_module(f"ops.{argv[0].replace('-', '_')}").main(argv[1:])
    except OpsError as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
