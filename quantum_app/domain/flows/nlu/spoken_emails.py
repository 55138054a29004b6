"""E-mail addresses as they are spoken and as they are spelt."""

import re
from collections.abc import Sequence

from quantum_app.domain.flows.nlu.digits import digits_at, letters_at
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, Token
from quantum_app.kit import email

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SIGNS = {
    "dot": ".", "point": ".", "period": ".", "underscore": "_", "_": "_", "hyphen": "-", "dash": "-", "minus": "-",
    "-": "-", "plus": "+", "+": "+",
}  # fmt: skip
# Providers whose address is known without its ending.
_PROVIDERS = {
    "gmail": "gmail.com", "googlemail": "googlemail.com", "yahoo": "yahoo.com", "hotmail": "hotmail.com",
    "outlook": "outlook.com", "icloud": "icloud.com", "aol": "aol.com", "gmx": "gmx.net",
    "protonmail": "protonmail.com",
}  # fmt: skip
# A local part begins after one of these.
_BEFORE = frozenset(
    """
    is it's its that's email mail e-mail address to me under use yes yeah sure write reach no not sorry story wait be on
    with my the or and i'm i name's mean meant it this called said um uh okay ok so well but oh at contact : ; ? ! ,
    """.split()
)
# … unless nothing else stands before the "at".
_MAILBOXES = frozenset({"contact", "me", "hello", "mail", "email", "write", "name"})
_NO_WORDS = re.compile(
    r"^(?:all|in) one word$|^one word$|^(?:all )?(?:in )?lower ?case$|^all small(?: letters)?$|^no spaces?$|^together$"
)
# Endings before which the dot may not be heard.
_ENDINGS = frozenset({"com", "org", "net", "de"})
_LONGEST = 16


def emails(sentence: Sentence) -> list[Candidate]:
    """Addresses in their one form, in order."""
    candidates = [_candidate(match.start(), match.end(), match[0]) for match in _EMAIL.finditer(sentence.text)]
    spans = [(item.start, item.end) for item in candidates if item]
    for index, token in enumerate(sentence.tokens):
        if token.low not in {"at", "@"} or any(start <= token.start < end for start, end in spans):
            continue
        domain = _domain(sentence.tokens, index + 1)
        local = _local(sentence, index)
        if domain and local:
            candidates.append(_candidate(local[0], sentence.tokens[domain[1] - 1].end, f"{local[1]}@{domain[0]}"))
    return sorted((item for item in candidates if item), key=lambda item: item.start)


def _candidate(start: int, end: int, text: str) -> Candidate | None:
    try:
        return Candidate(start, end, email.normalize_email(text))
    except ValueError:
        return None


def _domain(tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """The domain that begins at a token, and the token after it."""
    reader = _DomainReader(tokens, index)
    if not reader.read():
        return None
    if len(reader.labels) > 1 and reader.labels[-1].isalpha() and 2 <= len(reader.labels[-1]) <= 12:
        return ".".join(reader.labels), reader.index
    return _provider(tokens, index)


def _provider(tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """A provider by its name alone, and the token after it: "at gmail", "at g mail"."""
    name = ""
    for at in range(index, min(index + 3, len(tokens))):
        name += tokens[at].low
        if name in _PROVIDERS:
            return _PROVIDERS[name], at + 1
    return None


class _DomainReader:
    """Reads labels of a domain, token by token. labels: the last one is being read. index: the next token."""

    def __init__(self, tokens: Sequence[Token], index: int) -> None:
        self.tokens = tokens
        self.index = index
        self.labels = [""]

    def read(self) -> bool:
        """Read as far as the domain goes. False: there can be none here, not even a provider's name."""
        first = self.index
        goes_on = True
        while goes_on and self.index < len(self.tokens) and self.index - first < _LONGEST:
            token = self.tokens[self.index]
            if token.low == "at":
                return False
            if token.low == "dot" or (token.low == "." and _inside(self.tokens, self.index)):
                if not self.labels[-1]:
                    return False
                self.labels.append("")
                self.index += 1
            else:
                goes_on = not (len(self.labels) > 1 and self.labels[-1]) and self._read_label(token)
        return True

    def _read_label(self, token: Token) -> bool:
        """Whether the domain may go on after this token."""
        if _SIGNS.get(token.low) == "-":
            self.labels[-1] += "-"
            self.index += 1
            return True
        if not token.low.isalnum():
            return False
        if len(self.labels) == 1 and self.labels[0] and token.low in _ENDINGS and not token.glued:
            # The dot was not heard.
            self.labels.append(token.low)
            self.index += 1
            return False
        if _may_be_spelt(token) and (letters := letters_at(self.tokens, self.index)):
            self.labels[-1] += letters[0]
            self.index = letters[1]
            return True
        self.labels[-1] += token.low
        self.index += 1
        return len(self.labels) == 1 or self._dot_follows()

    def _dot_follows(self) -> bool:
        if self.index >= len(self.tokens):
            return False
        return self.tokens[self.index].low == "dot" or _inside(self.tokens, self.index)


def _may_be_spelt(token: Token) -> bool:
    return len(token.low) == 1 or token.low in {"double", "triple"}


def _inside(tokens: Sequence[Token], index: int) -> bool:
    """Whether a full stop stands inside a word, as of an address."""
    return (
        tokens[index].low == "."
        and tokens[index].glued
        and index + 1 < len(tokens)
        and tokens[index + 1].glued
        and tokens[index + 1].low.isalnum()
    )


def _local(sentence: Sentence, at: int) -> tuple[int, str] | None:
    """What stands before the "at", from where the address begins: (start, local part)."""
    tokens = sentence.tokens
    first = _local_start(sentence, at)
    local, index = "", first
    while index < at:
        if count := _said_about(tokens, index, at):
            index += count
        else:
            piece, index = _local_piece(tokens, index, at)
            local += piece
    return (tokens[first].start, local) if local and first < at else None


def _local_start(sentence: Sentence, at: int) -> int:
    """The first token of the local part before the token `at`."""
    tokens = sentence.tokens
    first = at
    part = sentence.part(tokens[at].start)
    while first > 0 and at - first < 2 * _LONGEST and sentence.part(tokens[first - 1].start) == part:
        if _begins_after(tokens, first - 1):
            break
        first -= 1
    if first == at and at > 0 and tokens[at - 1].low in _MAILBOXES:
        first -= 1
    return first


def _begins_after(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token stands before an address and is no part of it."""
    token = tokens[index]
    if token.low in _BEFORE and not (token.glued and index > 0) and not _spelt_beside(tokens, index):
        return True
    if token.low == "," and index > 0 and len(tokens[index - 1].low) > 1 and len(tokens[index + 1].low) == 1:
        return True  # a word, and then the spelling of the address
    return token.low == "." and not _inside(tokens, index) and not _after_letter(tokens, index)


def _local_piece(tokens: Sequence[Token], index: int, at: int) -> tuple[str, int]:
    """What a token adds to a local part that ends before the token `at`, and the next token to be read."""
    token = tokens[index]
    if token.low == ".":
        return "." if _inside(tokens, index) and not _after_letter(tokens, index, spelt=True) else "", index + 1
    if token.low == "-" and token.glued and _after_letter(tokens, index, spelt=True):
        return "", index + 1
    if token.low == "under" and index + 1 < at and tokens[index + 1].low == "score":
        return "_", index + 2
    if sign := _SIGNS.get(token.low):
        return sign, index + 1
    if _may_be_spelt(token) and (letters := letters_at(tokens, index)):
        return letters
    if digits := digits_at(tokens, index):
        return digits
    word = token.low.replace("'", "")
    return word if word.isalnum() else "", index + 1


def _said_about(tokens: Sequence[Token], index: int, at: int) -> int:
    """How many tokens from here on are about the writing: "all one word"."""
    for count in (3, 2, 1):
        if index + count <= at and _NO_WORDS.match(" ".join(token.low for token in tokens[index : index + count])):
            return count
    return 0


def _after_letter(tokens: Sequence[Token], index: int, *, spelt: bool = False) -> bool:
    """Whether a sign follows a single letter, and with `spelt`, whether it also stands before one."""
    before = index > 0 and len(tokens[index - 1].low) == 1 and tokens[index - 1].low.isalpha()
    if not spelt or not before:
        return before
    after = index + 1 < len(tokens) and len(tokens[index + 1].low) == 1 and tokens[index + 1].low.isalpha()
    return after and (tokens[index].low == "-" or not tokens[index + 1].glued)


def _spelt_beside(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token is a letter that was spelt: an "I" between other letters."""
    if len(tokens[index].low) != 1:
        return index > 0 and index + 1 < len(tokens) and tokens[index - 1].low == "as" and tokens[index].low == "in"
    beside = [tokens[at].low for at in (index - 1, index + 1) if 0 <= at < len(tokens)]
    return any(len(word) == 1 and word.isalpha() for word in beside)
