"""When an exit of a node is taken, or a rule holds."""

from typing import Annotated, Literal

from pydantic import Field

from quantum_app.domain.flows.model.base import Frozen, Line
from quantum_app.domain.flows.model.editor import Editor


class Expression(Frozen):
    """Matches when the expression over variables is true: `score >= 70 and bedrooms == 2` (see `expressions`)."""

    type: Literal["expression"] = "expression"
    expression: Annotated[
        str,
        Field(max_length=500),
        Editor("When", "expression", placeholder="score >= 70 and bedrooms == 2", initial=""),
    ]


class Intent(Frozen):
    """Matches when the classifier chose it as what the caller wants. examples: how callers say it."""

    type: Literal["intent"] = "intent"
    description: Annotated[
        str,
        Field(max_length=300),
        Editor("What the caller wants", "text", placeholder="wants to cancel the contract", initial=""),
    ]
    examples: Annotated[
        tuple[Line, ...],
        Field(max_length=40),
        Editor(
            "Examples",
            "words",
            hint="Three to six examples work best.",
            placeholder="I'd like to cancel",
        ),
    ] = ()


class Fallback(Frozen):
    """Taken when nothing else matches, and when a node has reached its limit."""

    type: Literal["fallback"] = "fallback"


Condition = Annotated[Expression | Intent | Fallback, Field(discriminator="type")]
