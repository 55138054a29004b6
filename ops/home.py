"""One instance's data folder: its lock, its secrets, and the run.env that tells everybody where things are."""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess, Popen

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
BIN = ROOT / ".venv" / "bin"
BLOCK = 9  # ports an instance uses, from QUANTUM_PORT on
UDP_OFFSET = 3

PORTS = {
    "web": 0,
    "LiveKit signalling": 1,
    "LiveKit media over TCP": 2,
    "LiveKit media over UDP": UDP_OFFSET,
    "Postgres": 4,
    "Valkey": 5,
    "local providers": 6,
    "agent worker": 7,
    "Valkey for page states": 8,
}

# What the children have of the environment that `make run` was started in: where programs, libraries, certificates and
# caches are, how to reach the network, which language and how many threads. Not whatever else somebody exported.
_INHERITED = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "HOSTNAME"),
    *(
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "NIX_SSL_CERT_FILE",
    ),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "VIRTUAL_ENV"),
    *("HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "NIX_LD", "NIX_LD_LIBRARY_PATH"),
}
_INHERITED_FAMILIES = (
    *("LC_", "LD_", "XDG_", "PYTHON", "MALLOC_", "GLIBC_", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "RUST_"),
    *("OMP_", "OPENBLAS_", "MKL_", "KMP_", "CT2_", "NVPL_", "CUDA_", "NVIDIA_"),
)


class OpsError(Exception):
    """A message for the user that says what to do. Ends the command with status 1."""


def _token() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Secrets:
    """What an instance needs for itself: made once, mode 600."""

    instance: str = field(default_factory=lambda: f"q{secrets.token_hex(4)}")
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    postgres: str = field(default_factory=_token)
    quantum_owner: str = field(default_factory=_token)
    quantum_app: str = field(default_factory=_token)
    quantum_sweeper: str = field(default_factory=_token)
    valkey: str = field(default_factory=_token)
    livekit_key: str = field(default_factory=lambda: f"API{secrets.token_hex(6)}")
    livekit_secret: str = field(default_factory=lambda: secrets.token_urlsafe(36))
    local_providers: str = field(default_factory=_token)
    instance_key: str = field(default_factory=_token)
    demo_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))


def private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def closed(folder: Path) -> None:
    """Makes a folder that only its owner can enter; one that others could is closed."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def load_secrets(home: Path) -> Secrets:
    """The instance's secrets, generated the first time; ones that a later version adds are generated then."""
    path = home / "secrets.json"
    values = json.loads(path.read_text()) if path.exists() else {}
    names = {item.name for item in fields(Secrets)}
    secrets = Secrets(**{name: value for name, value in values.items() if name in names})
    if asdict(secrets) != values:
        private(path, json.dumps(asdict(secrets), indent=2) + "\n")
    return secrets


def write_environment(home: Path, values: Mapping[str, str]) -> None:
    """run.env, in the quoting that python-dotenv reads back unchanged."""
    lines = [f"{name}='{_quoted(value)}'" for name, value in values.items()]
    private(home / "run.env", "\n".join(lines) + "\n")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def inherited(environment: Mapping[str, str], *families: str) -> dict[str, str]:
    """What a child may have of an environment. families: beginnings of further names."""
    prefixes = (*_INHERITED_FAMILIES, *families)
    return {
        name: value for name, value in environment.items() if name.upper() in _INHERITED or name.startswith(prefixes)
    }


def tool(command: Sequence[str], *, environment: Mapping[str, str], folder: Path = ROOT) -> CompletedProcess[str]:
    """Runs a build to its end, its output and errors together in `stdout`; one that is interrupted leaves nothing."""
    with Popen(
        command, cwd=folder, env=environment, stdout=PIPE, stderr=STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return CompletedProcess(command, process.returncode, output)


def alive(pid: int) -> bool:
    """Whether a process of this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextlib.contextmanager
def locked(home: Path) -> Iterator[int]:
    """Holds the data folder for one supervisor, and yields the lock's descriptor.

    Raises OpsError when another one runs. One that was killed leaves the lock to its guard for some seconds: wait.
    """
    home.mkdir(parents=True, exist_ok=True)
    with open(os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        give_up = time.monotonic() + 15
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                pid = file.read().strip()
                if (pid and alive(int(pid))) or time.monotonic() > give_up:
                    raise OpsError(
                        f"Already running in {home} (process {pid}). Stop it, or set QUANTUM_HOME and QUANTUM_PORT to "
                        "start another instance."
                    ) from None
                time.sleep(0.1)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def free(port: int, *, udp: bool = False) -> bool:
    """Whether this machine can listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        if not udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_ports(base: int) -> None:
    """Raises OpsError naming the first port of the block that somebody else has."""
    if not 1024 <= base <= 65535 - BLOCK:
        raise OpsError(f"QUANTUM_PORT is {base}. Choose a port from 1024 to {65535 - BLOCK}.")
    for server, offset in PORTS.items():
        if not free(base + offset, udp=offset == UDP_OFFSET):
            raise OpsError(
                f"Port {base + offset} ({server}) is in use. Stop what uses it, or set QUANTUM_PORT to the first of "
                f"{BLOCK} free ports, like `QUANTUM_PORT={base + 100} make run`."
            )


def free_block() -> int:
    """The first of nine free ports, below the range that the system hands out by itself."""
    for _ in range(200):
        base = 20000 + secrets.randbelow(1400) * BLOCK
        if all(free(base + offset, udp=offset == UDP_OFFSET) for offset in range(BLOCK)):
            return base
    raise OpsError(f"Found no {BLOCK} consecutive free ports between 20000 and 31200.")
