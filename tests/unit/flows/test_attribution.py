"""Which passages an answer counts as made from."""

import pytest

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner
from quantum_app.domain.flows.model.conditions import Fallback
from quantum_app.domain.flows.model.definition import AnswerNode, Edge, EndNode, FlowDefinition, Passage, StartNode
from quantum_app.domain.flows.model.runtime import CallerSaid, CallStarted
from quantum_app.domain.flows.nlu.attribution import passages_used
from quantum_app.domain.flows.ports import ScoredPassage
from quantum_app.domain.flows.testing.simulation import simulate
from quantum_app.providers.nlu.local import LocalNlu
from tests.unit.flows.test_runner import Away

pytestmark = pytest.mark.unit

PETS = "Pets are welcome in each apartment."
DEPOSIT = "The pet deposit is two hundred euros. It is paid back when you move out."
PARKING = "Parking is free for one car per apartment."
PASSAGES = tuple(
    ScoredPassage(Passage(source="House rules", text=text), score)
    for text, score in ((PETS, 0.9), (DEPOSIT, 0.78), (PARKING, 0.7))
)


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (PETS, [PETS]),
        (f"{PETS} {DEPOSIT}", [PETS, DEPOSIT]),
        ("It is paid back when you move out.", [DEPOSIT]),
        ("Yes! Each car may park for free. Is there anything else you'd like to know?", [PARKING]),
        ("There's a deposit of two hundred euros for a pet.", [DEPOSIT]),
        ("Yes, they are.", [PETS]),
        ("", [PETS]),
    ],
)
def test_an_answer_is_made_from_what_shares_its_words(answer: str, texts: list[str]) -> None:
    assert [item.passage.text for item in passages_used(answer, PASSAGES)] == texts


def test_without_passages_there_is_nothing_to_be_made_from() -> None:
    assert passages_used(PETS, ()) == ()


class Everything:
    """Knowledge of which all fits each question."""

    async def search(self, question: str, limit: int) -> tuple[ScoredPassage, ...]:
        return PASSAGES[:limit]


FLOW = FlowDefinition(
    start="start",
    nodes=(
        StartNode(id="start", greeting="Hello."),
        AnswerNode(id="answers", fallback="I don't know.", threshold=0.3),
        EndNode(id="bye", farewell="Goodbye."),
    ),
    edges=(
        Edge(id="1", source="start", target="answers", condition=Fallback()),
        Edge(id="2", source="answers", target="bye", condition=Fallback()),
    ),
)


async def test_a_step_of_the_simulator_knows_what_its_answer_was_made_from() -> None:
    runner = Runner(FLOW, [LocalNlu(Away())], {"answers": Everything()})
    opening = await simulate(runner, engine.opening(FLOW), CallStarted())
    step = await simulate(runner, opening.state, CallerSaid(text="Are pets welcome?"))
    assert step.utterances == (PETS,)
    assert [item.passage.text for item in step.passages] == [PETS, DEPOSIT, PARKING]
    assert [item.passage.text for item in step.used] == [PETS]


async def test_what_is_said_again_is_made_from_nothing_new() -> None:
    runner = Runner(FLOW, [LocalNlu(Away())], {"answers": Everything()})
    opening = await simulate(runner, engine.opening(FLOW), CallStarted())
    history = [("assistant", PETS)]
    step = await simulate(runner, opening.state, CallerSaid(text="Can you repeat that?"), history)
    assert step.utterances == (PETS,)
    assert step.used == []
