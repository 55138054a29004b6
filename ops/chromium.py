"""Finds or installs the Chromium for browser tests, which are never skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.home import OpsError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DOWNLOAD_SECONDS = 300


def chromium() -> Path:
    """Path of Chromium: QUANTUM_CHROMIUM, an installed one, Playwright's, or a new one. Raises OpsError."""
    configured = os.environ.get("QUANTUM_CHROMIUM")
    if configured:
        if not _runs(Path(configured)):
            raise OpsError(f"QUANTUM_CHROMIUM is {configured}, which doesn't start. Set it to a Chromium, or unset it.")
        return Path(configured)
    for step in (_installed, _playwright, _from_apt, _from_playwright):
        path = step()
        if path and _runs(path):
            return path
    raise OpsError(
        "The browser tests need Chromium. Install the package chromium (Debian: `apt-get install chromium`), or run "
        "`.venv/bin/playwright install chromium`, or set QUANTUM_CHROMIUM to one."
    )


def _runs(path: Path) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _installed() -> Path | None:
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return Path(path)
    return next((Path(place) for place in PLACES if Path(place).exists()), None)


def _playwright() -> Path | None:
    """What Playwright has downloaded before, or None."""
    script = (
        "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path, end='')"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    path = Path(result.stdout)
    return path if result.returncode == 0 and path.is_file() else None


def _from_apt() -> Path | None:
    """The distribution's package, when this is root on a Debian that has a real one (Ubuntu's is only a pointer)."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Chromium with apt-get …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        if subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return None
    return _installed()


def _from_playwright() -> Path | None:
    print("Downloading Chromium with Playwright …", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        command.append("--with-deps")
    try:
        subprocess.run(command, capture_output=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return _playwright()
