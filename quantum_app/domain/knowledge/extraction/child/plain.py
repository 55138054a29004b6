"""Plain text: paragraphs between empty lines, lists, underlined or lone titles."""

import re

from quantum_app.domain.knowledge.extraction.child.builder import Builder

BULLET = re.compile(r"^\s*(?:[•‣◦▪■●○–—*+-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+(?=\S)")
_UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,})\s*$")
_ENDS_SENTENCE = (".", "!", "?", ":", ";", ",", "…", "。")
_MAX_TITLE = 70  # characters


def add(builder: Builder, text: str) -> None:
    paragraphs = [lines for part in re.split(r"\n\s*\n", _unified(text)) if (lines := _lines(part))]
    for number, lines in enumerate(paragraphs):
        is_last = number == len(paragraphs) - 1
        if len(lines) > 1 and _UNDERLINE.match(lines[1]):
            builder.heading(lines[0], 1 if "=" in lines[1] else 2)
            lines = lines[2:]
        elif len(lines) == 1 and not is_last and _is_title(lines[0]):
            builder.heading(lines[0], 2)
            continue
        _add_lines(builder, lines)


def _unified(text: str) -> str:
    return re.sub(r"\r\n?|\f|\v|\u2028|\u2029", "\n", text)


def _lines(part: str) -> list[str]:
    return [line for line in part.split("\n") if line.strip()]


def _is_title(line: str) -> bool:
    line = line.strip()
    return (
        len(line) <= _MAX_TITLE and not line.endswith(_ENDS_SENTENCE) and not BULLET.match(line) and line[:1].isupper()
    )


def _add_lines(builder: Builder, lines: list[str]) -> None:
    """Add lines as paragraphs and list items. A line goes on the one above unless it starts something."""
    parts: list[list[str]] = []
    for line in lines:
        if BULLET.match(line) or re.match(r"^\s*(?:q|question|a|answer)\s*\d{0,3}\s*:", line, re.I) or not parts:
            parts.append([line])
        else:
            parts[-1].append(line)
    for part in parts:
        mark = BULLET.match(part[0])
        text = "\n".join(part)
        if mark and len(parts) > 1:
            builder.list_item(text[mark.end() :] if not mark[0].strip()[0].isalnum() else text, 1)
        else:
            builder.paragraph(text)
