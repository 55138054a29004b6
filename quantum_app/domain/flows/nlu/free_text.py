"""Free text: what an answer says without the words that lead to it, and codes with a pattern."""

import re

from quantum_app.domain.flows.model.definition import Variable
from quantum_app.domain.flows.nlu import patterns
from quantum_app.domain.flows.nlu.digits import codes
from quantum_app.domain.flows.nlu.numbers import read_number
from quantum_app.domain.flows.nlu.tokens import Candidate, Sentence, bare, cues, latest
from quantum_app.kit.lexical import stem

_HESITATION = re.compile(
    r"(?:(?:um+|uh+|er+|hm+|well|yes|yeah|so|ok|okay|oh|hi|hello|sure|right|and|no|actually|sorry|basically)\b[,.]? *)+"
)
_LEAD = re.compile(
    r"(?:it'?s|it is|this is|that'?s|that is|that would be|it would be|i'?m calling|i am calling|i call|i'?m here"
    r"|i live|we live|i'?m at|because|it has|the answer is)"
    r"(?: (?:about|because of|because|regarding|at|in|on|that|due to))? "
    r"|(?:my|the|our) (?:\w+ )?{cue}\w*(?: number| code)?(?: is| are| was| would be|:)(?: that| because)? "
)
_NOTHING = re.compile(
    r"\b(?:i|we) (?:(?:really )?(?:don't|do not) (?:know|remember|have|want|understand)|have no)\b"
    r"|\b(?:i|we) can't (?:find|remember|say|tell)\b|\bno idea\b|\bnot sure\b|\brather not\b"
    r"|\blet me (?:think|see|check|look)\b|\b(?:one|just a) (?:moment|second|minute)\b"
)
_PLACE = frozenset(map(stem, ("address", "street", "road", "postcode", "zip")))


def free_text(sentence: Sentence, variable: Variable) -> Candidate | None:
    """The answer to the question for this variable. Questions and ways of not answering are none."""
    if variable.pattern:
        return latest(sentence, code(sentence, variable))
    low = bare(sentence.text) if len(bare(sentence.text)) == len(sentence.text) else sentence.text.lower()
    if sentence.is_question or _NOTHING.search(low):
        return None
    start = sentence.cuts[-1] if sentence.cuts and sentence.cuts[-1] < len(low.rstrip(" .!")) else 0
    for _ in range(3):
        start += len(low[start:]) - len(low[start:].lstrip(" ,.;"))
        for pattern in (_HESITATION, *_leads(variable)):
            if match := pattern.match(low, start):
                start = match.end()
    value = _with_figures(sentence, start) if cues(variable) & _PLACE else sentence.text[start:]
    value = value.strip(" ,.;!")
    return Candidate(start, len(sentence.text), value) if value else None


def mentioned(sentence: Sentence, variable: Variable) -> Candidate | None:
    """What is told without being asked: "my address is …", up to the next clause; or a code."""
    if variable.pattern:
        return latest(
            sentence, [item for item in code(sentence, variable) if any(char.isdigit() for char in str(item.value))]
        )
    label = bare(variable.label or variable.name.replace("_", " "))
    if label in {"name", "number"}:
        return None
    lead = re.search(rf"\b(?:my|the|our) {re.escape(label)} (?:is|are|was|would be)(?: that)? ", sentence.text.lower())
    if lead is None:
        return None
    end = re.search(r"[,.;?!](?=\s|$)|\s(?:and|but)\s", sentence.text[lead.end() :])
    value = sentence.text[lead.end() : lead.end() + end.start() if end else len(sentence.text)].strip()
    return Candidate(lead.end(), lead.end() + len(value), value) if value else None


def code(sentence: Sentence, variable: Variable) -> list[Candidate]:
    """All readings that match the pattern: as said, put together, in capitals or not."""
    candidates: list[Candidate] = []
    for start, end, text in codes(sentence):
        for value in dict.fromkeys((text.upper(), text.lower(), text)):
            if patterns.matches(variable.pattern, value):
                candidates.append(Candidate(start, end, value))
                break
    if not candidates:
        candidates = [
            Candidate(first.start, last.end, sentence.text[first.start : last.end])
            for index, first in enumerate(sentence.tokens)
            for last in sentence.tokens[index : index + 8]
            if patterns.matches(variable.pattern, sentence.text[first.start : last.end])
        ]
    longest = max((item.end - item.start for item in candidates), default=0)
    return [item for item in candidates if item.end - item.start == longest or sentence.part(item.start)]


def _leads(variable: Variable) -> list["re.Pattern[str]"]:
    words = sorted(cues(variable) | {"reason", "answer"})
    return [re.compile(_LEAD.pattern.replace("{cue}", f"(?:{'|'.join(map(re.escape, words))})"))]


def _with_figures(sentence: Sentence, start: int) -> str:
    """The rest of the sentence with numbers in figures, as addresses are written."""
    out, position, index = "", start, 0
    while index < len(sentence.tokens):
        token = sentence.tokens[index]
        read = read_number(sentence.tokens, index, pairs=True) if token.start >= start and token.low.isalpha() else None
        if read is None:
            index += 1
            continue
        out += sentence.text[position : token.start] + str(int(read[0]))
        index = read[1]
        position = sentence.tokens[index - 1].end
    return out + sentence.text[position:]
