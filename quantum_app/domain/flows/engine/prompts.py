"""The words that the engine says by itself, and how values get into words."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from quantum_app.domain.flows.model.definition import Value, Variable

STILL_THERE = "Are you still there?"
GIVING_UP = "I can't hear you any more, so I will hang up now. You are welcome to call again. Goodbye!"
TIME_UP = "I am sorry, our time is up. Please call again if you need more. Goodbye!"
RESUMED = "Sorry, we were interrupted for a moment. Please go on."
NOT_HEARD = "Sorry, I did not catch that. Could you say it again?"
LISTENING = "What would you like to know?"
ANYTHING_ELSE = "Is there anything else you would like to know?"
GOODBYE = "Thank you for calling. Goodbye!"
UNKNOWN = "I am sorry, I can't tell you that."
CHANGED = "All right, I have changed that."
KEPT = "Thank you, I have noted it as I understood it."
DECLINED = "All right. What else can I do for you?"
LEFT_OUT = "All right, I leave that out."
NOT_STORED = "All right, I will not note anything about you."
WHY_ASKED = "It is only so that we can get back to you; without it I note nothing about you."
WITH_CONSENT = "Before I note anything: is it all right if we store your contact details to get back to you?"
AGAIN = "Sorry, I did not get that."
TOOL_FAILED = "I am sorry, that did not work just now."
LOOKING = "One moment please, I am still looking for somebody."
TAKE_YOUR_TIME = "Of course, take your time."
BACK = "I am here again. Please go on."

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACE = re.compile(r"\{\s*([a-z][a-z0-9_]*)\s*\}")


def places(text: str) -> tuple[str, ...]:
    """The variables that words speak of."""
    return tuple(_PLACE.findall(text))


def render(text: str, values: Mapping[str, Value]) -> str:
    """Words with values in them. What is not known leaves nothing behind, not even its comma: "Thank you, {name}!"."""
    unknown = "\0"
    filled = _PLACE.sub(lambda place: spoken(values[place[1]]) if place[1] in values else unknown, text)
    return re.sub(r"\s+", " ", re.sub(rf"[\s,]*{unknown}", "", filled)).strip()


def question(variable: Variable, values: Mapping[str, Value], *, again: bool) -> str:
    """How a variable is asked for."""
    if again and variable.ask_again.strip():
        return render(variable.ask_again, values)
    ask = variable.ask.strip() or f"Could you tell me your {variable.label.strip() or variable.name.replace('_', ' ')}?"
    return render(f"{AGAIN} {ask}" if again else ask, values)


def spoken(value: Value) -> str:
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
