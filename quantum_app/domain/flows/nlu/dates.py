"""Days, as people name them, seen from the day of the call. Of a time to come its first day counts: "in March"."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from quantum_app.domain.flows.nlu.numbers import UNITS
from quantum_app.domain.flows.nlu.tokens import Candidate, bare

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,september sept sep,october oct,"
        "november nov,december dec".split(","),
        start=1,
    )
    for name in names.split()
}
_DAYS = {
    name: number
    for number, names in enumerate(
        "monday mon,tuesday tue tues,wednesday wed,thursday thu thurs,friday fri,saturday sat,sunday sun".split(",")
    )
    for name in names.split()
}
_UNITS: list[str] = list(UNITS)
_ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=1,
    )
} | {"thirtieth": 30}
_FEASTS = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "new year's eve": (12, 31),
    "new years eve": (12, 31), "new year's day": (1, 1), "new year": (1, 1), "new year's": (1, 1),
    "halloween": (10, 31), "valentine's day": (2, 14),
}  # fmt: skip

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_WEEKDAY = rf"(?P<weekday>{'|'.join(sorted(_DAYS, key=len, reverse=True))})s?"
_SMALL = "|".join([*(word for word in _UNITS[1:13]), "a couple of", "couple of", "a few", "an", "a"])
_COUNT = rf"(?P<count>\d{{1,3}}|{_SMALL})"
_ORDINAL = (
    r"(?:the )?(?P<day>(?:twenty|thirty)[- ](?:" + "|".join(list(_ORDINALS)[:9]) + r")"
    r"|" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + r"|\d{1,2} ?(?:st|nd|rd|th))"
)
_PLAIN_DAY = (
    r"(?P<day>(?:twenty|thirty)[- ](?:"
    + "|".join(_UNITS[1:10])
    + r")|"
    + "|".join(sorted([*_UNITS[1:], "twenty", "thirty"], key=len, reverse=True))
    + r"|\d{1,2})"
)
_TEEN = "|".join([*_UNITS[10:], "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
_YEAR = (
    r"(?:,? (?:of )?(?P<year>(?:19|20)\d\d|(?:nineteen|twenty)[- ](?:" + _TEEN + r")(?:[- ](?:"
    + "|".join(_UNITS[1:10]) + r"))?|two thousand(?: and)?(?: (?:" + _TEEN + "|" + "|".join(_UNITS[1:10])
    + r")(?:[- ](?:" + "|".join(_UNITS[1:10]) + r"))?)?)(?! (?:euros?|dollars?|pounds?)))?"
)  # fmt: skip
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"

Read = Callable[["re.Match[str]", date], date | None]


@dataclass(frozen=True, slots=True)
class _Form:
    """sure: nobody need have asked for a day."""

    pattern: re.Pattern[str]
    read: Read
    sure: bool = True


def dates(text: str, today: date, region: str) -> list[Candidate]:
    """ISO days in order; longer readings first where several begin at one place."""
    low = bare(text).replace("’", "'")
    if len(low) != len(text):
        # An accent that was a sign of its own: places would not fit, and no day has accents.
        low = text.lower()
    days: list[Candidate] = []
    read: list[tuple[int, int]] = []
    for form in _BY_ORDER[region in {"US", "PH"}]:
        for match in form.pattern.finditer(low):
            if any(start < match.end() and match.start() < end for start, end in read):
                continue
            try:
                day = form.read(match, today)
            except (ValueError, OverflowError):
                # There is no such day, and no part of it is another: "the thirty-first of February".
                day = None
            if day is not None or form.sure:
                read.append(match.span())
            if day is not None:
                days.append(Candidate(match.start(), match.end(), day.isoformat(), form.sure))
    days.sort(key=lambda item: item.start)
    return _same_month(low, days, today)


def _same_month(low: str, days: list[Candidate], today: date) -> list[Candidate]:
    """ "December third, no, the fourth": a day alone after a whole one is of its month."""
    whole: str | None = None
    result: list[Candidate] = []
    for item in days:
        value = str(item.value)
        if item.sure:
            whole = value
        elif whole is not None and (alone := re.fullmatch(_ORDINAL, low[item.start : item.end])):
            before = date.fromisoformat(whole)
            day = _ordinal(alone["day"])
            if day <= monthrange(before.year, before.month)[1]:
                item = Candidate(item.start, item.end, before.replace(day=day).isoformat())
        result.append(item)
    return result


def _number(words: str) -> int:
    """Up to 99, in digits or words."""
    if words.isdigit():
        return int(words)
    tens = {
        "twenty": 20,
        "thirty": 30,
        "forty": 40,
        "fifty": 50,
        "sixty": 60,
        "seventy": 70,
        "eighty": 80,
        "ninety": 90,
    }
    total = 0
    for word in words.replace("-", " ").split():
        total += tens.get(word) or _UNITS.index(word)
    return total


def _ordinal(words: str) -> int:
    if words[0].isdigit():
        return int(re.sub(r"\D", "", words))
    *tens, last = words.replace("-", " ").split()
    return (20 if tens == ["twenty"] else 30 if tens else 0) + _ORDINALS[last]


def _count(words: str) -> int:
    if words.isdigit():
        return int(words)
    return {"a": 1, "an": 1, "a couple of": 2, "couple of": 2, "a few": 3}.get(words) or _UNITS.index(words)


def _year(words: str | None) -> int | None:
    if words is None:
        return None
    if words.isdigit():
        return int(words)
    parts = words.replace("-", " ").replace(" and", "").split()
    if parts[:2] == ["two", "thousand"]:
        return 2000 + (_number(" ".join(parts[2:])) if parts[2:] else 0)
    return 100 * _number(parts[0]) + _number(" ".join(parts[1:]))


def _months_later(day: date, count: int) -> date:
    """The same day of another month, or its last one."""
    year, month = divmod(12 * day.year + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _ahead(month: int, day: int, year: int | None, today: date) -> date:
    """That day of the year named, or else the next one."""
    if year is not None:
        return date(year, month, day)
    for candidate in range(today.year, today.year + 9):
        if day <= monthrange(candidate, month)[1] and date(candidate, month, day) >= today:
            return date(candidate, month, day)
    raise ValueError


def _month_day(match: "re.Match[str]", today: date) -> date:
    groups = match.groupdict()
    words = groups["day"]
    day = _ordinal(words) if re.fullmatch(_ORDINAL, words) else _number(words)
    return _ahead(_MONTHS[groups["month"]], day, _year(groups.get("year")), today)


def _in_month(match: "re.Match[str]", today: date) -> date:
    groups = match.groupdict()
    month, year, part = _MONTHS[groups["month"]], _year(groups.get("year")), groups.get("part") or ""
    in_year = year or (today.year if month >= today.month else today.year + 1)
    last = monthrange(in_year, month)[1]
    day = 15 if part.startswith(("mid", "half")) else last if part.startswith(("end", "late")) else 1
    result = date(in_year, month, day)
    return result if year or result >= today else today


def _weekday(match: "re.Match[str]", today: date) -> date:
    groups = match.groupdict()
    weekday, which = _DAYS[groups["weekday"]], groups.get("which") or ""
    monday = today - timedelta(days=today.weekday())
    if groups.get("weeks"):
        return monday + timedelta(weeks=_count(groups["weeks"]), days=weekday)
    if which.startswith("next") or groups.get("nextweek"):
        return monday + timedelta(weeks=1, days=weekday)
    ahead = (weekday - today.weekday()) % 7
    if which in {"last", "since"}:
        return today - timedelta(days=(today.weekday() - weekday) % 7 or 7)
    if groups.get("later"):
        return today + timedelta(days=(ahead or 7) + 7)
    return today + timedelta(days=ahead if ahead or which.startswith("this") else 7)


def _after(match: "re.Match[str]", today: date) -> date:
    groups = match.groupdict()
    count = _count(groups["count"])
    start = today + timedelta(days=1) if groups.get("start") == "tomorrow" else today
    if groups.get("half"):
        return _months_later(start, 6)
    if groups.get("weekday"):
        start = today + timedelta(days=((_DAYS[groups["weekday"]] - today.weekday()) % 7 or 7))
    back = -1 if groups.get("ago") else 1
    match groups["unit"]:
        case "day":
            return start + timedelta(days=back * count)
        case "week":
            return start + timedelta(weeks=back * count)
        case "fortnight":
            return start + timedelta(weeks=2 * back * count)
        case "month":
            return _months_later(start, back * count)
        case _:
            return _months_later(start, 12 * back * count)


def _period(match: "re.Match[str]", today: date) -> date | None:
    """The beginning, middle or end of this or the next week, month or year; of a whole one to come its first day."""
    groups = match.groupdict()
    upcoming = (groups.get("which") or "this").startswith(("next", "the following", "following", "the coming"))
    part, unit = groups.get("part") or "", groups["unit"]
    if not part and not upcoming:
        return None
    match unit:
        case "week":
            start = today - timedelta(days=today.weekday()) + timedelta(weeks=upcoming)
            middle, end = start + timedelta(days=2), start + timedelta(days=4)
        case "month":
            start = _months_later(today.replace(day=1), int(upcoming))
            middle, end = start.replace(day=15), _months_later(start, 1) - timedelta(days=1)
        case _:
            start = date(today.year + upcoming, 1, 1)
            middle, end = start.replace(month=7), start.replace(month=12, day=31)
    day = end if part.startswith(("end", "late")) else middle if part.startswith(("mid", "half")) else start
    return max(day, today)


def _numeric(match: "re.Match[str]", today: date, *, us: bool) -> date:
    first, sign, second, year = int(match["a"]), match["sign"], int(match["b"]), match["y"]
    day, month = (second, first) if us and sign != "." and first <= 12 else (first, second)
    full_year = None if not year else int(year) + (2000 if len(year) == 2 else 0)
    return _ahead(month, day, full_year, today)


def _day_alone(match: "re.Match[str]", today: date) -> date:
    day = _ordinal(match["day"])
    month = today.replace(day=1)
    for _ in range(13):
        if day <= monthrange(month.year, month.month)[1] and month.replace(day=day) >= today:
            return month.replace(day=day)
        month = _months_later(month, 1)
    raise ValueError


def _weekend(match: "re.Match[str]", today: date) -> date:
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
    return saturday + timedelta(weeks=1) if (match["which"] or "").startswith("next") else max(saturday, today)


def _form(pattern: str, read: Read, *, sure: bool = True) -> _Form:
    return _Form(re.compile(rf"(?<![\w']){pattern}(?![\w'])"), read, sure)


_PART = r"(?P<part>mid(?:dle)?|early|late|beginning|start|end|half)"
_WHICH = r"(?P<which>next|this|the following|following|the coming|coming|this coming|the next|last|since)"
_COMMON = (
    _form(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", lambda m, _: date(int(m["y"]), int(m["m"]), int(m["d"]))),
    _form(rf"{_ORDINAL}(?: day)?(?: of)? {_MONTH}{_YEAR}", _month_day),
    _form(rf"{_MONTH},? {_ORDINAL}{_YEAR}", _month_day),
    _form(rf"{_PLAIN_DAY} {_MONTH}{_YEAR}", _month_day),
    _form(rf"{_MONTH} {_PLAIN_DAY}(?!\d)(?! (?:euros?|dollars?|pounds?|people|hundred|thousand)){_YEAR}", _month_day),
    _form(rf"(?:the )?{_PART}(?:[ -]of)?[ -](?:the month of )?{_MONTH}{_YEAR}", _in_month),
    _form(r"(?:the )?day after tomorrow", lambda _, today: today + timedelta(days=2)),
    _form(rf"{_WEEKDAY},? (?P<nextweek>(?:of )?(?:the )?(?:next|following) week)", _weekday),
    _form(rf"(?P<nextweek>next week),?(?: on)? {_WEEKDAY}", _weekday),
    _form(rf"{_WEEKDAY} in (?P<weeks>\d{{1,2}}|{_SMALL}) weeks?", _weekday),
    _form(rf"in (?P<weeks>\d{{1,2}}|{_SMALL}) weeks?(?: on)? {_WEEKDAY}", _weekday),
    _form(rf"(?P<count>a|one|two) (?P<unit>week)s? (?:from|after)(?: this| next)? {_WEEKDAY}", _after),
    _form(rf"{_WEEKDAY} (?P<later>week)", _weekday),
    _form(r"(?P<count>a) (?P<half>half) (?P<unit>year)", _after, sure=False),
    _form(r"in (?P<half>half) (?P<count>a) (?P<unit>year)", _after),
    _form(rf"in (?:about |around |roughly |another )?{_COUNT} {_UNIT}(?:'s? time)?", _after),
    _form(rf"{_COUNT} {_UNIT} from (?P<start>now|today|tomorrow)", _after),
    _form(rf"{_COUNT} {_UNIT} (?P<ago>ago)", _after),
    _form(rf"(?:the )?{_PART}(?:[ -]of)?[ -](?:the )?(?:{_WHICH} )?(?P<unit>week|month|year)", _period),
    _form(rf"{_WHICH} (?P<unit>week|month|year)", _period),
    _form(r"(?:(?P<which>next|this|the|on the|at the) )?weekend", _weekend),
    _form(rf"(?:{_WHICH} )?{_WEEKDAY}", _weekday),
    _form(r"today|tonight", lambda _, today: today),
    _form(r"tomorrow", lambda _, today: today + timedelta(days=1)),
    _form(r"yesterday", lambda _, today: today - timedelta(days=1)),
    _form(rf"(?:in|from|of|until|by|since|for|next|this|around|beginning) {_MONTH}{_YEAR}", _in_month),
    _form(
        rf"(?P<feast>{'|'.join(sorted(_FEASTS, key=len, reverse=True))})",
        lambda m, today: _ahead(*_FEASTS[m["feast"]], None, today),
    ),
    _form(
        rf"(?<!\bi )(?<!\bwe )(?<!\bit )(?<!\byou )(?<!\bthey ){_MONTH}{_YEAR}(?! (?:i|we|you|be)\b)",
        _in_month,
        sure=False,
    ),
    _form(rf"{_ORDINAL}(?! (?:one|option|choice|time|floor))", _day_alone, sure=False),
    _form(
        r"as soon as (?:possible|i can)|a\.?s\.?a\.?p\.?|immediately|(?:right|straight) away|(?:right )?now|at once",
        lambda _, today: today,
        sure=False,
    ),
)


_NUMERIC = r"(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4}|\d{2})"
_NO_YEAR = r"(?P<a>\d{1,2})(?P<sign>[/])(?P<b>\d{1,2})(?P<y>)"
_BY_ORDER = {
    order: (
        _COMMON[0],
        _form(_NUMERIC, lambda m, today, order=order: _numeric(m, today, us=order)),
        _form(_NO_YEAR, lambda m, today, order=order: _numeric(m, today, us=order), sure=False),
        *_COMMON[1:],
    )
    for order in (True, False)
}
