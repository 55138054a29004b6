"""Corrections where questions are answered: "actually, my e-mail is …". What is known already is put right.

Only clear words of correction count, or a value that the caller names as theirs: to miss one does less harm than to
change what was right.
"""

from quantum_app.domain.flows.engine import prompts
from quantum_app.domain.flows.engine.slot_filling import Asking
from quantum_app.domain.flows.model.definition import AnswerNode, Value, Variable
from quantum_app.domain.flows.model.runtime import Extract
from quantum_app.domain.flows.nlu import dialogue_acts, tokens

# Told by anybody who names it as theirs, and mistaken for nothing else.
_OWN = frozenset({"email", "phone", "name"})
_UNMISTAKABLE = frozenset({"email", "phone"})
_TRIES = 2


class Correcting(Asking):
    """The part of the engine that hears corrections while questions are answered."""

    def may_correct(self, text: str) -> tuple[str, ...]:
        """The variables that the words may put right."""
        if self.state.asking:
            about = {self.state.asking, *self.state.heard}
            return tuple(item.name for item in self.flow.variables if item.name in about)
        known = [item for item in self.flow.variables if item.name in self.state.values]
        if not known or dialogue_acts.is_question(text):
            return ()
        named = {item.name for item in known if tokens.mentions_variable(text, item)}
        found = [item.name for item in known if self._may_be(item, text, named)]
        return tuple(found)

    def extract_corrections(self, request: int, text: str, names: tuple[str, ...]) -> None:
        self.do(Extract(request=request, text=text, variables=names, asked=self.state.asking, now=self.now()))

    def corrected(self, node: AnswerNode, text: str, values: dict[str, Value], *, leaves: bool) -> bool:
        """Whether the words were a correction, and have been dealt with. leaves: they mean an intent of the node."""
        before, asked = self.state.values, self.state.asking
        read = {item.name for item, _ in self.heard} if self.state.reading else set[str]()
        whole = {name: value for name, value in values.items() if not self._is_part(name, value)}
        told, _ = self.note(set(self.may_correct(text)), whole)
        reply = "unclear"
        if read:
            reply, wrong = self.settle(text, values, read, told)
            if wrong:
                return self._say_it_again(wrong)
            if reply == "unclear" and self.read_in_vain(read) and not leaves and not dialogue_acts.is_question(text):
                self.keep(read)
                reply = "kept"
        if self.heard and (not self.state.reading or not (leaves or dialogue_acts.is_question(text))):
            self.read_back()
            return True
        changed = {name for name, value in self.state.values.items() if before.get(name) != value}
        if not self.heard:
            self.update(asking=None)
        if (
            asked
            and not told
            and not read
            and (dialogue_acts.declines(text) or dialogue_acts.intent(text) in {"no", "goodbye"})
        ):
            self.say(f"{prompts.LEFT_OUT} {prompts.ANYTHING_ELSE}")
            return True
        if not changed and reply in {"unclear", "replaced"}:
            return False
        words = prompts.KEPT if reply == "kept" else prompts.CHANGED
        self.say(f"{words} {prompts.ANYTHING_ELSE}")
        return True

    def _may_be(self, variable: Variable, text: str, named: set[str]) -> bool:
        if variable.name in named:
            own = variable.type in _OWN and dialogue_acts.tells_own(text)
            return own or dialogue_acts.corrects(text, surely=variable.type not in _OWN)
        return not named and variable.type in _UNMISTAKABLE and dialogue_acts.corrects(text)

    def _is_part(self, name: str, value: Value) -> bool:
        """Whether it is a part of a name that is known whole."""
        known, variable = self.state.values.get(name), self.flow.variable(name)
        if variable is None or variable.type != "name" or not isinstance(known, str):
            return False
        return set(str(value).casefold().split()) <= set(known.casefold().split())

    def _say_it_again(self, wrong: set[str]) -> bool:
        """Ask for what was heard wrongly; what was known before stays until it is told."""
        variable = next(item for item in self.flow.variables if item.name in wrong)
        if self.state.asked.get(variable.name, 0) < _TRIES:
            self.ask_for(prompts.question(variable, self.state.values, again=True), variable.name)
        else:
            self.update(asking=None)
            self.say(f"{prompts.LEFT_OUT} {prompts.ANYTHING_ELSE}")
        return True
