import json
import os
import signal
import socket
import stat
import threading
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from ops import home
from tests.unit.ops.waiting import gone, until

pytestmark = pytest.mark.unit

# What an environment variable may hold; a line break would end it in any .env file.
values = st.text(st.characters(blacklist_characters="\0\r\n", blacklist_categories=["Cs", "Zl", "Zp", "Cc"]))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first = home.load_secrets(tmp_path)
    assert home.load_secrets(tmp_path) == first
    assert mode(tmp_path / "secrets.json") == 0o600
    secrets = json.loads((tmp_path / "secrets.json").read_text())
    assert len(set(secrets.values())) == len(secrets)


def test_two_instances_share_no_secret(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first, second = home.load_secrets(tmp_path), home.load_secrets(tmp_path / "b")
    assert not set(vars(first).values()) & set(vars(second).values())


def test_a_secret_of_a_later_version_is_added_and_the_others_stay(tmp_path: Path) -> None:
    first = home.load_secrets(tmp_path)
    secrets = json.loads((tmp_path / "secrets.json").read_text())
    del secrets["valkey"]
    (tmp_path / "secrets.json").write_text(json.dumps(secrets))
    second = home.load_secrets(tmp_path)
    assert second.postgres == first.postgres
    assert second.valkey
    assert home.load_secrets(tmp_path) == second


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,8}", fullmatch=True), values, max_size=4))
def test_run_env_reads_back_as_written(tmp_path_factory: pytest.TempPathFactory, given_values: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("env")
    home.write_environment(folder, given_values)
    assert mode(folder / "run.env") == 0o600
    assert dotenv_values(folder / "run.env", interpolate=False) == given_values


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    base = home.free_block()
    with socket.create_server(("127.0.0.1", base + 4)), pytest.raises(home.OpsError) as error:
        home.check_ports(base)
    assert str(base + 4) in str(error.value)
    assert "Postgres" in str(error.value)
    assert "QUANTUM_PORT=" in str(error.value)


def test_a_udp_port_in_use_is_seen() -> None:
    base = home.free_block()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as occupant:
        occupant.bind(("127.0.0.1", base + home.UDP_OFFSET))
        with pytest.raises(home.OpsError, match=str(base + home.UDP_OFFSET)):
            home.check_ports(base)


@pytest.mark.parametrize("port", [0, 80, 65535])
def test_ports_outside_the_range_are_refused(port: int) -> None:
    with pytest.raises(home.OpsError, match="from 1024"):
        home.check_ports(port)


def test_a_data_folder_is_for_one(tmp_path: Path) -> None:
    refusal = pytest.raises(home.OpsError, match=rf"Already running.*process {os.getpid()}")
    with home.locked(tmp_path), refusal, home.locked(tmp_path):
        pass
    with home.locked(tmp_path):
        pass


def test_an_interrupted_tool_leaves_no_process(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    class Interrupted(BaseException):
        pass

    def on_signal(number: int, frame: object) -> None:
        raise Interrupted

    def interrupt() -> None:
        until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, on_signal)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(Interrupted):
            home.tool(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], environment=os.environ)
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)
    until(lambda: gone(int(pid_file.read_text())))
