import subprocess
from pathlib import Path

import pytest

from ops.check import new_secrets

pytestmark = pytest.mark.service

# Put together here, so that this file does not look like one itself.
SECRET = "".join(("AKIA", "Z7Q3M5K2", "X9B4L1DC"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "clean.py").write_text("answer = 42\n")
    return tmp_path


def test_a_planted_secret_is_found_with_its_place(repository: Path) -> None:
    (repository / "settings.py").write_text(f"# keys\nkey = '{SECRET}'\n")
    assert any(line.startswith("settings.py:2: AWS Access Key") for line in new_secrets(repository, {}))


def test_what_git_ignores_is_not_looked_at(repository: Path) -> None:
    (repository / ".gitignore").write_text("private/\n")
    (repository / "private").mkdir()
    (repository / "private" / "x.py").write_text(f"key = '{SECRET}'\n")
    assert new_secrets(repository, {}) == []


def test_an_audited_string_may_move_but_not_appear_elsewhere(repository: Path) -> None:
    from detect_secrets.core.potential_secret import PotentialSecret

    hashed = PotentialSecret.hash_secret(SECRET)
    audited = {"a.py": [{"type": "AWS Access Key", "hashed_secret": hashed, "line_number": 1, "is_secret": False}]}
    (repository / "a.py").write_text(f"\n\nkey = '{SECRET}'\n")
    assert [line for line in new_secrets(repository, audited) if "AWS" in line] == []
    (repository / "b.py").write_text(f"key = '{SECRET}'\n")
    assert [line for line in new_secrets(repository, audited) if "AWS" in line] == ["b.py:1: AWS Access Key"]
    audited["a.py"][0]["is_secret"] = True
    assert len([line for line in new_secrets(repository, audited) if "AWS" in line]) == 2
