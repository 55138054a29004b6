"""Model files: what is read back, and which embeddings they accept."""

from pathlib import Path

import numpy as np
import pytest

from quantum_app.kit import model_file
from quantum_app.kit.model_file import Metric, ModelFile, ModelHeader
from training import model_files

pytestmark = pytest.mark.unit

HEADER = ModelHeader(
    name="example",
    trained_on="2026-11-30",
    data={"data.jsonl": "00"},
    libraries={"numpy": "2"},
    probe="hello",
    metrics={"accuracy": Metric(value=0.9, at_least=0.8)},
    thresholds={"likely_from": 0.64},
)
PROBE = np.array([1.0, 2.0, 2.0], np.float32)


@pytest.fixture
def file(tmp_path: Path) -> ModelFile:
    model_files.write(tmp_path / "model.npz", HEADER, PROBE, {"weights": np.arange(3)})
    return model_file.load(tmp_path / "model.npz")


def test_a_model_file_reads_back_as_it_was_written(file: ModelFile) -> None:
    assert file.header == HEADER
    assert file.arrays["weights"].tolist() == [0, 1, 2]


def test_a_probe_embedded_by_the_same_model_fits(file: ModelFile) -> None:
    assert file.fits(3 * PROBE)


@pytest.mark.parametrize("embedding", [PROBE[::-1], -PROBE, np.zeros(3), np.ones(4)])
def test_any_other_embedding_does_not_fit(file: ModelFile, embedding: np.ndarray) -> None:
    assert not file.fits(np.array(embedding))


def test_arrays_without_a_header_are_no_model(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", weights=np.arange(3))
    with pytest.raises(ValueError, match="no header"):
        model_file.load(tmp_path / "model.npz")
