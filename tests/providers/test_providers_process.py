"""Start, health and stop of the process, and what it refuses to start without."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.providers.support import KEY, Server, start, stop, wait_ready

pytestmark = pytest.mark.provider


def test_health_names_the_models_and_what_they_cost(server: Server) -> None:
    with urllib.request.urlopen(f"{server.http}/health", timeout=2) as answer:
        health = json.load(answer)
    assert health["status"] == "ok"
    assert health["models"] == dict.fromkeys(("recognizer", "vad", "synthesizer", "embedder"), True)
    assert health["recognizer"] == "whisper-tiny.en"
    assert 0 < health["load_seconds"] < 60
    assert 100 < health["memory_mb"] < 2000


def test_without_a_key_it_does_not_start(tmp_path: Path) -> None:
    process, _ = start(tmp_path, LOCAL_PROVIDERS_KEY="")
    assert process.wait(30) == 2


def test_it_stops_when_told(tmp_path: Path) -> None:
    process, port = start(tmp_path)
    wait_ready(process, port)
    assert stop(process) == 0


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    process, port = start(tmp_path, LOCAL_PROVIDERS_WHISPER_MODEL=str(tmp_path))
    try:
        with pytest.raises(AssertionError, match="not ready"):
            wait_ready(process, port, seconds=6)
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
        assert error.value.code == 503
        assert json.load(error.value)["status"] == "failed"
    finally:
        stop(process)


def test_faults_are_off_unless_switched_on(tmp_path: Path) -> None:
    process, port = start(tmp_path, LOCAL_PROVIDERS_FAULT_INJECTION="false")
    try:
        wait_ready(process, port)
        with pytest.raises(urllib.error.HTTPError) as error:
            Server(port, process.pid).admin("PUT", "/admin/faults/listen", {"silence": True})
        assert error.value.code == 404
        error.value.close()
    finally:
        stop(process)
    assert KEY
