"""Everything that the assistant says by itself, by language, and how values are put into words."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from quantum_app.domain.flows.model.definition import Value, Variable
from quantum_app.domain.flows.nlu.dialogue_acts import Courtesy, SmallTalk


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is said in one language.

    time_warning: said shortly before a call reaches its longest duration.
    no_audio: said when the caller's microphone sends nothing.
    stt_unavailable: said when speech recognition has failed several times in a row.
    draining: the last words of a call whose worker has to stop.
    ask_for: the question for a variable without one; `{label}` is what it is called.
    phone_incomplete: the question for a number that was told in part; `{digits}` is what was heard.
    phone_foreign: the same for one that is long enough, but none of the account's country.
    read_back: the question whether values are right; `{values}` are the values, the last after `and_`.
    courtesies: replies to words that call for nothing else.
    small_talk: replies to words in between, before a question is put again.
    """

    time_warning: str
    no_audio: str
    stt_unavailable: str
    draining: str
    still_there: str
    giving_up: str
    time_up: str
    resumed: str
    not_heard: str
    listening: str
    anything_else: str
    goodbye: str
    unknown: str
    change_confirmed: str
    no_change: str
    declined: str
    left_out: str
    not_stored: str
    reason_for_question: str
    with_consent: str
    again: str
    tool_failed: str
    looking: str
    take_your_time: str
    back: str
    ask_for: str
    phone_incomplete: str
    phone_foreign: str
    read_back: str
    and_: str
    courtesies: Mapping[Courtesy, str]
    small_talk: Mapping[SmallTalk, str]

    def question(self, variable: Variable, values: Mapping[str, Value], *, again: bool) -> str:
        """How a variable is asked for. again: after an answer that did not fit."""
        if again and variable.ask_again.strip():
            return render(variable.ask_again, values)
        label = variable.label.strip() or variable.name.replace("_", " ")
        question = variable.ask.strip() or self.ask_for.format(label=label)
        return render(f"{self.again} {question}" if again else question, values)


PROMPTS: Mapping[str, Prompts] = {
    "en": Prompts(
        time_warning="We have about half a minute left on this call.",
        no_audio="I can't hear your microphone. You can also type your question on the page.",
        stt_unavailable="I'm sorry, I'm having trouble hearing you right now. You can type your question on the page.",
        draining="I'm sorry, I have to end the call now. Please call again in a minute. Goodbye.",
        still_there="Are you still there?",
        giving_up="I can't hear you anymore, so I'll hang up now. Feel free to call again. Goodbye!",
        time_up="I'm sorry, we're out of time. Please call again if you need anything else. Goodbye!",
        resumed="Sorry, we got cut off for a moment. Please go on.",
        not_heard="Sorry, I didn't catch that. Could you say it again?",
        listening="What would you like to know?",
        anything_else="Is there anything else you would like to know?",
        goodbye="Thank you for calling. Goodbye!",
        unknown="I'm sorry, I don't have an answer to that.",
        change_confirmed="All right, I've changed that.",
        no_change="Thank you. I've noted it the way I understood it.",
        declined="All right. What else can I do for you?",
        left_out="All right, we'll skip that.",
        not_stored="All right, I won't save any of your details.",
        reason_for_question="It's only so that we can get back to you. Without it, I won't save any of your details.",
        with_consent=(
            "Before I write anything down: is it okay if we keep your contact details so we can get back to you?"
        ),
        again="Sorry, I didn't get that.",
        tool_failed="I'm sorry, that didn't work just now.",
        looking="One moment, please. I'm still looking for someone.",
        take_your_time="Of course, take your time.",
        back="I'm back. Please go on.",
        ask_for="Could you tell me your {label}?",
        phone_incomplete="I heard {digits}. What's the full number, with the area code?",
        phone_foreign="I heard {digits}. What's the full number, with its country code?",
        read_back="I have {values}. Is that right?",
        and_="and",
        courtesies={
            "about": "I'm an AI assistant, not a person. How can I help you?",
            "wellbeing": "I'm doing well, thank you. What would you like to know?",
            "thanks": "You're welcome. Is there anything else?",
            "greeting": "Hello! What would you like to know?",
            "no": "All right. Ask me anything, or say goodbye when you're done.",
            "yes": "All right. What would you like to know?",
            "filler": "All right. What else would you like to know?",
        },
        small_talk={
            "about": "I'm an AI assistant, not a person.",
            "wellbeing": "I'm doing well, thank you.",
            "thanks": "You're welcome.",
            "greeting": "Hello!",
        },
    ),
}
# Flows are in English so far.
EN = PROMPTS["en"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACE = re.compile(r"\{\s*([a-z][a-z0-9_]*)\s*\}")


def places(text: str) -> tuple[str, ...]:
    """The variables that words speak of."""
    return tuple(_PLACE.findall(text))


def render(text: str, values: Mapping[str, Value]) -> str:
    """Words with values in them. What is not known leaves nothing behind, not even its comma: "Thank you, {name}!"."""
    unknown = "\0"
    filled = _PLACE.sub(lambda place: spoken_value(values[place[1]]) if place[1] in values else unknown, text)
    return re.sub(r"\s+", " ", re.sub(rf"[\s,]*{unknown}", "", filled)).strip()


def spoken_value(value: Value) -> str:
    """As one says it: a day by its name, a whole number without its point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            day = date.fromisoformat(value)
            return f"{day:%A, %B} {day.day}"
    return str(value)
