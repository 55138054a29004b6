"""How much of a file is read, and what reading it may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one extraction. The defaults are those of the product.

    file_bytes: Size of the file.
    unpacked_bytes: Size of the parts of a DOCX, unpacked.
    xml_bytes: Size of the largest XML part of a DOCX; its tree takes some thirty times as much memory.
    pages: Pages of a PDF.
    rows: Rows of a table or CSV file.
    columns: Columns of a table or CSV file.
    characters: Characters of the extracted text.
    depth: Levels to which elements may be nested.
    answer_bytes: Size of the child's answer.
    memory: Address space of the child, in bytes.
    cpu_seconds: CPU time of the child.
    seconds: Wall-clock time of the whole extraction.
    """

    file_bytes: int = 25_000_000
    unpacked_bytes: int = 200_000_000
    xml_bytes: int = 20_000_000
    pages: int = 500
    rows: int = 20_000
    columns: int = 100
    characters: int = 3_000_000
    depth: int = 200
    answer_bytes: int = 32_000_000
    memory: int = 1_000_000_000
    cpu_seconds: int = 120
    seconds: float = 180.0
