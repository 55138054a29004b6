"""What callers' words mean: many wordings of each courtesy, and questions that only sound like one."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_app.domain.flows.nlu import dialogue_acts

pytestmark = pytest.mark.unit

FAREWELLS = (
    "Goodbye, Mira.",
    "Bye-bye.",
    "Good-bye.",
    "Bye now.",
    "By by.",
    "Buh-bye.",
    "Okay, I'll call the clinic then. Bye.",
    "Okay I will think about it. Goodbye!",
    "Alright I'll let you go.",
    "That would be all.",
    "That's all for today, thanks.",
    "That's everything, thank you.",
    "No, that's all. Thanks for your help.",
    "Thank you for your help, goodbye.",
    "Thanks for the information, bye.",
    "I'm done, thank you.",
    "I think that's it.",
    "I have no more questions.",
    "No further questions.",
    "No more questions, thanks.",
    "I gotta go.",
    "I've got to go now, bye.",
    "I really have to go.",
    "Talk to you soon.",
    "Catch you later.",
    "Have a nice day.",
    "You too, bye.",
    "You too. Goodbye.",
    "Have a great rest of your day.",
    "Take care, bye.",
    "Farewell.",
    "So long.",
    "Ciao.",
    "Cheers, bye.",
    "You can hang up now.",
    "Can you end the call please?",
    "Please end this call.",
    "Let's end the call here.",
    "End call.",
    "Stop the call.",
    "No, nothing else.",
    "No thanks, that's it.",
    "No I'm good.",
    "No, I'm good, thanks.",
    "I'm good, thank you.",
    "Okay, bye bye, thank you very much.",
    "Great. That's all I needed. Thank you.",
    "See you on Saturday. Bye!",
    "Okay great, see you on Monday, goodbye.",
    "Good night.",
    "Thank you, bye-bye.",
    "It was nice talking to you, bye.",
    "Nice talking to you.",
    "I'll call back later.",
    "I'll call you back. Bye.",
    "Thank you and goodbye.",
    "Bye-bye, then!",
    "Right, that's it from my side, goodbye.",
    "ok thanks bye",
    "Thank you so much for your help. Have a lovely evening!",
    "Well I guess that was everything. Bye now.",
    "no i'm fine thank you",
    "That's all I wanted to know.",
    "Okay, see you tomorrow!",
    "alright i have to run",
    "Perfect, I'll call again tomorrow.",
    "thank you very much and goodbye sarah",
)

SOUND_LIKE_FAREWELLS = (
    "I don't want to say goodbye to my dog.",
    "How do you say goodbye in French?",
    "Can I say goodbye to my old lease early?",
    "By the way, how much is parking?",
    "Bye the way, what about pets?",
    "Is that all?",
    "Is that everything that is included?",
    "Do you have a night desk?",
    "What do I have to do before I leave?",
    "I need to go to the office, where is it?",
    "I have to go through the application again, how does it work?",
    "Is it a good buy?",
    "Can I buy a parking space?",
    "No, I want to know about the deposit.",
    "Nothing works here, can you help?",
    "Thank you, but how much is it?",
    "I'm done with my studies, can I still apply?",
    "Do you take care of repairs?",
    "Who takes care of the heating?",
    "What time do you end the call center hours?",
    "Can you stop by on Saturday?",
    "Have a good day, is that what you say to everyone?",
    "See you have three bedrooms, how much?",
    "Does the tour end at two?",
    "I want to leave early, how much notice?",
    "Good night's sleep matters, is it quiet at night?",
    "That's it? Only twelve months?",
    "How long is the lease?",
    "No more than two pets?",
    "Are there no more apartments?",
    "Do I need anything else?",
    "Is there nothing cheaper?",
    "No, I meant the two-bedroom apartment.",
    "Do you have a nice view?",
    "Can I see you on Saturday?",
    "Do I have to go to the office?",
    "What happens when I say goodbye to the apartment?",
    "Is there anything else I need to apply?",
    "Thanks, and what about parking?",
    "",
)

COURTESIES = (
    "Hello.",
    "Hi Mira!",
    "Good morning.",
    "Hey, how are you?",
    "Nice to meet you.",
    "Are you human?",
    "Are you a real person or a machine?",
    "Am I talking to a robot?",
    "Is this an AI?",
    "Is this a recording?",
    "Are you ChatGPT?",
    "Who am I speaking to?",
    "Who are you?",
    "What's your name?",
    "What are you?",
    "Are you a computer program?",
    "Do I talk to a human?",
    "You sound like a robot.",
    "Is there a real person there?",
    "Thanks.",
    "Thank you very much!",
    "Okay thanks.",
    "That's great, thank you.",
    "That was very helpful, thanks.",
    "Wow, cool.",
    "Yes.",
    "Yes please.",
    "Mhm.",
    "Uh-huh.",
    "Hmm.",
    "Um",
)

SOUND_LIKE_COURTESIES = (
    "Are you a pet friendly place?",
    "Are you open on Sunday?",
    "Is this a quiet area?",
    "Are you real estate agents?",
    "Is this an apartment or a house?",
    "Do you have a robot vacuum?",
    "Hello, I'd like to know the rent.",
    "Are you a person I can meet for the tour?",
    "Is a real person giving the tour?",
)

AGAIN = (
    "Sorry, what was that?",
    "Pardon?",
    "Come again?",
    "Can you say that again?",
    "Could you repeat that please?",
    "I didn't catch that.",
    "I didn't hear you.",
    "What did you say?",
    "Sorry?",
    "What?",
    "Say again.",
    "Repeat please.",
    "Once more please.",
    "One more time.",
    "Could you say that one more time?",
    "Excuse me, what?",
    "Huh?",
    "I didn't get that.",
    "Can you repeat the last part?",
    "Sorry I did not understand that.",
    "Would you mind repeating that?",
)

NOT_AGAIN = (
    "What did you say the deposit was?",
    "Can you repeat the price of the studio?",
    "Sorry, what about pets?",
    "What was the address?",
    "Excuse me, where is it?",
)


@pytest.mark.parametrize("text", FAREWELLS)
def test_farewells(text: str) -> None:
    assert dialogue_acts.dialogue_act(text) == "goodbye"


@pytest.mark.parametrize("text", [*SOUND_LIKE_FAREWELLS, *SOUND_LIKE_COURTESIES, *AGAIN, *NOT_AGAIN])
def test_questions_stay_questions(text: str) -> None:
    assert dialogue_acts.dialogue_act(text) == "question"


@pytest.mark.parametrize("text", COURTESIES)
def test_courtesies_are_answered_at_once(text: str) -> None:
    assert dialogue_acts.dialogue_act(text) == "smalltalk"
    assert dialogue_acts.courtesy(text)


@pytest.mark.parametrize(
    ("text", "courtesy"),
    [
        ("Hello?", "greeting"),
        ("Thank you so much.", "thanks"),
        ("Are you a robot?", "about"),
        ("Hello, am I talking to a real person?", "about"),
        ("Okay.", "filler"),
    ],
)
def test_courtesies(text: str, courtesy: str) -> None:
    assert dialogue_acts.courtesy(text) == courtesy


@pytest.mark.parametrize("text", ["No.", "Nope!", "No no.", "Um, no.", "Not really."])
def test_a_plain_no(text: str) -> None:
    assert dialogue_acts.dialogue_act(text) == "no"


@pytest.mark.parametrize("text", AGAIN)
def test_asking_again(text: str) -> None:
    assert dialogue_acts.asks_to_repeat(text)


@pytest.mark.parametrize("text", [*NOT_AGAIN, *COURTESIES, *FAREWELLS])
def test_not_asking_again(text: str) -> None:
    assert not dialogue_acts.asks_to_repeat(text)


_PIECES = st.sampled_from(["bye ", "thanks ", "ok ", "that's all ", "hm", "so ", "no ", "what ", "?", ". ", "x"])


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=400).map("".join)))
def test_any_text_is_understood_quickly(text: str) -> None:
    began = time.process_time()
    assert dialogue_acts.dialogue_act(text) in {"question", "goodbye", "smalltalk", "no"}
    dialogue_acts.courtesy(text)
    dialogue_acts.asks_to_repeat(text)
    assert time.process_time() - began < 0.2
