"""The audio of the bench and what is true of it, made at run time and kept in `.build/corpus/<hash>`.

Every item is clean speech: the caller adds the room's noise while it plays, also in the pauses and between utterances.
The truth (first and last audible sample, places and lengths of pauses) is measured in the clean samples.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np

from ops.bench import sentences, voice
from ops.bench.voice import LOUDNESS, VOICES, Voice
from ops.sound import RATE, Pcm, bounds, dbfs, levels, read_wav, resample, write_wav
from quantum_app.settings import ROOT

HUMAN = Path(__file__).parent / "human"
# (kind, signal to noise in dB): None is a quiet room.
ROOMS = (("pink", None), ("pink", 30), ("pink", 25), ("hum", 25), ("pink", 20), ("hum", 20), ("pink", 15))
QUIET_ROOM = -66.0
# Seconds of pause, each within 0.3 to 0.8.
PAUSES = (0.35, 0.5, 0.65, 0.8, 0.45, 0.7, 0.3, 0.6, 0.4, 0.75, 0.55)
LONGEST_PAUSE = 0.8
LEVELS = (0.0, -3.0, -6.0, -10.0)

Kind = Literal["plain", "hesitating", "opener", "barge_in", "back_channel"]


@dataclass(frozen=True, slots=True)
class Item:
    """One utterance. Positions in samples at `RATE`; noise_level in dBFS; build: how a pause came into it."""

    id: str
    kind: Kind
    text: str
    speaker: str
    build: str
    noise_kind: str
    noise_level: float
    first: int
    last: int
    pauses: tuple[tuple[int, int], ...]
    path: str

    def samples(self) -> Pcm:
        return read_wav(Path(self.path))


def corpus() -> list[Item]:
    """All items, made the first time (about a minute)."""
    folder = ROOT / ".build" / "corpus" / _hash()
    manifest = folder / "manifest.json"
    if not manifest.exists():
        folder.mkdir(parents=True, exist_ok=True)
        items = _Builder(folder).build()
        draft = manifest.with_suffix(".new")
        draft.write_text(json.dumps([asdict(item) for item in items], indent=1))
        draft.rename(manifest)
    return [
        Item(**entry | {"pauses": tuple((start, end) for start, end in entry["pauses"])})
        for entry in json.loads(manifest.read_text())
    ]


def _hash() -> str:
    digest = hashlib.sha256(version("hibari-tts").encode())
    here = Path(__file__).parent
    for file in (*sorted(here.glob("*.py")), here.parent / "sound.py", *sorted(HUMAN.glob("*.flac"))):
        if file.name in {"corpus.py", "voice.py", "sentences.py", "sound.py"} or file.suffix == ".flac":
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


class _Builder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.items: list[Item] = []
        self.pauses = cycle(PAUSES)

    def build(self) -> list[Item]:
        for text in sentences.PLAIN:
            self._keep("plain", text, self._voice(), "whole", voice.say(text, self._voice()))
        groups = (
            ("trailing", " ...", sentences.TRAILING),
            ("holding", ",", sentences.HOLDING),
            ("cut", "", sentences.CUT),
            ("pieces", "", sentences.PIECES),
        )
        for build, mark, texts in groups:
            for text in texts:
                speaker = self._voice()
                plain = text.replace("|", "")
                match build:
                    case "cut":
                        sound = self._split(text, speaker)
                    case "pieces":
                        sound = self._pieces(text, speaker)
                    case _:
                        sound = self._with_marks(text, mark, speaker)
                self._keep("hesitating", plain, speaker, build, sound)
        for file, text, count in sentences.HUMAN:
            self._keep("hesitating", text, None, "human", self._human(file, count))
        others: tuple[tuple[Kind, tuple[str, ...]], ...] = (
            ("opener", sentences.OPENERS),
            ("barge_in", sentences.BARGE_IN),
            ("back_channel", sentences.BACK_CHANNEL),
        )
        for kind, texts in others:
            for text in texts:
                speaker = self._voice()
                self._keep(kind, text, speaker, "whole", voice.say(text, speaker))
        return self.items

    def _voice(self) -> Voice:
        return VOICES[len(self.items) % len(VOICES)]

    def _with_marks(self, text: str, mark: str, speaker: Voice) -> Pcm:
        """The model's own hesitation at each bar, brought to the length wanted."""
        parts = text.split("|")
        tail = "," if mark == "," else ""
        text_with_marks = mark.join(part.rstrip(tail) if part is not parts[-1] else part for part in parts)
        sound = voice.say(text_with_marks, speaker)
        # The model's gap at a mark is longer than any closure inside a word.
        longest = sorted(sorted(voice.gaps(sound), key=lambda gap: gap[0] - gap[1])[: len(parts) - 1], reverse=True)
        for gap in longest:
            sound = voice.stretch(sound, gap, next(self.pauses))
        return sound

    def _split(self, text: str, speaker: Voice) -> Pcm:
        """The whole sentence in one breath, cut where the marked version has its gap."""
        parts = text.split("|")
        sound = voice.say("".join(parts), speaker)
        with_marks = voice.say(" ...".join(parts), speaker)
        place = max(voice.gaps(with_marks), key=lambda gap: gap[1] - gap[0])[0]
        return voice.split(sound, place, next(self.pauses))

    def _pieces(self, text: str, speaker: Voice) -> Pcm:
        sounds = [voice.say(part.strip().rstrip(".?") + ".", speaker) for part in text.split("|")[:-1]]
        sounds.append(voice.say(text.split("|")[-1].strip(), speaker))
        sound_so_far = sounds[0]
        for sound in sounds[1:]:
            place = len(sound_so_far) + round(0.1 * RATE)
            sound_so_far = np.concatenate((sound_so_far, np.zeros(round(0.2 * RATE), np.int16), sound))
            sound_so_far = voice.stretch(sound_so_far, voice.nearest(sound_so_far, place), next(self.pauses))
        return sound_so_far

    def _human(self, file: str, count: int) -> Pcm:
        """A recording, paused `count` times at its quietest points, not within 0.4 s of either end or each other."""
        from faster_whisper.audio import decode_audio

        samples = np.asarray(decode_audio(str(HUMAN / file)), np.float64)
        sound = voice.at_level(voice.trim(voice.to_pcm(resample(samples, RATE / 16_000))), LOUDNESS)
        apart = round(0.4 * RATE)
        places: list[int] = []
        smooth = np.convolve(levels(sound), np.ones(5) / 5, mode="same")
        for window in np.argsort(smooth):
            place = int(window) * RATE // 100
            if apart < place < len(sound) - apart and all(abs(place - other) > 2 * apart for other in places):
                places.append(place)
            if len(places) == count:
                break
        for place in sorted(places[:count], reverse=True):
            sound = voice.split(sound, place, next(self.pauses))
        return sound

    def _keep(self, kind: Kind, text: str, speaker: Voice | None, build: str, sound: Pcm) -> None:
        number = len(self.items)
        level = LOUDNESS + LEVELS[number % len(LEVELS)]
        quieter = voice.at_level(sound, level)
        for gap in reversed(voice.gaps(quieter)):
            if gap[1] - gap[0] > LONGEST_PAUSE * RATE:
                quieter = voice.stretch(quieter, gap, LONGEST_PAUSE)
        span = bounds(quieter)
        if span is None:
            raise ValueError(f"nothing can be heard in {text!r}")
        noise_kind, ratio = ROOMS[number % len(ROOMS)]
        noise_level = QUIET_ROOM if ratio is None else dbfs(quieter[slice(*span)]) - ratio
        path = self.folder / f"{number:03d}.wav"
        write_wav(path, quieter)
        # Below 0.25 s it is the end of a word, not a pause.
        pauses = tuple(gap for gap in voice.gaps(quieter) if gap[1] - gap[0] >= RATE // 4)
        if kind == "hesitating" and not pauses:
            raise ValueError(f"no pause in {text!r}")
        self.items.append(
            Item(
                id=f"{kind}-{number:03d}",
                kind=kind,
                text=text,
                speaker=speaker.name if speaker else "a person",
                build=build,
                noise_kind=noise_kind,
                noise_level=round(noise_level, 1),
                first=span[0],
                last=span[1],
                pauses=pauses,
                path=str(path),
            )
        )
