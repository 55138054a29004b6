"""`make run`: sets up what is missing, starts everything, keeps it alive, stops it cleanly."""

import argparse
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from ops import database
from ops.home import ROOT, OpsError, check_ports, closed, inherited, load_secrets, locked, write_environment
from ops.parts import NAMES, Instance, parts
from ops.supervisor import Say, Supervisor

NEEDS_GB = 2
OPEN_FILES = 8192  # for each part: a connection is one
DEFAULT_PORT = 3000


@contextmanager
def supervised(
    home: Path, port: int, user_values: Mapping[str, str], say: Say
) -> Iterator[tuple[Instance, Supervisor]]:
    """A prepared instance and its supervisor, nothing started yet; everything is stopped at the end.

    user_values: The user's environment.

    Raises OpsError if it's already running, the disk is full, a port is in use, or settings are incomplete.
    """
    if shutil.disk_usage(ROOT).free < NEEDS_GB * 10**9:
        raise OpsError(f"Not enough disk space. Free about {NEEDS_GB} GB in {ROOT}, then run the command again.")
    with locked(home) as lock:
        check_ports(port)
        instance = Instance(home, port, load_secrets(home), user_values)
        variables = instance.environment()
        write_environment(home, variables)
        os.environ.update(variables | {"QUANTUM_HOME": str(home)})  # for this process: migrations, the demo
        allow_open_files()
        closed(home / "spool")
        supervisor = Supervisor(parts(instance), home / "log", inherited(os.environ), say, lock=lock)
        try:
            yield instance, supervisor
        finally:
            supervisor.stop()


def allow_open_files() -> None:
    """Let the parts open as many files as they need; systems begin with 1024 or fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def start(instance: Instance, supervisor: Supervisor, names: Sequence[str]) -> None:
    """Start these parts and what they need: the schema and the demo come between the database and its users.

    Raises OpsError when one does not become healthy or the database refuses.
    """
    parts = supervisor.closure([name for name in names if name in supervisor.children])
    supervisor.start([name for name in parts if supervisor.children[name].part.tier == 0])
    if set(names) & {"postgres", "worker", "jobs", "web"}:
        try:
            database.migrate(instance.environment()["DATABASE_OWNER_URL"])
            database.seed_demo(instance.secrets.demo_password)
        except (psycopg.Error, SQLAlchemyError) as error:
            raise OpsError(f"Couldn't migrate the database: {error}") from error
    supervisor.start(parts)


class Terminal:
    """Lines of the supervisor on the terminal, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, name: str, text: str) -> None:
        with self._lock:
            print(f"{time.strftime('%H:%M:%S')} {name:<9} {text}", flush=True)


def main(argv: Sequence[str]) -> int:
    """Run until a signal comes; 0 when everything was stopped cleanly."""
    parser = argparse.ArgumentParser(prog="python -m ops run")
    parser.add_argument("--only", help=f"comma-separated parts, with what they need: {', '.join(NAMES)}")
    only = parser.parse_args(argv).only
    names = only.split(",") if only else NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        raise OpsError(f"Unknown part: {', '.join(unknown)}. Choose from {', '.join(NAMES)}.")
    home = (ROOT / os.environ.get("QUANTUM_HOME", ".quantum")).resolve()
    text = os.environ.get("QUANTUM_PORT", str(DEFAULT_PORT))
    if not text.isdigit():
        raise OpsError(f"QUANTUM_PORT is {text!r}. Set it to a number, like 3000.")
    stopping, hurry = threading.Event(), threading.Event()

    def on_signal(number: int, frame: object) -> None:
        if stopping.is_set():
            hurry.set()
        else:
            stopping.set()
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # the parts would go on, with nobody to read what they print
    began = time.monotonic()
    with supervised(home, int(text), dict(os.environ), Terminal()) as (instance, supervisor):
        try:
            start(instance, supervisor, names)
            print(_welcome(instance, time.monotonic() - began), flush=True)
            for component, message in _unwell(instance) if "web" in names else ():
                print(f"Warning: {component} has a problem: {message} (run make doctor)", flush=True)
            while True:
                signal.pause()
        except KeyboardInterrupt:
            print("\nStopping after calls in progress have ended. Press Ctrl-C again to stop now.", flush=True)
            supervisor.stop(hurry=hurry)
    print("Stopped. Next: make run")
    return 0


def _unwell(instance: Instance) -> list[tuple[str, str]]:
    """(component, what is wrong) of what the web app finds broken: services of yours that nobody here waits for."""
    try:
        headers = {"authorization": f"Bearer {instance.secrets.instance_key}"}
        url = f"http://127.0.0.1:{instance.port}/api/health"
        answer = httpx.get(url, headers=headers, timeout=20, trust_env=False)
    except httpx.HTTPError as error:
        return [("WEB", f"the health check failed: {type(error).__name__}")]
    return [(name, check["message"]) for name, check in answer.json()["checks"].items() if not check["ok"]]


def _welcome(instance: Instance, seconds: float) -> str:
    url = instance.user_environment.get("QUANTUM_PUBLIC_URL") or f"http://localhost:{instance.port}"
    stays = not any(
        instance.user_environment.get(name) for name in ("QUANTUM_PUBLIC_URL", "RESEND_API_KEY", "SMTP_URL")
    )
    return "\n".join(
        (
            "",
            f"Quantum Voice AI is ready after {seconds:.0f} s.",
            "",
            f"  Dashboard   {url}/",
            f"  Log in      demo@northquay.example   {instance.secrets.demo_password}",
            f"  Call page   {url}/call/demo",
            *([f"  Mailbox     {url}/dev/mailbox#key={instance.secrets.instance_key}"] if stays else []),
            "",
            f"Logs are in {instance.home / 'log'}. Press Ctrl-C to stop. Next: open the call page and say hello.",
        )
    )
