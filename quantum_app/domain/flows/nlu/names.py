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


def names(said: Sentence, known: str | None, *, asked: bool) -> Candidate | None:
    """Who the caller is. known: the name so far, of which a part may be put right."""
    found = _whole(said, asked=asked) or _parts(said)
    letters = [item for item in spelt(said) if item.sure or asked]
    if letters:
        found = _with_spelling(said, found, letters, known, asked=asked)
    if found is None:
        return None
    return Candidate(found.start, found.end, _put_right(said, str(found.value), known), found.sure)


def _whole(said: Sentence, *, asked: bool) -> Candidate | None:
    low = said.text.lower()
    found: list[Candidate] = []
    cased = _cased(said)
    for pattern, surely in ((_INTRODUCED, True), (_PERHAPS, False)):
        for match in pattern.finditer(low):
            if (_FIRST.search(low[: match.end()]) or _LAST.search(low[: match.end()])) and surely:
                continue
            read = _read(said, match.end(), cased=cased and not (asked and surely))
            if read is None or not (surely or asked or _is_introduction(said, read)):
                continue
            found.append(read)
    if (chosen := latest(said, found)) and (not asked or said.part(chosen.start) == len(said.cuts)):
        return chosen
    if not asked:
        return None
    # An answer: nothing but the name, or the name and then something else.
    answers: list[Candidate] = []
    instead = [match.end() for match in _INSTEAD.finditer(low)]
    for start in sorted((0, *said.cuts, *instead)):
        if read := _read(said, _after_fillers(said, start), cased=cased and len(said.tokens) > 5):
            answers.append(read)
    return latest(said, [*found, *answers])


def _parts(said: Sentence) -> Candidate | None:
    """ "My first name is Paul and my last name is Becker", "Julia, surname Santos"."""
    low = said.text.lower()
    first, last = (_of(said, low, pattern) for pattern in (_FIRST, _LAST))
    if last is None:
        return first
    if first is None:
        before = _read(said, _after_fillers(said, 0), cased=_cased(said))
        if before is None or before.start >= last.start:
            return last
        first = before
    start, end = min(first.start, last.start), max(first.end, last.end)
    return Candidate(start, end, f"{first.value} {last.value}")


def _of(said: Sentence, low: str, pattern: "re.Pattern[str]") -> Candidate | None:
    found = [read for match in pattern.finditer(low) if (read := _read(said, match.end(), cased=False))]
    return latest(said, found)


def _cased(said: Sentence) -> bool:
    """Whether capitals mean something: the recogniser writes names with them."""
    words = [token for token in said.tokens[1:] if token.text.isalpha() and token.low != "i"]
    return said.text[:1].isupper() and any(token.text[0].islower() for token in words)


def _after_fillers(said: Sentence, start: int) -> int:
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
    for token in said.tokens:
        if token.start >= start and token.low not in fillers and token.low not in ",.;!-":
            return token.start
    return len(said.text)


def _read(said: Sentence, start: int, *, cased: bool) -> Candidate | None:
    """The name that begins at a place: up to four words, and small words inside it."""
    words = _name_words(said, start, cased=cased)
    while words and _joins(words[-1]):
        words.pop()
    words = _without_shout(words)
    if not words or all(word.low in _PARTICLES for word in words):
        return None
    if len(words) == 3 and words[0].low == words[2].low:
        words = words[1:]  # "Bond, James Bond"
    return Candidate(words[0].start, words[-1].end, _written(words))


def _name_words(said: Sentence, start: int, *, cased: bool) -> list[Token]:
    """The words from a place on that may make up a name, without titles and hesitation before it."""
    words: list[Token] = []
    for index, token in enumerate(said.tokens):
        if token.start < start or (not words and token.low in _BEFORE_NAME):
            continue
        following = said.tokens[index + 1] if index + 1 < len(said.tokens) else None
        if words and said.part(token.start) != said.part(said.tokens[index - 1].start):
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


def _without_shout(taken: list[Token]) -> list[Token]:
    """ "Brandt BRANDT" is one name and its spelling."""
    while len(taken) > 1 and taken[-1].text.isupper() and len(taken[-1].text) > 2 and not taken[-2].text.isupper():
        taken = taken[:-1]
    return taken


def _is_name(token: Token, *, cased: bool) -> bool:
    if not token.low.replace("'", "").isalpha() or token.low in _NO_NAMES:
        return False
    if cased:
        return token.text[0].isupper()
    return not (token.text[0].islower() and len(token.low) > 5 and token.low.endswith(("ing", "tion")))


def _is_introduction(said: Sentence, read: Candidate) -> bool:
    """Whether "this is …", "I'm …" gives a name although nobody asked: two words, or one with a capital."""
    after = said.text[read.end :].lstrip().lower()
    ended = not after or after[0] in ",.!?" or re.match(r"(?:and|from|here|speaking|calling|i|my|with)\b", after)
    words = str(read.value).split()
    first = next(token for token in said.tokens if token.start == read.start)
    if _cased(said):
        return first.text[0].isupper() and bool(ended)
    return bool(ended) and 2 <= len(words) <= 3


def _written(taken: Sequence[Token]) -> str:
    """As names are written: capitals but for particles, however it was heard."""
    out = ""
    for index, token in enumerate(taken):
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
    said: Sentence, found: Candidate | None, letters: list[Candidate], known: str | None, *, asked: bool
) -> Candidate | None:
    """Spelling decides: it takes the place of the word it sounds like, of what was heard or of what is known."""
    spelling = latest(said, letters)
    if spelling is None:
        return found
    word = _capital(str(spelling.value))
    if found is not None:
        value = _replaced(str(found.value), word)
        if value is None and said.part(spelling.start) >= said.part(found.start) and asked:
            value = " ".join(_capital(str(item.value)) for item in letters)
        return Candidate(found.start, max(found.end, spelling.end), value or found.value, found.sure)
    if known is not None and (value := _replaced(known, word)):
        return Candidate(spelling.start, spelling.end, value)
    if asked or re.search(r"\bname\b|\bspel", said.text.lower()):
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


def _put_right(said: Sentence, value: str, known: str | None) -> str:
    """ "No, it's Ines, not Agnes", of Agnes Moreau: the rest of what is known stays."""
    if known is None or " " in value or " " not in known or not said.cuts:
        return value
    for part in known.split():
        if any(token.low == part.lower() and said.negated(token.start) for token in said.tokens):
            return known.replace(part, value)
    return _replaced(known, value) or value
