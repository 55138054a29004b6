"""Slot filling: a Lead Gate or a Clarify asks for its variables one by one, and takes what comes in any order.

Several values may come in one sentence, a known one may be corrected, and the caller may ask something back. A variable
that does not come is left alone after its node's `attempts`.
"""

from quantum_app.domain.flows.engine import prompts, transitions
from quantum_app.domain.flows.engine.confirmation import Confirming
from quantum_app.domain.flows.model.definition import (
    CONTACT_TYPES,
    Asked,
    AskingNode,
    ClarifyNode,
    Edge,
    LeadGateNode,
    Value,
)
from quantum_app.domain.flows.model.runtime import Ask, Awaited, Classify, Collect, Extract
from quantum_app.domain.flows.nlu import dialogue_acts


class Asking(Confirming):
    """The part of the engine that works at asking nodes."""

    def arrive_asking(self, node: AskingNode, text: str) -> None:
        """A call comes to the node. text: words that may hold values already."""
        if text and isinstance(node, LeadGateNode) and node.consent.strip() and self.state.consent is False:
            # Words of their own brought them here: who refused before may think otherwise now.
            self.update(consent=None)
        self.update(complete=self._is_complete(node))
        missing = any(item.variable not in self.state.values for item in self._fields(node))
        if missing:
            self.say(node.intro)
            if self._needs_consent(node):
                # What was said may hold what is asked for, once it may be noted.
                self.update(pending=text)
                return self._ask_consent(node, again=False)
            if text:
                request = self.wait({"extract"}, "")
                return self.do(Extract(request=request, text=text, variables=self._wanted(node), now=self.now()))
        return self.ask_next(node)

    def listen_for_values(self, node: AskingNode, text: str, before: str = "") -> None:
        """The caller's words at the node. before: earlier ones that may hold values, and are answered already."""
        if self.state.asking == "consent":
            return self._consented(node, text)
        if self._needs_consent(node):
            return self._ask_consent(node, again=False)
        if self.state.reading and dialogue_acts.agrees(text) is not None:
            return self.values_heard(node, text, {}, None)
        if self.said_aside(text):
            return None
        options, signals = transitions.intents(self.flow, node.id), transitions.signals(self.flow, self.state)
        wanted = self._wanted(node)
        kinds = set[Awaited]()
        if wanted:
            kinds.add("extract")
        if options or signals:
            kinds.add("classify")
        if not kinds:
            return self.values_heard(node, text, {}, None)
        asked, request = self.state.asking, self.wait(kinds, text)
        if wanted:
            words = f"{text.rstrip('.')}. {before}" if before else text
            self.do(Extract(request=request, text=words, variables=wanted, asked=asked, now=self.now()))
        if options or signals:
            self.do(Classify(request=request, text=text, options=options, signals=signals))

    def values_heard(self, node: AskingNode, text: str, values: dict[str, Value], chosen: Edge | None) -> None:
        """What the words told. chosen: the edge whose intent they meant."""
        asked, before = self.state.asking, self.state.values
        read = {item.name for item, _ in self.heard} if self.state.reading else set[str]()
        changed, corrected = self.note(set(self._wanted(node)), values)
        asks = self._answers(node) and dialogue_acts.is_question(text)
        if read:
            reply, wrong = self.settle(text, values, read, changed)
            if wrong:
                return self._ask_other(node, wrong)
            asks = asks and dialogue_acts.agrees(text) is None
            if reply == "unclear" and self.read_in_vain(read) and not asks and chosen is None:
                self.keep(read)
                reply = "kept"
            if reply == "kept":
                self.say(prompts.KEPT)
            settled = {name for name in read if self.state.values.get(name) != before.get(name)}
            changed, corrected = changed | settled, corrected | (settled & before.keys())
        if chosen is not None and not changed:
            # Expressions count when the questions are done; these words interrupt them.
            return self.take(chosen, text)
        if corrected:
            self.say(prompts.CHANGED)
        if self.state.heard and asked and asked not in changed | read:
            # What was told is something else, and is read back first: the question was not tried in vain.
            self.update(asked=self.state.asked | {asked: max(0, self.state.asked.get(asked, 0) - 1)})
        if not changed and not read and asked and dialogue_acts.declines(text):
            self.update(asked=self.state.asked | {asked: node.attempts})
        elif asks:
            return self.answer(node, text, quiet=bool(changed))
        elif changed and self.still_asked(node):
            # What was told is something else: the question stands, and was not tried in vain.
            return self.ask_again()
        return self.ask_next(node, chosen)

    def _answers(self, node: AskingNode) -> bool:
        return node.questions and bool(self.flow.knowledge)

    def still_asked(self, node: AskingNode) -> bool:
        """Whether the last question has not been answered, and may be put again."""
        if self.heard:
            return self.state.reading
        asking = self.state.asking
        if asking is None or asking in self.state.values:
            return False
        if asking == "consent":
            return True
        most = next((self._most(node, item) for item in self._fields(node) if item.variable == asking), 1)
        return self.state.asked.get(asking, 0) <= most

    def _most(self, node: AskingNode, field: Asked) -> int:
        """How often a variable is asked for. Who has told one and said that it was heard wrongly wants to give it."""
        return node.attempts if field.required or self.state.reads.get(field.variable) else 1

    def _ask_other(self, node: AskingNode, wrong: set[str]) -> None:
        """Another try for what was heard wrongly, where one is left."""
        for variable in self.flow.variables:
            if variable.name in wrong and self.state.asked.get(variable.name, 0) < node.attempts:
                return self.ask_for(prompts.question(variable, self.state.values, again=True), variable.name)
        self.say(prompts.LEFT_OUT)
        return self.ask_next(node)

    def said_aside(self, text: str) -> bool:
        """What is no answer and no try of one: once more, please; a moment; hello; are you a machine?"""
        if not self.state.asking:
            return False
        if dialogue_acts.waits(text):
            self.say(prompts.TAKE_YOUR_TIME)
        elif dialogue_acts.asks_again(text):
            self.ask_again()
        elif (words := dialogue_acts.aside(text)) is not None:
            self.ask_again(words)
        else:
            return False
        return True

    def ask_next(self, node: AskingNode, chosen: Edge | None = None) -> None:
        """The next question, or the way on when there is none. What was heard is read back before anything else."""
        if self.heard:
            return self.read_back()
        known = {item.name: item for item in self.flow.variables}
        for item in self._fields(node):
            asked = self.state.asked.get(item.variable, 0)
            if item.variable not in self.state.values and asked < self._most(node, item):
                again = asked > 0 and self.state.asking == item.variable
                return self.ask_for(
                    prompts.question(known[item.variable], self.state.values, again=again), item.variable
                )
        self.update(asking=None, complete=self._is_complete(node))
        edge = transitions.select_exit(self.flow, self.state, chosen.id if chosen else None)
        return self.take(edge or transitions.fallback(self.flow, node.id))

    def ask_again(self, before: str = "") -> None:
        """What was asked last, once more; it does not count as another attempt."""
        self.say(before)
        if self.state.reading and self.heard:
            return self.read_back(again=True)
        asking, node = self.state.asking, self.node
        variable = self.flow.variable(asking) if asking else None
        if variable is not None:
            self.update(owed=False)
            self.do(Ask(text=prompts.question(variable, self.state.values, again=False), variable=variable.name))
        elif asking == "consent" and isinstance(node, LeadGateNode):
            self.update(owed=False)
            self.do(Ask(text=_consent_question(node), variable="consent"))

    def ask_for(self, words: str, variable: str) -> None:
        asked = self.state.asked.get(variable, 0)
        self.update(asking=variable, asked=self.state.asked | {variable: asked + 1}, reading=False, owed=False)
        self.do(Ask(text=words, variable=variable))

    # Consent

    def _needs_consent(self, node: AskingNode) -> bool:
        return isinstance(node, LeadGateNode) and bool(node.consent.strip()) and self.state.consent is None

    def _ask_consent(self, node: AskingNode, *, again: bool) -> None:
        words = _consent_question(node)
        self.ask_for(f"{prompts.AGAIN} {words}" if again else words, "consent")

    def _consented(self, node: AskingNode, text: str) -> None:
        """Only a plain yes is one. What is told before the answer is kept until it comes."""
        agreed = dialogue_acts.consents(text)
        before = self.state.pending
        if agreed is None and self.said_aside(text):
            return None
        if agreed is None and dialogue_acts.asks_why(text):
            return self.ask_again(prompts.WHY_ASKED)
        if agreed is None and dialogue_acts.is_question(text):
            return self.answer(node, text) if self._answers(node) else self.ask_again(prompts.UNKNOWN)
        if agreed is None and self.state.asked.get("consent", 0) < node.attempts:
            self.update(pending=f"{before} {text}".strip())
            return self._ask_consent(node, again=True)
        self.update(consent=agreed is True, asking=None, pending="")
        self.do(Collect(variable="consent", value=agreed is True))
        if agreed:
            return self.listen_for_values(node, text, before)
        self.say(prompts.NOT_STORED)
        return self.ask_next(node)

    # Fields

    def _fields(self, node: AskingNode) -> tuple[Asked, ...]:
        """What a node collects; who does not agree to be noted is not asked who they are."""
        known = {item.name: item for item in self.flow.variables}
        return tuple(
            item
            for item in node.fields
            if item.variable in known
            and not (self.state.consent is False and known[item.variable].type in CONTACT_TYPES)
        )

    def _wanted(self, node: AskingNode) -> tuple[str, ...]:
        """What the words may tell: the node's own fields, what is asked later, and what may be corrected.

        Who somebody is counts elsewhere only after they have agreed to it.
        """
        own = [item.variable for item in self._fields(node)]
        known = {item.name: item for item in self.flow.variables}
        later = [
            item.variable
            for other in self.flow.nodes
            if isinstance(other, LeadGateNode | ClarifyNode)
            for item in other.fields
            if item.variable in known and (self.state.consent or known[item.variable].type not in CONTACT_TYPES)
        ]
        return tuple(dict.fromkeys([*own, *later]))

    def _is_complete(self, node: AskingNode) -> bool:
        return all(item.variable in self.state.values for item in node.fields if item.required)


def _consent_question(node: AskingNode) -> str:
    return (node.consent.strip() if isinstance(node, LeadGateNode) else "") or prompts.WITH_CONSENT
