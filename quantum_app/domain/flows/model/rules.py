"""What holds at every node of a flow: when a person is asked for, how callers are scored, when the business is open."""

from typing import Annotated, Literal

from pydantic import Field

from quantum_app.domain.flows.model.base import Frozen, Line, NodeId, Words
from quantum_app.domain.flows.model.conditions import Expression, Intent
from quantum_app.domain.flows.model.editor import Editor


class Keywords(Frozen):
    """Holds when one of these words or phrases is said, as whole words."""

    type: Literal["keywords"] = "keywords"
    keywords: Annotated[tuple[Line, ...], Field(max_length=60), Editor("Words or phrases", "words")] = ()


class ScoreRule(Frozen):
    """Points for what a caller says or is. reason: how it is explained. Each rule counts once a call."""

    id: NodeId
    when: Annotated[Expression | Intent | Keywords, Field(discriminator="type")]
    reason: Annotated[Line, Editor("Reason", "text", placeholder="left a phone number", initial="")]
    points: Annotated[int, Field(ge=-100, le=100), Editor("Points", "number", initial=10)]


class LowConfidence(Frozen):
    """So many answers in a row that found nothing, or less than `below`."""

    below: Annotated[float, Field(ge=0, le=1), Editor("Confidence below", "slider")] = 0.35
    times: Annotated[int, Field(ge=1, le=10), Editor("Times in a row", "number")] = 2


Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: dict[Priority, str] = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}


class HandoffRules(Frozen):
    """When a person is asked for: on these words, when the caller wishes it, after minutes, when answers are unsure.

    announcement: said then · unavailable: said when nobody can come; the call goes on where it was.
    """

    wish: Annotated[bool, Editor("When the caller asks", "switch")] = False
    keywords: Annotated[
        tuple[Line, ...], Field(max_length=60), Editor("On keywords", "words", placeholder="complaint")
    ] = ()
    after_minutes: Annotated[
        float | None,
        Field(gt=0, le=240),
        Editor("After (minutes)", "number", hint="Leave empty to never hand off by time."),
    ] = None
    low_confidence: Annotated[LowConfidence | None, Editor("When confidence is low", "low_confidence")] = None
    announcement: Annotated[Words, Editor("Announcement", "multiline")] = (
        "One moment, let me see if someone is available."
    )
    unavailable: Annotated[Words, Editor("When nobody is available", "multiline")] = (
        "Nobody is available right now, but I'm happy to keep helping you."
    )
    priority: Annotated[Priority, Editor("Priority", "select", options={**PRIORITIES})] = "normal"
    skills: Annotated[
        tuple[Line, ...], Field(max_length=20), Editor("Required skills", "words", placeholder="German")
    ] = ()


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: dict[Weekday, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


class OpenPeriod(Frozen):
    """Hours of one weekday, "09:00" to "18:00" in the account's time zone; "24:00" ends a day."""

    day: Weekday
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Rules(Frozen):
    """What holds at every node. hours: none given means always open; expressions see it as `open`."""

    handoff: HandoffRules = HandoffRules()
    scores: tuple[ScoreRule, ...] = Field(default=(), max_length=100)
    hours: tuple[OpenPeriod, ...] = Field(default=(), max_length=70)
