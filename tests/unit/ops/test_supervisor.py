"""The supervisor over real processes: small servers that die, hang and refuse on purpose."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops import logs
from ops import supervisor as supervision
from ops.home import ROOT, OpsError, free_block
from ops.supervisor import Part, Supervisor
from tests.unit.ops.waiting import gone, until

pytestmark = pytest.mark.service

SERVER = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\nwhile 1: s.accept()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVER}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); {SERVER}"

Lines = list[tuple[str, str]]
Make = Callable[..., Supervisor]


def server(name: str, port: int, script: str = SERVER, **options: object) -> Part:
    def healthy() -> bool:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True

    return Part(name, [sys.executable, "-c", script, str(port)], healthy, **options)  # type: ignore[arg-type]


@pytest.fixture
def port() -> int:
    return free_block()


@pytest.fixture
def messages() -> Lines:
    return []


@pytest.fixture
def make(tmp_path: Path, messages: Lines) -> Iterator[Make]:
    supervisors: list[Supervisor] = []

    def supervise(*parts: Part) -> Supervisor:
        supervisors.append(
            Supervisor(parts, tmp_path / "log", os.environ, lambda name, text: messages.append((name, text)))
        )
        return supervisors[-1]

    yield supervise
    for one in supervisors:
        one.stop()


def members(group: int) -> list[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


def test_a_part_that_cannot_even_start_again_is_tried_until_it_can(
    make: Make, port: int, messages: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.05,))
    full = threading.Event()

    def write_settings() -> None:
        if full.is_set():
            raise OSError(28, "No space left on device")

    one = make(server("a", port, before=write_settings))
    one.start(["a"])
    full.set()
    one.children["a"].kill()
    until(lambda: any("No space left" in text for _, text in messages))
    full.clear()
    one.children["a"].wait(20)


def test_parts_start_in_the_order_of_what_they_need(make: Make, port: int, messages: Lines) -> None:
    one = make(
        server("c", port + 2, needs=("b",)),
        server("b", port + 1, needs=("a",)),
        server("a", port),
        server("d", port + 4),
    )
    one.start(["c"])
    assert [name for name, text in messages if text.startswith("ready")] == ["a", "b", "c"]
    assert one.children["d"].pid is None


def test_a_child_that_dies_is_started_again_with_growing_pauses_and_said_so(
    make: Make, port: int, messages: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.05, 0.1, 0.2))
    one = make(server("a", port))
    one.start(["a"])
    child = one.children["a"]
    for _ in range(3):
        before = child.kill()
        until(child.ready.is_set)
        assert child.pid != before
    deaths = [text for _, text in messages if "restarting in" in text and "died" in text]
    assert deaths == [f"died (SIGKILL); restarting in {pause} s (log: a.log)" for pause in ("0.05", "0.1", "0.2")]


def test_a_start_that_fails_tells_the_last_words(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.01,))
    one = make(Part("a", ["sh", "-c", "echo the disk is on fire; exit 3"], lambda: False))
    with pytest.raises(OpsError, match=r"a ended \(status 3\) 3 times at its start.*\n.*the disk is on fire"):
        one.start(["a"])


def test_a_program_that_is_not_there_fails_at_once(make: Make) -> None:
    with pytest.raises(OpsError, match="a can't start"):
        make(Part("a", ["/nowhere/at-all"], lambda: False)).start(["a"])


def test_set_up_that_fails_fails_the_start(make: Make, port: int) -> None:
    def refuse() -> None:
        raise ValueError("the schema is from tomorrow")

    with pytest.raises(OpsError, match="the schema is from tomorrow"):
        make(server("a", port, after=refuse)).start(["a"])


def test_a_stop_ends_the_whole_family(make: Make, port: int) -> None:
    one = make(server("a", port, PARENT))
    one.start(["a"])
    group = one.children["a"].pid
    assert group
    until(lambda: len(members(group)) == 2)
    one.children["a"].stop()
    assert members(group) == []


def test_a_parent_that_is_killed_leaves_no_children_behind(
    make: Make, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.01,))
    one = make(server("a", port, PARENT))
    one.start(["a"])
    child = one.children["a"]
    group = child.pid
    assert group
    until(lambda: len(members(group)) == 2)
    child.kill()
    until(child.ready.is_set)
    assert members(group) == []


def test_what_does_not_stop_is_killed(make: Make, port: int) -> None:
    one = make(server("a", port, STUBBORN, stop_seconds=0.3))
    one.start(["a"])
    pid = one.children["a"].pid
    assert pid
    one.stop()
    assert gone(pid)


def test_databases_stop_after_what_uses_them(make: Make, port: int) -> None:
    ends = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print(time.time()), sys.exit())); "
    one = make(
        server("db", port, ends + SERVER, tier=0), server("call", port + 1, ends + SERVER, tier=2, needs=("db",))
    )
    one.start(["call"])
    one.stop()
    call, database = (float(one.children[name].log.read_text()) for name in ("call", "db"))
    assert call < database


def test_hurry_does_not_wait_for_calls(make: Make, port: int) -> None:
    one = make(server("call", port, STUBBORN, tier=2, stop_seconds=60))
    one.start(["call"])
    hurry = threading.Event()
    threading.Timer(0.2, hurry.set).start()
    began = time.monotonic()
    one.stop(hurry=hurry)
    assert time.monotonic() - began < 10


def test_a_stop_in_the_middle_of_a_start_leaves_nothing(make: Make, port: int) -> None:
    one = make(Part("a", [sys.executable, "-c", SERVER, str(port)], lambda: False))
    one.children["a"].start()
    until(lambda: one.children["a"].pid)
    pid = one.children["a"].pid
    assert pid
    one.stop()
    assert gone(pid)


# Serves until the file that it is given exists, and then answers nobody for as long as it does.
MOODY = """
import pathlib, socket, sys, time
server, mute = socket.create_server(("127.0.0.1", int(sys.argv[1]))), pathlib.Path(sys.argv[2])
while True:
    client, _ = server.accept()
    if not mute.exists():
        client.send(b"here")
    client.close()
"""


def moody(port: int, mute: Path, **options: object) -> Part:
    def healthy() -> bool:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            return client.recv(4) == b"here"

    command = [sys.executable, "-c", MOODY, str(port), str(mute)]
    return Part("a", command, healthy, ask_seconds=0.02, **options)  # type: ignore[arg-type]


def test_a_part_that_is_silent_is_started_again_and_said_so(
    make: Make, port: int, messages: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.01,))
    mute = tmp_path / "mute"
    one = make(moody(port, mute, silent_seconds=0.3, before=lambda: mute.unlink(missing_ok=True)))
    one.start(["a"])
    before = one.children["a"].pid
    mute.touch()
    until(lambda: one.children["a"].starts == 2)
    one.children["a"].wait(20)
    assert one.children["a"].pid != before
    texts = [text for _, text in messages]
    assert [text for text in texts if text.startswith("not responding for 0.3 s")]
    assert texts[-1].startswith("ready again")


def test_a_part_that_hangs_is_killed_when_it_does_not_end_by_itself(
    make: Make, port: int, messages: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "BACK_OFF", (0.01,))
    monkeypatch.setattr(supervision, "SILENT_STOP_SECONDS", 0.1)
    one = make(moody(port, tmp_path / "mute", silent_seconds=0.1))
    one.start(["a"])
    child = one.children["a"]
    assert child.pid
    os.kill(child.pid, signal.SIGSTOP)
    until(lambda: child.starts == 2)
    child.wait(20)
    assert any("not responding" in text for _, text in messages)


def test_a_pause_of_the_machine_is_no_silence(make: Make, port: int, messages: Lines) -> None:
    """However much time passes until a part is heard to say nothing, once alone it means nothing."""
    probes = 0

    def alive() -> bool:
        nonlocal probes
        probes += 1
        if probes % 2:
            time.sleep(0.1)  # far longer than the part may be silent
        return probes % 2 == 0

    one = make(server("a", port, alive=alive, ask_seconds=0.01, silent_seconds=0.05))
    one.start(["a"])
    until(lambda: probes > 6)
    assert one.children["a"].starts == 1
    assert not any("silent" in text for _, text in messages)


def test_what_takes_nothing_new_is_not_silent(make: Make, port: int, messages: Lines) -> None:
    """One that is draining is not healthy any more, and still there."""
    probed = threading.Event()

    def alive() -> bool:
        probed.set()
        return True

    ready = iter([True])
    one = make(
        Part("a", [sys.executable, "-c", SERVER, str(port)], lambda: next(ready, False), alive, ask_seconds=0.01)
    )
    one.start(["a"])
    assert probed.wait(10)
    assert one.children["a"].starts == 1
    assert not any("silent" in text for _, text in messages)


def test_a_flood_of_lines_neither_stops_a_part_nor_fills_the_disk(make: Make, port: int, tmp_path: Path) -> None:
    flood = "for n in range(200_000): print('x' * 300)\nprint('\\x1b[31mred\\rFORGED')\n"
    one = make(server("a", port, flood + SERVER))
    one.start(["a"])
    one.stop()
    size = sum(path.stat().st_size for path in (tmp_path / "log").iterdir())
    assert size < 4 * logs.WINDOW_BYTES


def test_the_guard_stops_what_a_killed_supervisor_leaves(tmp_path: Path, port: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from ops.supervisor import Part, Supervisor\n"
        f"polite = Part('polite', [sys.executable, '-c', {PARENT!r}, '{port}'], lambda: True)\n"
        f"stubborn = Part('stubborn', [sys.executable, '-c', {STUBBORN!r}, '{port + 1}'], lambda: True)\n"
        f"one = Supervisor([polite, stubborn], Path({str(tmp_path)!r}) / 'log', os.environ, lambda *_: None)\n"
        "one.start(['polite', 'stubborn'])\n"
        "print(*(child.pid for child in one.children.values()), flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        groups = [int(word) for word in process.stdout.readline().split()]
        until(lambda: len(members(groups[0])) == 2)
        process.kill()
    assert len(groups) == 2
    until(lambda: not any(members(group) for group in groups))
