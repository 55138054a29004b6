"""Files that are made to break what reads them: each is refused for a reason, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quantum_app.domain.knowledge.extraction.document import BlockKind, FileType
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile
from quantum_app.domain.knowledge.extraction.process import extract, run_child
from tests.unit.knowledge import files

pytestmark = pytest.mark.service

LIMITS = Limits(seconds=20, answer_bytes=100_000)


async def problem(content: bytes, name: str = "", limits: Limits | None = None) -> Problem:
    with pytest.raises(UnreadableFile) as error_info:
        await extract(content, name=name, limits=limits)
    return error_info.value.problem


async def run(code: str, content: bytes = b"", limits: Limits = LIMITS) -> bytes:
    return await run_child([sys.executable, "-I", "-c", code], content, limits)


async def failure(code: str, content: bytes = b"", limits: Limits = LIMITS) -> Problem:
    with pytest.raises(UnreadableFile) as error_info:
        await run(code, content, limits)
    return error_info.value.problem


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happens():  # noqa: ASYNC110  (another process's event)
            await asyncio.sleep(0.01)


async def test_a_document_arrives_whole() -> None:
    document = await extract(files.handbook(2), name="handbook.pdf")
    assert (document.file_type, document.pages) == (FileType.PDF, 2)
    tables = [block for block in document.blocks if block.kind == BlockKind.TABLE]
    assert tables[0].rows == (("Basic", "$19", "1 month"), ("Pro", "$49", "2 months"))
    assert tables[0].path == ("Building A1", "Prices")


async def test_reasons_arrive() -> None:
    assert await problem(b"") == Problem.EMPTY
    assert await problem(b"xx", limits=Limits(file_bytes=1)) == Problem.TOO_LARGE
    with pytest.raises(UnreadableFile, match=r"named \.pdf, but it contains a web page") as error_info:
        await extract(b"<html><p>Please log in.</p></html>", name="../../etc/prices.pdf")
    assert (error_info.value.code, error_info.value.field) == ("file_type_mismatch", "file")


# Hostile files


async def test_archives_that_unpack_to_far_more_are_refused_unread() -> None:
    bomb = files.docx(files.paragraph("Hello."), {"word/media/a.bin": bytes(201_000_000)})
    assert len(bomb) < 1_000_000
    assert await problem(bomb) == Problem.UNSAFE
    long = files.docx(files.paragraph("word " * 5_000_000))
    assert await problem(long) == Problem.TOO_MUCH_TEXT


async def test_entities_and_deep_elements_of_a_word_document_are_refused() -> None:
    laughs = "<!DOCTYPE w [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    assert await problem(files.docx(files.paragraph("&j;"), prolog=laughs + "]>")) == Problem.UNSAFE
    external = "<!DOCTYPE w [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    assert await problem(files.docx(files.paragraph("&a;"), prolog=external)) == Problem.UNSAFE
    deep = "<w:sdt><w:sdtContent>" * 5_000 + "</w:sdtContent></w:sdt>" * 5_000
    assert await problem(files.docx(deep)) == Problem.UNSAFE


async def test_names_of_members_lead_nowhere(tmp_path: Path) -> None:
    target = tmp_path / "written"
    content = files.docx(
        files.paragraph("Hello."), {f"../../../..{target}": "x", str(target): "x", "..\\x.xml": "<a/>"}
    )
    assert (await extract(content)).text == "Hello."
    assert not target.exists()


async def test_scripts_and_attachments_of_a_pdf_are_not_read() -> None:
    script = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    launch = "<< /S /Launch /F (/bin/sh) >>"
    names = "<< /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.exe) >>] >> >>"
    for entries in ({"OpenAction": script}, {"OpenAction": launch}, {"Names": names}, {"AA": f"<< /WC {script} >>"}):
        assert (await extract(files.text_pdf(**entries))).text == "We are open from nine to five on weekdays."


async def test_page_trees_without_end_are_refused() -> None:
    circle = files.raw_pdf(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>",
            3: "<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
        }
    )
    assert await problem(circle) in (Problem.DAMAGED, Problem.EMPTY)
    kids = " ".join(["3 0 R"] * 600)
    many = files.raw_pdf(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: f"<< /Type /Pages /Kids [{kids}] /Count 600 >>",
            **{number: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>" for number in (3,)},
        }
    )
    assert await problem(many) in (Problem.TOO_MANY_PAGES, Problem.EMPTY)
    nested = files.text_pdf(Names="[" * 20_000 + "]" * 20_000)
    assert (await extract(nested)).text == "We are open from nine to five on weekdays."


@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ul><li"])
async def test_deep_pages_end(tag: str) -> None:
    content = f"<html><{'><'.join([tag] * 3_000)}>Hello."
    assert (await extract(content.encode(), limits=Limits(cpu_seconds=10))).text == "Hello."


async def test_memory_and_time_are_limited() -> None:
    page = b"<html>" + b"<p>a" * 2_000_000
    assert await problem(page, limits=Limits(memory=250_000_000)) == Problem.OUT_OF_MEMORY
    long = files.handbook(240)
    assert await problem(long, limits=Limits(cpu_seconds=1)) == Problem.TIMED_OUT
    assert await problem(long, limits=Limits(seconds=0.5)) == Problem.TIMED_OUT


# The child itself


async def test_the_child_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    code = "import json, os; print(json.dumps([dict(os.environ), sorted(os.listdir('/proc/self/fd')), os.getsid(0)]))"
    environment, descriptors, session = json.loads(await run(code))
    os.close(reading)
    os.close(writing)
    assert "DATABASE_URL" not in environment
    assert len(descriptors) == 4, "three, and the one that lists them"
    assert session != os.getsid(0)


async def test_the_child_refuses_what_reading_a_file_never_needs(tmp_path: Path) -> None:
    child = Path(extract.__code__.co_filename).parent / "child" / "__main__.py"
    secret = tmp_path / "secret"
    secret.write_text("x")
    code = f"""
import importlib.util, json, os, socket, subprocess, sys
spec = importlib.util.spec_from_file_location("child", {str(child)!r})
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
sys.addaudithook(child._refuse)
refused = []
for action in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
    lambda: open({str(secret)!r}),
    lambda: open("/etc/passwd"),
):
    try:
        action()
    except PermissionError as error:
        refused.append(str(error))
open(os.__file__).close()
print(len(refused))
"""
    assert int(await run(code)) == 6


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os.kill(os.getpid(), 9)", Problem.OUT_OF_MEMORY),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Problem.DAMAGED),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Problem.TIMED_OUT),
        ("raise SystemExit(3)", Problem.DAMAGED),
        ("import os\nwhile True: os.write(1, bytes(60_000))", Problem.DAMAGED),
    ],
)
async def test_a_child_that_breaks_is_a_reason(code: str, expected: Problem) -> None:
    assert await failure(code, bytes(5_000_000)) == expected


async def test_a_child_that_reads_nothing_or_ends_never_is_killed() -> None:
    assert await failure("while True: pass", bytes(5_000_000), Limits(seconds=0.5)) == Problem.TIMED_OUT
    assert await failure("import os; os.close(1)\nwhile True: pass", b"", Limits(seconds=0.5)) == Problem.TIMED_OUT


async def test_its_children_end_with_it() -> None:
    code = """
import os, signal, sys
child = os.fork()
if child:
    print(child, flush=True)
    os._exit(0)
os.close(1)
signal.pause()
"""
    process = int(await run(code))
    await until(lambda: not runs(process))


async def test_cancelling_kills_it(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    code = f"import os, signal; open({str(place)!r}, 'w').write(str(os.getpid())); os.write(1, b'x'); signal.pause()"
    task = asyncio.create_task(run(code))
    await until(lambda: place.exists() and place.read_text() != "")
    process = int(place.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        b"[]",
        b"{}",
        b"[" * 50_000,
        b'{"problem": "none", "values": {}}',
        b'{"problem": "file_too_large", "values": {}}',
        b'{"document": {"file_type": "pdf", "blocks": [{"kind": "heading"}]}}',
        b'{"document": {"file_type": "exe", "blocks": []}}',
        b"\xff\xfe",
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_damaged_file(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(*_: object) -> bytes:
        return answer

    monkeypatch.setattr("quantum_app.domain.knowledge.extraction.process.run_child", answers)
    assert await problem(b"x") == Problem.DAMAGED
