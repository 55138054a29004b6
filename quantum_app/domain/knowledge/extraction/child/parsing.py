"""From bytes to a document. Each parser is imported when a file needs it."""

from quantum_app.domain.knowledge.extraction.child import delimited, plain, sniffing
from quantum_app.domain.knowledge.extraction.child.builder import Builder
from quantum_app.domain.knowledge.extraction.document import Document, FileType
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile


def parse(content: bytes, name: str, limits: Limits) -> Document:
    """Raises UnreadableFile, MemoryError, RecursionError."""
    if not content:
        raise UnreadableFile(Problem.EMPTY)
    if len(content) > limits.file_bytes:
        raise UnreadableFile(Problem.TOO_LARGE, limit=limits.file_bytes // 1_000_000)
    file_type, text = sniffing.sniff(content, name)
    builder = Builder(limits)
    title, pages = _add(builder, file_type, content, text, limits)
    blocks = builder.blocks()
    if not any(character.isalnum() for block in blocks for character in block.text):
        raise UnreadableFile(Problem.EMPTY)
    return Document(file_type, blocks, title, pages)


def _add(builder: Builder, file_type: FileType, content: bytes, text: str, limits: Limits) -> tuple[str, int | None]:
    """Add all blocks, and return title and number of pages."""
    if len(text) > 4 * limits.characters:  # even a page of mostly tags
        raise UnreadableFile(Problem.TOO_MUCH_TEXT, limit=limits.characters)
    match file_type:
        case FileType.PDF:
            from quantum_app.domain.knowledge.extraction.child import pdf

            return pdf.add(builder, content, limits)
        case FileType.DOCX:
            from quantum_app.domain.knowledge.extraction.child import docx

            return docx.add(builder, content, limits), None
        case FileType.HTML:
            from quantum_app.domain.knowledge.extraction.child import html

            return html.add(builder, text, limits), None
        case FileType.MARKDOWN:
            from quantum_app.domain.knowledge.extraction.child import markdown

            return markdown.add(builder, text, limits), None
        case FileType.CSV:
            delimited.add(builder, text, limits)
        case FileType.TEXT:
            plain.add(builder, text)
    return "", None
