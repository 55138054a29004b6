import gzip
from pathlib import Path

import pytest

from ops import frontend
from ops.home import OpsError

pytestmark = pytest.mark.unit


def bundle(folder: Path, text: str) -> Path:
    (folder / "assets").mkdir()
    script = folder / "assets" / "reflex-env-x.js"
    script.write_text(text)
    return script


def test_the_pages_talk_to_where_they_came_from(tmp_path: Path) -> None:
    script = bundle(tmp_path, "e={EVENT:`ws://localhost:3000/_event`,UPLOAD:`http://localhost:3000/_upload`}")
    frontend._any_port(tmp_path)
    expected = 'e={EVENT:`${location.origin.replace("http","ws")}/_event`,UPLOAD:`${location.origin}/_upload`}'
    assert script.read_text() == expected
    assert gzip.decompress(script.with_suffix(".js.gz").read_bytes()).decode() == expected


def test_a_port_that_stays_is_an_error(tmp_path: Path) -> None:
    bundle(tmp_path, 'e={EVENT:"ws://localhost:3000/_event"}')
    with pytest.raises(OpsError, match="names a port"):
        frontend._any_port(tmp_path)


def test_the_fingerprint_follows_the_content_of_the_pages_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("quantum_app/web", "quantum_app/domain", "assets/external"):
        (tmp_path / name).mkdir(parents=True)
    page = tmp_path / "quantum_app/web/page.py"
    page.write_text("one")
    (tmp_path / "requirements.txt").write_text("reflex==1\nnumpy==1\n")
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    first = frontend.fingerprint()

    for name in ("quantum_app/domain/x.py", "assets/external/x.js"):
        (tmp_path / name).write_text("new")
    (tmp_path / "requirements.txt").write_text("reflex==1\nnumpy==2\n")
    assert frontend.fingerprint() == first

    page.write_text("two")
    second = frontend.fingerprint()
    (tmp_path / "requirements.txt").write_text("reflex==2\nnumpy==2\n")
    third = frontend.fingerprint()
    page.rename(page.with_name("other.py"))
    assert len({first, second, third, frontend.fingerprint()}) == 4
