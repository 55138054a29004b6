"""What our own recognizer makes of the labelled set, kept as text: `python -m ops.bench.understanding_speech [FILE]`.

Lines with `voice` and without `heard` are spoken by one of the bench's speakers in one of its rooms and recognized as
on a call. What was meant is not always what a reader can still find in the text that comes out, so the truth of such
a line is looked at by a person, and `meant` keeps what the caller had said.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

from local_providers.deepgram.recognizer import Recognizer
from ops.bench import voice
from ops.bench.corpus import QUIET_ROOM, ROOMS
from ops.bench.understanding_set import LINES
from ops.bench.voice import LOUDNESS, VOICES
from ops.sound import RATE, noise, resample

_LETTERS = re.compile(r"\b(?:[a-z] )+[a-z]\b", re.IGNORECASE)


def main() -> None:
    """Fill in what is missing, line by line, in the file itself: the held-out half, or the one that is named."""
    file = Path(sys.argv[1]) if sys.argv[1:] else LINES
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    recognizer = Recognizer("", 1)
    for number, line in enumerate(lines):
        if "voice" in line and "heard" not in line:
            line["heard"] = _recognize(recognizer, line["said"], line["voice"], number)
            print(f"{line['id']}: {line['said']}\n    {line['heard']}", flush=True)
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))


def _recognize(recognizer: Recognizer, text: str, speaker: str, number: int) -> str:
    speaker_voice = next(item for item in VOICES if item.name == speaker)
    spelt = _LETTERS.sub(lambda match: ". ".join(match[0].upper().split()) + ".", text)
    sound = voice.say(spelt, speaker_voice) / 32768
    kind, ratio = ROOMS[number % len(ROOMS)]
    room = noise(kind, len(sound) / RATE + 0.5, QUIET_ROOM if ratio is None else LOUDNESS - ratio, number) / 32768
    lead = RATE // 4
    room[lead : lead + len(sound)] += sound[: len(room) - lead]
    result = recognizer.recognize(np.asarray(resample(room, 16_000 / RATE), np.float32))
    return " ".join(word.text for word in result.words)


if __name__ == "__main__":
    sys.exit(main())
