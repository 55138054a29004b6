"""What one event makes of a call: the state as it changes, and the actions as they are decided."""

from typing import Any

from quantum_app.domain.flows.engine import prompts
from quantum_app.domain.flows.model.definition import FlowDefinition, Node
from quantum_app.domain.flows.model.runtime import Answer, FlowAction, Option, Say
from quantum_app.domain.flows.model.runtime import Classify as ClassifyAction
from quantum_app.domain.flows.model.state import Awaited, FlowState, PendingRequest
from quantum_app.domain.flows.nlu import dialogue_acts


class StepContext:
    """The flow, the state so far and the actions so far. The engine's components are functions over it."""

    def __init__(self, flow: FlowDefinition, state: FlowState) -> None:
        self.flow = flow
        self.prompts = prompts.EN
        self.state = state
        self.actions: list[FlowAction] = []
        self.nodes: dict[str, Node] = {node.id: node for node in flow.nodes}
        # The call has come to its node just now, and the node has not begun its work.
        self.arriving = False

    @property
    def node(self) -> Node | None:
        return self.nodes.get(self.state.node)

    def update(self, **changes: Any) -> None:
        self.state = self.state.model_copy(update=changes)

    def update_slots(self, **changes: Any) -> None:
        self.update(slots=self.state.slots.model_copy(update=changes))

    def update_confirmation(self, **changes: Any) -> None:
        self.update(confirmation=self.state.confirmation.model_copy(update=changes))

    def update_conversation(self, **changes: Any) -> None:
        self.update(conversation=self.state.conversation.model_copy(update=changes))

    def update_answering(self, **changes: Any) -> None:
        self.update(answering=self.state.answering.model_copy(update=changes))

    def update_handoff(self, **changes: Any) -> None:
        self.update(handoff=self.state.handoff.model_copy(update=changes))

    def emit(self, action: FlowAction) -> None:
        self.actions.append(action)

    def say(self, text: str) -> None:
        if words := prompts.render(text, self.state.slots.values):
            self.update_conversation(
                response_pending=False,
                asked_for_more=dialogue_acts.asks_for_more(words),
                offer=dialogue_acts.extract_offer(words),
            )
            self.emit(Say(text=words))

    def request(self, awaited: set[Awaited], text: str, *, offer: str = "", optional: bool = False) -> int:
        """Go on when results of all these kinds have arrived. Returns the number that they carry."""
        number = self.state.last_request + 1
        pending = PendingRequest(request=number, awaited=frozenset(awaited), text=text, offer=offer, optional=optional)
        self.update(last_request=number, pending=pending)
        return number

    def request_answer(self, node: Node, question: str, *, optional: bool = False) -> None:
        """Have a question answered from knowledge. optional: without an answer, nothing is said."""
        number = self.request({"answer"}, question, optional=optional)
        self.emit(Answer(request=number, question=question, node=node.id))

    def request_intent(self, text: str, options: tuple[Option, ...], *, about: str = "") -> None:
        """Have words classified. about: the words to judge instead, where `text` accepts an offer."""
        number = self.request({"classify"}, text, offer=about)
        self.emit(ClassifyAction(request=number, text=about or text, options=options))
