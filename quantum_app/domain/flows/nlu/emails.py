"""E-mail addresses as they are spoken and as they are spelt."""

import re
from collections.abc import Sequence

from quantum_app.domain.flows.nlu.digits import digits_at, letters_at
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, Token
from quantum_app.kit import email

_WRITTEN = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
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
_LONGEST = 16


def emails(said: Sentence) -> list[Candidate]:
    """Addresses in their one form, in order."""
    found = [_candidate(match.start(), match.end(), match[0]) for match in _WRITTEN.finditer(said.text)]
    taken = [(item.start, item.end) for item in found if item]
    for index, token in enumerate(said.tokens):
        if token.low not in {"at", "@"} or any(start <= token.start < end for start, end in taken):
            continue
        domain = _domain(said.tokens, index + 1)
        local = _local(said, index)
        if domain and local:
            found.append(_candidate(local[0], said.tokens[domain[1] - 1].end, f"{local[1]}@{domain[0]}"))
    return sorted((item for item in found if item), key=lambda item: item.start)


def _candidate(start: int, end: int, text: str) -> Candidate | None:
    try:
        return Candidate(start, end, email.normalize_email(text))
    except ValueError:
        return None


def _domain(tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """The domain that begins at a token, and the token after it."""
    labels: list[str] = [""]
    after = index
    while index < len(tokens) and index - after < _LONGEST:
        token = tokens[index]
        if token.low == "at":
            return None
        if token.low == "dot" or (token.low == "." and _inside(tokens, index)):
            if not labels[-1]:
                return None
            labels.append("")
            index += 1
            continue
        if len(labels) > 1 and labels[-1]:
            break
        sign = _SIGNS.get(token.low)
        if sign == "-":
            labels[-1] += sign
            index += 1
        elif token.low == "-" or not token.low.isalnum():
            break
        elif len(labels) == 1 and labels[0] and token.low in {"com", "org", "net", "de"} and not token.glued:
            # The dot was not heard.
            labels.append(token.low)
            index += 1
            break
        elif (len(token.low) == 1 or token.low in {"double", "triple"}) and (read := letters_at(tokens, index)):
            labels[-1] += read[0]
            index = read[1]
        else:
            labels[-1] += token.low
            index += 1
            if len(labels) > 1 and not (index < len(tokens) and (tokens[index].low == "dot" or _inside(tokens, index))):
                break
    if len(labels) > 1 and labels[-1].isalpha() and 2 <= len(labels[-1]) <= 12:
        return ".".join(labels), index
    # "at gmail", "at g mail": only the first words can be the provider.
    joined = ""
    for at in range(after, min(after + 3, len(tokens))):
        joined += tokens[at].low
        if joined in _PROVIDERS:
            return _PROVIDERS[joined], at + 1
    return None


def _inside(tokens: Sequence[Token], index: int) -> bool:
    """Whether a full stop stands inside a word, as of an address."""
    return (
        tokens[index].low == "."
        and tokens[index].glued
        and index + 1 < len(tokens)
        and tokens[index + 1].glued
        and tokens[index + 1].low.isalnum()
    )


def _local(said: Sentence, at: int) -> tuple[int, str] | None:
    """What stands before the "at", from where the address begins: (start, local part)."""
    tokens = said.tokens
    first = at
    part = said.part(tokens[at].start)
    while first > 0 and at - first < 2 * _LONGEST and said.part(tokens[first - 1].start) == part:
        token = tokens[first - 1]
        if token.low in _BEFORE and not (token.glued and first > 1) and not _spelt_beside(tokens, first - 1):
            break
        if token.low == "," and first > 1 and len(tokens[first - 2].low) > 1 and len(tokens[first].low) == 1:
            break  # a word, and then the spelling of the address
        if token.low == "." and not _inside(tokens, first - 1) and not _after_letter(tokens, first - 1):
            break
        first -= 1
    if first == at and at > 0 and tokens[at - 1].low in _MAILBOXES:
        first -= 1
    local = ""
    index = first
    while index < at:
        token = tokens[index]
        if skipped := _said_about(tokens, index, at):
            index += skipped
        elif token.low == ".":
            local += "." if _inside(tokens, index) and not _after_letter(tokens, index, spelt=True) else ""
            index += 1
        elif token.low == "-" and token.glued and _after_letter(tokens, index, spelt=True):
            index += 1
        elif token.low == "under" and index + 1 < at and tokens[index + 1].low == "score":
            local, index = f"{local}_", index + 2
        elif sign := _SIGNS.get(token.low):
            local, index = local + sign, index + 1
        elif (len(token.low) == 1 or token.low in {"double", "triple"}) and (read := letters_at(tokens, index)):
            local, index = local + read[0], read[1]
        elif digits := digits_at(tokens, index):
            local, index = local + digits[0], digits[1]
        elif token.low.replace("'", "").isalnum():
            local, index = local + token.low.replace("'", ""), index + 1
        else:
            index += 1
    return (tokens[first].start, local) if local and first < at else None


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
