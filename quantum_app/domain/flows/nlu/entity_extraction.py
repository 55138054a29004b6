"""Several values from one sentence: who may claim which words, and what a correction puts in whose place.

What is surest is read first (codes that were asked for, addresses, telephone numbers, days), and what it was read from
is nothing else any more: the "first" of "the first of March" is no number of bedrooms.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quantum_app.domain.flows.model.definition import Value, Variable, VariableType
from quantum_app.domain.flows.nlu.acceptance import accept
from quantum_app.domain.flows.nlu.choices import choices, one_choice, yes_no
from quantum_app.domain.flows.nlu.dates import dates
from quantum_app.domain.flows.nlu.digits import phones
from quantum_app.domain.flows.nlu.free_text import free_text, mentioned
from quantum_app.domain.flows.nlu.names import names
from quantum_app.domain.flows.nlu.numbers import UNITS, numbers
from quantum_app.domain.flows.nlu.spoken_emails import emails
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, cues, sentence
from quantum_app.domain.flows.ports import ExtractRequest
from quantum_app.kit.lexical import stem

# Letters of one turn that are read; the rest of a monologue is not.
_LONGEST = 1000
_PERSONS = frozenset(
    "adult adults child children kid kids baby babies toddler toddlers person persons people guest guests man men woman"
    " women boy boys girl girls friend friends colleague colleagues us senior seniors student students".split()
)
_PEOPLE = frozenset(map(stem, ("people", "person", "persons", "guests", "attendees", "party", "visitors")))
_THINGS = frozenset(
    "bedroom bedrooms room rooms bathroom bathrooms floor floors cat cats dog dogs pet pets car cars year years people"
    " person persons kids children adults".split()
)
_ALONE = re.compile(r"\b(?:just|only) (?:me|myself|i)\b|\b(?:by )?myself\b|\balone\b")
_TWO = re.compile(r"\b(?:me|i) and my \w+\b|\bmy \w+ and (?:me|i|myself)\b|\bthe two of us\b|\bboth of us\b")
_IN_FIGURES = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d")
_WORDS_FIT = 0.6


def extract(request: ExtractRequest) -> dict[str, Value]:
    """Values by variable, each in its one form; what the words do not tell is left out. Pure, and total."""
    reading = _Reading(request, sentence(request.text[:_LONGEST]))
    reading.read()
    return reading.values


@dataclass(slots=True)
class _Reading:
    request: ExtractRequest
    said: Sentence
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    claimed: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    taken: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    beside: dict[tuple[int, int], list[tuple[float, str]]] = field(
        default_factory=dict[tuple[int, int], list[tuple[float, str]]]
    )

    def read(self) -> None:
        asked = next((item for item in self.request.variables if item.name == self.request.asked), None)
        if not self.said.tokens:
            return
        if asked and asked.type == "text" and asked.pattern:
            self._keep(asked, free_text(self.said, asked))
        self._shared("email", emails(self.said))
        days = dates(self.said.text, self.request.now.date(), self.request.region)
        figures = [item for item in days if _IN_FIGURES.match(self.said.text, item.start)]
        calling = [
            item
            for item in phones(self.said, self.request.region)
            if not any(item.start < day.end and day.start < item.end for day in figures)
        ]
        self._shared("phone", calling)
        self._names()
        self._shared("date", days)
        self._claim(item for item in days if item.sure)
        self._choices()
        self._numbers()
        for variable in self._of("yes_no"):
            if self._may_say(variable):
                self._keep(variable, yes_no(self._rest(), variable, asked=variable is asked))
        if asked and asked.type == "text" and not asked.pattern and not self._is_told():
            self._keep(asked, free_text(self.said, asked))
        for variable in self._of("text"):
            if variable is not asked and self._may_say(variable):
                self._keep(variable, mentioned(self._rest(), variable))

    # What is asked of all kinds

    def _of(self, *types: VariableType) -> list[Variable]:
        return [item for item in self.request.variables if item.type in types and item.name not in self.values]

    def _asked(self, variable: Variable) -> bool:
        return variable.name == self.request.asked

    def _may_say(self, variable: Variable) -> bool:
        """Whether nobody knows it yet, or this may be its correction."""
        return self._asked(variable) or variable.name not in self.request.known or bool(self.said.cuts)

    def _free(self, item: Candidate) -> bool:
        return not any(item.start < end and start < item.end for start, end in self.claimed)

    def _keep(self, variable: Variable, item: Candidate | None) -> None:
        if item is not None and (value := accept(variable, item.value, self.request.region)) is not None:
            self.values[variable.name] = value
            self.claimed.append((item.start, item.end))
            self.taken.append((item.start, item.end))

    def _claim(self, items: Iterable[Candidate]) -> None:
        self.claimed += [(item.start, item.end) for item in items]

    def _rest(self) -> Sentence:
        """The sentence without what has been claimed; places stay."""
        text = self.said.text
        for start, end in self.claimed:
            text = f"{text[:start]},{' ' * (end - start - 1)}{text[end:]}" if end > start else text
        return sentence(text)

    # By kind

    def _shared(self, kind: VariableType, candidates: Sequence[Candidate]) -> None:
        """Give candidates to the variables of one type."""
        free = [item for item in candidates if self._free(item)]
        wanted = self._of(kind)
        given = self._distributed(wanted, free)
        for variable in wanted:
            self._keep(variable, given.get(variable.name))
        if kind != "date":
            self._claim(item for item in free if item.sure)

    def _names(self) -> None:
        rest = self._rest()
        for variable in self._of("name"):
            known = self.request.known.get(variable.name)
            asked = self._asked(variable)
            if known is not None and not asked and not (self.said.cuts or "name" in self.said.text.lower()):
                continue
            found = names(rest, known if isinstance(known, str) else None, asked=asked)
            if found is not None and (asked or not self._about_another(variable, found)):
                self._keep(variable, found)

    def _about_another(self, variable: Variable, item: Candidate) -> bool:
        others = [other for other in self._of("name") if other is not variable]
        return any(self._nearness(other, item) > self._nearness(variable, item) for other in others)

    def _choices(self) -> None:
        for variable in self._of("choice"):
            found = [item for item in choices(self.said, variable, asked=self._asked(variable)) if self._unspoken(item)]
            if self._may_say(variable):
                self._keep(variable, one_choice(self.said, found))

    def _unspoken(self, item: Candidate) -> bool:
        """Whether no other value was read from just these words. A choice may stand in a day: "Friday morning"."""
        return not any(start <= item.start and item.end <= end for start, end in self.taken)

    def _numbers(self) -> None:
        wanted = self._of("number", "money")
        if not wanted:
            return
        pairs = any(item.type == "money" for item in wanted)
        tokens = self.said.tokens
        found: list[Candidate] = []
        money: set[int] = set()
        for read in numbers(self.said, pairs=pairs):
            item = Candidate(tokens[read.first].start, tokens[read.after - 1].end, read.value, read.money)
            if self._free(item):
                found.append(item)
                if read.money:
                    money.add(item.start)
        people = next((item for item in wanted if item.type == "number" and cues(item) & _PEOPLE), None)
        if people is not None:
            found = self._together(found) or self._counted(people)
        currencies = [item for item in found if item.start in money]
        plain = [item for item in found if item.start not in money]
        amounts = [item for item in wanted if item.type == "money"]
        given = self._distributed(amounts, currencies)
        left = [item for item in wanted if item.name not in given or self.said.cuts]
        given |= self._distributed(left, plain)
        for variable in wanted:
            self._keep(variable, given.get(variable.name))

    def _together(self, found: list[Candidate]) -> list[Candidate]:
        """ "Two adults and two children" are four."""
        merged: list[Candidate] = []
        for item in found:
            noun = self._word_after(item)
            before = merged[-1] if merged else None
            if before and noun in _PERSONS and (other := self._word_after(before)) in _PERSONS and noun != other:
                between = self.said.text[before.end : item.start].lower().split()
                if len(between) <= 3 and between[-1] in {"and", "plus", f"{other},"}:
                    both = float(before.value) + float(item.value)
                    merged[-1] = Candidate(before.start, item.end, both, before.sure)
                    continue
            merged.append(item)
        return merged

    def _counted(self, variable: Variable) -> list[Candidate]:
        """People who are told without a number, where their number was asked."""
        low = self.said.text.lower()
        if not self._asked(variable):
            return []
        for pattern, value in ((_TWO, 2), (_ALONE, 1)):
            if match := pattern.search(low):
                return [Candidate(match.start(), match.end(), value)]
        return []

    def _word_after(self, item: Candidate) -> str:
        tokens = [token.low for token in self.said.tokens if token.start >= item.end][:2]
        return (
            tokens[1]
            if len(tokens) > 1 and tokens[0] in {"of", "more", "small", "little", "young"}
            else (*tokens, "")[0]
        )

    def _is_told(self) -> bool:
        """Whether most of the words told something else already."""
        taken = sum(end - start for start, end in self.claimed)
        return taken > _WORDS_FIT * len(self.said.text)

    # Which variable a value is of

    def _distributed(self, variables: list[Variable], candidates: Sequence[Candidate]) -> dict[str, Candidate]:
        """Each value to the variable that the words beside it name, to the one corrected, or to the one asked for."""
        given: dict[str, Candidate] = {}
        last: Variable | None = None
        for item in candidates:
            if self.said.negated(item.start):
                continue
            variable = self._meant(variables, item, given, last)
            if variable is None or accept(variable, item.value, self.request.region) is None:
                continue
            before = given.get(variable.name)
            if before is None or self.said.part(item.start) > self.said.part(before.start):
                given[variable.name] = item
            last = variable
        return given

    def _meant(
        self, variables: list[Variable], item: Candidate, given: dict[str, Candidate], last: Variable | None
    ) -> Variable | None:
        corrects = self.said.part(item.start) > 0
        near = {variable.name: self._nearness(variable, item) for variable in variables}
        best = max(variables, key=lambda variable: near[variable.name], default=None)
        if best is not None and near[best.name] > 0 and (item.sure or near[best.name] >= 1):
            return best
        if corrects and last is not None and last in variables:
            return last
        if not item.sure and self._is_of_something_else(item):
            return None
        asked = next((variable for variable in variables if self._asked(variable)), None)
        if asked is not None and (asked.name not in given or corrects):
            return asked
        if corrects:
            known = [variable for variable in variables if variable.name in self.request.known]
            return known[0] if len(known) == 1 else None
        open_ = [item for item in variables if item.name not in given and item.name not in self.request.known]
        if not item.sure:
            return None
        if asked is not None or len(variables) == 1:
            strong = variables and variables[0].type in {"email", "phone"}
            return (open_ or (variables if strong and not given else [None]))[0]
        return open_[0] if len(open_) == 1 else None

    def _is_of_something_else(self, item: Candidate) -> bool:
        """A bare number in a question, of other things, at an hour, or among further digits."""
        if not isinstance(item.value, int | float):
            return False
        before = [token for token in self.said.tokens if token.end <= item.start][-1:]
        after = [token for token in self.said.tokens if token.start >= item.end][:1]
        if self.said.is_question or any(token.low == "at" or token.low in UNITS for token in before):
            return True
        return any(token.low in _THINGS or token.low in UNITS for token in after)

    def _nearness(self, variable: Variable, item: Candidate) -> float:
        """How close to a value its variable is named: right after it, or before it in the same clause."""
        about = cues(variable)
        return next((near for near, word in self._beside(item) if word in about), 0.0)

    def _beside(self, item: Candidate) -> list[tuple[float, str]]:
        """Stems of the words around a value, each with how close it is: the same for all variables."""
        place = item.start, item.end
        if place not in self.beside:
            words: list[tuple[float, str]] = []
            after = [token for token in self.said.tokens if token.start >= item.end][:2]
            for distance, token in enumerate(after):
                if token.low in ",.;?!" or token.low in {"and", "for", "or"}:
                    break
                words.append((5.0 - distance, stem(token.low)))
            before = [token for token in self.said.tokens if token.end <= item.start][-5:]
            for distance, token in enumerate(reversed(before)):
                if token.low in ",.;?!" or token.low == "and":
                    break
                words.append((3.0 - 0.4 * distance, stem(token.low)))
            self.beside[place] = words
        return self.beside[place]
