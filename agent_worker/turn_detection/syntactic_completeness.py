"""Whether a sentence is complete, by rules over its words.

A person who stops after "I would like to" goes on; after "what are your opening hours?" hardly. English only, like the
recognizer; for another language the words say nothing and the sound decides alone.
"""

import re
from enum import StrEnum


class Completeness(StrEnum):
    """What the words say about the end of the sentence."""

    COMPLETE = "finished"
    LIKELY = "likely"
    INCOMPLETE = "unfinished"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words after which something has to follow.
_CONTINUATION_WORDS = _words(
    """
    a an the this these those my your his her its our their whose every each some any no another of to for from
    with without by at in into onto on about between during before after until since against per via and or but
    nor so because if unless while although though when whenever where wherever whether that which who whom than
    as is are was were be been being am do does did have has had will would shall should can could may might
    must i we they he she it's i'm i'd i'll i've we're we'd we'll we've they're you're you'd let's there's not
    very really too more most less such just only also even like want going trying looking thinking wondering
    what's where's who's how's how what why um uh erm er hmm well actually basically
    """
)
# … unless the sentence may well end with them: "what is it for?", "where are you from?", "is that all there is?".
_QUESTION_FINAL_WORDS = _words("for from with about at in on of is are do does have like that there")
_ALLOWS_FINAL_WORD = re.compile(r"\b(?:what|where|who|which|that)\b|\b(?:move|get|check|come|log|sign|go) (?:in|on)\?$")
_OPEN_QUANTITIES = ("at least", "at most", "up to", "more than", "less than", "no longer", "as well as")
# … and beginnings that sound whole, though nobody leaves it at that.
_INCOMPLETE_STEMS = re.compile(
    r"^(?:(?:and|so|but|okay|ok|well|hi|hello|um|uh|yes|yeah|no)[,.]? )*"
    r"(?:(?:(?:can|could|would|will) you (?:please )?(?:tell|show|explain|give|help|let)(?: me| us)?|"
    r"(?:do|did) you know|is it possible(?: to)?|i (?:wanted|want|would like|need|like) to (?:ask|know)|"
    r"i was wondering|(?:can|may|could) i(?: ask)?|i mean|you know|for example|first|"
    r"how (?:do|can|would) (?:i|we) get|what (?:kind|about|happens)|(?:do )?i need)[.?! ]*|"
    r"how (?:much|many|long)[. ]*)$"
)
# A clause that hangs on another one still to come.
_SUBORDINATE_CLAUSE = re.compile(
    r"^(?:(?:and|so|but|well|um|uh)[,.]? )*(?:if|because|when|while|although|though|since|unless|whether)\b"
)
_COMPLETE_WORDS = _words(
    """
    yes yeah yep yup no nope okay ok sure thanks goodbye bye hello hi hey correct right exactly perfect great
    maybe really tomorrow today
    """
)
_COMPLETE_PHRASES = (
    "thank you", "no thanks", "that is all", "that's all", "good bye", "bye bye", "of course", "not really",
    "yes please", "no thank you", "i see", "go ahead", "sounds good", "that's it", "that is it", "nothing else",
    "see you", "goodbye", "have a nice day", "have a good day",
)  # fmt: skip
_QUESTION = re.compile(
    r"^(?:(?:and|so|but|okay|ok|well|hi|hello|hey|um|uh|sorry|excuse me|please|yes|yeah|no)[,.]? )*"
    r"(?:what|when|where|who|whom|whose|why|which|how|is|are|was|were|do|does|did|can|could|will|would|shall|should|may|"
    r"have|has|am|what's|where's|who's|how's|isn't|aren't|don't|doesn't|can't|couldn't)\b"
)
_NUMBER_WORDS = _words(
    """
    zero oh one two three four five six seven eight nine double triple plus
    """
)
_DICTATION = re.compile(
    r"\b(?:number|phone|code|order|postcode|zip|card|email|e-mail|mail|address)\b.* (?:is|are|it's|number)\b"
)
_COMPLETE_EMAIL = re.compile(r"(?:@|\bat\b).*(?:\.|\bdot\b) ?[a-z]{2,}$")
WORD = re.compile(r"[a-z0-9@][a-z0-9@'._-]*")


def classify_completeness(text: str) -> Completeness:
    """Classify the words of the turn so far."""
    plain = text.strip().lower()
    if not plain:
        return Completeness.INCOMPLETE
    if plain.endswith(("...", "…", ",", "-", ":")):
        return Completeness.INCOMPLETE
    words = [word.strip(".'-_") for word in WORD.findall(plain)]
    words = [word for word in words if word]
    if not words:
        return Completeness.INCOMPLETE
    last = words[-1]
    if (len(words) <= 2 and words[-1] in _COMPLETE_WORDS) or " ".join(words).endswith(_COMPLETE_PHRASES):
        return Completeness.COMPLETE
    if _COMPLETE_EMAIL.search(plain.rstrip(".!? ")):
        return Completeness.COMPLETE
    sentence = _last_sentence(plain)
    if _INCOMPLETE_STEMS.match(sentence) or (
        _SUBORDINATE_CLAUSE.match(sentence) and "," not in sentence and not plain.endswith("?")
    ):
        return Completeness.INCOMPLETE
    question = bool(_QUESTION.match(sentence))
    has_question_mark = plain.endswith("?")
    closes = (
        question
        and has_question_mark
        and last in _QUESTION_FINAL_WORDS
        and len(words) >= 4
        and _ALLOWS_FINAL_WORD.search(sentence)
    )
    if (last in _CONTINUATION_WORDS and not closes) or " ".join(words).endswith(_OPEN_QUANTITIES):
        return Completeness.INCOMPLETE
    if _is_dictating(plain, words):
        return Completeness.INCOMPLETE
    if not plain.endswith((".", "!", "?")):
        return Completeness.LIKELY if len(words) >= 4 else Completeness.INCOMPLETE
    return Completeness.LIKELY


def _last_sentence(text: str) -> str:
    parts = [part for part in re.split(r"(?<=[.!?])\s+", text) if part]
    return parts[-1] if parts else text


def _is_dictating(text: str, words: list[str]) -> bool:
    """Whether a number or an address is being dictated and isn't complete yet."""
    digits = 0
    for word in reversed(words):
        if word in _NUMBER_WORDS:
            digits += 1
        elif word.replace("-", "").replace(".", "").isdigit():
            digits += len(word.replace("-", "").replace(".", ""))
        else:
            break
    return bool(_DICTATION.search(text)) and (words[-1] in {"is", "at", "dot"} or 0 < digits < 7)
