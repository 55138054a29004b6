"""The flow engine: a pure state machine. No I/O, no clock, no chance: the same events give the same call.

A model may classify what was said, extract from it, or word an answer; where the call goes is decided here. The worker,
the simulator and the tests run this same function.

What holds whatever the flow and whatever happens: each turn of the caller is answered before the engine waits for the
next; only what was asked for counts; no node keeps a call beyond its limit, and no call has more than `MAX_TURNS`.
"""

from typing import Any

from quantum_app.domain.flows.engine import prompts, transitions
from quantum_app.domain.flows.engine.repair import Correcting
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    DispatchNode,
    Edge,
    EndNode,
    FlowDefinition,
    LeadGateNode,
    StartNode,
)
from quantum_app.domain.flows.model.runtime import (
    AnswerFound,
    AnswerNotFound,
    Awaited,
    CallerGone,
    CallerSaid,
    CallStarted,
    Classified,
    Classify,
    Enter,
    Extracted,
    FlowAction,
    FlowEvent,
    FlowState,
    HandOff,
    Interrupted,
    OperatorAvailable,
    Option,
    Timer,
    ToolResult,
    UseTool,
    Waiting,
    WebSearch,
)
from quantum_app.domain.flows.nlu import dialogue_acts

Step = tuple[FlowState, tuple[FlowAction, ...]]
Result = Classified | Extracted | AnswerFound | AnswerNotFound | ToolResult

# More turns than any conversation has.
MAX_TURNS = 300
# Nodes that a call may come to without a word of the caller before it is ended: a flow that only runs in circles.
MAX_HOPS = 60

# What each result was awaited as.
_AWAITED: dict[type[Any], tuple[Awaited, ...]] = {
    Classified: ("classify",),
    Extracted: ("extract",),
    AnswerFound: ("answer", "web_search"),
    AnswerNotFound: ("answer", "web_search"),
    ToolResult: ("tool",),
}


def opening(definition: FlowDefinition) -> FlowState:
    """The state before anything has happened."""
    return FlowState(node=definition.start)


def step(definition: FlowDefinition, state: FlowState, event: FlowEvent) -> Step:
    """What an event makes of the call, and what is to be done, in order.

    Total: any definition that can be read and any event give an answer. Nothing happens once a call has ended.
    """
    if state.ended:
        return state, ()
    work = _Step(definition, state)
    work.run(event)
    return work.state, tuple(work.actions)


class _Step(Correcting):
    """One event, from what happened to what is done."""

    def run(self, event: FlowEvent) -> None:
        self.update(elapsed=max(self.state.elapsed, event.at))
        match event:
            case CallStarted():
                self._started(event)
            case CallerSaid():
                self._said(event.text)
            case Timer():
                self._timer(event)
            case Interrupted():
                if self.state.waiting is not None and self.state.waiting.kinds & {"answer", "web_search"}:
                    self.update(waiting=None, owed=False)
            case OperatorAvailable():
                self._operator(available=event.available)
            case CallerGone():
                self.end("", "caller_left")
            case _:
                self._result(event)
        if not self.state.ended:
            self.score_expressions()
            self._answer_what_is_owed()

    def _started(self, event: CallStarted) -> None:
        if self.state.started:
            if event.resumed:
                self.update(waiting=None, owed=False)
                self.ask_again(prompts.RESUMED)
            return
        self.update(
            started=True,
            started_at=event.started_at,
            time_zone=event.time_zone,
            known_caller=event.known_caller,
            consent=event.consent,
        )
        self.do(Enter(node=self.state.node))
        self.collect({item.name for item in self.flow.variables}, event.values)
        node = self.node
        if isinstance(node, StartNode) and event.resumed:
            self.say(prompts.RESUMED)
            self._pass_start(node)
        elif node is None:
            self.take(None)
        else:
            self._arrive(node.id)

    def _said(self, text: str) -> None:
        if self.state.handoff == "held":
            return
        node = self.node
        if not self.state.started:
            self.update(started=True)
            if isinstance(node, StartNode) and not transitions.intents(self.flow, node.id):
                edge = transitions.select_exit(self.flow, self.state) or transitions.fallback(self.flow, node.id)
                self.update(node=edge.target if edge is not None and edge.target in self.nodes else node.id)
        offered, offer = self.state.offered, self.state.offer
        pending = self.state.pending if self.state.asking == "consent" else ""
        self.update(
            turn=self.state.turn + 1,
            here=self.state.here + 1,
            hops=0,
            owed=True,
            offered=False,
            offer="",
            waiting=None,
            pending=pending,
        )
        if self.state.turn > MAX_TURNS:
            return self.end(prompts.TIME_UP, "max_duration")
        if not text.strip():
            return self.ask_again(prompts.NOT_HEARD)
        self.score_keywords(text)
        intent = dialogue_acts.intent(text)
        asking = isinstance(self.node, LeadGateNode | ClarifyNode) or bool(self.state.asking)
        if offer and not asking and dialogue_acts.agrees(text) is False:
            return self.say(prompts.DECLINED)
        if dialogue_acts.takes_leave(text) if asking else intent == "goodbye" or (intent == "no" and offered):
            return self._goodbye()
        if reason := self._handoff_wanted(text):
            return self._hand_off(reason)
        if offered and isinstance(self.node, AnswerNode) and not asking and self._courtesy(text):
            return None
        return self._listen(text, "" if asking or not dialogue_acts.agrees(text) else offer)

    def _result(self, event: Result) -> None:
        waiting = self.state.waiting
        kind = next((item for item in _AWAITED[type(event)] if waiting is not None and item in waiting.kinds), None)
        if waiting is None or kind is None or event.request != waiting.request:
            return
        match event:
            case AnswerFound() | AnswerNotFound():
                self.update(waiting=None)
                return self._answered(event, waiting, web=kind == "web_search")
            case ToolResult():
                self.update(waiting=None, tool_ok=event.ok)
                self.say(event.text if event.ok else prompts.TOOL_FAILED)
                return self._leave(self.state.node, waiting.text)
            case Classified():
                self.score_signals(event.signals)
                known = {"choice": transitions.meant(self.flow, self.state.node, event, waiting.text)}
            case Extracted():
                known = {"values": event.values}
        waiting = waiting.model_copy(update={"kinds": waiting.kinds - {kind}} | known)
        self.update(waiting=waiting if waiting.kinds else None)
        if not waiting.kinds:
            self._understood(waiting)

    def _timer(self, event: Timer) -> None:
        if self.state.handoff == "held" and event.kind in {"silence", "gone_silent"}:
            return
        match event.kind:
            case "silence":
                self.ask_again(prompts.STILL_THERE)
            case "gone_silent":
                self.end(prompts.GIVING_UP, "silence")
            case "time_up":
                self.end(prompts.TIME_UP, "max_duration")
            case "tick":
                if self.state.waiting is None and (reason := self._minutes_are_up()):
                    self._hand_off(reason)
            case "turn":
                self._overdue()

    def _overdue(self) -> None:
        """Somebody does not answer: go on as if there had been nothing to tell."""
        waiting = self.state.waiting
        if waiting is None:
            return
        nothing: dict[Awaited, Result] = {
            "classify": Classified(request=waiting.request),
            "extract": Extracted(request=waiting.request),
            "answer": AnswerNotFound(request=waiting.request),
            "web_search": AnswerNotFound(request=waiting.request),
            "tool": ToolResult(request=waiting.request, ok=False),
        }
        for kind in sorted(waiting.kinds):
            self._result(nothing[kind])

    # Listening

    def _listen(self, text: str, offer: str = "") -> None:
        """The caller's words at the node where the call is. offer: what they say yes to."""
        node = self.node
        if isinstance(node, EndNode):
            return self.say(prompts.LOOKING) if self.state.handoff == "asked" else self._farewell(node)
        if node is None or isinstance(node, DispatchNode):
            return self._leave(self.state.node, text)
        if self.state.here > node.limit:
            return self.take(transitions.fallback(self.flow, node.id), text)
        if isinstance(node, LeadGateNode | ClarifyNode):
            return self.listen_for_values(node, text)
        options, signals = transitions.intents(self.flow, node.id), transitions.signals(self.flow, self.state)
        if offer:
            return self._take_up(node, text, offer, options)
        if self.state.reading and dialogue_acts.agrees(text) is not None:
            return self._understood(Waiting(request=self.state.request, kinds=frozenset(), text=text))
        if self.said_aside(text):
            return None
        if isinstance(node, StartNode) and (words := dialogue_acts.aside(text)) is not None:
            return self.say(f"{words} {prompts.LISTENING}")
        if isinstance(node, AnswerNode) and dialogue_acts.asks_again(text):
            return self.answer(node, text)
        if isinstance(node, AnswerNode) and (not options or dialogue_acts.aside(text)) and self._courtesy(text):
            return None
        names = self.may_correct(text) if isinstance(node, AnswerNode) else ()
        kinds = set[Awaited]()
        if names:
            kinds.add("extract")
        if options or signals:
            kinds.add("classify")
        if kinds:
            request = self.wait(kinds, text)
            if names:
                self.extract_corrections(request, text, names)
            if options or signals:
                self.do(Classify(request=request, text=text, options=options, signals=signals))
            return None
        return self._understood(Waiting(request=self.state.request, kinds=frozenset(), text=text))

    def _take_up(self, node: StartNode | AnswerNode, text: str, offer: str, options: tuple[Option, ...]) -> None:
        """A yes to an offer means what the offer said."""
        if not options:
            return self._understood(Waiting(request=self.state.request, kinds=frozenset(), text=text, offer=offer))
        request = self.wait({"classify"}, text, offer=offer)
        return self.do(Classify(request=request, text=offer, options=options))

    def _understood(self, heard: Waiting) -> None:
        """All that can be known of the caller's words is known."""
        node = self.node
        chosen = next((edge for edge in self.flow.leaving(self.state.node) if edge.id == heard.choice), None)
        if chosen is not None and chosen.condition.type != "intent":
            chosen = None
        if isinstance(node, LeadGateNode | ClarifyNode):
            self.values_heard(node, heard.text, heard.values, chosen)
        elif isinstance(node, AnswerNode) and self.corrected(node, heard.text, heard.values, leaves=chosen is not None):
            return
        elif isinstance(node, AnswerNode) and chosen is None:
            if heard.offer or not self._courtesy(heard.text):
                self.answer(node, heard.offer or heard.text)
        else:
            edge = transitions.select_exit(self.flow, self.state, chosen.id if chosen else None)
            words = heard.text if edge is not None and edge is chosen else heard.offer or heard.text
            self.take(edge or transitions.fallback(self.flow, self.state.node), words)

    def _courtesy(self, text: str) -> bool:
        """A greeting, thanks or a bare yes or no is answered in kind."""
        if dialogue_acts.intent(text) not in {"smalltalk", "no"} or (words := dialogue_acts.courtesy(text)) is None:
            return False
        self.say(words)
        self.update(offered=words in dialogue_acts.OFFERS)
        return True

    def _answered(self, event: AnswerFound | AnswerNotFound, asked: Waiting, *, web: bool) -> None:
        node = self.node
        found = isinstance(event, AnswerFound)
        if not found and not web and isinstance(node, AnswerNode) and node.web_search:
            request = self.wait({"web_search"}, asked.text)
            return self.do(WebSearch(request=request, question=asked.text, node=node.id))
        limits = self.flow.rules.handoff.low_confidence
        sure = found and (limits is None or event.confidence >= limits.below)
        said = found or event.said
        words = event.text if found else node.fallback if event.said and isinstance(node, AnswerNode) else ""
        self.update(
            answered=found,
            confidence=event.confidence,
            unsure=0 if sure else self.state.unsure + 1,
            owed=self.state.owed and not said,
            offered=dialogue_acts.asks_for_more(words),
            offer=dialogue_acts.offer(words),
        )
        if isinstance(node, LeadGateNode | ClarifyNode):
            if not said and not asked.quiet:
                self.say(prompts.UNKNOWN)
            return self.ask_again() if self.still_asked(node) else self.ask_next(node)
        hands_off = (
            limits is not None
            and self.state.unsure >= limits.times
            and not {"low_confidence"} & self.state.triggered
            and self.state.handoff is None
        )
        edge = None if hands_off else transitions.select_exit(self.flow, self.state)
        if edge is not None:
            return self.take(edge)
        if not said:
            self.say(node.fallback if isinstance(node, AnswerNode) else prompts.UNKNOWN)
        if hands_off:
            self.update(triggered=self.state.triggered | {"low_confidence"}, unsure=0)
            self._hand_off("several answers were unsure")
        elif self.state.reading:
            self.ask_again()
        return None

    # Going on

    def take(self, edge: Edge | None, text: str = "") -> None:
        self.keep_heard()
        hops = self.state.hops + 1
        if edge is None or edge.target not in self.nodes or hops > MAX_HOPS:
            return self.end(prompts.GOODBYE, "flow")
        self.update(hops=hops, node=edge.target, here=0, asked={}, reads={}, asking=None, pending=text, waiting=None)
        self.do(Enter(node=edge.target, edge=edge.id))
        return self._arrive(edge.target)

    def _leave(self, node_id: str, text: str = "") -> None:
        """Go on at once, or when it is known what the words mean, where an exit depends on that."""
        if text and transitions.asks_classifier(self.flow, self.state):
            request = self.wait({"classify"}, text)
            options = transitions.intents(self.flow, node_id)
            return self.do(Classify(request=request, text=text, options=options))
        edge = transitions.select_exit(self.flow, self.state) or transitions.fallback(self.flow, node_id)
        return self.take(edge, text)

    def _arrive(self, node_id: str) -> None:
        """What a node does when a call comes to it."""
        node = self.nodes[node_id]
        text, spoken = self.state.pending, any(action.type in {"say", "ask", "answer"} for action in self.actions)
        self.update(pending="")
        match node:
            case StartNode():
                self.say(node.greeting)
                self._pass_start(node)
            case LeadGateNode() | ClarifyNode():
                self.arrive_asking(node, text)
            case AnswerNode():
                if text and dialogue_acts.intent(text) == "question":
                    self.answer(node, text)
                elif node.opening.strip():
                    self.say(node.opening)
                elif not spoken:
                    self.say(prompts.LISTENING if self.state.answered is None else prompts.ANYTHING_ELSE)
            case DispatchNode():
                self._arrive_dispatch(node, text)
            case EndNode():
                if node.outcome == "handoff" and self.state.handoff is None:
                    self._hand_off("the flow ends with a person")
                else:
                    self._farewell(node)

    def _pass_start(self, node: StartNode) -> None:
        """A Start that tells intents apart waits for the first words."""
        if not transitions.intents(self.flow, node.id):
            self._leave(node.id)

    def _arrive_dispatch(self, node: DispatchNode, text: str) -> None:
        self.say(node.say)
        if node.tool is None:
            return self._leave(node.id, text)
        if node.tool == "trigger_human_handoff":
            self.update(pending=text)
            return self._hand_off("the flow asks for a person")
        request = self.wait({"tool"}, text)
        return self.do(UseTool(request=request, tool=node.tool, question=text, arguments=self.state.values))

    def _goodbye(self) -> None:
        self.keep_heard()
        end = transitions.last(self.flow, self.state.node)
        if end is None:
            return self.end(prompts.GOODBYE, "goodbye")
        if end.id != self.state.node:
            self.update(node=end.id)
            self.do(Enter(node=end.id))
        return self.end(_last_words(end), "goodbye")

    def _farewell(self, node: EndNode) -> None:
        self.end(_last_words(node), "flow")

    def _answer_what_is_owed(self) -> None:
        """Nothing leaves a turn without an answer."""
        if not self.state.owed or self.state.waiting is not None:
            return
        if self.state.asking:
            self.ask_again()
        elif isinstance(self.node, AnswerNode) and self.state.answered is False:
            self.say(self.node.fallback)
        if self.state.owed:
            self.say(prompts.ANYTHING_ELSE)

    # People

    def _handoff_wanted(self, text: str) -> str | None:
        if self.state.handoff is not None:
            return None
        handoff = self.flow.rules.handoff
        for word in handoff.keywords:
            # Once a call: who goes on about it is heard out.
            if dialogue_acts.mentions(text, word) and word not in self.state.triggered:
                self.update(triggered=self.state.triggered | {word}, pending=text)
                return f"the caller said “{word}”"
        if handoff.wish and dialogue_acts.wants_person(text):
            return "the caller wishes to speak with a person"
        if reason := self._minutes_are_up():
            self.update(pending=text)
            return reason
        return None

    def _minutes_are_up(self) -> str | None:
        minutes = self.flow.rules.handoff.after_minutes
        if minutes is None or "minutes" in self.state.triggered or self.state.handoff is not None:
            return None
        if self.state.elapsed < minutes * 60:
            return None
        self.update(triggered=self.state.triggered | {"minutes"})
        return f"the call has lasted {minutes:g} minutes"

    def _hand_off(self, reason: str) -> None:
        """Look for a person; the call goes on meanwhile."""
        handoff = self.flow.rules.handoff
        self.update(handoff="asked", owed=False)
        self.do(HandOff(reason=reason, priority=handoff.priority, skills=handoff.skills))
        self.say(handoff.announcement)

    def _operator(self, *, available: bool) -> None:
        before, node = self.state.handoff, self.node
        if available:
            if before != "held":
                self.keep_heard()
                self.update(handoff="held", waiting=None, owed=False)
            return
        if before is None:
            return
        pending = self.state.pending
        self.update(handoff=None)
        if isinstance(node, EndNode):
            self._farewell(node)
        elif isinstance(node, DispatchNode):
            self.say(self.flow.rules.handoff.unavailable if before == "asked" else "")
            self._leave(node.id, pending)
        elif pending and before == "asked":
            # What was said with it has not been dealt with yet.
            self.update(pending="")
            self.say(self.flow.rules.handoff.unavailable)
            self._listen(pending)
        else:
            self.ask_again(prompts.BACK if before == "held" else self.flow.rules.handoff.unavailable)


def _last_words(end: EndNode) -> str:
    return f"{end.farewell} {end.next_steps}".strip() or prompts.GOODBYE
