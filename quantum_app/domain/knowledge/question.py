"""What a caller asks for: an amount, a time, a day, a duration, a number of things, a person, a phone number."""

import re
from dataclasses import dataclass
from enum import StrEnum

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_LARGE = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
_TIMES = (
    r"\d\s?[ap]\.?m\b",
    r"\d:\d\d",
    r"\b(?:noon|midnight|24 hours|closed|o'clock)\b",
    rf"\b(?:at|from|until) (?:\d|{_NUMBERS})",
)


class AnswerKind(StrEnum):
    """The kind of thing that answers a question."""

    PHONE = "phone"
    DURATION = "duration"
    COUNT = "count"
    TIME = "time"
    DAY = "day"
    AMOUNT = "amount"
    PERSON = "person"
    PLACE = "place"
    ANYTHING = "anything"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# The first that matches counts: “how much time” is no amount, “how many days” is a duration.
_QUESTIONS = {
    AnswerKind.PHONE: _any(
        r"\b(?:phone|telephone) number",
        r"\bnumber (?:for|of|to call)\b",
        r"\bwho (?:do|can|should) i call\b",
    ),
    AnswerKind.DURATION: _any(
        r"\bhow (?:long|soon|many (?:seconds|minutes|hours|days|weeks|months|years))\b",
        r"\bhow far (?:ahead|in advance)\b",
    ),
    AnswerKind.COUNT: _any(r"\bhow (?:many|tall|big|fast|warm|hot|cold|deep|heavy|often|high|far|large)\b"),
    AnswerKind.TIME: _any(
        r"\bwhat time",
        r"\bhow (?:late|early)\b",
        r"\b(?:till|until) when\b",
        r"\bwhen(?:'s| is| are| do| does)\b.*\b(?:open|close)",
        r"\b(?:opening|business|office|working|regular|holiday|store|shop) (?:hours|times)\b",
        r"\b(?:what|which)(?: are|'re)? (?:your |the )?hours\b",
        r"\bare (?:you|they) (?:guys |still )?open\b",
        r"\b(?:latest|earliest)",
    ),
    AnswerKind.DAY: _any(
        r"\bwhen(?:'s|'re)?\b",
        r"\b(?:what|which) (?:day|date)",
        r"\bdeadline\b",
    ),
    AnswerKind.AMOUNT: _any(
        r"\bhow (?:much|expensive)\b(?! (?:time|notice|data|room|space|water))",
        r"\b(?:costs?|prices?|pricing|charged?|fees?|rates?|rent|fare|deductible|penalty)\b",
        r"\brun (?:me|us|you)\b",
        r"\bpay for\b",
        r"\bdo i (?:pay|owe)\b",
        r"\bwhat(?:'s| is| are|'re| do| does)\b.*\b(?:an? (?:month|night|year|hour|head|yard|visit)|each|per \w+)\b",
    ),
    AnswerKind.PERSON: _any(r"\bwho(?:'s|'ll|m)?\b"),
    AnswerKind.PLACE: _any(r"\bwhere(?:'s)?\b"),
}
_ANSWERS = {
    AnswerKind.PHONE: _any(r"\d{3}[-. ]\d{3,4}\b", r"\bextension\b"),
    AnswerKind.DURATION: _any(
        rf"\b(?:\d+|{_NUMBERS}|an?|full|same)[ -](?:[a-z]+ )?(?:second|minute|hour|day|week|month|year|season)s?\b",
        r"\buntil\b",
    ),
    AnswerKind.COUNT: _any(r"\d", rf"\b(?:{_NUMBERS}|no|none|once|twice|weekly|daily|monthly)\b"),
    AnswerKind.TIME: _any(*_TIMES),
    AnswerKind.DAY: _any(
        *_TIMES,
        r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b",
        rf"\b{_MONTH} ?\d",
        rf"\b{_MONTH}(?= |$)",
        r"\d(?:st|nd|rd|th)\b",
        r"\b(?:daily|every|after|before|within)\b",
    ),
    # In figures or in words.
    AnswerKind.AMOUNT: _any(
        r"[$€£¥]\s?\d",
        r"\d\s?(?:%|percent|dollars?|euros?|pounds?|cents?|francs?)",
        r"\d[.,]\d\d\b",
        rf"\b(?:{_NUMBERS}|{_LARGE})(?:[ -][a-z]+){{0,4}}[ -](?:dollars?|euros?|pounds?|cents?|percent)\b",
        r"\b(?:free|included|nothing|half|double)\b",
        r"\bno (?:extra )?(?:charge|fee|cost)\b",
        r"\bnot (?:offered|available|suitable)\b",
        r"\b(?:months?|weeks?)'? rent\b",
    ),
}
_BEYOND_REACH = _any(
    # To see or to show something on a call.
    r"\b(?:i'?m|i am|i'?ll|i will|let me|can i|if i) (?:hold|show|send|text|point)(?:ing)?\b"
    r".{0,40}\b(?:up|photo|picture|pic|screenshot|video|camera|phone|screen|image)\b",
    r"\b(?:watch|look at|see) (?:me|my|this)\b.*\b(?:camera|screen|video|photo|picture|face)\b",
    r"\bon my camera\b",
    r"\b(?:play|show|draw|sing|send) me (?:(?:a|the|some) )?(?:video|song|picture|photo|map|drawing|tune)\b",
    # To harm somebody, to get around a check or into what is another's.
    r"\b(?:get|trick|way|hack) (?:around|past|into)\b.*\b(?:check|pin|password|account|lock|id|rule|system|limit)\b",
    r"\b(?:kill|poison|stalk|hurt|fake (?:id|card|note|document))\b",
    r"\b(?:which|what) (?:room|car|address|time)\b.{0,40}\b(?:are|is|do|does|did) (?:they|he|she)\b",
    r"\bwait for (?:her|him)\b",
)


@dataclass(frozen=True, slots=True)
class Question:
    """asks: What kind of thing answers it."""

    text: str
    asks: AnswerKind

    @property
    def is_beyond_reach(self) -> bool:
        """Whether it wants what no document can give: to look, to harm somebody, or to get around a safeguard."""
        return bool(_BEYOND_REACH.search(self.text))

    def is_answered_by(self, text: str) -> bool:
        """Whether a text holds a thing of the kind that is asked for."""
        pattern = _ANSWERS.get(self.asks)
        return pattern is None or bool(pattern.search(text))


def read(text: str) -> Question:
    return Question(
        text, next((kind for kind, pattern in _QUESTIONS.items() if pattern.search(text)), AnswerKind.ANYTHING)
    )
