from pathlib import Path

import pytest

from ops import names

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


def problems(folder: Path, text: str, file: str = "ops/x.py") -> list[str]:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text)
    return [line.split(" doesn't")[0] for line in names.findings(folder)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("found = 1", "found"),
        ("_KEPT = 1", "_KEPT"),
        ("first, (said, *told) = row", "said"),
        ("for answered in rows: pass", "answered"),
        ("[made for made in rows]", "made"),
        ("with opens() as opened: pass", "opened"),
        ("if (wanted := look()): pass", "wanted"),
        ("def go(*, given): pass", "given"),
        ("lambda asked: 1", "asked"),
        ("class A:\n    mails_sent: int", "mails_sent"),
        ("page.last_seen = 1\npage.user_seen = 2", "user_seen"),
        ("try: pass\nexcept E as raised: pass", "raised"),
        ("what = 1", "what"),
        ("class Asked: pass", "Asked"),
        ("def _written(words): pass", "_written"),
        ("async def heard() -> str: pass", "heard"),
        ("match x:\n    case [left]: pass", "left"),
        ("match x:\n    case {'a': 1, **stored}: pass", "stored"),
    ],
)
def test_a_name_that_tells_what_happened_is_reported_with_its_line(tmp_path: Path, text: str, name: str) -> None:
    line = next(number for number, part in enumerate(text.split("\n"), 1) if name in part)
    assert f"ops/x.py:{line}: {name}" in problems(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "campaign = 1\nfound.name = 2\nreturned = found",
        "saved: bool = compute()",
        "class A:\n    ended: bool | None\n    SENT = 'sent'",
        "def go(*, asked: bool): pass",
        "self.started = False\nself.started = compute()",
        "left, right = sides",
        "class CallEnded: pass\nclass NotFound: pass",
        "def mark_sent(): pass\ndef ended(self) -> bool: pass",
        "has_ended = 1\nlast_seen = 2\nbytes_left = 3\nfound_at = 4",
    ],
)
def test_a_thing_a_flag_and_a_question_are_names(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == []


def test_every_folder_with_python_is_read(tmp_path: Path) -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/*.py")} - {"alembic"}
    assert set(names.FOLDERS) == folders
    for folder in names.FOLDERS:
        assert problems(tmp_path, "found = 1", f"{folder}/deep/y.py")[-1:] == [f"{folder}/deep/y.py:1: found"]
        (tmp_path / folder / "deep/y.py").unlink()


def test_what_is_dictated_is_still_there() -> None:
    for file, dictated in names.DICTATED.items():
        assert all(name in (ROOT / file).read_text() for name in dictated), file
