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
_COUNTABLE = frozenset(
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
    sentence: Sentence
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    claimed_spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    value_spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    beside: dict[tuple[int, int], list[tuple[float, str]]] = field(
        default_factory=dict[tuple[int, int], list[tuple[float, str]]]
    )

    def read(self) -> None:
        asked_variable = next(
            (item for item in self.request.variables if item.name == self.request.asked_variable), None
        )
        if not self.sentence.tokens:
            return
        if asked_variable and asked_variable.type == "text" and asked_variable.pattern:
            self._keep(asked_variable, free_text(self.sentence, asked_variable))
        self._read_type("email", emails(self.sentence))
        days = dates(self.sentence.text, self.request.now.date(), self.request.region)
        figures = [item for item in days if _IN_FIGURES.match(self.sentence.text, item.start)]
        calling = [
            item
            for item in phones(self.sentence, self.request.region)
            if not any(item.start < day.end and day.start < item.end for day in figures)
        ]
        self._read_type("phone", calling)
        self._names()
        self._read_type("date", days)
        self._claim(item for item in days if item.sure)
        self._choices()
        self._numbers()
        for variable in self._of("yes_no"):
            if self._may_say(variable):
                self._keep(variable, yes_no(self._rest(), variable, asked=variable is asked_variable))
        if asked_variable and asked_variable.type == "text" and not asked_variable.pattern and not self._is_told():
            self._keep(asked_variable, free_text(self.sentence, asked_variable))
        for variable in self._of("text"):
            if variable is not asked_variable and self._may_say(variable):
                self._keep(variable, mentioned(self._rest(), variable))

    # What is asked of all kinds

    def _of(self, *types: VariableType) -> list[Variable]:
        return [item for item in self.request.variables if item.type in types and item.name not in self.values]

    def _is_asked(self, variable: Variable) -> bool:
        return variable.name == self.request.asked_variable

    def _may_say(self, variable: Variable) -> bool:
        """Whether nobody knows it yet, or this may be its correction."""
        return self._is_asked(variable) or variable.name not in self.request.known_values or bool(self.sentence.cuts)

    def _free(self, item: Candidate) -> bool:
        return not any(item.start < end and start < item.end for start, end in self.claimed_spans)

    def _keep(self, variable: Variable, item: Candidate | None) -> None:
        if item is not None and (value := accept(variable, item.value, self.request.region)) is not None:
            self.values[variable.name] = value
            self.claimed_spans.append((item.start, item.end))
            self.value_spans.append((item.start, item.end))

    def _claim(self, items: Iterable[Candidate]) -> None:
        self.claimed_spans += [(item.start, item.end) for item in items]

    def _rest(self) -> Sentence:
        """The sentence without what has been claimed; places stay."""
        text = self.sentence.text
        for start, end in self.claimed_spans:
            text = f"{text[:start]},{' ' * (end - start - 1)}{text[end:]}" if end > start else text
        return sentence(text)

    # By kind

    def _read_type(self, kind: VariableType, candidates: Sequence[Candidate]) -> None:
        """Give candidates to the variables of one type."""
        free = [item for item in candidates if self._free(item)]
        variables = self._of(kind)
        assignments = self._assign(variables, free)
        for variable in variables:
            self._keep(variable, assignments.get(variable.name))
        if kind != "date":
            self._claim(item for item in free if item.sure)

    def _names(self) -> None:
        rest = self._rest()
        for variable in self._of("name"):
            current = self.request.known_values.get(variable.name)
            is_asked = self._is_asked(variable)
            if (
                current is not None
                and not is_asked
                and not (self.sentence.cuts or "name" in self.sentence.text.lower())
            ):
                continue
            candidate = names(rest, current if isinstance(current, str) else None, asked=is_asked)
            if candidate is not None and (is_asked or not self._about_another(variable, candidate)):
                self._keep(variable, candidate)

    def _about_another(self, variable: Variable, item: Candidate) -> bool:
        others = [other for other in self._of("name") if other is not variable]
        return any(self._nearness(other, item) > self._nearness(variable, item) for other in others)

    def _choices(self) -> None:
        for variable in self._of("choice"):
            candidates = [
                item
                for item in choices(self.sentence, variable, asked=self._is_asked(variable))
                if self._unspoken(item)
            ]
            if self._may_say(variable):
                self._keep(variable, one_choice(self.sentence, candidates))

    def _unspoken(self, item: Candidate) -> bool:
        """Whether no other value was read from just these words. A choice may stand in a day: "Friday morning"."""
        return not any(start <= item.start and item.end <= end for start, end in self.value_spans)

    def _numbers(self) -> None:
        variables = self._of("number", "money")
        if not variables:
            return
        pairs = any(item.type == "money" for item in variables)
        tokens = self.sentence.tokens
        candidates: list[Candidate] = []
        money: set[int] = set()
        for read in numbers(self.sentence, pairs=pairs):
            item = Candidate(tokens[read.first].start, tokens[read.after - 1].end, read.value, read.money)
            if self._free(item):
                candidates.append(item)
                if read.money:
                    money.add(item.start)
        people = next((item for item in variables if item.type == "number" and cues(item) & _PEOPLE), None)
        if people is not None:
            candidates = self._together(candidates) or self._people_without_number(people)
        currencies = [item for item in candidates if item.start in money]
        plain = [item for item in candidates if item.start not in money]
        amounts = [item for item in variables if item.type == "money"]
        assignments = self._assign(amounts, currencies)
        open_variables = [item for item in variables if item.name not in assignments or self.sentence.cuts]
        assignments |= self._assign(open_variables, plain)
        for variable in variables:
            self._keep(variable, assignments.get(variable.name))

    def _together(self, candidates: list[Candidate]) -> list[Candidate]:
        """ "Two adults and two children" are four."""
        merged: list[Candidate] = []
        for item in candidates:
            noun = self._word_after(item)
            before = merged[-1] if merged else None
            if before and noun in _PERSONS and (other := self._word_after(before)) in _PERSONS and noun != other:
                between = self.sentence.text[before.end : item.start].lower().split()
                if len(between) <= 3 and between[-1] in {"and", "plus", f"{other},"}:
                    both = float(before.value) + float(item.value)
                    merged[-1] = Candidate(before.start, item.end, both, before.sure)
                    continue
            merged.append(item)
        return merged

    def _people_without_number(self, variable: Variable) -> list[Candidate]:
        """People who are told without a number, where their number was asked."""
        low = self.sentence.text.lower()
        if not self._is_asked(variable):
            return []
        for pattern, value in ((_TWO, 2), (_ALONE, 1)):
            if match := pattern.search(low):
                return [Candidate(match.start(), match.end(), value)]
        return []

    def _word_after(self, item: Candidate) -> str:
        tokens = [token.low for token in self.sentence.tokens if token.start >= item.end][:2]
        return (
            tokens[1]
            if len(tokens) > 1 and tokens[0] in {"of", "more", "small", "little", "young"}
            else (*tokens, "")[0]
        )

    def _is_told(self) -> bool:
        """Whether most of the words told something else already."""
        told_length = sum(end - start for start, end in self.claimed_spans)
        return told_length > _WORDS_FIT * len(self.sentence.text)

    # Which variable a value is of

    def _assign(self, variables: list[Variable], candidates: Sequence[Candidate]) -> dict[str, Candidate]:
        """Each value to the variable that the words beside it name, to the one corrected, or to the one asked for."""
        assignments: dict[str, Candidate] = {}
        last: Variable | None = None
        for item in candidates:
            if self.sentence.negated(item.start):
                continue
            variable = self._variable_of(variables, item, assignments, last)
            if variable is None or accept(variable, item.value, self.request.region) is None:
                continue
            before = assignments.get(variable.name)
            if before is None or self.sentence.part(item.start) > self.sentence.part(before.start):
                assignments[variable.name] = item
            last = variable
        return assignments

    def _variable_of(
        self, variables: list[Variable], item: Candidate, assignments: dict[str, Candidate], last: Variable | None
    ) -> Variable | None:
        corrects = self.sentence.part(item.start) > 0
        near = {variable.name: self._nearness(variable, item) for variable in variables}
        best = max(variables, key=lambda variable: near[variable.name], default=None)
        if best is not None and near[best.name] > 0 and (item.sure or near[best.name] >= 1):
            return best
        if corrects and last is not None and last in variables:
            return last
        if not item.sure and self._is_of_something_else(item):
            return None
        asked_variable = next((variable for variable in variables if self._is_asked(variable)), None)
        if asked_variable is not None and (asked_variable.name not in assignments or corrects):
            return asked_variable
        if corrects:
            known_variables = [variable for variable in variables if variable.name in self.request.known_values]
            return known_variables[0] if len(known_variables) == 1 else None
        open_ = [
            item for item in variables if item.name not in assignments and item.name not in self.request.known_values
        ]
        if not item.sure:
            return None
        if asked_variable is not None or len(variables) == 1:
            strong = variables and variables[0].type in {"email", "phone"}
            return (open_ or (variables if strong and not assignments else [None]))[0]
        return open_[0] if len(open_) == 1 else None

    def _is_of_something_else(self, item: Candidate) -> bool:
        """A bare number in a question, of other things, at an hour, or among further digits."""
        if not isinstance(item.value, int | float):
            return False
        before = [token for token in self.sentence.tokens if token.end <= item.start][-1:]
        after = [token for token in self.sentence.tokens if token.start >= item.end][:1]
        if self.sentence.is_question or any(token.low == "at" or token.low in UNITS for token in before):
            return True
        return any(token.low in _COUNTABLE or token.low in UNITS for token in after)

    def _nearness(self, variable: Variable, item: Candidate) -> float:
        """How close to a value its variable is named: right after it, or before it in the same clause."""
        about = cues(variable)
        return next((near for near, word in self._beside(item) if word in about), 0.0)

    def _beside(self, item: Candidate) -> list[tuple[float, str]]:
        """Stems of the words around a value, each with how close it is: the same for all variables."""
        place = item.start, item.end
        if place not in self.beside:
            words: list[tuple[float, str]] = []
            after = [token for token in self.sentence.tokens if token.start >= item.end][:2]
            for distance, token in enumerate(after):
                if token.low in ",.;?!" or token.low in {"and", "for", "or"}:
                    break
                words.append((5.0 - distance, stem(token.low)))
            before = [token for token in self.sentence.tokens if token.end <= item.start][-5:]
            for distance, token in enumerate(reversed(before)):
                if token.low in ",.;?!" or token.low == "and":
                    break
                words.append((3.0 - 0.4 * distance, stem(token.low)))
            self.beside[place] = words
        return self.beside[place]
