"""A yes that takes up an offer, a no that declines one, and what is put right while questions are answered."""

import pytest

from quantum_app.domain.flows.engine.engine import step
from quantum_app.domain.flows.model.conditions import Fallback, Intent
from quantum_app.domain.flows.model.definition import Choice, Edge, FlowDefinition, Variable
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    AnswerNotFound,
    CallerSaid,
    Classified,
    Classify,
    Collect,
    EndCall,
    Extract,
    Extracted,
    Timer,
)
from quantum_app.domain.flows.nlu.dialogue_acts import asks_for_more, corrects, extract_offer, states_own_contact
from tests.unit.flows.caller import FLOW, Caller, asking, with_node

pytestmark = pytest.mark.unit

OFFERS = with_node(
    FLOW, "answers", opening="Would you like to see a home?", fallback="I do not know that. Shall I note a question?"
)
VALUES = {"name": "Ines Moreau", "email": "ines@example.com", "phone": "+12025550143", "rooms": 3, "city": "Kiel"}


def with_phone(*, confirm: bool = False) -> FlowDefinition:
    more = (
        Variable(name="phone", type="phone", label="Phone", ask="Which number?"),
        Variable(name="city", type="choice", ask="Which city?", choices=(Choice(value="Kiel"), Choice(value="Bremen"))),
    )
    variables = tuple(item.model_copy(update={"confirm": confirm and item.name == "email"}) for item in FLOW.variables)
    return FLOW.model_copy(update={"variables": (*variables, *more)})


def offered() -> Caller:
    return Caller(OFFERS, values={"name": "Ines", "email": "ines@example.com"})


@pytest.mark.parametrize(
    ("utterance", "acceptance"),
    [
        ("I can do that. Would you like to book a viewing?", "I would like to book a viewing"),
        ("Would you like me to send you an offer?", "Please send me an offer"),
        ("Shall I note what you need?", "Please note what I need"),
        ("Do you want a quote, or something else?", "I want a quote"),
        ("Do you want us to call you back?", "Please call me back"),
        ("If you like, shall we open a ticket for your team?", "Please open a ticket for my team"),
        ("What would you like to know?", ""),
        ("May I have your name?", ""),
        ("Would you like anything else?", ""),
        ("Would you like to come? Just tell me.", ""),
        ("You can book a viewing.", ""),
        ("", ""),
    ],
)
def test_what_an_offer_means_when_it_is_taken_up(utterance: str, acceptance: str) -> None:
    assert extract_offer(utterance) == acceptance


def test_whether_there_is_anything_else_is_no_offer() -> None:
    for utterance in (
        "Is there anything else?",
        "That is so. Anything else I can help you with?",
        "Any further questions?",
    ):
        assert asks_for_more(utterance), utterance
    for utterance in (
        "You can ask me anything else.",
        "Would you like some tea?",
        "Is there anything else? Just ask me.",
    ):
        assert not asks_for_more(utterance), utterance


@pytest.mark.parametrize("utterance", ["Yes.", "yes please", "Sure!", "That would be great."])
def test_a_bare_yes_means_what_was_offered(utterance: str) -> None:
    caller = offered()
    caller.intent = "tour"
    assert caller.says(utterance) == "Good choice. How many rooms do you need?"
    [request] = caller.did(Classify)
    assert request.text == "I would like to see a home"


def test_an_offer_that_is_no_intent_is_answered() -> None:
    caller = offered()
    caller.topics = ("see a home",)
    assert caller.says("yes") == "(answer)"
    [request] = caller.did(Answer)
    assert request.question == "I would like to see a home"


def test_a_yes_with_a_wish_of_its_own_is_that_wish() -> None:
    caller = offered()
    caller.says("Yes, what does it cost?")
    assert [request.text for request in caller.did(Classify)] == ["Yes, what does it cost?"]


@pytest.mark.parametrize("utterance", ["No.", "no thanks", "Not now, thank you.", "I don't think so."])
def test_a_bare_no_declines_an_offer_and_the_call_goes_on(utterance: str) -> None:
    caller = offered()
    assert caller.says(utterance) == "All right. What else can I do for you?"
    assert caller.did(Answer) == caller.did(Classify) == []
    assert caller.state.answering.low_confidence_streak == 0
    caller.says("no thanks")
    assert caller.did(EndCall) == [EndCall(reason="goodbye")]


def test_a_no_with_a_wish_of_its_own_is_that_wish() -> None:
    caller = offered()
    assert caller.says("no, but are pets allowed?") == "(answer)"
    assert "Goodbye!" in Caller(OFFERS, values={"name": "I", "email": "i@example.com"}).says("No thanks, goodbye.")


def test_a_no_to_anything_else_is_a_farewell_and_a_yes_is_not() -> None:
    caller = Caller(
        with_node(FLOW, "answers", opening="Is there anything else I can help you with?"),
        values={"name": "Ines", "email": "ines@example.com"},
    )
    caller.intent = "tour"
    assert caller.says("Yes.") == "All right. What would you like to know?"
    assert caller.did(Classify) == [], "a yes is no wish"
    caller.says("thank you")
    assert caller.says("No.").endswith("Goodbye!")


def test_an_answer_of_the_model_may_end_with_an_offer() -> None:
    caller = asking()
    state, actions = step(FLOW, caller.state, CallerSaid(text="what does it cost?"))
    [request] = [action for action in actions if isinstance(action, Classify)]
    state, actions = step(FLOW, state, Classified(request=request.request))
    [answer_request] = [action for action in actions if isinstance(action, Answer)]
    answer = AnswerFound(request=answer_request.request, text="It costs 980 euros. Would you like to see a home?")
    caller.state, _ = step(FLOW, state, answer)
    caller.intent = "tour"
    assert caller.says("yes please") == "Good choice. How many rooms do you need?"


def test_a_fallback_that_the_model_has_said_makes_its_offer_too() -> None:
    caller = offered()
    caller.says("no")
    state, actions = step(OFFERS, caller.state, CallerSaid(text="what is the meaning of life?"))
    [request] = [action for action in actions if isinstance(action, Classify)]
    state, actions = step(OFFERS, state, Classified(request=request.request))
    [answer_request] = [action for action in actions if isinstance(action, Answer)]
    state, _ = step(OFFERS, state, AnswerNotFound(request=answer_request.request, was_spoken=True))
    assert state.conversation.offer == "Please note a question"


def test_what_was_said_since_takes_the_offer_away() -> None:
    caller = offered()
    caller.happens(Timer(kind="silence"))
    assert caller.says("Yes.") == "All right. What would you like to know?"


def test_a_greeting_may_offer_something() -> None:
    flow = with_node(FLOW, "start", greeting="Hello. Would you like to see a home?")
    ways = (Edge(id="look", source="start", target="home", condition=Intent(description="wants to see a home")),)
    flow = flow.model_copy(update={"edges": (*ways, *flow.edges)})
    caller = Caller(flow)
    caller.intent = "look"
    assert caller.says("no") == "All right. What else can I do for you?"
    caller = Caller(flow)
    caller.intent = "look"
    assert "How many rooms" in caller.says("yes")
    direct = tuple(edge for edge in flow.edges if edge.source != "start")
    onward = (*ways, Edge(id="on", source="start", target="answers", condition=Fallback()), *direct)
    caller = Caller(flow.model_copy(update={"edges": onward}))
    caller.topics = ("see a home",)
    assert caller.says("yes") == "(answer)", "what was offered is answered where no intent is it"


# Corrections


@pytest.mark.parametrize(
    ("utterance", "name", "value"),
    [
        ("Actually, my e-mail is agnes at example dot com.", "email", "agnes@example.com"),
        ("my email address is agnes at example dot com", "email", "agnes@example.com"),
        ("Sorry, my number was wrong, it's 202 555 0144.", "phone", "+12025550144"),
        ("I made a mistake, it's agnes at example dot com", "email", "agnes@example.com"),
        ("My name is Agnes Moreau, by the way", "name", "Agnes Moreau"),
        ("I misspoke, make it four rooms", "rooms", 4),
        ("I misspoke, actually the city is Bremen.", "city", "Bremen"),
    ],
)
def test_what_is_known_is_put_right_where_questions_are_answered(utterance: str, name: str, value: object) -> None:
    caller = Caller(with_phone(), values=VALUES)
    assert caller.state.node == "answers"
    reply = caller.says(utterance)
    assert reply == "All right, I've changed that. Is there anything else you would like to know?"
    assert caller.actions[-2] == Collect(variable=name, value=value)
    assert caller.state.slots.values == VALUES | {name: value}
    assert caller.says("are pets allowed?") == "(answer)", "the node goes on listening"


@pytest.mark.parametrize(
    "utterance",
    [
        "Is your phone number 202 555 0199?",
        "I have tried the number 202 555 0199 and nobody answered",
        "Are three rooms or four rooms cheaper?",
        "Actually, four rooms are too many for most people",
        "sorry, are pets allowed in Bremen?",
        "My name is on the list, are pets allowed",
        "my name is Ines",
        "I was charged wrong",
        "my e-mail does not work",
    ],
)
def test_what_is_no_correction_changes_nothing(utterance: str) -> None:
    caller = Caller(with_phone(), values=VALUES)
    caller.says(utterance)
    assert caller.state.slots.values == VALUES
    assert caller.did(Answer), "it is a question like any other"


def test_what_nobody_has_told_is_not_taken_there() -> None:
    caller = Caller(with_phone(), values={"name": "Ines Moreau", "email": "ines@example.com"})
    caller.says("my phone number is 202 555 0143")
    assert "phone" not in caller.state.slots.values


def test_no_extractor_changes_what_the_words_do_not_speak_of() -> None:
    flow = with_phone()
    caller = Caller(flow, values=VALUES)
    waiting, actions = step(flow, caller.state, CallerSaid(text="actually my e-mail is agnes at example dot com"))
    [extract] = [action for action in actions if isinstance(action, Extract)]
    assert extract.variables == ("email",)
    state, _ = step(flow, waiting, Classified(request=extract.request))
    state, _ = step(flow, state, Extracted(request=extract.request, values={"rooms": 5, "email": "a@example.com"}))
    assert state.slots.values == VALUES | {"email": "a@example.com"}


def corrected() -> Caller:
    caller = Caller(with_phone(confirm=True), values=VALUES)
    reply = caller.says("Actually, my e-mail is agnes at example dot com.")
    assert reply == "I have agnes@example.com. Is that right?"
    return caller


def test_what_is_put_right_is_read_back_there_too() -> None:
    caller = corrected()
    assert caller.says("yes").startswith("All right, I've changed that.")
    assert caller.state.slots.values["email"] == "agnes@example.com"
    caller = corrected()
    assert caller.says("No.") == "Sorry, I didn't get that. What is your e-mail address?"
    assert caller.says("inez at example dot com") == "I have inez@example.com. Is that right?"
    assert caller.says("that's it").startswith("All right, I've changed that.")
    assert caller.state.slots.values["email"] == "inez@example.com"


def test_who_asks_something_else_meanwhile_is_answered() -> None:
    caller = corrected()
    assert caller.says("are pets allowed?") == "(answer) I have agnes@example.com. Is that right?"
    caller.says("no")
    assert caller.says("are pets allowed?") == "(answer)", "what was known before stays"
    assert caller.state.slots.values["email"] == "ines@example.com"
    caller = corrected()
    caller.intent = "tour"
    caller.says("I would like to look at one")
    assert caller.state.slots.values["email"] == "agnes@example.com", "as it was understood last"


def test_who_does_not_say_it_again_is_left_alone() -> None:
    caller = corrected()
    caller.says("No.")
    reply = caller.says("No, thanks.")
    assert reply == "All right, we'll skip that. Is there anything else you would like to know?"
    assert caller.state.slots.values["email"] == "ines@example.com"
    assert caller.says("no").endswith("Goodbye!")


def test_nobody_is_asked_there_for_ever_either() -> None:
    caller = corrected()
    assert caller.says("it depends") == "I have agnes@example.com. Is that right?"
    assert caller.says("it depends").startswith("Thank you. I've noted it the way I understood it.")
    assert caller.says("are pets allowed?") == "(answer)"


def test_words_of_correction() -> None:
    assert corrects("actually it's four")
    assert not corrects("actually it's four", surely=True)
    assert corrects("that was a mistake", surely=True)
    assert states_own_contact("my new phone number is")
    assert not states_own_contact("your number is")
