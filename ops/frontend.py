"""Builds the pages, once per content. Instances on any port share a build."""

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.home import BIN, BUILD, ROOT, OpsError, inherited, tool

# What the build is made of, by content; the rest of quantum_app is imported by it, and shows in no page.
_SOURCES = (
    *("rxconfig.py", "quantum_app/quantum_app.py", "quantum_app/web", "assets", "reflex.lock"),
    *("frontend/package.json", "frontend/src"),
)
_PINS = re.compile(r"^(?:reflex|nodejs)[a-z-]*==.*$", re.MULTILINE)
_MAX_BUILDS = 20  # builds of some 4 MB; a copy that runs for long may serve one that is not the newest
_HOME = BUILD / "frontend"
_LOCALHOST = re.compile(r"\b(?:ws|http)://localhost:\d+")
# The addresses stand at the beginning of template literals.
_ADDRESS = re.compile(r"`(ws|http)://localhost:\d+")
# Pages in the app frame. The addresses of the other ones have pages of their own, or the one for every address.
_FRAMED = (
    "index.html",
    "campaigns.html",
    "campaigns/*.html",
    "calls.html",
    "calls/*.html",
    "settings.html",
    "settings/**/*.html",
)
_OWN = {"ws": '`${location.origin.replace("http","ws")}', "http": "`${location.origin}"}


def place() -> Path:
    """The folder of the current content's build, for `REFLEX_WEB_WORKDIR`."""
    return _HOME / fingerprint()


def build() -> None:
    """Build the pages if their content has changed. Takes about a minute. Raises OpsError."""
    _HOME.mkdir(parents=True, exist_ok=True)
    target = place()
    if target.exists():
        os.utime(target)
        return
    with open(_HOME / "build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _make(_HOME, target)
        os.utime(target)
        builds = sorted((path for path in _HOME.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
        for old in builds[:-_MAX_BUILDS]:
            shutil.rmtree(old, ignore_errors=True)


def fingerprint() -> str:
    """A hash of everything that goes into the build."""
    digest = hashlib.sha256("\n".join(_PINS.findall((ROOT / "requirements.txt").read_text())).encode())
    for path in _files():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for name in _SOURCES:
        path = ROOT / name
        paths = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in paths:
            # assets/external is what Reflex puts there while it builds.
            if file.is_file() and "__pycache__" not in file.parts and "external" not in file.parts:
                yield file


def environment(folder: Path) -> dict[str, str]:
    """Environment variables for serving the build in `folder`."""
    return {
        "REFLEX_USE_NPM": "1",
        "REFLEX_USE_GRANIAN": "true",
        "REFLEX_WEB_WORKDIR": str(folder),
        "REFLEX_STATES_WORKDIR": str(BUILD / "frontend-states"),
        "REFLEX_TELEMETRY_ENABLED": "false",
    }


def _make(home: Path, target: Path) -> None:
    print("Building the pages (takes about a minute, once) …", flush=True)
    draft, source = home / "draft", home / "source"
    for folder in (draft, source):
        shutil.rmtree(folder, ignore_errors=True)
    # Reflex writes beside what it compiles, so it compiles a copy.
    unwanted = shutil.ignore_patterns("__pycache__", "external")
    for name in ("quantum_app", "assets", "reflex.lock"):
        shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    shutil.copy(ROOT / "rxconfig.py", source)
    (source / "frontend").mkdir()
    shutil.copy(ROOT / "frontend" / "package.json", source / "frontend")
    shutil.copytree(ROOT / "frontend" / "src", source / "frontend" / "src")
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    # What packages run while they are installed is given no secret.
    variables = inherited(os.environ, "NPM_", "npm_", "NODE_") | environment(draft) | {"PATH": path}
    # Reflex looks for a mirror of its own unless it is told which registry npm uses.
    registry = subprocess.run(
        ["npm", "config", "get", "registry"], env=variables, capture_output=True, text=True, check=False
    )
    variables["NPM_CONFIG_REGISTRY"] = os.environ.get("NPM_CONFIG_REGISTRY") or registry.stdout.strip()
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    result = tool(command, environment=variables, folder=source)
    client = draft / "build" / "client"
    if result.returncode or not client.is_dir():
        print(result.stdout[-4000:], file=sys.stderr)
        raise OpsError("Couldn't build the pages. See the lines above. npm must be able to reach its registry.")
    _any_port(client)
    _add_frame(client)
    # Only what is served is kept.
    shutil.rmtree(draft / "node_modules", ignore_errors=True)
    shutil.rmtree(source)
    draft.rename(target)


def _any_port(client: Path) -> None:
    """Make the pages use the address they were loaded from, instead of the one at build time."""
    for script in (client / "assets").glob("reflex-env-*.js"):
        text = _ADDRESS.sub(lambda match: _OWN[match[1]], script.read_text())
        if _LOCALHOST.search(text):
            raise OpsError(f"{script.name} still names a port: Reflex writes addresses in another way now.")
        script.write_text(text)
        script.with_suffix(".js.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _add_frame(client: Path) -> None:
    """Show the frame of the dashboard until scripts have drawn the page: React skips an element of its own."""
    shell = (ROOT / "quantum_app" / "web" / "frame_shell.html").read_text()
    for pattern in _FRAMED:
        for page in client.glob(pattern):
            content, end, rest = page.read_text().rpartition("</body>")
            page.write_text(f"{content}{shell}{end}{rest}")
            page.with_suffix(".html.gz").write_bytes(gzip.compress(page.read_bytes(), mtime=0))
