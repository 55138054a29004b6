"""Runs the parsers on an uploaded file, in a process that lives for this file only.

Parsers of PDF and DOCX are large, and whoever uploads decides what they read. A new process per file costs 0.05-0.3 s
(docs/bench/knowledge.md), needs no state between files to be clean, and gives each file its own limits. The pool in
`kit/process_pool.py` exchanges pickles with its processes, which is fine for our own code but not for one that a
hostile file may have taken over; this one answers JSON, which is validated.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from quantum_app.domain.knowledge.extraction.document import Document
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_CHILD = Path(__file__).parent / "child" / "__main__.py"
# The child gets nothing of the parent's environment.
_ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
_DOCUMENT = TypeAdapter(Document)
_BLOCK_SIZE = 65_536


async def extract(content: bytes, *, name: str = "", limits: Limits | None = None) -> Document:
    """Return the blocks of a file. Raises UnreadableFile.

    content: The whole file.
    name: What it is called. Its extension chooses among kinds of text that look alike; otherwise the content decides.
    """
    limits = limits or Limits()
    if not content:
        raise UnreadableFile(Problem.EMPTY)
    if len(content) > limits.file_bytes:
        raise UnreadableFile(Problem.TOO_LARGE, limit=limits.file_bytes // 1_000_000)
    # -I: nothing from the current folder or the environment is imported. -B: nothing is written.
    command = [sys.executable, "-I", "-B", str(_CHILD), json.dumps({"name": name[-200:], "limits": asdict(limits)})]
    answer = await run_child(command, content, limits)
    return await asyncio.to_thread(_read, answer)


async def run_child(command: Sequence[str], content: bytes, limits: Limits) -> bytes:
    """Return what a command answers to the content. It and its group are gone afterwards. Raises UnreadableFile."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    sending = asyncio.create_task(_send(process, content))
    try:
        async with asyncio.timeout(limits.seconds):
            answer = await _receive(process, limits.answer_bytes)
            status = await process.wait()
    except TimeoutError:
        raise UnreadableFile(Problem.TIMED_OUT) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        sending.cancel()
        await _close(process)
    if status == -signal.SIGXCPU:
        raise UnreadableFile(Problem.TIMED_OUT)
    if status == -signal.SIGKILL:  # by the kernel: we kill only what has answered
        raise UnreadableFile(Problem.OUT_OF_MEMORY)
    if status:
        raise UnreadableFile(Problem.DAMAGED)
    return answer


async def _send(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin
    # A child that ends early says why in its answer or status.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _receive(process: asyncio.subprocess.Process, limit: int) -> bytes:
    assert process.stdout
    answer = bytearray()
    while block := await process.stdout.read(_BLOCK_SIZE):
        answer += block
        if len(answer) > limit:
            raise UnreadableFile(Problem.DAMAGED)
    return bytes(answer)


async def _close(process: asyncio.subprocess.Process) -> None:
    """Wait for a killed process, and close its pipes."""
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    while await process.stdout.read(_BLOCK_SIZE):
        pass  # a pipe closes once it is empty
    await process.wait()


def _read(answer: bytes) -> Document:
    """The document or error that an answer contains. Raises UnreadableFile."""
    try:
        message: Any = json.loads(answer)
        if "problem" in message:
            error = UnreadableFile(Problem(message["problem"]), **message["values"])
        else:
            return _DOCUMENT.validate_python(message["document"])
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        raise UnreadableFile(Problem.DAMAGED) from None
    raise error
