# pyright: reportMissingTypeStubs=false
"""hibari-tts by the phrase: text in pieces that can be spoken one by one, each without the silence around it."""

import re
import threading
from typing import Any

import numpy as np
from hibari import Hibari

from local_providers.deepgram.audio import Samples

RATE = 24_000
NAME = "hibari-heart"

_FRAME = RATE // 200
_AUDIBLE = 0.004
_LEAD = RATE * 12 // 1000
_TAIL = RATE * 50 // 1000
_SENTENCE_GAP = RATE * 240 // 1000
_CLAUSE_GAP = RATE * 90 // 1000

_SENTENCE_END = re.compile(r"[.!?…]+[\"”’)\]]*(?=\s)|\n+")
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|approx|Ave|Rd|Jr|Sr|\d+)\.$")
_LONG = 70
_SHORTEST_CLAUSE = 18


class Synthesizer:
    """The voice, shared by all calls; `speak` may run in several threads."""

    def __init__(self) -> None:
        self._hibari: Any = Hibari(threads=1)
        self._spelling = threading.Lock()

    def speak(self, piece: str, speed: float = 1.0) -> Samples:
        """One piece as mono float32 at 24 kHz, from just before its first audible sample to just after its last.

        The same text gives the same samples.
        """
        with self._spelling:
            phonemes: list[str] = self._hibari.phonemize(piece)
        parts: list[Samples] = []
        for group in phonemes:
            if parts:
                parts.append(np.zeros(_CLAUSE_GAP, np.float32))
            parts.append(trimmed(self._hibari.from_phonemes(group, speed=speed, seed=0)))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def trimmed(audio: Samples) -> Samples:
    """Without the near-silence at both ends (hibari begins with a third of a second and ends with half of one)."""
    frames = audio[: len(audio) // _FRAME * _FRAME].reshape(-1, _FRAME)
    audible = np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > _AUDIBLE) if len(frames) else np.zeros(0, int)
    if not len(audible):
        return np.zeros(0, np.float32)
    start = max(0, int(audible[0]) * _FRAME - _LEAD)
    end = min(len(audio), (int(audible[-1]) + 1) * _FRAME + _TAIL)
    speech = audio[start:end].copy()
    speech[:_LEAD] *= np.linspace(0, 1, len(speech[:_LEAD]), dtype=np.float32)
    speech[-_TAIL:] *= np.linspace(1, 0, len(speech[-_TAIL:]), dtype=np.float32)
    return speech


def gap_after(piece: str) -> Samples:
    """The pause between this piece and the next."""
    return np.zeros(_SENTENCE_GAP if piece.rstrip()[-1:] in ".!?…" else _CLAUSE_GAP, np.float32)


def take_pieces(text: str, *, first: bool, complete: bool) -> tuple[list[str], str]:
    """The pieces of `text` that can be spoken now, and the rest.

    A piece is a sentence. With `first` (nothing has been spoken yet) a long sentence gives its first clause, so that
    there is something to hear while the rest is computed. With `complete` no more text follows and nothing is left.
    """
    pieces: list[str] = []
    source = text + "\n" if complete else text
    start = 0
    for match in _SENTENCE_END.finditer(source):
        last = complete and not source[match.end() :].strip()
        if match.group() == "." and not last and _ABBREVIATION.search(source[start : match.end()]):
            continue
        pieces.append(source[start : match.end()])
        start = match.end()
    rest = source[start:]
    pieces = [piece.strip() for piece in pieces if any(char.isalnum() for char in piece)]
    if first:
        opening = pieces[0] if pieces else rest
        clause = next((m for m in _CLAUSE_END.finditer(opening) if m.end() >= _SHORTEST_CLAUSE), None)
        if clause is not None and (len(opening) > _LONG or not pieces):
            head, tail = opening[: clause.end()].strip(), opening[clause.end() :]
            if pieces:
                pieces[:1] = [head, tail.strip()]
            else:
                pieces, rest = [head], tail
    return pieces, rest
