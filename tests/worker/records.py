"""Records for the spool's tests: arbitrary ones, and the call they belong to."""

from datetime import UTC
from uuid import UUID

from hypothesis import strategies as st

from agent_worker.persistence.spool import Record
from quantum_app.domain.calls.schemas import (
    CallEnd,
    CallEvent,
    CallRef,
    CallStatus,
    Checkpoint,
    EndReason,
    Latency,
    Speaker,
    Turn,
    Usage,
)
from quantum_app.kit.ids import new_id

HEADER = CallRef(new_id(), new_id(), new_id())

_moments = st.datetimes(timezones=st.just(UTC))
_milliseconds = st.none() | st.floats(0, 1e6)
_texts = st.text(max_size=200)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_amounts = st.decimals(0, 10**6, places=6)


def record(call_id: UUID, seq: int) -> st.SearchStrategy[Record]:
    """Any record that may bear this number, except a call's end."""
    latency = st.builds(Latency, *[_milliseconds] * 8)
    return st.one_of(
        st.builds(
            Turn,
            call_id=st.just(call_id),
            seq=st.just(seq),
            speaker=st.sampled_from(Speaker),
            text=_texts,
            started_at=_moments,
            ended_at=_moments,
            typed=st.booleans(),
            interrupted=st.booleans(),
            node_id=st.none() | _texts,
            sources=st.lists(_texts, max_size=3).map(tuple),
            latency=st.none() | latency,
        ),
        st.builds(
            CallEvent, st.just(call_id), st.just(seq), _texts, _moments, st.dictionaries(_texts, _json, max_size=3)
        ),
        st.builds(Checkpoint, st.just(call_id), st.just(seq), st.text("abc=", min_size=1), _moments),
        st.builds(
            Usage,
            st.just(call_id),
            st.just(seq),
            st.sampled_from(["deepgram", "openai"]),
            st.sampled_from(["stt", "tts", "llm"]),
            st.sampled_from(["seconds", "characters", "tokens_in", "tokens_out"]),
            _amounts,
            _amounts,
            _moments,
        ),
    )


def end(call_id: UUID) -> st.SearchStrategy[CallEnd]:
    """Any end of a call."""
    return st.builds(
        CallEnd,
        st.just(call_id),
        st.sampled_from([CallStatus.COMPLETED, CallStatus.FAILED]),
        st.sampled_from(EndReason),
        _moments,
        st.integers(0, 1000),
    )


@st.composite
def conversations(draw: st.DrawFn, call_id: UUID = HEADER.call_id, most: int = 8) -> list[Record]:
    """A call's records in order; sometimes it ends."""
    count = draw(st.integers(0, most))
    entries = [draw(record(call_id, seq)) for seq in range(1, count + 1)]
    return [*entries, draw(end(call_id))] if draw(st.booleans()) else entries
