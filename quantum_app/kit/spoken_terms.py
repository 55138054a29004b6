"""One spelling for what callers say and documents write: numbers, years, days of the week, and months.

“Twenty-five”, “'26–'27”, “Tue” and “Sun–Thu” become words that compare: `25`, `2026`, `tuesday`.
"""

import re
from collections.abc import Iterator, Sequence

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000}
_NUMBER_WORD = "|".join([*_UNITS, *_TENS])
_NUMBER = re.compile(
    rf"\b(?:(?:a|{_NUMBER_WORD})[ -](?:hundred|thousand)|{_NUMBER_WORD})"
    rf"(?:(?: and)?[ -](?:hundred|thousand|{_NUMBER_WORD}))*\b"
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "monthmay", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?\b\.?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|monthmay|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# The month is written with a capital letter, and not where a sentence begins; before a number it's no verb either.
_MAY = re.compile(r"(?<=[\w,(–-] )May\b|(?<=[–-])May\b|\bMay(?= \d)|^May(?= [–-])")
_MONTH_OF_MAY = "monthmay"
_TO = r"\s*(?:-|to|through|until|till?)\s*"
_NAME = re.compile(rf"\b(?:{_DAY}|{_MONTH})")
_DAY_RANGE = re.compile(rf"\b({_DAY}){_TO}({_DAY})")
_MONTH_RANGE = re.compile(rf"\b({_MONTH})(?: \d{{1,2}}(?:st|nd|rd|th)?)?{_TO}({_MONTH})")
_NUMBER_RANGE = re.compile(rf"(?<![\d.$:,-])(\d{{1,3}}){_TO}(\d{{1,3}})(?![\d:.,-])(?! ?[ap]\.?m\b)")
_LONGEST_RANGE = 60
_SHORT_YEAR = re.compile(r"(?<!\w)'(\d\d)\b")
_YEARS = re.compile(r"\b(20\d\d)\s*[-/]\s*(?:20)?(\d\d)\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "tenth": "10", "fifteenth": "15"}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b|(?<=\d)(?:st|nd|rd|th)\b")


def normalize(text: str) -> str:
    """The text in lower case, with figures for number words, and whole names of days, months, and years."""
    text = _MAY.sub(_MONTH_OF_MAY, text)
    text = text.lower().replace("’", "'").replace("‘", "'").replace("–", "-").replace("—", "-")
    text = _SHORT_YEAR.sub(r"20\1", _THOUSANDS.sub("", text))
    text = _YEARS.sub(lambda match: f"{match[1]} 20{match[2]} {match[1]}to20{match[2]}", text)
    text = _NUMBER.sub(lambda match: _figure(match[0]), text)
    text = _ORDINAL.sub(lambda match: _ORDINALS.get(match[0], ""), text)
    return _NAME.sub(lambda match: _full_name(match[0]), text)


def within_ranges(text: str) -> list[str]:
    """What a text includes without naming it: the days of “Sun-Thu”, the months of “Apr 1 - Jun 11”, 9 of “8-14”."""
    text = _MAY.sub(_MONTH_OF_MAY, text).lower().replace("–", "-").replace("—", "-")
    included: list[str] = []
    for match in _DAY_RANGE.finditer(text):
        included += _between(DAYS, _full_name(match[1]), _full_name(match[2]))
    for match in _MONTH_RANGE.finditer(text):
        included += _between(MONTHS, _full_name(match[1]), _full_name(match[2]))
    if re.search(r"\bweekdays?\b", text):
        included += DAYS[:5]
    if re.search(r"\bweekends?\b", text):
        included += DAYS[5:]
    if re.search(r"\bdaily\b|\bevery day\b|\bany day\b", text):
        included += DAYS
    included += _numbers_between(text)
    return included


def _numbers_between(text: str) -> Iterator[str]:
    for match in _NUMBER_RANGE.finditer(text):
        first, last = int(match[1]), int(match[2])
        if 1 < last - first <= _LONGEST_RANGE:
            yield from map(str, range(first + 1, last))


def _between(names: Sequence[str], first: str, last: str) -> list[str]:
    start, end = names.index(first), names.index(last)
    return [names[at % len(names)] for at in range(start, end + (1 if end >= start else 1 + len(names)))]


def _full_name(name: str) -> str:
    return name if name == _MONTH_OF_MAY else next(full for full in (*DAYS, *MONTHS) if full.startswith(name[:3]))


def _figure(words: str) -> str:
    """“a hundred and forty” → 140. Numbers that follow each other stay apart: “one two” → 1 2."""
    numbers: list[int] = []
    current: int | None = None
    for word in re.split(r"[ -]+(?:and[ -]+)?", words):
        if word in _SCALES:
            current = (current or 1) * _SCALES[word]
            continue
        value = 1 if word == "a" else _UNITS.get(word, _TENS.get(word, 0))
        if current is not None and not _continues(current, value):
            numbers.append(current)
            current = None
        current = (current or 0) + value
    return " ".join(map(str, [*numbers, *([] if current is None else [current])]))


def _continues(number: int, value: int) -> bool:
    return (number % 100 == 0 and value < 100 and number > 0) or (number % 100 in _TENS.values() and 0 < value < 10)
