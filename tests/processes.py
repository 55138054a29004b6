"""What the processes of a running product know."""

from pathlib import Path

import psutil

from ops.parts import SECRETS
from quantum_app.settings import variables
from tests.stack import Stack


def unneeded_secrets(stack: Stack) -> tuple[set[str], list[str]]:
    """The parts that run, and each secret that a process of one, or one it started, has and should not have."""
    values, own = stack.instance.environment(), stack.instance.secrets
    secret = {
        name: values[name] for name in [*variables(), "LIVEKIT_API_KEY"] if _may_be_secret(name) and name in values
    }
    secret |= {"postgres": own.postgres, "demo_password": own.demo_password}
    parts: set[str] = set()
    leaks: list[str] = []
    for name, pid in stack.pids.items():
        allowed = {secret[one] for one in SECRETS.get(name, ()) if one in secret}
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            try:
                environment = Path(f"/proc/{process.pid}/environ").read_text(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
            parts.add(name)
            leaks += [
                f"{name} ({process.pid}) knows {secret_name}"
                for secret_name, value in secret.items()
                if value not in allowed and value in environment
            ]
    return parts, leaks


def _may_be_secret(name: str) -> bool:
    return variables().get(name, False) or name == "LIVEKIT_API_KEY"
