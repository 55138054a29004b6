"""`make train-check`: installs what training needs beside the rest, then runs `training.check`."""

import subprocess
import sys
from pathlib import Path

from ops import bootstrap
from ops.home import ROOT

REQUIREMENTS = {"requirements-training.txt": ()}


def main(argv: list[str]) -> int:
    """The exit status of the check."""
    del argv
    bootstrap.install(Path(sys.executable), REQUIREMENTS)
    return subprocess.run([sys.executable, "-m", "training.check"], cwd=ROOT, check=False).returncode
