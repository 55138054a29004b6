"""Words that only say "I am listening", and no turn of the caller."""

import re

from agent_worker.turn_detection.syntactic_completeness import WORD

_BACKCHANNELS = frozenset(
    """
    mhm mmhmm mm-hmm mm hmm hm uh-huh uhuh yeah yep yes okay ok right sure ah oh aha alright cool great good
    nice fine
    """.split()
)
# However a recognizer writes a hum: "mama", "uhum", "hmm".
_HUM = re.compile(r"^[mhau'-]+$")
_BACKCHANNEL_PHRASES = frozenset(
    {"i see", "got it", "all right", "uh huh", "mm hmm", "oh okay", "of course", "very good"}
)


# A recognizer takes a hum for words with less confidence than this, like "It's her" for "uh-huh". Real words get more.
HUM_CONFIDENCE = 0.36


def is_backchannel(text: str, confidence: float = 1.0) -> bool:
    """Whether these words only say "I'm listening". confidence: The recognizer's, from 0 to 1."""
    words = [word.strip(".'_") for word in WORD.findall(text.lower())]
    if not words or len(words) > 3:
        return False
    if all(_HUM.match(word) for word in words) or (len(words) < 3 and confidence < HUM_CONFIDENCE):
        return True
    return " ".join(words) in _BACKCHANNEL_PHRASES or all(word in _BACKCHANNELS for word in words)
