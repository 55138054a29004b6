"""What a caller's words mean for the flow, by rules: quick, the same every time, and there when no model is."""

import re

from quantum_app.domain.flows.ports import Intent

_BEFORE = (
    r"(?:(?:ok|okay|alright|all right|right|great|perfect|cool|good|fine|well|so|and|yes|yeah|no|nope|thanks|thank you"
    r"(?: so much| very much| a lot)?|thanks (?:a lot|so much)|"
    r"that'?s (?:great|perfect|helpful|good|fine)|then|i think|"
    r"cheers|lovely|wonderful|awesome|for now)[ ,.!]+)*"
)
_BYE = (
    r"(?:good ?bye|bye(?:[ ,-]?bye)?|see (?:you|ya)(?: later| soon| then)?|talk to you (?:later|soon)|take care|"
    r"have a (?:nice|good|great|lovely|wonderful) (?:day|one|evening|weekend|afternoon|night)|"
    r"(?:please )?(?:hang up|end (?:the|this) call)|"
    r"(?:that'?s|that is|that was|that will be|that'll be) (?:all|it|everything)"
    r"(?: (?:i (?:need|needed|wanted)|for (?:now|today)))?|nothing(?: else| more)?|i'?m (?:done|finished|all set)|"
    r"i (?:have to|need to|gotta|must|should) (?:go|run|leave)(?: now)?|"
    r"no,? (?:thanks|thank you)|i don'?t need anything else)"
)
_AFTER = (
    r"(?:[ ,.!]+(?:thanks|thank you(?: so much| very much)?|"
    r"then|now|bye|goodbye|mira|everyone|everybody|please|for now))*"
)
_GOODBYE = re.compile(rf"^{_BEFORE}{_BYE}{_AFTER}[ ,]*(?:{_BYE}{_AFTER})?$")

_GREETING = re.compile(
    r"^(?:hello|hi|hey|good (?:morning|afternoon|evening)|hello there|hi there)(?:[ ,]+(?:mira|there))?$"
)
_THANKS = re.compile(
    r"^(?:ok(?:ay)?[ ,]+|great[ ,]+|perfect[ ,]+)*(?:thanks|thank you|cheers)(?: so much| very much| a lot)?$"
)
_ROBOT = re.compile(
    r"\b(?:are you|am i (?:talking|speaking) (?:to|with)|is this) (?:an? )?(?:real |actual )?"
    r"(?:robot|bot|machine|computer|ai|a\.i|artificial|human|person|real|recording)\b"
)
_AGREEMENT = re.compile(
    r"^(?:yes|yeah|yep|no|nope|ok|okay|alright|all right|sure|great|perfect|good|fine|cool|i see|got it|"
    r"right|hm+|mhm|uh-?huh)"
    r"(?:[ ,]+(?:ok|okay|great|thanks|please|good))*$"
)
_REPEAT = re.compile(
    r"^(?:sorry|pardon(?: me)?|excuse me|what|come again|once more|again please)$|"
    r"(?:say|repeat) (?:that|it)(?: again| once more)?|what (?:was that|did you say)|(?:can|could) you repeat|"
    r"(?:didn'?t|did not|couldn'?t) (?:hear|catch|understand) (?:you|that|it)"
)

_SMALLTALK = (
    (_ROBOT, "I am an AI assistant, not a person. How can I help you?"),
    (_GREETING, "Hello! What would you like to know?"),
    (_THANKS, "You're welcome. Is there anything else?"),
    (_AGREEMENT, "All right. What else would you like to know?"),
)


def plain(text: str) -> str:
    """Lower case, without punctuation at the ends and with single spaces."""
    return re.sub(r"\s+", " ", text.lower().replace("’", "'")).strip(" .,!?…-")


def intent(text: str) -> Intent:
    """What kind of utterance this is. Whatever is neither a farewell nor a courtesy is a question."""
    words = plain(re.sub(r"[.!?…]+(?=\s)", ",", text))
    if _GOODBYE.match(words):
        return "goodbye"
    return "question" if courtesy(text) is None else "smalltalk"


def courtesy(text: str) -> str | None:
    """The answer to a greeting, thanks, or the question what one is talking to; None when it is none of these."""
    words = plain(text)
    return next((answer for pattern, answer in _SMALLTALK if pattern.search(words)), None)


def asks_again(text: str) -> bool:
    """Whether the caller wants to hear the last answer once more."""
    words = plain(text)
    return len(words.split()) <= 8 and bool(_REPEAT.search(words))
