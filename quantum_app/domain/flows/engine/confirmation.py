"""What was heard is read back: "I have anna dot smith at gmail dot com. Is that right?".

A variable that says so counts once the caller has confirmed it. Who says no is asked again, who says something else is
read that back; after two questions of this kind it stays as it was understood last, and the call goes on.
"""

from datetime import UTC, datetime
from typing import Literal

from quantum_app.domain.flows.engine import transitions, verbalizer
from quantum_app.domain.flows.engine.step_context import Work
from quantum_app.domain.flows.model.definition import Value, Variable
from quantum_app.domain.flows.model.runtime import Ask
from quantum_app.domain.flows.nlu import dialogue_acts, entity_extraction, tokens
from quantum_app.domain.flows.ports import ExtractRequest
from quantum_app.kit.phone import region_of_time_zone

# What became of what was read back: it counts, it is wrong, it counts although it may be wrong, other values were told,
# nobody knows.
Reply = Literal["right", "wrong", "kept", "replaced", "unclear"]

MOST_READS = 2
_YES = Variable(name="yes", type="yes_no")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Confirming(Work):
    """The part of the engine that reads back what it heard."""

    def note(self, wanted: set[str], values: dict[str, Value]) -> tuple[set[str], set[str]]:
        """Take what the caller told, at once or to be read back first: names of what is new, and of what is changed."""
        known = {item.name: item for item in self.flow.variables}
        read = {
            name
            for name in wanted & values.keys() & known.keys()
            if known[name].is_read_back and self.state.reads.get(name, 0) < MOST_READS
        }
        heard: dict[str, Value] = {}
        for name, value in self.fitting(read, values).items():
            if value != self.state.heard.get(name, self.state.values.get(name)):
                heard[name] = value
        self.update(heard=self.state.heard | heard, reading=self.state.reading and not heard)
        at_once = wanted - read
        self._forget(set(self.fitting(at_once, values)))
        told, corrected = self.collect(at_once, values)
        return told | heard.keys(), corrected

    @property
    def heard(self) -> list[tuple[Variable, Value]]:
        """What waits to be confirmed."""
        return [(item, self.state.heard[item.name]) for item in self.flow.variables if item.name in self.state.heard]

    def read_back(self, *, again: bool = False) -> None:
        """Ask whether what was heard is right; again: the same question once more."""
        heard, reads, now = self.heard, self.state.reads, self.now()
        if not again:
            reads = reads | {item.name: reads.get(item.name, 0) + 1 for item, _ in heard}
        first = heard[0][0].name
        self.update(asking=first, reading=True, reads=reads, owed=False)
        words = verbalizer.read_back(heard, region_of_time_zone(self.state.time_zone), now.date() if now else None)
        self.do(Ask(text=words, variable=first))

    def settle(self, text: str, values: dict[str, Value], read: set[str], told: set[str]) -> tuple[Reply, set[str]]:
        """What the caller's words make of what was read back to them, and which of it is not kept.

        read: the variables that were asked about. values, told: what the words tell, and what of it is new.
        """
        if read & told:
            self._confirm(read - told)
            return "replaced", set()
        agreed = self.agreed(text)
        repeated = any(self.state.heard.get(name) == value for name, value in self.fitting(read, values).items())
        if agreed or (repeated and agreed is None):
            self._confirm(read)
            return "right", set()
        if agreed is None:
            return "unclear", set()
        named = {name for name in read if (item := self.flow.variable(name)) and tokens.mentions_variable(text, item)}
        wrong = named or read
        self._confirm(read - wrong)
        if self.read_in_vain(wrong):
            self.keep(wrong)
            return "kept", set()
        self._forget(wrong)
        return "wrong", wrong

    def agreed(self, text: str) -> bool | None:
        """Whether the words say yes or no, whatever else they say."""
        request = ExtractRequest(text=text, variables=(_YES,), now=self.now() or _EPOCH, asked="yes")
        said = dialogue_acts.agrees(text)
        if said is None and (found := entity_extraction.extract(request).get("yes")) is not None:
            said = found is True
        return said

    def now(self) -> datetime | None:
        return transitions.local_time(self.state)

    def read_in_vain(self, names: set[str]) -> bool:
        """Whether one of these has been read back often enough."""
        return any(self.state.reads.get(name, 0) >= MOST_READS for name in names)

    def keep(self, names: set[str]) -> None:
        """Take these as they were understood last."""
        heard = {name: value for name, value in self.state.heard.items() if name in names}
        self._forget(names)
        self.collect(names, heard)

    def _confirm(self, names: set[str]) -> None:
        """These are right; who puts them right later is read back again."""
        self.update(reads={name: count for name, count in self.state.reads.items() if name not in names})
        self.keep(names)

    def _forget(self, names: set[str]) -> None:
        heard = {name: value for name, value in self.state.heard.items() if name not in names}
        self.update(heard=heard, reading=self.state.reading and bool(heard))
