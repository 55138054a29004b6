"""What a caller's words mean for the flow, by rules: quick, the same every time, and there when no model is.

A sentence is a courtesy only when known phrases make up all of it: "bye" is one, "I don't want to say goodbye to my
dog" is not. Whatever is not made of known phrases is a question.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

DialogueAct = Literal["question", "goodbye", "smalltalk", "no"]
# about: the caller asks what or whom they are talking to. filler: words that say nothing.
SmallTalk = Literal["about", "wellbeing", "thanks", "greeting"]
Courtesy = Literal["about", "wellbeing", "thanks", "greeting", "no", "yes", "filler"]

_LONGEST = 30  # words; who says more than this is not being polite
_DAY = "(?:day|one|evening|weekend|afternoon|night|morning|week|time)"
_KIND = "(?:nice|good|great|lovely|wonderful|pleasant|fantastic)"
_GO = "(?:go|run|leave|hang up)"
_CALL = "(?:hang up|(?:end|stop|finish) (?:the |this |our )?(?:call|conversation))"
_ALL = "(?:all|it|everything|enough)"
_AGAIN = "(?: (?:that|it|this|again|once|one|more|time|please|to me|for me))"

# Label → phrases, as regular expressions over lower-case words without punctuation.
_PHRASES: dict[str, tuple[str, ...]] = {
    "bye": (
        "(?:good ?|buh ?)?bye(?: bye)*|by by|good night|farewell|so long|ciao|cheerio",
        "(?:i'?ll |we'?ll )?(?:see|catch|talk to|speak to) (?:you|ya)(?: again)?"
        r"(?: (?:later|soon|then|around|tomorrow|next week|(?:on )?\w+day))?",
        "take care(?: of yourself)?|i'?ll let you go(?: now)?",
        f"i(?: really)? (?:have to|need to|gotta|got to|must|should|better) {_GO}|i(?:'?ve| have) got to {_GO}",
        f"gotta {_GO}|i'?m (?:off|leaving)|i'?m (?:going to|gonna) {_GO}",
        f"(?:(?:can|could|will) you (?:please )?|you (?:can|may) |let'?s |i want to |i'?d like to )?{_CALL}(?: here)?",
        "i'?ll (?:call|ring|phone|try)(?: you)? (?:back|again|later)(?: later| soon| tomorrow)?",
        rf"have an? (?:{_KIND} )?(?:rest of (?:your |the ))?{_DAY}(?: too)?",
        f"(?:it was |it'?s been )?{_KIND} (?:talking|speaking|chatting) (?:to|with) you",
    ),
    "done": (
        f"(?:that'?s|that is|that was|that'?ll be|that will be|that would be) {_ALL}"
        "(?: i (?:need|needed|want|wanted)(?: to know)?)?",
        "(?:(?:i have |i'?ve got |there are )?no|i (?:don'?t|do not) have any)(?: more| further| other)* questions?",
        "(?:no )?nothing(?: else| more| further)?|i'?m (?:all )?(?:done|finished|set|good|fine)",
        "i (?:don'?t|do not) (?:need|want) anything (?:else|more)|not (?:right now|at the moment)",
    ),
    "about": (
        "who (?:am i|are we) (?:talking|speaking) (?:to|with)|who are you|who is this|who'?s (?:this|that|there)",
        "what are you|what(?:'?s| is) your name|do you have a name",
    ),
    "again": (
        f"(?:(?:can|could|will|would) you )?(?:please |just )?(?:say|repeat){_AGAIN}+",
        f"would you mind (?:repeating|saying){_AGAIN}*|(?:can|could) you repeat(?: the last (?:part|bit|sentence))?",
        "(?:say |repeat )?(?:again|one more time|once more|once again)(?: please)?|repeat|come again",
        "pardon(?: me)?|huh|what (?:was|is) that|what'?s that|what did you (?:just )?say|what were you saying|what",
        "i (?:didn'?t|did not|couldn'?t|could not|can'?t|don'?t) (?:quite |really )?(?:hear|catch|understand|get)"
        "(?: (?:you|that|it|what you said))?",
    ),
    "wellbeing": ("how are you(?: doing)?(?: today)?|how'?s it going|how do you do",),
    "greeting": (
        "(?:hello|hi|hey|good (?:morning|afternoon|evening|day))(?: there)?|(?:it'?s )?(?:nice|pleased) to meet you",
        "are you (?:still )?there|(?:is )?(?:anybody|anyone|somebody) there",
    ),
    "thanks": (
        "(?:many )?(?:thanks|thank you)(?: (?:(?:so|very) much|a lot|again|for that))*"
        "(?: for (?:all )?(?:your|the) (?:help|time|information|info|answers?|patience))?",
        "cheers|i appreciate (?:it|that|your help)|you'?ve been (?:very |really |so )?helpful",
    ),
    "yes": ("yes|yeah|yep|yup|sure|of course|absolutely|exactly|correct|right|m ?hm+|uh ?huh",),
    "no": ("no|nope|nah|not really|i (?:don'?t|do not) think so",),
    "sorry": ("sorry|excuse me",),
    "filler": (
        "(?:that|this|it)(?:'?s| is| was| sounds) (?:all |very |really |so |quite )*"
        "(?:great|perfect|helpful|good|fine|nice|lovely|wonderful|useful|clear|cool|interesting|okay|ok|right)",
        "sounds good|good to know|i see|got it|understood|makes sense|fair enough|no problem|never ?mind|you too",
        "i (?:think|guess)|for (?:now|today)|my friend|by the way|ok|okay|oh|(?:all ?|al)right|great|perfect|cool|good",
        "fine|well|so|and|but|then|now|just|wow|nice|lovely|wonderful|awesome|excellent|amazing|please|um+|uh+|hm+|er+|ah+|wait|anyway|there",
    ),
}
_PATTERNS_BY_LABEL = tuple(
    (label, re.compile(rf"(?:{phrase})(?![\w'])")) for label, phrases in _PHRASES.items() for phrase in phrases
)

_MACHINE = "(?:(?:chat ?)?bot|robot|machine|computer(?: program)?|ai|a i|artificial intelligence|chat ?gpt|a recording)"
_HUMAN = "(?:real|human|(?:human|real|actual|live) (?:being|person|human)|an? (?:human|person|man|woman))"
_WHAT_SPEAKS = re.compile(
    rf"\b(?:are you|you sound|you seem|is this|am i (?:talking|speaking) (?:to|with)|do i (?:talk|speak) (?:to|with)) "
    rf"(?:like |just |really |actually |an? |the |some )*(?:{_MACHINE}|{_HUMAN})(?: or .*)?$"
    rf"|\bis there (?:an? )?(?:real |actual |live )?(?:human|person)(?: there| here)?$"
)
_STAFF = (
    "(?:(?:an? |the |some |your |my |one of your )?"
    "(?:real |actual |live |human |other |different |customer |service |sales )*"
    "(?:person|human(?: being)?|someone|somebody|people|agents?|operator|representative|manager|supervisor|boss"
    "|advis[eo]r|colleagues?|employee|staff|sales|reception|specialist|expert)|anyone|anybody)"
)
_PERSON = re.compile(
    rf"\b(?:talk|speak|chat) (?:to|with) {_STAFF}\b"
    rf"|\b(?:connect|transfer|put|pass|forward) me (?:through |over |on |back )*(?:to|with) {_STAFF}\b"
    rf"|\b(?:get|give|find|fetch|call) me {_STAFF}\b|\b(?:put me through|transfer me)(?: please| now)*$"
    rf"|\b(?:want|need|like|prefer|rather have) (?:to have )?{_STAFF}(?: please| now| instead)?$"
    rf"|\bis there {_STAFF} (?:that |who )?i (?:can|could|may) (?:talk|speak)"
    rf"|\b(?:can|could|will) {_STAFF} (?:help me|take over)"
    r"|^(?:please |an? |the |real |live |human |customer |service )*"
    r"(?:(?:agent|operator|representative|human|person)\b ?)+(?:please|now)?$"
)
_NO_PERSON = re.compile(
    r"\b(?:don'?t|do not|no need to|not) (?:want |need |like |have |wish )?(?:to )?(?:(?:talk|speak) (?:to|with) )?"
    rf"(?:be )?{_STAFF}\b|\bdo i (?:have|need) to\b"
)
_ASKING = re.compile(
    r"(?:(?:and|so|but|well|ok|okay|um|uh|oh|hey|hi|hello|actually|also|then|by the way) )*"
    r"(?:what(?:'s)?|how|when|where|who|why|which|whose"
    r"|(?:do|does|did|is|are|can|could|will|would|should|may|have|has)"
    r" (?:i|you|we|they|he|she|it|there|the|your|my|that|this|an?))"
    r" \w+"
)
_DECLINING = re.compile(
    r"\b(?:rather|prefer) not\b|\bnone of your business\b|\bskip (?:that|this|it)\b"
    r"|\b(?:don'?t|do not|won'?t|will not) (?:want to|like to|wish to|have (?:an?|any|one)|give|tell)\b"
    r"|\bi(?:'m| am) not (?:giving|telling)\b|^(?:no|nope)(?: thank you| thanks)?$"
)
# What says nothing but yes, or nothing but no, with small words around it.
_SMALL = (
    "um+|uh+|hm+|er+|ah+|oh|well|so|and|then|now|hi|hello|hey|sorry|thanks|thank you(?: (?:very|so) much)?"
    "|thanks a lot|i (?:think|guess)|actually"
)
_VERY = "(?: (?:all|quite|absolutely|exactly|perfectly|totally|both|very|really|completely))*"
_YES = (
    "yes|yeah|yep|yup|yea|ya|sure(?: thing)?|of course|absolutely|definitely|certainly|exactly|correct|right|true"
    "|perfect|great|fine|good|okay|ok|all ?right|alright|indeed|affirmative|m ?hm+|uh ?huh"
    "|please(?: do)?|why not|gladly|with pleasure|by all means|go ahead|do (?:it|that|so)"
    "|let'?s do (?:it|that)|you (?:can|may)|that works"
    "|(?:sounds|looks) (?:good|great|fine|right)"
    f"|(?:that|it|this|they|those)(?:'s| is|'re| are| sounds| looks| seems){_VERY} "
    "(?:right|correct|fine|good|it|true|perfect|great|okay|ok|me|mine)|you (?:got|have) (?:it|that)(?: right)?"
    "|that would be (?:very |really )?(?:nice|great|good|lovely|perfect|fine|helpful|wonderful)"
    "|i (?:do|would|am)|i think so|i guess so|i believe so|(?:i'?d|i would) (?:like|love) (?:that|to|it)"
    "|(?:it|that|they) (?:is|are|does|do)"
)
_NO = (
    "no|nope|nah|know|not really|never|negative|wrong|incorrect|false|(?:absolutely|certainly|of course) not|no way"
    f"|not{_VERY} (?:right|correct|it|true|me|mine)|not quite"
    f"|(?:that|it|this|they|those)(?:'s| is|'re| are)(?: not)?{_VERY} (?:not|wrong|incorrect|false)"
    f"|(?:that|it|this|they|those)(?:'s| is|'re| are) not{_VERY} (?:right|correct|it|true|me|mine)"
    f"|(?:that|it|this|they) (?:isn'?t|aren'?t|wasn'?t){_VERY} (?:right|correct|it|true|me|mine)"
    "|(?:it|that) (?:isn'?t|is not)|you (?:got|have) (?:it|that) wrong"
    "|i (?:do not|don'?t)(?: think so)?|not (?:now|right now|at the moment|today|yet|for me|necessary)|no need"
    "|maybe later|maybe not|(?:some )?other time|i'?d rather not|i would rather not"
)
_ALL_YES, _ALL_NO = (
    re.compile(rf"(?:(?:{_SMALL}) )*(?:{words})(?: (?:{words}|{_SMALL}{more}))*")
    for words, more in ((_YES, ""), (_NO, "|please"))
)
_SHORT = 10  # words
# With which an answer may begin that goes on: "yes, and my name is …".
_PLAIN_YES = "yes|yeah|yep|yup|sure|of course|absolutely|certainly|go ahead|please do|that'?s fine|i (?:do )?agree"
_PLAIN_NO = "no|nope|nah|never|rather not|please don'?t"
_NO_OBJECTION = re.compile(
    r"^(?:(?:no|oh|sure|yes|well) )*(?:no problem|no worries|not a problem|i don'?t mind|not at all|no objections?)\b"
)
_WHY = re.compile(
    r"^(?:(?:and|but|oh|well|hm+|sorry) )*(?:why(?:$| do you| would you| should i| is that| that$)"
    r"|what for$|for what$|do i have to(?:$| (?:give|tell|answer|say|agree))|is that necessary)"
    r"|\bwhat (?:do|will|would|happens?) (?:you (?:do|need)|to|with) .*(?:data|details|that|it|number|address)\b"
)
_TAKEN_BACK = re.compile(r"\b(?:changed my mind|never ?mind|forget (?:it|that|about it))\b")
# What takes back something that was told before; `_SURELY` also where it is about no contact data.
_SURELY = re.compile(
    r"\bi (?:meant|misspoke|made a mistake)\b|\bcorrection\b|\b(?:wrong|incorrect|mistake|typo)\b|\bmake (?:it|that)\b"
    r"|\b(?:change|correct|update) (?:my|our|the|it|that)\b|\bha(?:s|ve) changed\b"
)
_PERHAPS = re.compile(r"\b(?:actually|sorry|instead)\b|^no\b|\bi mean\b")
_OWN = re.compile(
    r"\b(?:my|our)(?: \w+)? (?:e ?mail|mail|address|phone|number|telephone|mobile|cell|name)(?: (?:address|number))?"
    r"(?:'s| is| was| should be| would be| has changed)\b"
)
# An offer, by the words with which it begins, and what a caller says who takes it up.
_OFFERS = (
    (re.compile(r"(?:would you (?:also |maybe |perhaps )?(?:like|prefer)|do you want|want) (?:me|us) to\b"), "Please"),
    (re.compile(r"would you (?:also |maybe |perhaps )?(?:like|prefer)\b|how about\b"), "I would like"),
    (re.compile(r"do you want\b"), "I want"),
    (re.compile(r"(?:shall|should|may|can|could) (?:i|we)\b(?! (?:ask|have|know|help)\b)"), "Please"),
    (re.compile(r"are you interested in\b"), "I am interested in"),
)
_BEFORE_OFFER = re.compile(r"(?:(?:and|so|or|but|then|also|otherwise|if you (?:like|want)),? )*")
_OTHERS = {"your": "my", "yours": "mine", "me": "you", "my": "your", "us": "you", "our": "your", "we": "you"}
_AS_SUBJECT = re.compile(r"\byou(?= (?:need|want|are|have|would|can|could|like|said|asked|mean|know)\b)")
_ANYTHING_ELSE = re.compile(r"\banything (?:else|more)\b|\bwhat else\b|\b(?:more|other|further) questions\b")
# A farewell at the end of a longer sentence, "I'll think about it then bye", and words that make it none.
_FAREWELL_LAST = re.compile(r"(\w+) (?:good ?|bye )?bye$")
_ABOUT_FAREWELL = frozenset("say saying said says wave waving kiss word the a my your our of for to".split())

_COURTESIES: tuple[Courtesy, ...] = ("about", "wellbeing", "thanks", "greeting", "no", "yes", "filler")
_SMALL_TALK: tuple[SmallTalk, ...] = ("about", "wellbeing", "thanks", "greeting")
_WAITING = re.compile(
    r"(?:please |um+ |uh+ |ok |okay |well |oh )*"
    r"(?:(?:hold|hang) on|wait|(?:just )?(?:one|a) (?:moment|second|minute|sec)|let me (?:think|see|check|look)"
    r"|give me (?:a|one) (?:moment|second|minute|sec)|bear with me)"
    r"(?: (?:please|for (?:a|one) (?:moment|second|minute)|(?:a|one) (?:moment|second|minute|sec)|(?:that|it)(?: up)?"
    r"|about (?:that|it)|i))*"
)


def dialogue_act(text: str) -> DialogueAct:
    """What kind of utterance this is. Whatever is neither a farewell nor a courtesy is a question."""
    labels = _labels(text)
    if labels is None:
        return "goodbye" if _ends_with_farewell(text) else "question"
    if "bye" in labels:
        return "goodbye"
    if labels & {"about", "wellbeing"}:
        return "smalltalk"
    if asks_to_repeat(text):
        return "question"
    if "done" in labels or {"no", "thanks"} <= labels:
        return "question" if text.rstrip().endswith("?") else "goodbye"
    if "no" in labels and not labels & {"yes", "greeting"}:
        return "no"
    return "smalltalk" if labels else "question"


def courtesy(text: str) -> Courtesy | None:
    """Which courtesy the words are, where they are nothing else: a greeting, thanks, a yes or no, …"""
    labels = _labels(text) or frozenset()
    return next((label for label in _COURTESIES if label in labels), None)


def small_talk(text: str) -> SmallTalk | None:
    """Which small talk the words are, to be answered before a question is put again. A "no, thanks" is an answer."""
    labels = _labels(text) or frozenset()
    if {"no", "thanks"} <= labels:
        return None
    return next((label for label in _SMALL_TALK if label in labels), None)


def is_hold_request(text: str) -> bool:
    """Whether the caller asks for a moment."""
    return any(_WAITING.fullmatch(sentence) for sentence in _sentences(text))


def is_farewell(text: str) -> bool:
    """Whether this is a farewell. A "no, that is all" may be the answer to a question, and is none."""
    labels = _labels(text)
    return _ends_with_farewell(text) if labels is None else "bye" in labels


def requests_person(text: str) -> bool:
    """Whether the caller wishes to speak with a person. To ask whether this is one is something else."""
    return any(
        _PERSON.search(sentence) and not _NO_PERSON.search(sentence) and not _WHAT_SPEAKS.search(sentence)
        for sentence in _sentences(text)
    )


def is_question(text: str) -> bool:
    """Whether the caller asks something, also when the recogniser left the question mark out."""
    return text.rstrip().endswith("?") or any(_ASKING.match(sentence) for sentence in _sentences(text))


def declines(text: str) -> bool:
    """Whether the caller would rather not answer."""
    return any(_DECLINING.search(sentence) for sentence in _sentences(text))


def agrees(text: str) -> bool | None:
    """True for a yes and False for a no that stand alone; None for everything else."""
    words = " ".join(_sentences(text))
    if len(words.split()) > _SHORT:
        return None
    return True if _ALL_YES.fullmatch(words) else False if _ALL_NO.fullmatch(words) else None


def asks_why(text: str) -> bool:
    """Whether the caller wonders what they are asked for: "what for?", "do I have to?"."""
    return any(_WHY.search(sentence) for sentence in _sentences(text))


def consents(text: str) -> bool | None:
    """Whether the caller agrees to be noted: only who says a plain yes, or begins with one, does. None: not said."""
    sentences = _sentences(text)
    words = " ".join(sentences)
    if _NO_OBJECTION.search(words):
        return True
    if _TAKEN_BACK.search(words) or declines(text):
        return False
    if is_question(text):
        return None
    alone = agrees(text)
    if alone is not None or not sentences:
        return alone
    first = re.match(rf"(?:(?:{_SMALL}) )*(?:(?P<yes>{_PLAIN_YES})|(?P<no>{_PLAIN_NO}))\b", words)
    return None if first is None else first["yes"] is not None


def corrects(text: str, *, surely: bool = False) -> bool:
    """Whether the caller takes back what was told; surely: in words that say nothing else."""
    return any(_SURELY.search(sentence) or (not surely and _PERHAPS.search(sentence)) for sentence in _sentences(text))


def states_own_contact(text: str) -> bool:
    """Whether the caller tells their own contact data: "my number is …"."""
    return any(_OWN.search(sentence) for sentence in _sentences(text))


def asks_for_more(text: str) -> bool:
    """Whether the last of the assistant's words ask if there is anything else."""
    return bool(_ANYTHING_ELSE.search(_last_question(text)))


def extract_offer(text: str) -> str:
    """What a caller says who takes up what the assistant's last words offer; empty where they offer nothing.

    "Would you like to book a viewing?" → "I would like to book a viewing".
    """
    question = _last_question(text)
    if _ANYTHING_ELSE.search(question):
        return ""
    begins = _BEFORE_OFFER.match(question)
    start = begins.end() if begins else 0
    for pattern, acceptance in _OFFERS:
        if match := pattern.match(question, start):
            rest = _AS_SUBJECT.sub("I", re.split(r",? or ", question[match.end() :])[0])
            swapped = re.sub(r"\w+", lambda word: _OTHERS.get(word[0], "me" if word[0] == "you" else word[0]), rest)
            return f"{acceptance} {swapped.strip(' ?')}" if swapped.strip(" ?") else ""
    return ""


def contains_phrase(text: str, phrase: str) -> bool:
    """Whether these words are said, as whole words, whatever their case."""
    normalized = " ".join(_sentences(phrase))
    return bool(normalized) and any(f" {normalized} " in f" {sentence} " for sentence in _sentences(text))


def utterance_to_repeat(text: str, history: Sequence[tuple[str, str]]) -> str | None:
    """What the assistant said last, when that is all the caller asks for. history: (speaker, text), oldest first."""
    if not asks_to_repeat(text):
        return None
    return next((words for speaker, words in reversed(history) if speaker == "assistant"), None)


def asks_to_repeat(text: str) -> bool:
    """Whether the caller wants to hear the last answer once more."""
    labels = _labels(text)
    if labels is None or labels & {"bye", "about"}:
        return False
    return "again" in labels or ("sorry" in labels and labels <= {"sorry", "filler"})


@lru_cache(maxsize=64)
def _labels(text: str) -> frozenset[str] | None:
    """The labels of the phrases that make up the whole text; None when something else is in it."""
    labels: set[str] = set()
    for sentence in _sentences(text):
        if _WHAT_SPEAKS.search(sentence):
            labels.add("about")
            continue
        phrase_labels = _consume(sentence) if len(sentence.split()) <= _LONGEST else None
        if phrase_labels is None:
            return None
        labels |= phrase_labels
    return frozenset(labels)


def _consume(sentence: str) -> set[str] | None:
    """Labels of phrases that follow each other from the first word to the last, or None."""
    labels_at: dict[int, set[str]] = {0: set()}
    for start in range(len(sentence)):
        if start not in labels_at:
            continue
        for label, pattern in _PATTERNS_BY_LABEL:
            if match := pattern.match(sentence, start):
                end = min(match.end() + 1, len(sentence))
                # The first way to get somewhere is the one with the longer, more telling phrases.
                labels_at.setdefault(end, labels_at[start] | {label})
        # A name may follow a farewell or a greeting: "Bye, Mira."
        if " " not in sentence[start:] and labels_at[start] & {"bye", "greeting", "thanks"}:
            labels_at.setdefault(len(sentence), labels_at[start])
    return labels_at.get(len(sentence))


def _ends_with_farewell(text: str) -> bool:
    """Something was said, and then goodbye. A question at the end is a question."""
    if text.rstrip().endswith("?"):
        return False
    sentences = _sentences(text)
    if not sentences:
        return False
    last = _consume(sentences[-1]) if len(sentences[-1].split()) <= _LONGEST else None
    if last is not None:
        return "bye" in last and "?" not in text
    match = _FAREWELL_LAST.search(sentences[-1])
    return match is not None and match[1] not in _ABOUT_FAREWELL


def _last_question(text: str) -> str:
    """The last sentence, in small letters, where it is a question."""
    last = re.split(r"(?<=[.!?])\s+", text.strip())[-1].lower()
    return last if last.endswith("?") else ""


def _sentences(text: str) -> list[str]:
    plain = re.sub(r"[^\w'.!?;]+", " ", text.lower().replace("’", "'").replace("a.i.", "ai"))
    return [words for part in re.split(r"[.!?;]+", plain) if (words := " ".join(part.split()))]
