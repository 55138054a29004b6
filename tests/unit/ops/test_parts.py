import os
import time
from pathlib import Path

import pytest
import yaml

from ops.home import OpsError, Secrets, inherited
from ops.parts import HEARTBEAT_SECONDS, NAMES, SECRETS, Instance, parts
from ops.supervisor import Part
from quantum_app.settings import Settings, settings, variables

pytestmark = pytest.mark.unit


def instance(tmp_path: Path, **overrides: str) -> Instance:
    return Instance(tmp_path, 4000, Secrets(), overrides)


def test_everything_runs_here_by_default(tmp_path: Path) -> None:
    one = instance(tmp_path)
    values = one.environment()
    assert one.embedded == ("postgres", "valkey", "valkey-pages", "livekit", "providers", "worker", "jobs", "web")
    assert values["DATABASE_URL"].startswith("postgresql://quantum_app:")
    assert values["DATABASE_OWNER_URL"].startswith("postgresql://quantum_owner:")
    assert values["DATABASE_SYSTEM_URL"].startswith("postgresql://quantum_sweeper:")
    assert values["LIVEKIT_URL"] == "ws://127.0.0.1:4001"
    assert values["REDIS_URL"].endswith("@127.0.0.1:4005/0")
    assert values["REDIS_PAGES_URL"].endswith("@127.0.0.1:4008/0")
    assert values["DEEPGRAM_BASE_URL"] == "http://127.0.0.1:4006"
    assert values["DEEPGRAM_API_KEY"] == one.secrets.local_providers
    assert values["RESEND_BASE_URL"] == "http://127.0.0.1:4006"
    assert values["RESEND_API_KEY"] == one.secrets.local_providers


@pytest.mark.parametrize(
    ("overrides", "replaced_parts"),
    [
        (
            {
                "DATABASE_URL": "postgresql://a@db/x",
                "DATABASE_OWNER_URL": "postgresql://b@db/x",
                "DATABASE_SYSTEM_URL": "postgresql://c@db/x",
            },
            {"postgres"},
        ),
        ({"REDIS_URL": "redis://there/1"}, {"valkey", "valkey-pages"}),
        ({"REDIS_PAGES_URL": "redis://there/1"}, {"valkey-pages"}),
        (dict.fromkeys(("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"), "wss://there"), {"livekit"}),
    ],
)
def test_what_the_user_brings_replaces_the_embedded_part(
    tmp_path: Path, overrides: dict[str, str], replaced_parts: set[str]
) -> None:
    one = instance(tmp_path, **overrides)
    assert set(one.embedded) == set(NAMES) - replaced_parts
    assert overrides.items() <= one.environment().items()
    assert [part.name for part in parts(one)] == list(one.embedded)


def test_page_states_go_to_the_one_redis_that_is_given(tmp_path: Path) -> None:
    assert instance(tmp_path, REDIS_URL="redis://there/1").environment()["REDIS_PAGES_URL"] == "redis://there/1"


@pytest.mark.parametrize(
    ("overrides", "missing"),
    [
        ({"DATABASE_URL": "postgresql://a@db/x"}, "DATABASE_OWNER_URL and DATABASE_SYSTEM_URL"),
        (dict.fromkeys(("LIVEKIT_URL", "LIVEKIT_API_KEY"), "wss://there"), "LIVEKIT_API_SECRET"),
        (dict.fromkeys(("RESEND_API_KEY",), "re_1"), "MAIL_FROM"),
        ({"SMTP_URL": "smtp://there"}, "MAIL_FROM"),
        ({"SMTP_URL": "there:587", "MAIL_FROM": "a@example.com"}, "SMTP_URL"),
    ],
)
def test_half_a_replacement_is_refused(tmp_path: Path, overrides: dict[str, str], missing: str) -> None:
    with pytest.raises(OpsError, match=missing):
        instance(tmp_path, **overrides).environment()


def test_with_a_key_deepgram_hears_and_speaks_and_the_local_server_still_embeds(tmp_path: Path) -> None:
    one = instance(tmp_path, DEEPGRAM_API_KEY="key")  # pragma: allowlist secret
    values = one.environment()
    assert values["DEEPGRAM_API_KEY"] == "key"  # pragma: allowlist secret
    assert "DEEPGRAM_BASE_URL" not in values
    assert values["EMBEDDINGS_BASE_URL"] == "http://127.0.0.1:4006"
    assert "providers" in one.embedded


def livekit_settings(one: Instance) -> dict[str, object]:
    part = next(part for part in parts(one) if part.name == "livekit")
    assert part.before
    part.before()
    return yaml.safe_load((one.home / "livekit.yaml").read_text())


def test_livekit_stays_on_this_machine_until_an_address_is_public(tmp_path: Path) -> None:
    local = livekit_settings(instance(tmp_path))
    assert local["bind_addresses"] == ["127.0.0.1"]
    assert local["rtc"] == {
        "tcp_port": 0,
        "udp_port": 4003,
        "use_external_ip": False,
        "node_ip": "127.0.0.1",
        "ips": {"includes": ["127.0.0.1/32"]},
        "enable_loopback_candidate": True,
    }
    assert oct((tmp_path / "livekit.yaml").stat().st_mode)[-3:] == "600"
    public = livekit_settings(
        instance(tmp_path, QUANTUM_PUBLIC_URL="https://voice.example", LIVEKIT_PUBLIC_URL="wss://rtc.example")
    )
    assert public["rtc"] == {"tcp_port": 4002, "udp_port": 4003, "use_external_ip": True}


def test_a_public_page_needs_a_public_livekit(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="LIVEKIT_PUBLIC_URL"):
        instance(tmp_path, QUANTUM_PUBLIC_URL="https://voice.example").environment()


def test_mail_leaves_by_your_provider(tmp_path: Path) -> None:
    overrides = {"SMTP_URL": "smtps://there:465", "MAIL_FROM": "Us <us@example.com>"}
    values = instance(tmp_path, **overrides).environment()
    assert overrides.items() <= values.items()
    assert "RESEND_BASE_URL" not in values


def test_embeddings_of_another_server_are_not_asked_with_the_local_key(tmp_path: Path) -> None:
    values = instance(tmp_path, EMBEDDINGS_BASE_URL="https://embeddings.example").environment()
    assert values["EMBEDDINGS_BASE_URL"] == "https://embeddings.example"
    assert "EMBEDDINGS_API_KEY" not in values


# What each part may know. Whoever adds a secret says here who needs it.
SECRETS_BY_PART = {
    "providers": {"local"},
    "worker": {"app", "redis", "signing", "livekit", "deepgram", "openai", "embeddings"},
    "jobs": {"app", "system", "redis", "page states", "signing", "smtp", "resend", "embeddings", "storage"},
    "web": {
        "app",
        "redis",
        "page states",
        "signing",
        "livekit",
        "deepgram",
        "openai",
        "embeddings",
        "oidc",
        "local",
        "instance",
        "storage",
    },
    "postgres": set(),
    "valkey": set(),
    "valkey-pages": set(),
    "livekit": set(),
}
ALIASES = {
    "app": "DATABASE_URL",
    "owner": "DATABASE_OWNER_URL",
    "system": "DATABASE_SYSTEM_URL",
    "redis": "REDIS_URL",
    "page states": "REDIS_PAGES_URL",
    "livekit": "LIVEKIT_API_SECRET",
    "deepgram": "DEEPGRAM_API_KEY",
    "openai": "OPENAI_API_KEY",
    "embeddings": "EMBEDDINGS_API_KEY",
    "storage": "STORAGE_SECRET_KEY",
    "smtp": "SMTP_URL",
    "resend": "RESEND_API_KEY",
    "oidc": "QUANTUM_OIDC",
    "signing": "QUANTUM_SECRET_KEY",
    "local": "LOCAL_PROVIDERS_KEY",
    "instance": "QUANTUM_HTTP_INSTANCE_KEY",
}


def test_every_secret_is_assigned() -> None:
    secret = {name for name, may in variables().items() if may}
    assert secret == set(ALIASES.values())
    assert {name for names in SECRETS.values() for name in names} == secret - {"DATABASE_OWNER_URL"} | {
        "LIVEKIT_API_KEY"
    }


def test_a_part_is_given_the_secrets_that_it_needs_and_no_other(tmp_path: Path) -> None:
    outside = {name: f"smtp://canary-{short}" for short, name in ALIASES.items()}
    outside |= {"EMBEDDINGS_BASE_URL": "https://there", "MAIL_FROM": "a@example.com", "OPENAI_MODEL": "some"}
    one = instance(tmp_path, **outside)
    secrets = one.secrets
    values = outside | {ALIASES["signing"]: secrets.secret_key, ALIASES["local"]: secrets.local_providers}
    for short in ("redis", "livekit"):  # embedded here: their parts have to exist
        del outside[ALIASES[short]]
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        del outside[name]
    one = Instance(tmp_path, 4000, secrets, outside)
    values |= {name: one.environment()[name] for name in ALIASES.values()}
    for part in parts(one):
        text = "\n".join([*part.environment.values(), *part.command])
        assert {short for short, name in ALIASES.items() if values[name] in text} == SECRETS_BY_PART[part.name], (
            part.name
        )
        for own in (secrets.postgres, secrets.quantum_owner, secrets.demo_password):
            assert own not in text, part.name
        assert (part.environment.get("OPENAI_MODEL") == "some") == (part.name in SECRETS)


def test_a_part_reads_its_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """run.env, which holds all secrets, is for tools."""
    (tmp_path / "run.env").write_text("DATABASE_OWNER_URL='postgresql://canary'\n")
    monkeypatch.setenv("QUANTUM_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    assert Settings().database.owner_url.get_secret_value() == "postgresql://canary"
    for name, value in instance(tmp_path).variables_of("web").items():
        monkeypatch.setenv(name, value)
    assert not Settings().database.owner_url
    settings.cache_clear()


def test_the_environment_of_whoever_starts_it_stays_with_them() -> None:
    theirs = {
        "AWS_SECRET_ACCESS_KEY": "x",
        "GITHUB_TOKEN": "x",
        "PGPASSWORD": "x",
        "HF_TOKEN": "x",
        "DATABASE_URL": "x",
    }
    essentials = {
        **{
            "PATH": "/bin",
            "HOME": "/root",
            "LC_ALL": "C",
            "TZ": "UTC",
            "SSL_CERT_FILE": "/certs",
            "https_proxy": "http://p",
        },
        **{"LD_LIBRARY_PATH": "/lib", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": "/cache"},
    }
    assert inherited(theirs | essentials) == essentials
    assert inherited({"GOPROXY": "direct"} | theirs, "GO") == {"GOPROXY": "direct"}


def part(one: Instance, name: str) -> Part:
    return next(part for part in parts(one) if part.name == name)


@pytest.mark.parametrize(("name", "policy"), [("valkey", "volatile-lru"), ("valkey-pages", "allkeys-lru")])
def test_valkey_starts_empty_and_keeps_nothing(tmp_path: Path, name: str, policy: str) -> None:
    old = tmp_path / name / "appendonlydir"
    old.mkdir(parents=True)
    (old / "appendonly.aof.1.incr.aof").write_text("what an earlier version kept")
    (tmp_path / name / "dump.rdb").write_text("and this")
    valkey = part(instance(tmp_path), name)
    assert valkey.before
    valkey.before()
    assert list((tmp_path / name).iterdir()) == []
    lines = (tmp_path / f"{name}.conf").read_text().splitlines()
    assert {"appendonly no", 'save ""', "maxmemory 256mb", f"maxmemory-policy {policy}"} <= set(lines)


def test_how_much_valkey_may_hold_can_be_set(tmp_path: Path) -> None:
    valkey = part(instance(tmp_path, QUANTUM_VALKEY_MAXMEMORY="64mb"), "valkey")
    assert valkey.before
    valkey.before()
    assert "maxmemory 64mb" in (tmp_path / "valkey.conf").read_text().splitlines()
    with pytest.raises(OpsError, match="QUANTUM_VALKEY_MAXMEMORY"):
        parts(instance(tmp_path, QUANTUM_VALKEY_MAXMEMORY="0\nappendonly yes"))


def test_jobs_are_alive_while_their_heartbeat_is_fresh(tmp_path: Path) -> None:
    jobs = part(instance(tmp_path), "jobs")
    heartbeat = tmp_path / "jobs.heartbeat"
    with pytest.raises(FileNotFoundError):
        jobs.healthy()
    heartbeat.touch()
    assert jobs.healthy()
    old = time.time() - HEARTBEAT_SECONDS - 1
    os.utime(heartbeat, (old, old))
    assert not jobs.healthy()
