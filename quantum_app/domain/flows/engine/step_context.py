"""What one event makes of a call: the state as it becomes, the actions as they are decided, values and points."""

from abc import ABC, abstractmethod
from typing import Any

from quantum_app.domain.flows.engine import prompts, transitions
from quantum_app.domain.flows.model.definition import (
    CONTACT_TYPES,
    Edge,
    Expression,
    FlowDefinition,
    Keywords,
    Node,
    Value,
)
from quantum_app.domain.flows.model.expressions import holds
from quantum_app.domain.flows.model.runtime import (
    Answer,
    Awaited,
    Collect,
    EndCall,
    EndedBy,
    FlowAction,
    FlowState,
    Say,
    Score,
    Waiting,
)
from quantum_app.domain.flows.nlu import acceptance, dialogue_acts


class Work(ABC):
    """Base of the engine's parts. `state` is replaced as things happen; nothing else is kept between events."""

    def __init__(self, flow: FlowDefinition, state: FlowState) -> None:
        self.flow = flow
        self.state = state
        self.actions: list[FlowAction] = []
        self.nodes: dict[str, Node] = {node.id: node for node in flow.nodes}

    @abstractmethod
    def take(self, edge: Edge | None, text: str = "") -> None:
        """Follow an edge; text: the caller's words that the next node deals with. No edge: the call is over."""

    @property
    def node(self) -> Node | None:
        return self.nodes.get(self.state.node)

    def update(self, **changes: Any) -> None:
        self.state = self.state.model_copy(update=changes)

    def do(self, action: FlowAction) -> None:
        self.actions.append(action)

    def say(self, text: str) -> None:
        if words := prompts.render(text, self.state.values):
            self.update(owed=False, offered=dialogue_acts.asks_for_more(words), offer=dialogue_acts.offer(words))
            self.do(Say(text=words))

    def end(self, words: str, reason: EndedBy) -> None:
        self.keep_heard()
        self.say(words)
        self.update(ended=True, owed=False, waiting=None)
        self.do(EndCall(reason=reason))

    def wait(self, kinds: set[Awaited], text: str, *, offer: str = "", quiet: bool = False) -> int:
        """Go on when results of all these kinds are there; the number that they carry."""
        request = self.state.request + 1
        waiting = Waiting(request=request, kinds=frozenset(kinds), text=text, offer=offer, quiet=quiet)
        self.update(request=request, waiting=waiting)
        return request

    def answer(self, node: Node, text: str, *, quiet: bool = False) -> None:
        """Have a question answered; quiet: or not, and nothing is said of it then."""
        request = self.wait({"answer"}, text, quiet=quiet)
        self.do(Answer(request=request, question=text, node=node.id))

    # Values

    def collect(self, wanted: set[str], values: dict[str, Value]) -> tuple[set[str], set[str]]:
        """Take the values that were asked for and fit their variables: names of those that are new, and corrected."""
        changed, corrected = set[str](), set[str]()
        for name, accepted in self.fitting(wanted, values).items():
            before = self.state.values.get(name)
            if before == accepted and type(before) is type(accepted):
                continue
            changed.add(name)
            if before is not None:
                corrected.add(name)
            self.update(
                values=self.state.values | {name: accepted},
                since=self.state.since | {name: self.state.turn},
            )
            self.do(Collect(variable=name, value=accepted))
        if changed:
            self.score_expressions()
        return changed, corrected

    def fitting(self, wanted: set[str], values: dict[str, Value]) -> dict[str, Value]:
        """The values that were asked for, fit their variables and may be kept, each in its one form."""
        found: dict[str, Value] = {}
        for name, value in values.items():
            variable = self.flow.variable(name)
            if name not in wanted or variable is None or (accepted := acceptance.accept(variable, value)) is None:
                continue
            if self.state.consent is not False or variable.type not in CONTACT_TYPES:
                found[name] = accepted
        return found

    def keep_heard(self) -> None:
        """Take what was heard and not confirmed as it was understood last: it is not asked about any more."""
        heard = self.state.heard
        if heard:
            self.update(heard={}, reading=False, asking=None if self.state.reading else self.state.asking)
            self.collect(set(heard), heard)

    # Points

    def score_keywords(self, text: str) -> None:
        for rule in self.flow.rules.scores:
            if isinstance(rule.when, Keywords) and any(
                dialogue_acts.mentions(text, word) for word in rule.when.keywords
            ):
                self._score(rule.id)

    def score_signals(self, signals: tuple[str, ...]) -> None:
        """Only rules that were offered count."""
        for option in transitions.signals(self.flow, self.state):
            if option.id in signals:
                self._score(option.id)

    def score_expressions(self) -> None:
        for rule in self.flow.rules.scores:
            if isinstance(rule.when, Expression) and holds(
                rule.when.expression, transitions.seen(self.flow, self.state)
            ):
                self._score(rule.id)

    def _score(self, rule_id: str) -> None:
        """Each rule counts once."""
        if rule_id in self.state.scored:
            return
        rule = next(item for item in self.flow.rules.scores if item.id == rule_id)
        total = self.state.score + rule.points
        self.update(score=total, scored=self.state.scored | {rule.id})
        self.do(Score(rule=rule.id, points=rule.points, reason=rule.reason, total=total))
