"""What is read back before it counts: an address, a number, a day that was heard wrongly is put right at once."""

from datetime import date

import pytest

from quantum_app.domain.flows.engine.engine import step
from quantum_app.domain.flows.engine.read_back import confirmation_question
from quantum_app.domain.flows.model.definition import NodeField, Value, Variable
from quantum_app.domain.flows.model.rules import HandoffRules
from quantum_app.domain.flows.model.runtime import (
    Ask,
    CallerGone,
    CallStarted,
    Collect,
    EndCall,
    HandOff,
    OperatorAvailable,
    Timer,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.nlu.dialogue_acts import agrees
from tests.unit.flows.caller import FLOW, Caller, ruled, with_node

pytestmark = pytest.mark.unit

PHONE = Variable(name="phone", type="phone", label="Phone", ask="Which number can we reach you at?", confirm=True)
READ = with_node(
    FLOW.model_copy(
        update={
            "variables": (
                *(item.model_copy(update={"confirm": item.name == "email"}) for item in FLOW.variables),
                PHONE,
            )
        }
    ),
    "gate",
    fields=(NodeField(variable="name"), NodeField(variable="email"), NodeField(variable="phone", required=False)),
)
QUESTION = "I have ines@example.com. Is that right?"


def asked_for_email() -> Caller:
    caller = Caller(READ)
    assert "e-mail" in caller.says("My name is Ines Moreau")
    return caller


def collected(caller: Caller) -> list[tuple[str, Value | None]]:
    return [(action.variable, action.value) for action in caller.did(Collect)]


def test_a_value_counts_once_it_is_confirmed() -> None:
    caller = asked_for_email()
    assert caller.says("ines at example dot com") == QUESTION
    assert collected(caller) == [("name", "Ines Moreau")]
    assert "email" not in caller.state.slots.values
    assert caller.says("Yes, that's right, thank you.") == PHONE.ask
    assert collected(caller)[-1] == ("email", "ines@example.com")
    assert caller.says("202 555 0143") == "I have 2 0 2, 5 5 5, 0 1 4 3. Is that right?"
    assert caller.says("mhm").startswith("Thank you, Ines Moreau!")
    assert caller.state.slots.complete
    assert caller.state.confirmation.unconfirmed_slots == {}


def test_a_no_forgets_it_and_asks_again() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    assert caller.says("No.") == "Sorry, I didn't get that. What is your e-mail address?"
    assert caller.state.confirmation.unconfirmed_slots == {}
    assert caller.state.slots.attempts["email"] == 2
    assert caller.says("inez at example dot com") == "I have inez@example.com. Is that right?"
    assert caller.says("yes") == PHONE.ask


def test_the_limit_of_questions_holds() -> None:
    caller = Caller(with_node(READ, "gate", attempts=1))
    caller.says("My name is Ines Moreau")
    caller.says("ines at example dot com")
    assert caller.says("no that's wrong") == f"All right, we'll skip that. {PHONE.ask}"
    assert "email" not in caller.state.slots.values


def test_another_value_takes_its_place() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    assert caller.says("No, it's inez at example dot com") == "I have inez@example.com. Is that right?"
    assert caller.says("yes") == PHONE.ask
    caller = asked_for_email()
    caller.says("ines at example dot com")
    assert caller.says("inez at example dot com") == "I have inez@example.com. Is that right?"
    assert caller.says("inez at example dot com") == PHONE.ask, "who says the same again confirms it"


def test_nobody_is_asked_more_than_twice_whether_it_is_right() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("no, it's inez at example dot com")
    reply = caller.says("no, it's agnes at example dot com")
    assert reply == PHONE.ask
    assert caller.state.slots.values["email"] == "agnes@example.com"
    caller = asked_for_email()
    caller.says("ines at example dot com")
    assert caller.says("it depends") == QUESTION
    assert caller.says("it depends") == f"Thank you. I've noted it the way I understood it. {PHONE.ask}"
    assert caller.state.slots.values["email"] == "ines@example.com"
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("no")
    caller.says("ines at example dot com")
    assert caller.says("no").startswith("Thank you. I've noted it the way I understood it.")


def test_several_values_are_read_back_in_one_question() -> None:
    caller = asked_for_email()
    reply = caller.says("ines at example dot com and my phone number is 202 555 0143")
    assert reply == "I have ines@example.com, and 2 0 2, 5 5 5, 0 1 4 3. Is that right?"
    assert caller.says("No, the e-mail is wrong").endswith("What is your e-mail address?")
    assert caller.state.slots.values["phone"] == "+12025550143"
    caller.says("inez at example dot com")
    assert caller.says("correct").startswith("Thank you, Ines Moreau!")


def test_what_is_told_while_the_question_is_open_is_read_back_with_it() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    reply = caller.says("my phone number is 202 555 0143")
    assert reply == "I have ines@example.com, and 2 0 2, 5 5 5, 0 1 4 3. Is that right?"
    caller = asked_for_email()
    caller.says("ines at example dot com")
    reply = caller.says("yes, and my phone number is 202 555 0143")
    assert reply == "I have 2 0 2, 5 5 5, 0 1 4 3. Is that right?"
    assert caller.state.slots.values["email"] == "ines@example.com"


def test_what_is_told_last_is_read_back_although_something_else_was_often_enough() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("it depends")
    reply = caller.says("no, but my phone number is 202 555 0143")
    assert reply == ("Thank you. I've noted it the way I understood it. I have 2 0 2, 5 5 5, 0 1 4 3. Is that right?")
    assert caller.state.slots.values["email"] == "ines@example.com"


def test_another_field_is_read_back_and_the_question_was_not_tried_in_vain() -> None:
    caller = Caller(READ)
    assert caller.says("ines at example dot com") == QUESTION
    assert caller.says("yes") == "Who is calling, please?"
    assert caller.state.slots.attempts["name"] == 1


def test_who_said_that_a_number_was_heard_wrongly_may_say_it_again() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("yes")
    caller.says("202 555 0143")
    assert caller.says("that's not right").endswith(PHONE.ask), "asked once more although it is not required"
    caller.says("202 555 0144")
    caller.says("yes")
    assert caller.state.slots.values["phone"] == "+12025550144"


def test_a_question_in_between_is_answered_and_it_is_read_back_again() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    assert caller.says("are pets allowed?") == f"(answer) {QUESTION}"
    assert caller.says("what is the weather like?") == f"I'm sorry, I don't have an answer to that. {QUESTION}"
    assert caller.says("Sorry?") == QUESTION
    assert caller.says("Hold on.") == "Of course, take your time."
    assert caller.happens(Timer(kind="silence")) == f"Are you still there? {QUESTION}"
    assert caller.says("yes, and are pets allowed?") == f"(answer) {PHONE.ask}", "and none of it was a vain try"


def test_a_question_beside_a_value_is_answered_before_it_is_read_back() -> None:
    caller = asked_for_email()
    assert caller.says("ines at example dot com, and are pets allowed?") == f"(answer) {QUESTION}"
    assert caller.state.confirmation.attempts == {"email": 1}


def test_a_correction_later_is_read_back_too() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("yes")
    assert caller.says("no, my e-mail is inez at example dot com") == "I have inez@example.com. Is that right?"
    assert caller.state.slots.values["email"] == "ines@example.com"
    assert caller.says("yes") == f"All right, I've changed that. {PHONE.ask}"
    assert caller.state.slots.values["email"] == "inez@example.com"
    assert caller.state.slots.attempts["phone"] == 1


def test_who_leaves_has_told_it_all_the_same() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.says("goodbye")
    assert collected(caller)[-1] == ("email", "ines@example.com")
    assert caller.actions[-1] == EndCall(reason="goodbye")
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.happens(CallerGone())
    assert caller.actions[-2:] == [Collect(variable="email", value="ines@example.com"), EndCall(reason="caller_left")]


def test_a_person_is_asked_for_as_everywhere_and_sees_what_was_heard() -> None:
    flow = READ.model_copy(update={"rules": ruled(handoff=HandoffRules(wish=True)).rules})
    caller = Caller(flow, values={"name": "Ines"})
    caller.says("ines at example dot com")
    assert "someone is available" in caller.says("Can I talk to a person?")
    assert caller.did(HandOff)
    assert caller.happens(OperatorAvailable(available=False)).endswith(QUESTION)
    caller.says("Can I talk to a person?")
    caller.happens(OperatorAvailable(available=True))
    assert caller.state.slots.values["email"] == "ines@example.com"
    assert caller.happens(OperatorAvailable(available=False)) == "I'm back. Please go on."
    assert caller.says("hm") == PHONE.ask


def test_another_process_reads_it_back_again() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    state = FlowState.model_validate_json(caller.state.model_dump_json())
    after, actions = step(READ, state, CallStarted(resumed=True))
    assert actions[-1] == Ask(text=QUESTION, variable="email")
    assert after.confirmation.attempts == {"email": 1}


def test_what_a_changed_draft_does_not_know_is_not_read_back() -> None:
    caller = asked_for_email()
    caller.says("ines at example dot com")
    caller.flow = caller.flow.model_copy(update={"variables": FLOW.variables[:1]})
    assert caller.says("yes")


def test_what_is_known_before_the_call_is_not_read_back() -> None:
    caller = Caller(READ, values={"name": "Ines", "email": "ines@example.com"})
    assert caller.actions[-1] == Ask(text=PHONE.ask, variable="phone")


def test_a_yes_is_not_asked_whether_it_is_one() -> None:
    pets = Variable(name="pets", type="yes_no", ask="Do you have pets?", confirm=True)
    flow = FLOW.model_copy(update={"variables": (pets, *FLOW.variables)})
    caller = Caller(with_node(flow, "gate", fields=(NodeField(variable="pets"), NodeField(variable="name"))))
    assert caller.says("yes") == "Who is calling, please?"


@pytest.mark.parametrize(
    ("kind", "value", "phrase"),
    [
        ("email", "anna.smith@gmail.com", "anna.smith@gmail.com"),
        ("email", "j_brandt-99@gmx.de", "j_brandt-99@gmx.de"),
        ("phone", "+12025550143", "2 0 2, 5 5 5, 0 1 4 3"),
        ("phone", "+442079460958", "plus 4 4, 2 0, 7 9 4 6, 0 9 5 8"),
        ("phone", "+4917212345678", "plus 4 9, 1 7 2, 1 2 3, 4 5 6, 7 8"),
        ("date", "2026-12-01", "Tuesday, December 1"),
        ("date", "1984-03-05", "March 5, 1984"),
        ("name", "Anna Smith", "Anna Smith"),
        ("number", 4, "4"),
        ("text", "the blue one", "the blue one"),
    ],
)
def test_values_are_read_back_as_people_say_them(kind: str, value: Value, phrase: str) -> None:
    variable = Variable.model_validate({"name": "it", "type": kind})
    assert confirmation_question([(variable, value)], "US", date(2026, 11, 23)) == f"I have {phrase}. Is that right?"


def test_numbers_of_the_own_country_are_said_without_its_code() -> None:
    assert (
        confirmation_question([(PHONE, "+493012345678")], "DE", None)
        == "I have 0 3 0, 1 2 3, 4 5 6, 7 8. Is that right?"
    )


def test_a_yes_or_a_no_that_stands_alone() -> None:
    for utterance in ("Yes.", "yes please", "Yeah, that's right.", "Correct, thank you.", "That would be great", "mhm"):
        assert agrees(utterance) is True, utterance
    for utterance in (
        "No.",
        "no thanks",
        "No, that's wrong.",
        "that is not quite right",
        "Nope. That isn't it.",
        "not now",
    ):
        assert agrees(utterance) is False, utterance
    for utterance in ("um", "", "yes and no", "no it's four", "yes, three rooms", "what?", "I have no idea", "I know"):
        assert agrees(utterance) is None, utterance
