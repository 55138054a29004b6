"""Bytes to text, and text to what may be stored and shown."""

import codecs
import re
import unicodedata

from charset_normalizer import from_bytes

from quantum_app.domain.knowledge.extraction.problems import Problem, UnreadableFile

_SAMPLE = 64_000  # bytes that the encoding is guessed from
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What has no place in stored text: control characters, marks that reorder (bidi) or hide text, soft hyphens, lone
# surrogates, and Unicode tags, which a model reads and a person doesn't see.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_BLANK = re.compile(r"\s+")
# Of all characters, as many as this may be control characters; more, and it is no text.
_MAX_CONTROL = 0.01


def decode(content: bytes) -> str:
    """Raises UnreadableFile unless the bytes are text."""
    text = _decode(content)
    sample = text[:_SAMPLE]
    control = sum(character < " " and character not in "\t\n\r\f\x1b" for character in sample)
    if control > len(sample) * _MAX_CONTROL:
        raise UnreadableFile(Problem.UNSUPPORTED_TYPE, what="not a document or text")
    return text


def _decode(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if encoding := _unmarked_utf16(content[:_SAMPLE]):
        return content.decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    # cp1252 comes first: it is by far the most frequent, and short texts in it are often taken for something else.
    sample = content[:_SAMPLE]
    best = from_bytes(sample).best()
    encoding = best.encoding if best else "cp1252"
    if not best or _reads_as_western(sample):
        encoding = "cp1252"
    return content.decode(encoding, "replace")


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 of mostly Latin text without a byte order mark: every second byte is zero."""
    half = len(sample) // 2
    if half < 2 or len(sample) % 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd < 0.1 * half else None


def _reads_as_western(sample: bytes) -> bool:
    """Whether what isn't ASCII is rare, and consists of letters inside words, and of punctuation."""
    foreign = [byte for byte in sample if byte >= 0x80]
    if len(foreign) > 0.15 * len(sample):
        return False
    text = sample.decode("cp1252", "replace")
    odd = sum(not _is_plausible(character) for character in text if character >= "\x80")
    return odd <= 0.05 * len(foreign)


def _is_plausible(character: str) -> bool:
    return character.isalpha() or character in "‘’“”„‚–—…€£§°©®™«»·•²³½¼¾±×¿¡\xa0´"


def clean(text: str) -> str:
    """One line without anything that isn't meant to be read."""
    text = _UNWANTED.sub("", text.translate(_LIGATURES))
    return unicodedata.normalize("NFC", _BLANK.sub(" ", text).strip())
