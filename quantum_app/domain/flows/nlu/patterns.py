"""Regular expressions that a business wrote, run on what anybody says, in time that grows with the text alone (RE2).

Flows that were published when Python's `re` ran their patterns may look around or refer back, which RE2 can't. Where
that can't take long it's still done, so calls on them go on; whoever edits such a flow is told.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2  # pyright: ignore[reportMissingTypeStubs]

# Letters of a text that a pattern is tried on; longer ones do not match.
LONGEST = 120
# Repetitions that `re` may divide a text among: with more, it could try for seconds.
_MOST_REPETITIONS = 3

_re2: Any = re2
_OPTIONS = _re2.Options()
_OPTIONS.log_errors = False
# Bytes of a compiled pattern, so that none takes long to compile.
_OPTIONS.max_mem = 1 << 20

_PARTS = re.compile(r"\\.|\[:\^?[a-z]+:\]|\[\^?\]?|.", re.DOTALL)
_ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPETITION = re.compile(r"(?<!\()[*+?]|\{\d*,")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
# What RE2 says of the constructs that people know from elsewhere → what it means.
_UNSUPPORTED = (
    (re.compile(r"\(\?<?[=!]"), "Lookahead and lookbehind, such as (?=…), can't be used."),
    (re.compile(r"\\[1-9]|\(\?P$"), "References to an earlier group, such as \\1, can't be used."),
)


def problem(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence."""
    try:
        _linear(pattern)
    except _re2.error as error:
        message = error.args[0].decode(errors="replace")
        explanation = next((meaning for construct, meaning in _UNSUPPORTED if construct.search(message)), None)
        return explanation or f"It isn't a regular expression: {message}."
    return None


def was_supported(pattern: str) -> bool:
    """Whether a pattern that has a problem is one of Python's, which flows could be published with."""
    return _of_python(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether a text as a whole matches; none does where the pattern is wrong, or could take long."""
    fullmatch = _fullmatch(pattern)
    if fullmatch is None or len(text) > LONGEST:
        return False
    try:
        return fullmatch(text) is not None
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=256)
def _fullmatch(pattern: str) -> Callable[[str], Any] | None:
    try:
        return _linear(pattern).fullmatch
    except _re2.error:
        return _backtracking(pattern)


def _linear(pattern: str) -> Any:
    """By RE2. Raises re2.error."""
    try:
        return _re2.compile(_with_accents(pattern), _OPTIONS)
    except UnicodeEncodeError:
        raise _re2.error(b"a part of a character") from None


def _with_accents(pattern: str) -> str:
    r"""RE2's `\w` is of ASCII alone: the é of "José" would be no letter."""
    parts: list[str] = []
    in_class = False
    for part in _PARTS.findall(pattern):
        if part.startswith("[") and not in_class:
            in_class = True
        elif part == "]":
            in_class = False
        parts.append(part if part != r"\w" else r"\p{Latin}0-9_" if in_class else r"[\p{Latin}0-9_]")
    return "".join(parts)


def _backtracking(pattern: str) -> Callable[[str], Any] | None:
    """By Python's `re`, where few repetitions, and none of a group, can divide a text."""
    bare = _ESCAPE_OR_CLASS.sub("x", pattern)
    if _REPEATED_GROUP.search(bare) or len(_REPETITION.findall(bare)) > _MOST_REPETITIONS:
        return None
    compiled = _of_python(pattern)
    return compiled.fullmatch if compiled else None


def _of_python(pattern: str) -> "re.Pattern[str] | None":
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning):
        return None
