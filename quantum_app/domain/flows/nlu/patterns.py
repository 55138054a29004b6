"""Regular expressions that a business wrote, run on what anybody says: only those that cannot take long.

Python's `re` tries every way in which a pattern can divide a text. How many there are at most is estimated from the
parsed pattern, and a pattern with too many is not run at all.
"""

import re
import warnings
from functools import lru_cache
from importlib import import_module
from typing import Any

# Python's own parser of patterns has no public name.
_parser: Any = import_module("re._parser")
_constants: Any = import_module("re._constants")

# Letters of a text that a pattern is tried on; longer ones do not match.
LONGEST = 120
# Ways of dividing a text: some ten milliseconds of work.
_MOST = 400_000.0


def problem(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"It isn't a regular expression: {error}."
    if _ways(parsed, []) > _MOST:
        return "It could take too long. Use fewer repetitions, and don't nest them."
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether a text as a whole matches; never when there is a problem with the pattern."""
    compiled = _compiled(pattern)
    return compiled is not None and len(text) <= LONGEST and compiled.fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if problem(pattern) else re.compile(pattern)


def _ways(parsed: Any, open_ends: list[None]) -> float:
    """An upper bound of the ways in which a sequence can match. open_ends: the free repetitions so far; several share
    the text's length, so the second of them has half as many ways, the third a third …
    """
    ways = 1.0
    for operation, given in parsed:
        match operation:
            case _constants.MAX_REPEAT | _constants.MIN_REPEAT | _constants.POSSESSIVE_REPEAT:
                least, most, body = given
                most = min(int(most), LONGEST)
                inside = _ways(body, [])
                if inside == 1.0 and most - least > 8:
                    open_ends.append(None)
                    ways *= max(1.0, (most - least + 1) / len(open_ends))
                elif inside == 1.0:
                    ways *= most - least + 1
                else:
                    ways *= min(sum(min(inside, 1e9) ** min(k, 32) for k in range(least, most + 1)), 1e30)
            case _constants.BRANCH:
                ways *= sum(_ways(branch, []) for branch in given[1])
            case _constants.SUBPATTERN:
                ways *= _ways(given[-1], open_ends)
            case _constants.ATOMIC_GROUP:
                ways *= _ways(given, open_ends)
            case _constants.ASSERT | _constants.ASSERT_NOT:
                ways *= _ways(given[1], [])
            case _constants.GROUPREF_EXISTS:
                ways *= sum(_ways(branch, []) for branch in given[1:] if branch is not None)
            case _:
                pass
        if ways > 1e30:
            return ways
    return ways
