"""A call that is answered from a document."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest

from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.model.definition import KnowledgeSource
from quantum_app.domain.knowledge import search
from quantum_app.domain.knowledge.schemas import DocumentKind, Match, Passage
from quantum_app.kit import ids
from tests.worker.virtual.conftest import Lines
from tests.worker.virtual.line import Caller

pytestmark = pytest.mark.unit

BASE_ID = ids.new_id()
TABLE = "Room: Library; Half day: $220\nRoom: Terrace; Half day: $390"


async def test_the_cell_is_spoken_and_the_document_cited(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts: list[UUID] = []

    async def documents(
        account_id: UUID, base_ids: Collection[UUID], question: str, embedder: Any, *, limit: int
    ) -> list[Match]:
        accounts.append(account_id)
        assert list(base_ids) == [BASE_ID]
        passage = Passage(ids.new_id(), ids.new_id(), 0, "rooms.csv", DocumentKind.FILE, TABLE, "Event rooms", None, "")
        return [Match(passage, 0.9 if "terrace" in question else 0.0, None, None)]

    monkeypatch.setattr(search, "search", documents)
    flow = demo.flow()
    source = KnowledgeSource(id="documents", name="Documents", base=ids.encode("kb", BASE_ID))
    line = lines(flow=flow.model_copy(update={"knowledge": (*flow.knowledge, source)}))
    async with Caller(line) as caller:
        await line.open()
        await caller.turn_over()
        _, answer = await caller.asks("How much is the terrace for a half day?")
        await caller.say("Goodbye.")
        await caller.wait_for_end()
    await line.finished()
    assert answer == "Terrace, Half day: $390."
    reply = next(turn for turn in line.turns if turn.text == answer)
    assert reply.sources == ("rooms.csv, Event rooms",)
    assert set(accounts) == {line.briefing.account_id}
