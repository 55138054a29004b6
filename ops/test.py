"""`make test`: all tests, on a data folder and ports of their own, in a real browser."""

import os
import subprocess
import sys

from ops.chromium import chromium
from ops.home import BIN, ROOT


def main(argv: list[str]) -> int:
    """Runs pytest with these arguments and returns its exit status."""
    browser = chromium()
    print(f"Testing on own data and ports, in {browser} …", flush=True)
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "QUANTUM_CHROMIUM": str(browser),
    }
    status = subprocess.run([sys.executable, "-m", "pytest", *argv], cwd=ROOT, env=environment, check=False).returncode
    if status:
        print("Next: run one test with `make test ARGS='-x tests/…'`; the servers' logs are in .quantum-test*/log/.")
    return status
