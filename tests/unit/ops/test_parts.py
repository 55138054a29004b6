from pathlib import Path

import pytest
import yaml

from ops.home import Problem, Secrets
from ops.parts import Instance, parts


def instance(tmp_path: Path, **given: str) -> Instance:
    return Instance(tmp_path, 4000, Secrets(), given)


def test_everything_runs_here_by_default(tmp_path: Path) -> None:
    one = instance(tmp_path)
    values = one.environment()
    assert one.embedded == ("postgres", "valkey", "livekit", "providers", "worker", "jobs", "web")
    assert values["DATABASE_URL"].startswith("postgresql://quantum_app:")
    assert values["DATABASE_OWNER_URL"].startswith("postgresql://quantum_owner:")
    assert values["DATABASE_SYSTEM_URL"].startswith("postgresql://quantum_sweeper:")
    assert values["LIVEKIT_URL"] == "ws://127.0.0.1:4001"
    assert values["REDIS_URL"].endswith("@127.0.0.1:4005/0")
    assert values["DEEPGRAM_BASE_URL"] == "http://127.0.0.1:4006"
    assert values["DEEPGRAM_API_KEY"] == one.secrets.local_providers
    assert values["RESEND_BASE_URL"] == "http://127.0.0.1:4006"
    assert values["RESEND_API_KEY"] == one.secrets.local_providers


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        (
            {
                "DATABASE_URL": "postgresql://a@db/x",
                "DATABASE_OWNER_URL": "postgresql://b@db/x",
                "DATABASE_SYSTEM_URL": "postgresql://c@db/x",
            },
            "postgres",
        ),
        ({"REDIS_URL": "redis://there/1"}, "valkey"),
        (dict.fromkeys(("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"), "wss://there"), "livekit"),
    ],
)
def test_what_the_user_brings_replaces_the_embedded_part(tmp_path: Path, given: dict[str, str], gone: str) -> None:
    one = instance(tmp_path, **given)
    assert gone not in one.embedded
    assert len(one.embedded) == 6
    assert given.items() <= one.environment().items()
    assert gone not in [part.name for part in parts(one)]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"DATABASE_URL": "postgresql://a@db/x"}, "DATABASE_OWNER_URL and DATABASE_SYSTEM_URL"),
        (dict.fromkeys(("LIVEKIT_URL", "LIVEKIT_API_KEY"), "wss://there"), "LIVEKIT_API_SECRET"),
        (dict.fromkeys(("RESEND_API_KEY",), "re_1"), "MAIL_FROM"),
        ({"SMTP_URL": "smtp://there"}, "MAIL_FROM"),
        ({"SMTP_URL": "there:587", "MAIL_FROM": "a@example.com"}, "SMTP_URL"),
    ],
)
def test_half_a_replacement_is_refused(tmp_path: Path, given: dict[str, str], missing: str) -> None:
    with pytest.raises(Problem, match=missing):
        instance(tmp_path, **given).environment()


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
    with pytest.raises(Problem, match="LIVEKIT_PUBLIC_URL"):
        instance(tmp_path, QUANTUM_PUBLIC_URL="https://voice.example").environment()


def test_mail_leaves_by_your_provider(tmp_path: Path) -> None:
    given = {"SMTP_URL": "smtps://there:465", "MAIL_FROM": "Us <us@example.com>"}
    values = instance(tmp_path, **given).environment()
    assert given.items() <= values.items()
    assert "RESEND_BASE_URL" not in values
