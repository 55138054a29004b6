"""The process that parses one file: bytes on stdin, a JSON answer on stdout. `process.py` starts it, by its path.

It limits itself before it imports a parser or reads a byte. After that it opens no files but its libraries', and no
sockets, and starts no processes.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import IO, Any

_NICE = 10  # audio and pages come first
_ROOT = Path(__file__).resolve().parents[5]
_MAX_FILES = 64
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system")


def main() -> None:
    request = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # prints of libraries
    os.nice(_NICE)
    _limit(request["limits"])
    sys.path.append(str(_ROOT))
    answer: dict[str, Any]
    try:
        answer = _answer(request, sys.stdin.buffer)
    except MemoryError:
        answer = {"problem": "file_out_of_memory", "values": {}}
    except RecursionError:
        answer = {"problem": "file_unsafe", "values": {"what": "deeply nested parts"}}
    answers.write(json.dumps(answer, ensure_ascii=False).encode())
    answers.flush()
    os._exit(0)  # what libraries do at exit is of no use


def _limit(limits: dict[str, Any]) -> None:
    cpu = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))  # SIGXCPU at the first, SIGKILL at the second
    for limited_resource, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MAX_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limited_resource, (most, most))


def _answer(request: dict[str, Any], source: IO[bytes]) -> dict[str, Any]:
    import logging
    import warnings
    from dataclasses import asdict

    from quantum_app.domain.knowledge.extraction.child import parsing
    from quantum_app.domain.knowledge.extraction.limits import Limits
    from quantum_app.domain.knowledge.extraction.problems import UnreadableFile

    logging.disable()
    warnings.simplefilter("ignore")
    limits = Limits(**request["limits"])
    sys.addaudithook(_refuse)
    try:
        return {"document": asdict(parsing.parse(source.read(limits.file_bytes + 1), request["name"], limits))}
    except UnreadableFile as error:
        return {"problem": error.problem, "values": error.values}


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook. Raises PermissionError for what parsing a file never needs."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open" and not isinstance(arguments[0], int):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith((*_LIBRARIES, str(_ROOT / "quantum_app"))):
            raise PermissionError(event)


_LIBRARIES = tuple({os.path.realpath(folder) + os.sep for folder in (sys.prefix, sys.base_prefix)})


if __name__ == "__main__":
    main()
