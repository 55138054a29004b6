"""The npm packages of `frontend/`, for its checks and tests: installed once for each lock file."""

import fcntl
import hashlib
import os

from ops.home import BIN, BUILD, ROOT, OpsError, inherited, tool

FOLDER = ROOT / "frontend"
_PROGRAMS = FOLDER / "node_modules" / ".bin"


def environment() -> dict[str, str]:
    """For what runs in `frontend/`: no secret, and Node of the Python environment."""
    path = f"{_PROGRAMS}{os.pathsep}{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return inherited(os.environ, "NPM_", "npm_", "NODE_") | {"PATH": path}


def install() -> None:
    """Does nothing when they are there. Raises OpsError."""
    lock_hash = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".lock-hash"
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "node.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == lock_hash:
            return
        print("Installing the frontend's packages …", flush=True)
        result = tool(["npm", "ci", "--prefer-offline"], environment=environment(), folder=FOLDER)
        if result.returncode:
            raise OpsError(f"npm couldn't install the frontend's packages:\n{result.stdout[-2000:]}")
        stamp.write_text(lock_hash)
