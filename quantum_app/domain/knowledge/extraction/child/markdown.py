"""Markdown, by way of HTML."""

import re

from markdown_it import MarkdownIt

from quantum_app.domain.knowledge.extraction.child import html
from quantum_app.domain.knowledge.extraction.child.builder import Builder
from quantum_app.domain.knowledge.extraction.limits import Limits

_FRONT_MATTER = re.compile(r"\A\ufeff?---\s*\n(?:[^\n]*\n){0,200}?(?:---|\.\.\.)\s*(?:\n|\Z)")
_MAX_NESTING = 40


def add(builder: Builder, text: str, limits: Limits) -> str:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    return html.add(builder, parser.render(_FRONT_MATTER.sub("", text.replace("\r\n", "\n"))), limits)
