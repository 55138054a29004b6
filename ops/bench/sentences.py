"""What the synthetic callers of the bench say: text only; `ops.bench.corpus` makes it audible.

Hesitating sentences carry a bar where the speaker stops and goes on. Places are natural (before a clause, after "and")
and unnatural (between subject and verb, before an object, inside a number). No sentence takes leave: that ends a call.
"""

PLAIN = (
    # questions to the company that rents homes
    "Do you allow pets in the apartments?",
    "How much is a studio per month?",
    "What does a two-bedroom apartment cost?",
    "How long is the shortest lease?",
    "When do I get my deposit back?",
    "What do I need to apply for an apartment?",
    "Can I end the lease early?",
    "Is smoking allowed on the balcony?",
    "How much is a parking space in the garage?",
    "Can I charge my electric car there?",
    "When can I come for a tour?",
    "What are your opening hours on Saturday?",
    "Where exactly is the building?",
    "Is the heating included in the rent?",
    "Do the apartments come with internet?",
    "Is there a gym in the building?",
    "Does every apartment have a washing machine?",
    "When is the next apartment available?",
    "How far is the primary school from the building?",
    "Could I sublet one room to a friend?",
    "Which supermarket is closest to the house?",
    "How long does the tram take to the city centre?",
    "Tell me about the balconies, please.",
    "I would like to know who pays for electricity.",
    "Are there any three-bedroom apartments left?",
    "What happens if I move out after six months?",
    # numbers
    "My budget is 1,500 euros a month.",
    "There are four of us, two adults and two children.",
    "I am looking for about seventy square metres.",
    "We have 2 dogs and 1 cat.",
    "My phone number is 5 5 5, 0 1 4 2.",
    "The reference is 7 3 9 2 1 4.",
    "I earn 3,200 euros after tax.",
    "We could pay 250 euros more for a second parking space.",
    "I live at number 48, on the third floor.",
    "Twenty-five people are on the waiting list.",
    "The flat has ninety-two square metres and costs two thousand euros.",
    # names
    "My name is Anna Weber.",
    "This is Michael Thompson speaking.",
    "I spoke to Sarah Johnson last week.",
    "My husband is called David Miller.",
    "I am calling for Doctor Robert Evans.",
    "Is Laura Bennett in the office today?",
    "The lease is in the name of Peter Collins.",
    # e-mail addresses
    "My e-mail is anna dot weber at example dot com.",
    "You can write to info at example dot org.",
    "Please send it to peter at quay dot example.",
    "It is sales at northquay dot example.",
    "My address is mike at mail dot example dot com.",
    "Send the papers to office at example dot net, please.",
    # dates and times
    "Can I move in on the third of March?",
    "I would like a tour on Tuesday at half past ten.",
    "We need the apartment from the first of December.",
    "Is Friday the 14th of August possible?",
    "My contract ends on the 31st of January.",
    "I can come at 3:30 in the afternoon.",
    "Are you open on Monday morning at nine?",
    "We moved here in 2019.",
    # short answers
    "Yes, please.",
    "No, not yet.",
    "Maybe tomorrow.",
    "That sounds good.",
    "What about cats?",
    "And the deposit?",
    "How much?",
    "Really?",
)

# The model itself trails off at the bar, as a speaker does who is thinking.
TRAILING = (
    "I would like to know if| you have parking for two cars.",
    "Do you allow| dogs in the apartments?",
    "Can I move in| on the third of March?",
    "We are looking for| a two-bedroom apartment with a balcony.",
    "I need a place for me and| my two children.",
    "How much is the rent for| a studio?",
    "My budget is| fifteen hundred euros a month.",
    "Could you tell me| when the office is open?",
    "I would like to book a tour on| Tuesday afternoon.",
    "So my question is| whether heating is included in the rent.",
    "We have two cats and| a small dog.",
    "Is there| a swimming pool in the building?",
    "The reference number is seven three nine| two one four.",
    "My e-mail address is anna dot weber| at example dot com.",
    "I was wondering| what the deposit is| for a studio.",
    "If I end the lease early,| how much do I pay?",
    "My name is| Anna Weber and I| live in the city centre.",
    "I want to ask about the| charging points for electric cars.",
)

# A comma at the bar: the voice holds, the phrase goes on.
HOLDING = (
    "Um,| is there a supermarket near the building?",
    "I saw your apartments online, and,| I would like to visit one.",
    "Well,| we need three bedrooms.",
    "You know, we have a dog, so,| is that a problem?",
    "When I move out,| when do I get the deposit back?",
    "I need an identity card,| and what else?",
    "I work nights, so,| can I come on a Saturday?",
    "The thing is, um,| I have no payslips yet.",
    "First,| how much is a parking space?",
    "Either the first of March, or,| the first of April.",
    "Because I drive an electric car,| I need a charging point.",
    "My number is, uh,| five five five zero one four two.",
    "For my wife and me, and,| maybe a baby next year.",
    "I mean,| does the internet cost anything?",
)

# The sentence is spoken in one breath and cut at the bar: no lengthening warns of the pause.
CUT = (
    "Is it possible to| sublet one of the rooms?",
    "The rent is| how much exactly?",
    "I can pay up to two thousand| four hundred euros.",
    "My brother| wants to move in with me.",
    "Could I get| a parking space in the garage?",
    "What does the| one-bedroom apartment cost?",
    "We would| like to see the balcony.",
    "Do I have to bring| my last three payslips?",
    "Is the school| far from the building?",
    "I have been waiting for| an answer since Monday.",
    "The apartment on the| third floor is the one I like.",
    "Can you send it to peter| at example dot com?",
    "We want to stay for at least| two years.",
    "Please tell me the| address of the building.",
)

# Two separate sentences' intonation with a pause between: each piece ends as if it were the last.
PIECES = (
    "I would like to book| a tour of the apartments.",
    "We need two bedrooms and| a balcony.",
    "Can I bring my| bicycle into the garage?",
    "I am calling because| I want to end my lease.",
    "Is water included or| do I pay for it?",
    "My phone number is five five five| zero one four two.",
    "Does the price include the| internet connection?",
    "I would prefer to move in before| the end of the year.",
)

# Said into an answer: words that take the floor, and sounds that only show that somebody listens.
BARGE_IN = (
    "Wait, how much is the deposit?",
    "Sorry, can I ask something else?",
    "Stop, I meant a studio.",
    "Excuse me, what about parking?",
    "Hold on, I have another question.",
    "No, I mean for two people.",
    "One second, is that per month?",
    "Okay, and when can I move in?",
)
BACK_CHANNEL = ("Uh-huh.", "Mm-hmm.", "Okay.", "Right.", "Yeah.", "I see.")

# Questions with a long answer, to be interrupted.
OPENERS = (
    "What do I need to apply for an apartment?",
    "What does an apartment cost?",
    "Are pets allowed in the apartments?",
    "Which utilities are included in the rent?",
    "Where is the building?",
    "How do I book a tour?",
)

# Recordings of people in `human/` (its README says from where): file, words, and how often to pause inside.
HUMAN = (
    ("cards-2.flac", "four queen of clubs", 1),
    ("cards-5.flac", "eight of spades four of clubs seven of hearts", 2),
    ("song.flac", "feels like these days go on forever", 1),
    (
        "austen-0870.flac",
        "and mister john dashwood had then leisure to consider how much there might be prudently in his"
        " power to do for them",
        1,
    ),
    (
        "austen-0870.flac",
        "and mister john dashwood had then leisure to consider how much there might be prudently in his"
        " power to do for them",
        2,
    ),
    ("austen-0880.flac", "he was not an ill disposed young man", 1),
    ("austen-0890.flac", "unless to be rather cold hearted and rather selfish is to be ill disposed", 1),
    ("austen-0890.flac", "unless to be rather cold hearted and rather selfish is to be ill disposed", 2),
    (
        "austen-0920.flac",
        "had he married a more amiable woman he might have been made still more respectable than he was",
        1,
    ),
    (
        "austen-0920.flac",
        "had he married a more amiable woman he might have been made still more respectable than he was",
        2,
    ),
    ("austen-0930.flac", "he might even have been made amiable himself", 1),
    ("forward.flac", "go forward ten meters", 1),
    ("something.flac", "go somewhere and do something", 1),
    ("beckett.flac", "ever tried ever failed no matter try again", 0),
)
