"""The demo's flow: answers about apartments, and requests for tours. It uses every node type."""

from quantum_app.domain.flows.model.conditions import Expression, Fallback, Intent
from quantum_app.domain.flows.model.definition import (
    Choice,
    ClarifyNode,
    DispatchNode,
    Edge,
    EndNode,
    FlowDefinition,
    LeadGateNode,
    NodeField,
    Note,
    Variable,
)
from quantum_app.domain.flows.model.rules import OpenPeriod, ScoreRule, Weekday

_HOURS: dict[Weekday, tuple[str, str]] = {
    "mon": ("09:00", "18:00"),
    "tue": ("09:00", "18:00"),
    "wed": ("09:00", "18:00"),
    "thu": ("09:00", "18:00"),
    "fri": ("09:00", "18:00"),
    "sat": ("10:00", "16:00"),
}

_VARIABLES = (
    Variable(
        name="name",
        type="name",
        label="Name",
        ask="Who am I speaking with?",
        ask_again="Sorry, I didn't get your name. Could you say it again?",
        sensitivity="redact",
    ),
    Variable(
        name="phone",
        type="phone",
        label="Phone",
        ask="What phone number can we reach you at?",
        ask_again="Sorry, could you say the number again, digit by digit?",
        sensitivity="redact",
        confirm=True,
    ),
    Variable(
        name="home",
        type="choice",
        label="Apartment",
        ask="Would you like to see a studio, or an apartment with one, two, or three bedrooms?",
        choices=(
            Choice(value="studio", also=("a studio", "one room")),
            Choice(value="one bedroom", also=("one-bedroom", "a one bedroom", "1 bedroom")),
            Choice(value="two bedrooms", also=("two-bedroom", "a two bedroom", "2 bedrooms")),
            Choice(value="three bedrooms", also=("three-bedroom", "a three bedroom", "3 bedrooms")),
        ),
    ),
    Variable(
        name="move_in",
        type="choice",
        label="Moving in",
        ask="When would you like to move in: in January, in spring, or later?",
        choices=(
            Choice(value="January", also=("as soon as possible", "right away", "first of January", "next month")),
            Choice(value="spring", also=("in spring", "in March", "in April", "in a few months")),
            Choice(value="later", also=("in summer", "no hurry", "just looking", "I don't know yet")),
        ),
    ),
    Variable(
        name="tour_time",
        type="choice",
        label="Time for a tour",
        ask="What suits you for a tour: a weekday morning, a weekday evening, or Saturday?",
        choices=(
            Choice(value="weekday morning", also=("in the morning", "mornings", "before noon")),
            Choice(value="weekday evening", also=("in the evening", "evenings", "after work")),
            Choice(value="Saturday", also=("on Saturday", "Saturdays", "the weekend")),
        ),
    ),
)

_NODES = (
    LeadGateNode(
        id="contact",
        name="Who is calling",
        x=-340,
        y=360,
        fields=(NodeField(variable="name"), NodeField(variable="phone")),
        intro="I'd be happy to arrange that.",
        consent="May I take your name and number so the office can call you?",
    ),
    ClarifyNode(
        id="wishes",
        name="What they look for",
        x=-340,
        y=540,
        fields=(
            NodeField(variable="home"),
            NodeField(variable="move_in"),
            NodeField(variable="tour_time", required=False),
        ),
        intro="Thank you. Three short questions.",
    ),
    DispatchNode(
        id="unreachable",
        name="Without a number",
        x=320,
        y=540,
        say="No problem. Without a number the office can't call you, but I can keep answering your questions.",
    ),
    DispatchNode(id="priority", name="How soon", x=-340, y=720),
    EndNode(
        id="call_first",
        name="Call back first",
        x=-500,
        y=900,
        next_steps="I've noted a tour on a {tour_time}. The office will call you to set the time.",
        farewell="Thank you for calling. Goodbye!",
    ),
    EndNode(
        id="call_later",
        name="Call back",
        x=-180,
        y=900,
        next_steps=(
            "I've noted what you're looking for. The office will call you when an apartment like that is free."
        ),
        farewell="Thank you for calling. Goodbye!",
    ),
)

_EDGES = (
    Edge(
        id="wants_tour",
        source="answers",
        target="contact",
        condition=Intent(
            description="Wants to arrange a tour or to be called back",
            examples=(
                "I'd like to arrange a tour.",
                "Can somebody show me an apartment?",
                "Please have the office call me back.",
                "I want to come and see one.",
                "Can I speak to a person?",
            ),
        ),
        label="wants a tour",
    ),
    Edge(
        id="reachable",
        source="contact",
        target="wishes",
        condition=Expression(expression="phone"),
        label="can be reached",
    ),
    Edge(id="not_reachable", source="contact", target="unreachable", condition=Fallback(), label="otherwise"),
    Edge(id="back_to_questions", source="unreachable", target="answers", condition=Fallback()),
    Edge(id="wishes_noted", source="wishes", target="priority", condition=Fallback()),
    Edge(
        id="soon",
        source="priority",
        target="call_first",
        condition=Expression(expression="tour_time and (move_in == 'January' or score >= 60)"),
        label="soon",
    ),
    Edge(id="not_soon", source="priority", target="call_later", condition=Fallback(), label="otherwise"),
)

_SCORES = (
    ScoreRule(id="large", when=Expression(expression="home == 'three bedrooms'"), points=15, reason="Large apartment"),
    ScoreRule(
        id="january", when=Expression(expression="move_in == 'January'"), points=30, reason="Wants to move in January"
    ),
    ScoreRule(id="reachable", when=Expression(expression="phone"), points=10, reason="Left a phone number"),
)


def with_tours(questions: FlowDefinition) -> FlowDefinition:
    """The whole flow. questions: the part that answers, with the nodes `answers` and `end`."""
    rules = questions.rules
    return questions.model_copy(
        update={
            "nodes": (*questions.nodes, *_NODES),
            "edges": (_EDGES[0], *questions.edges, *_EDGES[1:]),
            "variables": _VARIABLES,
            "rules": rules.model_copy(
                update={
                    "scores": (*rules.scores, *_SCORES),
                    "hours": tuple(OpenPeriod(day=day, opens=at, closes=to) for day, (at, to) in _HOURS.items()),
                }
            ),
            "notes": (
                Note(
                    id="points",
                    text="Points are in the rules. From 60 on, or for January, the office calls back first.",
                    x=-700,
                    y=720,
                ),
            ),
        }
    )
