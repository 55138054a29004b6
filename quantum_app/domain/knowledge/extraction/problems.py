"""Why a file can't be used, as a stable code and as a sentence for a person."""

from enum import StrEnum
from typing import Any

from quantum_app.errors import InvalidInput


class Problem(StrEnum):
    UNSUPPORTED_TYPE = "file_type_unsupported"
    WRONG_TYPE = "file_type_mismatch"
    EMPTY = "file_empty"
    TOO_LARGE = "file_too_large"
    TOO_MANY_PAGES = "file_too_many_pages"
    TOO_MANY_ROWS = "file_too_many_rows"
    TOO_MUCH_TEXT = "file_too_much_text"
    ENCRYPTED = "file_encrypted"
    SCANNED = "file_scanned"
    UNSAFE = "file_unsafe"
    DAMAGED = "file_damaged"
    TIMED_OUT = "file_timed_out"
    OUT_OF_MEMORY = "file_out_of_memory"


MESSAGES = {
    Problem.UNSUPPORTED_TYPE: "This is {what}. Upload a PDF, Word (.docx), Markdown, HTML, CSV, or text file.",
    Problem.WRONG_TYPE: "The file is named .{name}, but it contains {what}. Check the file, or rename it.",
    Problem.EMPTY: "This file contains no text.",
    Problem.TOO_LARGE: "This file is too large. The limit is {limit} MB.",
    Problem.TOO_MANY_PAGES: "This file has more than {limit} pages. Split it into smaller files.",
    Problem.TOO_MANY_ROWS: "This file has a table with more than {limit}. Split it into smaller files.",
    Problem.TOO_MUCH_TEXT: "This file contains more than {limit} characters of text. Split it into smaller files.",
    Problem.ENCRYPTED: "This file is password-protected. Remove the password, and upload it again.",
    Problem.SCANNED: "This PDF contains scanned pages without text. Run text recognition (OCR), and upload it again.",
    Problem.UNSAFE: "This file contains {what}, which a normal document doesn't have. Save it again as a new file.",
    Problem.DAMAGED: "This file is damaged and can't be read. Open it on your computer, and save it again.",
    Problem.TIMED_OUT: "Reading this file took too long. Split it into smaller files, or save it in a simpler format.",
    Problem.OUT_OF_MEMORY: "Reading this file needs too much memory. Split it into smaller files.",
}


class UnreadableFile(InvalidInput):
    """A file that can't be used.

    values: What the message names, such as `limit`.
    """

    def __init__(self, problem: Problem, **values: Any) -> None:
        words = {key: f"{value:,}" if isinstance(value, int) else value for key, value in values.items()}
        super().__init__(MESSAGES[problem].format(**words), code=problem, field="file")
        self.problem = problem
        self.values = values
