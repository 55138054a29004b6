"""Which of a few things was named, and yes or no."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from quantum_app.domain.flows.model.definition import Choice, Variable
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, Token, bare, cues, latest
from quantum_app.kit.lexical import stem, terms

_Words = tuple[str, ...]

# How alike two words are that a recogniser confuses, 0..1; and where it also cuts or joins them.
_ALIKE, _ALIKE_CUT = 0.8, 0.9
_FEW = 5
# Words that may sound like a choice, and comparisons of letters (some ten microseconds each) for one variable.
_WORDS_COMPARED = 40
_MOST_COMPARED = 20_000
_PLACES = {
    word: number
    for number, words in enumerate(
        ("first 1st one 1 former", "second 2nd two 2", "third 3rd three 3", "fourth 4th four 4", "fifth 5th five 5")
    )
    for word in words.split()
}
_NTH = "first|second|third|fourth|fifth|last|former|latter|1st|2nd|3rd|4th|5th"
_PLACE = re.compile(
    rf"\b(?P<place>{_NTH}) (?:one|option|choice)\b"
    rf"|(?:^|\bthe )(?P<alone>{_NTH})(?=[\s,.!]*(?:please|i think|i guess)?[\s.!]*$)"
    r"|\b(?:number|option|choice) (?P<number>one|two|three|four|five|[1-5])\b"
)
_GREETING = re.compile(r"\bgood (?:\w+)?$")
_EITHER = re.compile(r"\bor\b")

_NO = (
    r"no|nope|nah|never|none|neither|negative|not (?:really|yet|now|right now|at the moment|at all|that i know of|today"
    r"|anymore|any more|interested|for me|necessary|needed)|(?:i |we |it |that |they )?(?:don't|do not|doesn't"
    r"|does not|didn't|haven't|have not|hasn't|can't|cannot|won't|wouldn't|isn't|is not|aren't|am not|wasn't)"
    r"|i'm not|we're not"
    r"|(?:absolutely|certainly|definitely|of course|probably|rather|better|preferably|maybe|thanks but) not|not"
    r"|no way|without|too many|too much|skip (?:it|that)|i'll pass|i pass|leave it"
)
_YES = (
    r"yes|yeah|yep|yup|ya|yea|sure|of course|absolutely|definitely|certainly|please|go ahead|sounds (?:good|great|fine)"
    r"|why not|with pleasure|gladly|by all means|correct|exactly|right|that's (?:right|correct|fine|ok|okay|true|it)"
    r"|okay|ok|alright|all right|fine|affirmative|indeed|totally|naturally|m ?hm+|uh ?huh|you (?:can|may)|feel free"
    r"|(?:i|we) (?:do|have|am|are|would|will|did|can|want|need|want to|'d)|i'd (?:love|like)|we'd (?:love|like)"
    r"|i'm happy to"
    r"|that would be (?:\w+ )?(?:nice|great|good|lovely|perfect|fine|helpful|wonderful|cool)|happy to|i guess(?: so)?"
    r"|i (?:think|suppose|believe) so|i (?:think|believe) yes|it is|they are|it does|there (?:is|are)|perfect|great"
)
_SAYS = re.compile(rf"\b(?:(?P<no>{_NO})|(?P<yes>{_YES}))(?![\w'])")
_UNSURE = re.compile(r"\b(?:maybe|perhaps|not sure|don't know|do not know|no idea|it depends|can't say)\b(?! not)")


def choices(sentence: Sentence, variable: Variable, *, asked: bool) -> list[Candidate]:
    """The choices that are named. Sure: by their own words; else by words that sound like them, or by their place."""
    candidates = _without_greetings(sentence, _exactly(sentence, variable.choices))
    # Small words mean a choice only as an answer: "me", in a sentence of a few words.
    if not asked or len(sentence.tokens) > _FEW:
        candidates = [
            item for item in candidates if any(len(word) > 3 for word in terms(sentence.text[item.start : item.end]))
        ]
    if candidates or not asked:
        return candidates
    return _without_greetings(sentence, _nearly(sentence, variable.choices)) or _by_place(sentence, variable.choices)


def _without_greetings(sentence: Sentence, candidates: list[Candidate]) -> list[Candidate]:
    return _longest([item for item in candidates if not _GREETING.search(sentence.text[: item.end].lower())])


def one_choice(sentence: Sentence, candidates: Sequence[Candidate]) -> Candidate | None:
    """What was chosen; of two that are both left open ("starter or business") none."""
    choice = latest(sentence, candidates)
    if choice is None:
        return None
    part = sentence.part(choice.start)
    beside = [
        item
        for item in candidates
        if item.value != choice.value and sentence.part(item.start) == part and not sentence.negated(item.start)
    ]
    for other in beside:
        between = sentence.text[min(choice.end, other.end) : max(choice.start, other.start)].lower()
        if _EITHER.search(between) and len(between) < 12:
            return None
    return choice


def yes_no(sentence: Sentence, variable: Variable, *, asked: bool) -> Candidate | None:
    """Yes or no. Where nobody asked, only with a word of what it is about: "we have no pets"."""
    low = sentence.text.lower()
    return _answer(sentence, low) if asked else _mentioned(sentence, low, variable)


def _answer(sentence: Sentence, low: str) -> Candidate | None:
    unsure = [match.span() for match in _UNSURE.finditer(low)]
    candidates = [
        Candidate(match.start(), match.end(), match["no"] is None)
        for match in _SAYS.finditer(low)
        if not low[: match.start()].endswith(("why ", "or "))
        and not any(match.start() < end and start < match.end() for start, end in unsure)
    ]
    if not candidates:
        return None
    last = max(sentence.part(item.start) for item in candidates)
    # "No" of "no, wait, yes" opens the correction itself.
    first = next(item for item in candidates if sentence.part(item.start) == last)
    if sentence.is_question and first.start > 6:
        return None
    return first


def _mentioned(sentence: Sentence, low: str, variable: Variable) -> Candidate | None:
    about = cues(variable)
    for index, token in enumerate(sentence.tokens):
        if stem(token.low) not in about or sentence.is_question:
            continue
        before = " ".join(item.low for item in sentence.tokens[max(0, index - 5) : index])
        if re.search(r"\b(?:no|not|don't|do not|haven't|without|never|any)(?: \w+){0,2}$", before):
            return Candidate(token.start, token.end, False)
        if re.search(
            r"\b(?:have|have got|got|with|own|bring|want|need|take)(?: (?:a|an|the|my|our|two|three|some|\w+)){0,2}$",
            before,
        ):
            return Candidate(token.start, token.end, True)
    return None


@lru_cache(maxsize=1024)
def _phrase(words: str) -> _Words:
    return tuple(re.findall(r"[^\W_]+", bare(words)))


class _Index(NamedTuple):
    """Choices by their words: by stems, by letters where a word may have been cut in two, and how long phrases are.

    A phrase that stands for two choices is of both.
    """

    stems: dict[_Words, list[str]]
    letters: dict[str, list[tuple[int, str]]]
    lengths: frozenset[int]


@lru_cache(maxsize=256)
def _index(options: tuple[Choice, ...]) -> _Index:
    stems: dict[_Words, list[str]] = defaultdict(list)
    letters: dict[str, list[tuple[int, str]]] = defaultdict(list)
    lengths: set[int] = set()
    for choice in options:
        for phrase in filter(None, map(_phrase, (choice.value, *choice.also))):
            stems[tuple(map(stem, phrase))].append(choice.value)
            letters["".join(phrase)].append((len(phrase), choice.value))
            lengths |= {len(phrase) - 1, len(phrase), len(phrase) + 1} - {0}
    return _Index(dict(stems), dict(letters), frozenset(lengths))


def _windows(sentence: Sentence, lengths: Iterable[int], *, within: int | None = None) -> Iterator[Sequence[Token]]:
    """Every run of so many words; within: of the first so many words of the sentence."""
    words = [token for token in sentence.tokens if token.low.replace("'", "").isalnum()][:within]
    for count in sorted(lengths):
        for start in range(len(words) - count + 1):
            yield words[start : start + count]


def _exactly(sentence: Sentence, options: tuple[Choice, ...]) -> list[Candidate]:
    """By their own words. A recogniser cuts a word in two, or makes one of two."""
    index = _index(options)
    candidates: list[Candidate] = []
    for window in _windows(sentence, index.lengths):
        values = list(index.stems.get(tuple(stem(word.low) for word in window), ()))
        for count, value in index.letters.get("".join(word.low for word in window), ()):
            if abs(count - len(window)) == 1:
                values.append(value)
        candidates += [Candidate(window[0].start, window[-1].end, value) for value in values]
    return candidates


def _nearly(sentence: Sentence, options: tuple[Choice, ...]) -> list[Candidate]:
    """By words that sound like theirs, among the first words of what was said, and as long as that is little work."""
    index = _index(options)
    windows = list(_windows(sentence, index.lengths, within=_WORDS_COMPARED))
    if len(windows) * len(index.letters) > _MOST_COMPARED:
        return []
    matcher = SequenceMatcher(autojunk=False)
    candidates: list[Candidate] = []
    for letters, phrases in index.letters.items():
        if len(letters) < 5:
            continue
        matcher.set_seq2(letters)
        for window in windows:
            matcher.set_seq1("".join(word.low for word in window))
            for count, value in phrases:
                least = _ALIKE if len(window) == count else _ALIKE_CUT
                if abs(count - len(window)) <= 1 and matcher.real_quick_ratio() >= least and matcher.ratio() >= least:
                    candidates.append(Candidate(window[0].start, window[-1].end, value, False))
    return candidates


def _longest(candidates: list[Candidate]) -> list[Candidate]:
    """Without those that lie inside a longer one of another choice."""
    return [
        item
        for item in candidates
        if not any(
            other.start <= item.start and item.end <= other.end and other.end - other.start > item.end - item.start
            for other in candidates
        )
    ]


def _by_place(sentence: Sentence, options: tuple[Choice, ...]) -> list[Candidate]:
    candidates: list[Candidate] = []
    for match in _PLACE.finditer(sentence.text.lower()):
        word = match["place"] or match["alone"] or match["number"]
        place = len(options) - 1 if word in {"last", "latter"} else _PLACES[word]
        if place < len(options):
            candidates.append(Candidate(match.start(), match.end(), options[place].value, False))
    return candidates
