"""How long a request for embeddings may take."""

import pytest
from pydantic import SecretStr

from quantum_app.errors import DependencyUnavailable
from quantum_app.jobs import knowledge as jobs
from quantum_app.providers.embeddings import _TIMEOUT, Embeddings
from quantum_app.settings import Embeddings as EmbeddingSettings
from tests.providers.support import KEY, Server

pytestmark = pytest.mark.provider

DELAY = 1.0  # seconds


async def test_an_answer_is_waited_for_as_long_as_who_asks_says(no_faults: Server) -> None:
    no_faults.admin("PUT", "/admin/faults/embeddings", {"delay_ms": round(DELAY * 1000)})
    settings = EmbeddingSettings(base_url=no_faults.http, api_key=SecretStr(KEY))
    impatient, patient = Embeddings(settings, DELAY / 5), Embeddings(settings, jobs._EMBEDDING_TIMEOUT)
    with pytest.raises(DependencyUnavailable, match="Timeout"):
        await impatient.passages(["A puncture costs 18 dollars."])
    assert len(await patient.passages(["A puncture costs 18 dollars."])) == 1
    for embeddings in (impatient, patient):
        await embeddings.aclose()


def test_documents_wait_longer_than_calls() -> None:
    assert jobs._EMBEDDING_TIMEOUT >= 10 * _TIMEOUT
