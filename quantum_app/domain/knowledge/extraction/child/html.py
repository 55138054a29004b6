"""HTML: what a reader came for, without navigation, scripts, and what the page hides."""

import re
from collections.abc import Callable, Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from quantum_app.domain.knowledge.extraction.child.builder import Builder, split_header
from quantum_app.domain.knowledge.extraction.child.text import clean
from quantum_app.domain.knowledge.extraction.limits import Limits
from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SUMMARY_LEVEL = 7  # below all headings
_SKIPPED = frozenset(
    "applet area aside audio base button canvas datalist dialog embed fieldset footer form frame frameset head iframe"
    " input link map meta meter nav noembed noframes noscript object option output progress script search select"
    " source style svg template textarea title track video".split()
)
_BLOCKS = frozenset(
    "address article blockquote body caption center dd details div dl dt figcaption figure header hgroup hr legend li"
    " main menu ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_ROLES = frozenset("navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar".split())
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:navbar|breadcrumbs?|sidebar|skip-?links?|cookie-?(?:banner|notice|consent|bar)|site-(?:header|footer|nav))(?:$|[\s_-])",
    re.I,
)
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.I
)


def add(builder: Builder, source: str, limits: Limits) -> str:
    """Add the main content, and return the title. Raises UnreadableFile."""
    try:
        tree = LexborHTMLParser(source)
    except SelectolaxError:  # it reads any page, as long as there is memory
        raise MemoryError from None
    title = tree.css_first("head > title")
    if tree.body:
        _Walk(builder, limits).run(_main(tree.body))
    return clean(title.text()) if title else ""


def _main(body: LexborNode) -> LexborNode:
    """The only element marked as the main content, or everything."""
    for selector in ("main, [role=main]", "article"):
        matches = body.css(selector)
        if len(matches) == 1 and clean(matches[0].text()):
            return matches[0]
    return body


class _Walk:
    """Goes through a tree without recursion, because whoever made the page decides how deep it is."""

    def __init__(self, builder: Builder, limits: Limits) -> None:
        self._builder = builder
        self._limits = limits
        self._pieces: list[str] = []
        self._contexts: list[str] = [""]  # the elements that say what text is: headings, items, terms
        self._lists = 0
        self._term = ""

    def run(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, is_leaving = stack.pop()
            if is_leaving:
                self._leave(node.tag or "")
            elif self._enter(node, is_root=node is root):
                stack.append((node, True))
                stack += [(child, False) for child in reversed([*_children(node)])]
        self._flush()
        self._end_term()

    def _enter(self, node: LexborNode, *, is_root: bool) -> bool:
        """Whether the children matter."""
        tag = node.tag or ""
        if tag == "-text":
            self._pieces.append(node.text_content or "")
        if tag.startswith("-") or (_is_skipped(node, tag) and not is_root):
            return False
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag == "br":
            self._pieces.append(" ")
        if tag == "table" and not _is_layout(node):
            _Table(node, self._limits).add(self._builder)
            return False
        if tag in ("ul", "ol", "menu"):
            self._lists += 1
        if tag in _HEADINGS or tag in ("li", "dt", "dd", "summary"):
            self._contexts.append(tag)
        return True

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag in ("ul", "ol", "menu"):
            self._lists -= 1
        if tag == self._contexts[-1]:
            self._contexts.pop()
        if tag == "details":
            self._builder.end_section(_SUMMARY_LEVEL)
        if tag == "dl":
            self._end_term()

    def _flush(self) -> None:
        text = clean("".join(self._pieces))
        self._pieces.clear()
        if not text:
            return
        context = self._contexts[-1]
        if context in _HEADINGS:
            self._builder.heading(text, _HEADINGS[context])
        elif context == "summary":
            self._builder.heading(text, _SUMMARY_LEVEL)
        elif context == "li":
            self._builder.list_item(text, max(1, self._lists))
        elif context == "dt":
            self._end_term()
            self._term = text
        elif context == "dd" and self._term:
            self._define(text)
        else:
            self._builder.paragraph(text)

    def _define(self, text: str) -> None:
        if self._term.endswith("?"):
            self._builder.question(self._term, [text])
        else:
            self._builder.paragraph(f"{self._term.rstrip(':')}: {text}")
        self._term = ""

    def _end_term(self) -> None:
        if self._term:
            self._builder.paragraph(self._term)
        self._term = ""


class _Table:
    def __init__(self, node: LexborNode, limits: Limits) -> None:
        self._limits = limits
        caption = node.css_first("caption")
        self._caption = _text(caption) if caption else ""
        self._rows: list[list[str]] = []
        self._header: list[list[str]] = []
        self._has_row_names = False
        self._read([row for row in node.css("tr") if not _is_hidden(row)])

    def add(self, builder: Builder) -> None:
        builder.paragraph(self._caption)
        if self._header:
            columns: Iterator[tuple[str, ...]] = zip(*_even(self._header), strict=True)
            builder.table([" ".join(dict.fromkeys(name for name in names if name)) for names in columns], self._rows)
        elif self._has_row_names:
            builder.table((), self._rows)
        else:
            builder.table(*split_header(self._rows))

    def _read(self, rows: Sequence[LexborNode]) -> None:
        spans: dict[int, tuple[str, int]] = {}
        for number, row in enumerate(rows):
            if number > self._limits.rows:
                raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{self._limits.rows:,} rows")
            cells = [cell for cell in _children(row) if cell.tag in ("td", "th")]
            names = [cell.tag == "th" for cell in cells]
            texts = self._texts(cells, spans)
            is_header = not self._rows and bool(names) and (all(names) or (row.parent and row.parent.tag == "thead"))
            (self._header if is_header else self._rows).append(texts)
            self._has_row_names = self._has_row_names or (not is_header and names[:1] == [True])

    def _texts(self, cells: Sequence[LexborNode], spans: dict[int, tuple[str, int]]) -> list[str]:
        """The texts of a row, those that reach over several rows or columns repeated."""
        texts: list[str] = []

        def fill() -> None:
            while len(texts) in spans:
                text, rows = spans.pop(len(texts))
                if rows > 1:
                    still[len(texts)] = text, rows - 1
                texts.append(text)

        still: dict[int, tuple[str, int]] = {}
        for cell in cells:
            fill()
            text = _text(cell)
            rows = _span(cell, "rowspan", self._limits.rows)
            for _ in range(_span(cell, "colspan", self._limits.columns)):
                if rows > 1:
                    still[len(texts)] = text, rows - 1
                texts.append(text)
            if len(texts) > self._limits.columns:
                raise UnreadableFile(Problem.TOO_MANY_ROWS, limit=f"{self._limits.columns:,} columns")
        fill()
        spans.clear()
        spans.update(still)
        return texts


def _even(rows: Sequence[list[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


def _span(cell: LexborNode, name: str, most: int) -> int:
    value = cell.attributes.get(name) or ""
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _descendants(node: LexborNode) -> Iterator[LexborNode]:
    stack = [*_children(node)]
    while stack:
        child = stack.pop()
        yield child
        stack += _children(child)


def _text(node: LexborNode) -> str:
    """All visible text of an element on one line."""
    pieces: list[str] = []
    stack = [*reversed([*_children(node)])]
    while stack:
        child = stack.pop()
        tag = child.tag or ""
        if tag == "-text":
            pieces.append(child.text_content or "")
        elif not tag.startswith("-") and not _is_skipped(child, tag):
            if tag in _BLOCKS or tag == "br":
                pieces.append(" ")
            stack += reversed([*_children(child)])
    return clean("".join(pieces))


def _is_layout(table: LexborNode) -> bool:
    """Whether a table only places parts of the page."""
    attributes = table.attributes
    if attributes.get("role") in ("presentation", "none"):
        return True
    if any(node.tag == "table" or node.tag in _HEADINGS for node in _descendants(table)):
        return True
    widest = max((sum(cell.tag in ("td", "th") for cell in _children(row)) for row in table.css("tr")), default=0)
    return widest < 2


def _is_skipped(node: LexborNode, tag: str) -> bool:
    if tag in _SKIPPED:
        return True
    if tag == "header":
        return node.css_first("h1") is None
    return _is_hidden(node)


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    get: Callable[[str], str] = lambda name: attributes.get(name) or ""  # noqa: E731
    return (
        "hidden" in attributes
        or get("aria-hidden") == "true"
        or get("role") in _ROLES
        or bool(_INVISIBLE.search(get("style")))
        or bool(_FURNITURE.search(f"{get('class')} {get('id')}"))
    )
