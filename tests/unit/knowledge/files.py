"""Files as people upload them, and as attackers do."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from PIL import Image
from reportlab.lib import colors, pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    ListFlowable,
    ListItem,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Table,
)

STYLES = getSampleStyleSheet()
PRICES = [["Plan", "Price", "Deposit"], ["Basic", "$19", "1 month"], ["Pro", "$49", "2 months"]]
PROSE = (
    "The apartment comes with a fitted kitchen, a balcony and a storage room in the basement. Heating is included in"
    " the rent. Electricity is billed separately by the provider of your choice. "
)


def table(rows: Sequence[Sequence[str]]) -> Table:
    return Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)], repeatRows=1)


def pdf(parts: Sequence[Flowable], *, password: str = "", footer: str = "", title: str = "") -> bytes:
    target = io.BytesIO()
    encrypt = pdfencrypt.StandardEncryption(password, strength=128) if password else None

    def draw_footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 30, f"{footer} {document.page}" if footer else "")

    template = SimpleDocTemplate(target, pagesize=A4, encrypt=encrypt, title=title)
    template.build(list(parts), onFirstPage=draw_footer, onLaterPages=draw_footer)
    return target.getvalue()


def handbook(pages: int) -> bytes:
    """A PDF with headings, paragraphs, a list, a table, and a footer on each page."""
    parts: list[Flowable] = []
    for page in range(1, pages + 1):
        bullets = [ListItem(Paragraph(text, STYLES["BodyText"])) for text in ("Bring your passport.", "Bring a pen.")]
        parts += [
            Paragraph(f"Building {chr(64 + page % 26)}{page}", STYLES["Heading1"]),
            Paragraph(PROSE * 2, STYLES["BodyText"]),
            Paragraph("Prices", STYLES["Heading2"]),
            ListFlowable(bullets, bulletType="bullet"),
            table(PRICES),
            Paragraph(PROSE, STYLES["BodyText"]),
            PageBreak(),
        ]
    return pdf(parts, footer="Green Court, page", title="Handbook")


def scan(pages: int = 2) -> bytes:
    """A PDF of images without text."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    image = ImageReader(Image.new("L", (60, 80), 200))
    for _ in range(pages):
        canvas.drawImage(image, 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def two_columns(left: Sequence[str], right: Sequence[str]) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for x, lines in ((60, left), (330, right)):
        for number, line in enumerate(lines):
            canvas.drawString(x, 700 - 15 * number, line)
    canvas.save()
    return target.getvalue()


def raw_pdf(objects: Mapping[int, str], *, root: int = 1) -> bytes:
    """A PDF of these objects, byte by byte."""
    content = b"%PDF-1.7\n"
    offsets: dict[int, int] = {}
    for number, body in objects.items():
        offsets[number] = len(content)
        content += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(content)
    entries = "".join(f"{number} 1\n{offset:010} 00000 n \n" for number, offset in offsets.items())
    return content + (
        f"xref\n0 1\n0000000000 65535 f \n{entries}trailer\n<< /Root {root} 0 R /Size {max(objects) + 1} >>\n"
        f"startxref\n{start}\n%%EOF"
    ).encode("latin-1")


def text_pdf(text: str = "We are open from nine to five on weekdays.", **catalog: str) -> bytes:
    """A PDF of one line. catalog: more entries of its root."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
    entries = " ".join(f"/{name} {value}" for name, value in catalog.items())
    return raw_pdf(
        {
            1: f"<< /Type /Catalog /Pages 2 0 R {entries} >>",
            2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            " /Resources << /Font << /F1 5 0 R >> >> >>",
            4: f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
            5: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
    )


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)
_STYLE_NAMES = "".join(
    f'<w:style w:type="paragraph" w:styleId="H{level}"><w:name w:val="heading {level}"/></w:style>' for level in (1, 2)
)


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def word_table(rows: Sequence[Sequence[str]]) -> str:
    lines = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def docx(body: str, more: Mapping[str, str | bytes] | None = None, *, prolog: str = "") -> bytes:
    """A Word document. more: further members, by name. prolog: what comes before the document's root element."""
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": f'<?xml version="1.0"?>{prolog}<w:document {_W}><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f"<w:styles {_W}>{_STYLE_NAMES}</w:styles>",
        **(more or {}),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def compound_file(stream: str) -> bytes:
    """The start of an OLE file that names a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(512)
