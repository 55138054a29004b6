"""Fits the weights by which the worker decides that a turn is over (`agent_worker.turn_detection.detector`).

    python -m ops.fit_turns

Two logistic regressions, one on the other. The first reads wholeness out of the embeddings of `turn_sentences.txt`,
where each sentence is whole and each of its beginnings is not. For the second, finished and unfinished sentences of
other businesses than the bench's, spoken by the bench's voices in several rooms, go through the worker's ear and the
local recognizer. The bench's own sentences are not used. Writes `agent_worker/turn_detection/model.npz` and prints how
the scores separate the two.
"""

from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent_worker.turn_detection import audio_features, semantic_completeness
from agent_worker.turn_detection.detector import turn_features
from agent_worker.turn_detection.syntactic_completeness import classify_completeness
from local_providers.deepgram.recognizer import Recognizer
from ops.bench import voice
from ops.bench.voice import VOICES, Voice
from ops.sound import RATE, Pcm, bounds, noise, resample

SENTENCES = Path(__file__).parent / "turn_sentences.txt"
QUIET = 0.2
ROOMS = (-66, -50, -45, -40, -66, -40, -35)  # dBFS of the noise

FINISHED = """Do you repair leather sofas?
How much does a dining table cost?
What time does the restaurant close?
Can I book a table for six people?
Is there a vegetarian menu?
When will my order arrive?
Where can I park the car?
Do you ship to Norway?
How do I cancel my subscription?
Are you open on public holidays?
Which colours do you have?
Can I change the delivery address?
Is the dentist available on Thursday?
How long does the treatment take?
What is the price of a cleaning?
Do I have to pay a deposit?
Could you repeat the last part?
Does the warranty cover water damage?
Who do I speak to about an invoice?
What happens if I miss the appointment?
I would like to order two chairs.
I need an appointment for my son.
My order number is four four one nine.
I have lost my membership card.
The table arrived with a broken leg.
We are a group of twelve.
I want to return a pair of shoes.
My name is Julia Roberts.
I am calling about my invoice.
You can reach me at home.
I paid by credit card.
It is for my grandmother.
My phone number is eight eight one two two four five.
I bought it three weeks ago.
The delivery was late again.
Please cancel my reservation.
Tell me about the opening times.
I prefer the window seat.
We will be there at seven.
That is all, thank you.
Yes, that works.
No, thank you.
Next Friday, please.
For two people.
I live in Manchester.
My daughter has a toothache.
I am allergic to peanuts.
The lamp does not work.
It costs too much for me.
I have a question about my bill.
I work at the university.
Send it to my office address.
I saw the advert in the newspaper.
My flight leaves at nine in the evening.
I think the blue one is nicer.
Thirty five euros is fine.
What about delivery?
And the guarantee?
And for children?
How long?
How far is it?
Why?
Which one?
Seriously?
My email is tom at hotmail dot com.
Write to laura dot miller at company dot org."""

# The bar is where the speaker stops, and would go on.
UNFINISHED = """I would like to order| two chairs and a lamp.
Do you ship| to Norway and Sweden?
My order number is| four four one nine.
How long does the| treatment usually take?
I need an appointment for| my son on Thursday.
Can I change| the delivery address?
What is the price of| a normal cleaning?
We are| a group of twelve people.
I wanted to ask whether| there is a vegetarian menu.
Could you| repeat the last part?
The table arrived with| a broken leg.
Is the dentist| available on Thursday morning?
I paid by| credit card last week.
My name is| Julia Roberts.
I bought it three weeks| ago in your store.
You can send it to| my office address.
If I cancel today,| do I get my money back?
When I ordered,| the website said three days.
So,| what time do you close?
I have lost my card and| I need a new one.
My flight leaves at| nine in the evening.
It is for my grandmother, she| lives in Leeds.
I saw the advert in the| newspaper yesterday.
Does the warranty| cover water damage?
Where can I| park the car?
Uh,| I want to return these shoes.
I think the blue one| is nicer than the green one.
My daughter has| a toothache since Sunday.
We will be there| at seven or half past.
Because the lamp does not work,| I want my money back.
Are you| open on public holidays?
The delivery was late| again and nobody called.
I prefer| the window seat.
How much would it cost to| repair a leather sofa?
Do I have to pay| a deposit for the room?
Who do I speak to| about an invoice?
My phone number is eight eight one| two two four five.
I am calling because| my order is late.
The chair| that I bought is broken.
Is it true that| you deliver on Sundays?
I work at the university, so| I only have time after six.
We would like| a table outside.
Please cancel| my reservation for tonight.
What happens if| I miss the appointment?
I live in Manchester and| I have no car.
Could you send me| the catalogue by post?
The last time I came,| the door was closed.
I need the sofa before| the end of May.
You have to understand that| I waited for two hours.
I have been a customer for| eleven years.
It was on sale for| two hundred pounds.
Can my brother| pick it up for me?
What about| the other colours?
I would rather| come in the morning.
My wife says| the red one is better.
Then I called| the other number.
I have two questions,| first about the price.
Is breakfast| included or not?
I can come on Monday or| on Wednesday.
The colour is nice but| it is too big for my room."""


def begun(text: str, build: str, who: Voice) -> Pcm | None:
    """What is heard up to the bar; builds as in `ops.bench.corpus`. None where the voice makes no pause of it."""
    parts = text.split("|")
    match build:
        case "pieces":
            return voice.say(parts[0], who)
        case "cut":
            marked = voice.gaps(voice.say(" ...".join(parts), who))
            if not marked:
                return None
            sound = voice.split(voice.say("".join(parts), who), longest(marked)[0], 0.6)
        case _:
            mark = " ..." if build == "trailing" else ","
            sound = voice.say(mark.join([parts[0].rstrip(","), *parts[1:]]), who)
    gaps = voice.gaps(sound)
    return sound[: longest(gaps)[0]] if gaps else None


def longest(gaps: list[tuple[int, int]]) -> tuple[int, int]:
    return max(gaps, key=lambda gap: gap[1] - gap[0])


def observe(sound: Pcm, room: float, recognizer: Recognizer) -> list[float] | None:
    """The features of one utterance, or None where nothing is audible."""
    found = bounds(sound)
    if found is None:
        return None
    clean = sound[slice(*found)].astype(np.float64)
    said = recognizer.recognize(at_16k(np.concatenate((clean, np.zeros(RATE // 10)))))
    text = " ".join(word.text for word in said.words)
    heard = np.concatenate((np.zeros(RATE * 3 // 10), clean, np.zeros(round(QUIET * RATE))))
    heard += np.resize(noise("pink", 5.0, room, 3), len(heard))
    return turn_features(classify_completeness(text), text, audio_features.predict(at_16k(heard)))


def at_16k(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    return (resample(samples, audio_features.RATE / RATE) / 32768).astype(np.float32)


def read_wholeness() -> NDArray[np.float64]:
    """Weights of the embedding, and the offset."""
    texts: list[str] = []
    whole: list[float] = []
    for sentence in SENTENCES.read_text().splitlines():
        spoken = semantic_completeness.normalize(sentence).split()
        texts += [" ".join(spoken[:count]) for count in range(1, len(spoken) + 1)]
        whole += [0.0] * (len(spoken) - 1) + [1.0]
    table = np.vstack([semantic_completeness.embed(texts[start : start + 32]) for start in range(0, len(texts), 32)])
    return fit(table, np.array(whole), ridge=0.1 * len(texts))


def fit(rows: NDArray[np.float64], over: NDArray[np.float64], ridge: float = 30.0) -> NDArray[np.float64]:
    """Weights and, last, the offset of a ridge logistic regression, both kinds counting the same."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.column_stack(((rows - middle) / spread, np.ones(len(rows))))
    balance = np.where(over == 1, 0.5 / over.mean(), 0.5 / (1 - over.mean()))
    weights = np.zeros(design.shape[1])
    for _ in range(2000):
        error = (1 / (1 + np.exp(-design @ weights)) - over) * balance
        weights -= 0.5 * (design.T @ error + ridge * np.append(weights[:-1], 0)) / len(rows)
    raw = weights[:-1] / spread
    return np.append(raw, weights[-1] - raw @ middle)


def save(**weights: NDArray[np.float64]) -> None:
    np.savez(semantic_completeness.MODEL, **weights)  # pyright: ignore[reportArgumentType]
    semantic_completeness.load_weights.cache_clear()


def main() -> None:
    whole = read_wholeness()
    save(words=whole, turn=np.zeros(0))
    recognizer = Recognizer("", 1)
    voices, rooms = cycle(VOICES), cycle(ROOMS)
    rows: list[list[float]] = []
    over: list[float] = []
    for text in FINISHED.splitlines():
        for _ in range(3):
            if row := observe(voice.say(text, next(voices)), next(rooms), recognizer):
                rows.append(row)
                over.append(1)
    for text in UNFINISHED.splitlines():
        for build in ("trailing", "holding", "cut", "pieces"):
            sound = begun(text, build, next(voices))
            if sound is not None and (row := observe(sound, next(rooms), recognizer)):
                rows.append(row)
                over.append(0)
        if row := observe(voice.say(text.replace("|", ""), next(voices)), next(rooms), recognizer):
            rows.append(row)
            over.append(1)
    table, truth = np.array(rows), np.array(over)
    weights = fit(table, truth)
    scores = table @ weights[:-1] + weights[-1]
    save(words=whole, turn=weights)
    print(weights.round(2))
    print(f"sure_from: {np.quantile(scores[truth == 1], 0.4):.2f}, six in ten of the finished are above")
    print(f"likely_from: {np.quantile(scores[truth == 0], 0.95):.2f}, one in twenty of the unfinished is above")


if __name__ == "__main__":
    main()
