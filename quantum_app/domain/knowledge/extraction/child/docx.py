"""Word documents, by way of HTML. Parts are unpacked in memory, and nothing they refer to is opened."""

import io
import zipfile
import zlib
from typing import Any
from xml.parsers import expat

import mammoth as _mammoth  # pyright: ignore[reportMissingTypeStubs]

from quantum_app.domain.knowledge.extraction.child import html
from quantum_app.domain.knowledge.extraction.child.builder import Builder
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

mammoth: Any = _mammoth
_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
_MAX_MEMBERS = 5_000
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Heading 7'] => h6:fresh
p[style-name='Heading 8'] => h6:fresh
"""


def add(builder: Builder, content: bytes, limits: Limits) -> str:
    """Add the document. Raises UnreadableFile."""
    try:
        _check(content, limits)
        converted = mammoth.convert_to_html(
            io.BytesIO(content),
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=mammoth.images.img_element(_no_image),
        )
    except expat.ExpatError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError from None
        raise UnreadableFile(Problem.DAMAGED) from None
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, NotImplementedError):
        raise UnreadableFile(Problem.DAMAGED) from None
    return html.add(builder, converted.value.replace("↑</a>", "</a>"), limits)


def _no_image(image: object) -> dict[str, str]:
    del image
    return {}


def _check(content: bytes, limits: Limits) -> None:
    """Raises UnreadableFile for what makes a parser use more time or memory than the file is worth."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableFile(Problem.ENCRYPTED)
        # A member never unpacks to more than it declares: `zipfile` stops there.
        if len(members) > _MAX_MEMBERS or sum(member.file_size for member in members) > limits.unpacked_bytes:
            raise UnreadableFile(Problem.UNSAFE, what="far more data than its size")
        if len({member.filename for member in members}) < len(members):
            raise UnreadableFile(Problem.UNSAFE, what="two parts of the same name")
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                if member.file_size > limits.xml_bytes:
                    raise UnreadableFile(Problem.TOO_MUCH_TEXT, limit=limits.characters)
                _check_xml(archive.read(member), limits.depth)


def _check_xml(content: bytes, depth: int) -> None:
    """Raises UnreadableFile for declarations of entities, and for elements too deep for a recursive parser."""
    parser = expat.ParserCreate()
    level = 0

    def enter(name: str, attributes: object) -> None:
        nonlocal level
        level += 1
        if level > depth:
            raise UnreadableFile(Problem.UNSAFE, what="deeply nested parts")

    def leave(name: str) -> None:
        nonlocal level
        level -= 1

    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(content, True)


def _refuse_doctype(*arguments: object) -> None:
    raise UnreadableFile(Problem.UNSAFE, what="definitions of XML entities")
