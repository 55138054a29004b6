"""What a file is, by its content."""

import io
import re
import zipfile
from pathlib import PurePath

from quantum_app.domain.knowledge.extraction.child import delimited
from quantum_app.domain.knowledge.extraction.child.text import decode
from quantum_app.domain.knowledge.extraction.document import FileType
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_EXTENSIONS = {
    "pdf": FileType.PDF,
    "docx": FileType.DOCX,
    "htm": FileType.HTML,
    "html": FileType.HTML,
    "xhtml": FileType.HTML,
    "md": FileType.MARKDOWN,
    "markdown": FileType.MARKDOWN,
    "csv": FileType.CSV,
    "tsv": FileType.CSV,
    "txt": FileType.TEXT,
    "text": FileType.TEXT,
}
_NAMES = {
    FileType.PDF: "a PDF",
    FileType.DOCX: "a Word document",
    FileType.HTML: "a web page",
    FileType.MARKDOWN: "text",
    FileType.CSV: "a table",
    FileType.TEXT: "text",
}
_OTHERS = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"RIFF", "audio, video, or an image"),
    (b"ID3", "audio"),
    (b"OggS", "audio or video"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
    (b"SQLite format 3", "a database"),
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of Office before 2007, and of encrypted Office files
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PDF_WITHIN = 1024  # bytes; readers accept what comes before
_OFFICE = (("xl/", "an Excel workbook"), ("ppt/", "a PowerPoint presentation"), ("content.xml", "an OpenDocument file"))
_HTML = re.compile(
    r"^\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,5000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TAGS = re.compile(r"</(?:p|div|h[1-6]|table|ul|ol|section|article|body|main)\s*>", re.I)
_XML = re.compile(r"^\s*<(?:\?xml|!DOCTYPE|[a-z]+:)", re.I)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S.*|\|?\s*:?-{3,}:?\s*\|.*|```.*|[*-] \S.*|\[.+\]\(.+\))$", re.M)
_SAMPLE = 20_000  # characters


def sniff(content: bytes, name: str) -> tuple[FileType, str]:
    """The type, and the decoded content where it is text. Raises UnreadableFile for a type that isn't supported."""
    claimed = _EXTENSIONS.get(PurePath(name).suffix.lower().lstrip("."))
    if binary := _binary(content):
        return binary, ""
    text = decode(content)
    if not text.strip("\x00 \t\r\n\f\ufeff"):
        raise UnreadableFile(Problem.EMPTY)
    if content.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what="an RTF document")
    kind = _text_type(text, claimed)
    if claimed in (FileType.PDF, FileType.DOCX):
        raise UnreadableFile(Problem.WRONG_TYPE, name=claimed, what=_NAMES[kind])
    return kind, text


def _binary(content: bytes) -> FileType | None:
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return FileType.PDF
    if content.startswith(_ZIP):
        return _packed(content)
    if content.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadableFile(Problem.ENCRYPTED)
        raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what="a document of an old version of Office")
    if kind := next((kind for magic, kind in _OTHERS if content.startswith(magic) and not content.isascii()), None):
        raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what=kind)
    return None


def _packed(content: bytes) -> FileType:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise UnreadableFile(Problem.DAMAGED) from None
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return FileType.DOCX
    kind = next((kind for start, kind in _OFFICE if any(name.startswith(start) for name in names)), "an archive")
    raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what=kind)


def _text_type(text: str, claimed: FileType | None) -> FileType:
    """Among kinds of text that may look alike, the name decides, as long as the content doesn't contradict it."""
    sample = text[:_SAMPLE].lstrip("\ufeff")
    if _HTML.match(sample) or (claimed is FileType.HTML and "<" in sample):
        return FileType.HTML
    if claimed is FileType.MARKDOWN or claimed is FileType.CSV:
        return claimed
    if len(_TAGS.findall(sample)) >= 3 and sample.lstrip().startswith("<"):
        return FileType.HTML
    if _XML.match(sample):
        raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what="an XML file")
    if delimited.is_table(sample):
        return FileType.CSV
    marks = _MARKDOWN.findall(sample)
    has_heading = any(mark.startswith("#") for mark in marks)
    return FileType.MARKDOWN if has_heading and len(marks) >= 2 else FileType.TEXT
