"""Names of people: introduced, answered with, spelt, corrected."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from quantum_app.domain.flows.nlu.digits import spelt
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, Token, latest

_PARTICLES = frozenset("van von der den de del della di da dos du la le ten ter zu zur bin ibn al el st san".split())
# Words that are no names, at least not after "I'm" and not where a name was asked for.
_NO_NAMES = frozenset(
    """
    back
    a an the this that these those i me my mine we us our you your he she it they them his her its who what which when
    where why how not no yes yeah yep nope sure ok okay well um uh er hm hmm oh so and or but if then than because
    is are am was were be been being do does did have has had can could will would shall should may might must
    to of in on at by for from with without about into over under after before up down out off as like just only
    here there now today tomorrow later again still already also too very really quite pretty rather maybe perhaps
    hi hello hey good morning afternoon evening thanks thank please sorry bye goodbye welcome
    looking calling interested trying going wondering asking waiting having getting moving living working speaking
    talking thinking planning hoping happy glad afraid fine great alright all right ready done new old single married
    busy free available able allowed sick pregnant confused angry unhappy disappointed curious aware certain
    one two three four five six seven eight nine ten first second last other another same next some any every
    name names surname firstname lastname family called call calls me spelled spelt spelling spell letter letters
    double triple capital complicated difficult hard easy important urgent expensive cheap nice bad terrible broken late
    early true possible impossible enough everything nothing something anything nobody somebody
    phone number email mail address question questions problem order appointment apartment flat house room car
    it's i'm i'd i'll i've that's there's don't can't won't didn't isn't what's let let's say said mean meant want need
    know think guess believe see go come get give take make tell send write prefer wait correct wrong actually
    uhm uhh umm erm mhm hold hang moment second minute none dot business
    monday tuesday wednesday thursday friday saturday sunday mr mrs ms miss dr doctor mister madam sir story speaking
    customer tenant owner tenant's guest caller person
    """.split()
) - {"will", "may", "mark"}
_TITLES = frozenset("mr mrs ms miss dr doctor mister prof professor".split())

_BEFORE_NAME = _TITLES | {",", ".", "uh", "um", "er", "uhm"}
_INTRODUCED = re.compile(
    r"\b(?:(?:my|the|his|her|our|full|whole|real)(?: full| whole| own)? name(?:'?s| is| was| would be)|name'?s|call me"
    r"|i am called|i'm called|they call me|people call me|you(?:'re| are) (?:speaking|talking) (?:to|with)|name:?)\s+",
)
_PERHAPS = re.compile(
    r"\b(?:this is|i'm|i am|it's|it is|its|that's|that is|that would be|it would be|would be|here is"
    r"|i mean|i meant|i said)\s+"
)
_FIRST = re.compile(r"\b(?:first|given|christian) name(?:'s| is| would be)?\s+")
_LAST = re.compile(r"\b(?:last|family|second) name(?:'s| is| would be)?\s+|\bsurname(?:'s| is| would be)?\s+")
_INSTEAD = re.compile(r"\bnot [\w']+(?:,? but|,) ")
_ALIKE = 0.5


def names(sentence: Sentence, current: str | None, *, asked: bool) -> Candidate | None:
    """Who the caller is. current: the name so far, of which a part may be put right."""
    candidate = _whole(sentence, asked=asked) or _parts(sentence)
    letters = [item for item in spelt(sentence) if item.sure or asked]
    if letters:
        candidate = _with_spelling(sentence, candidate, letters, current, asked=asked)
    if candidate is None:
        return None
    return Candidate(
        candidate.start, candidate.end, _put_right(sentence, str(candidate.value), current), candidate.sure
    )


def _whole(sentence: Sentence, *, asked: bool) -> Candidate | None:
    low = sentence.text.lower()
    introductions: list[Candidate] = []
    cased = _cased(sentence)
    for pattern, surely in ((_INTRODUCED, True), (_PERHAPS, False)):
        for match in pattern.finditer(low):
            if (_FIRST.search(low[: match.end()]) or _LAST.search(low[: match.end()])) and surely:
                continue
            read = _read(sentence, match.end(), cased=cased and not (asked and surely))
            if read is None or not (surely or asked or _is_introduction(sentence, read)):
                continue
            introductions.append(read)
    if (name := latest(sentence, introductions)) and (not asked or sentence.part(name.start) == len(sentence.cuts)):
        return name
    if not asked:
        return None
    # An answer: nothing but the name, or the name and then something else.
    answers: list[Candidate] = []
    instead = [match.end() for match in _INSTEAD.finditer(low)]
    for start in sorted((0, *sentence.cuts, *instead)):
        if read := _read(sentence, _after_fillers(sentence, start), cased=cased and len(sentence.tokens) > 5):
            answers.append(read)
    return latest(sentence, [*introductions, *answers])


def _parts(sentence: Sentence) -> Candidate | None:
    """ "My first name is Paul and my last name is Becker", "Julia, surname Santos"."""
    low = sentence.text.lower()
    first, last = (_of(sentence, low, pattern) for pattern in (_FIRST, _LAST))
    if last is None:
        return first
    if first is None:
        before = _read(sentence, _after_fillers(sentence, 0), cased=_cased(sentence))
        if before is None or before.start >= last.start:
            return last
        first = before
    start, end = min(first.start, last.start), max(first.end, last.end)
    return Candidate(start, end, f"{first.value} {last.value}")


def _of(sentence: Sentence, low: str, pattern: "re.Pattern[str]") -> Candidate | None:
    candidates = [read for match in pattern.finditer(low) if (read := _read(sentence, match.end(), cased=False))]
    return latest(sentence, candidates)


def _cased(sentence: Sentence) -> bool:
    """Whether capitals mean something: the recogniser writes names with them."""
    words = [token for token in sentence.tokens[1:] if token.text.isalpha() and token.low != "i"]
    return sentence.text[:1].isupper() and any(token.text[0].islower() for token in words)


def _after_fillers(sentence: Sentence, start: int) -> int:
    """Where an answer really begins: after "yes, um, sure"."""
    fillers = {
        "yes",
        "yeah",
        "sure",
        "um",
        "uh",
        "uhm",
        "well",
        "ok",
        "okay",
        "so",
        "oh",
        "hi",
        "hello",
        "hey",
        "no",
        "it's",
    }
    for token in sentence.tokens:
        if token.start >= start and token.low not in fillers and token.low not in ",.;!-":
            return token.start
    return len(sentence.text)


def _read(sentence: Sentence, start: int, *, cased: bool) -> Candidate | None:
    """The name that begins at a place: up to four words, and small words inside it."""
    words = _name_words(sentence, start, cased=cased)
    while words and _joins(words[-1]):
        words.pop()
    words = _without_shout(words)
    if not words or all(word.low in _PARTICLES for word in words):
        return None
    if len(words) == 3 and words[0].low == words[2].low:
        words = words[1:]  # "Bond, James Bond"
    return Candidate(words[0].start, words[-1].end, _spelling(words))


def _name_words(sentence: Sentence, start: int, *, cased: bool) -> list[Token]:
    """The words from a place on that may make up a name, without titles and hesitation before it."""
    words: list[Token] = []
    for index, token in enumerate(sentence.tokens):
        if token.start < start or (not words and token.low in _BEFORE_NAME):
            continue
        following = sentence.tokens[index + 1] if index + 1 < len(sentence.tokens) else None
        if words and sentence.part(token.start) != sentence.part(sentence.tokens[index - 1].start):
            break
        if not (words and _joins_following(token, following)):
            full = sum(not _joins(word) for word in words) >= 4
            spelt = len(token.low) == 1 and _is_spelling(token, following)
            if full or spelt or not _is_name(token, cased=cased):
                break
        words.append(token)
    return words


def _joins(token: Token) -> bool:
    """Whether it only stands between words of a name: "van", "de", a hyphen."""
    return token.low in _PARTICLES or token.text == "-"


def _joins_following(token: Token, following: Token | None) -> bool:
    if following is None:
        return False
    hyphen = token.text == "-" and token.glued and following.glued
    return hyphen or (token.low in _PARTICLES and following.low.isalpha())


def _is_spelling(token: Token, following: Token | None) -> bool:
    """Whether a single letter begins a spelling, and is no initial: "J Smith"."""
    if following is None or len(following.low) == 1 or following.text.isupper():
        return True
    return not following.low.isalpha() or following.low in {"as", "for", "like", "is", "double", "triple"}


def _without_shout(words: list[Token]) -> list[Token]:
    """ "Brandt BRANDT" is one name and its spelling."""
    while len(words) > 1 and words[-1].text.isupper() and len(words[-1].text) > 2 and not words[-2].text.isupper():
        words = words[:-1]
    return words


def _is_name(token: Token, *, cased: bool) -> bool:
    if not token.low.replace("'", "").isalpha() or token.low in _NO_NAMES:
        return False
    if cased:
        return token.text[0].isupper()
    return not (token.text[0].islower() and len(token.low) > 5 and token.low.endswith(("ing", "tion")))


def _is_introduction(sentence: Sentence, read: Candidate) -> bool:
    """Whether "this is …", "I'm …" gives a name although nobody asked: two words, or one with a capital."""
    after = sentence.text[read.end :].lstrip().lower()
    is_end = not after or after[0] in ",.!?" or re.match(r"(?:and|from|here|speaking|calling|i|my|with)\b", after)
    words = str(read.value).split()
    first = next(token for token in sentence.tokens if token.start == read.start)
    if _cased(sentence):
        return first.text[0].isupper() and bool(is_end)
    return bool(is_end) and 2 <= len(words) <= 3


def _spelling(words: Sequence[Token]) -> str:
    """As names are written: capitals but for particles, however it was heard."""
    out = ""
    for index, token in enumerate(words):
        word = token.text
        if token.low in _PARTICLES and index:
            word = token.low if not word.isupper() else word.lower()
        elif word.islower() or (word.isupper() and len(word) > 2):
            word = _capital(word.lower())
        out += word if not out or token.text == "-" or out.endswith("-") else f" {word}"
    return out


def _capital(word: str) -> str:
    if word.startswith("mc") and len(word) > 4:
        return f"Mc{word[2:].capitalize()}"
    head, sign, tail = word.partition("'")
    if sign and len(head) <= 2:
        return f"{head.capitalize()}'{tail.capitalize()}"
    return word[0].upper() + word[1:]


def _with_spelling(
    sentence: Sentence, candidate: Candidate | None, letters: list[Candidate], current: str | None, *, asked: bool
) -> Candidate | None:
    """Spelling decides: it takes the place of the word it sounds like, of what was heard or of what is known."""
    spelling = latest(sentence, letters)
    if spelling is None:
        return candidate
    word = _capital(str(spelling.value))
    if candidate is not None:
        value = _replaced(str(candidate.value), word)
        if value is None and sentence.part(spelling.start) >= sentence.part(candidate.start) and asked:
            value = " ".join(_capital(str(item.value)) for item in letters)
        return Candidate(candidate.start, max(candidate.end, spelling.end), value or candidate.value, candidate.sure)
    if current is not None and (value := _replaced(current, word)):
        return Candidate(spelling.start, spelling.end, value)
    if asked or re.search(r"\bname\b|\bspel", sentence.text.lower()):
        value = " ".join(_capital(str(item.value)) for item in letters)
        return Candidate(letters[0].start, letters[-1].end, value)
    return None


def _replaced(name: str, word: str) -> str | None:
    """The name with the part that is most like the word put right."""
    parts = name.split()
    alike = [SequenceMatcher(None, part.lower(), word.lower(), autojunk=False).ratio() for part in parts]
    best = max(range(len(parts)), key=lambda index: alike[index], default=None)
    if best is None or (alike[best] < _ALIKE and parts[best][0].lower() != word[0].lower()):
        return None
    return " ".join([*parts[:best], word, *parts[best + 1 :]])


def _put_right(sentence: Sentence, value: str, current: str | None) -> str:
    """ "No, it's Ines, not Agnes", of Agnes Moreau: the rest of what is known stays."""
    if current is None or " " in value or " " not in current or not sentence.cuts:
        return value
    for part in current.split():
        if any(token.low == part.lower() and sentence.negated(token.start) for token in sentence.tokens):
            return current.replace(part, value)
    return _replaced(current, value) or value
