"""Training data has an author and a license, and models ship with the data they were trained on."""

import json
from pathlib import Path

import pytest

from agent_worker.turn_detection import semantic_completeness
from quantum_app.kit.model_file import ModelHeader
from quantum_app.providers.nlu import intent_model
from training import model_files
from training.check import data_changed
from training.intent_classifier import dataset

pytestmark = pytest.mark.unit

FILES = sorted(model_files.ROOT.glob("training/*/data/*.jsonl"))
MODELS = [intent_model.model().file.header, semantic_completeness.load_model().header]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_line_names_its_author_and_its_license(file: Path) -> None:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines
    assert all(line["author"] and line["license"] for line in lines)
    explained = (model_files.ROOT / "training/README.md").read_text()
    assert all(f"`{name}`" in explained for name in {line["license"] for line in lines})


@pytest.mark.parametrize("header", MODELS, ids=lambda header: header.name)
def test_a_model_ships_with_the_data_it_was_trained_on(header: ModelHeader) -> None:
    assert data_changed(header) == []


@pytest.mark.parametrize("header", MODELS, ids=lambda header: header.name)
def test_a_model_that_ships_reaches_its_figures(header: ModelHeader) -> None:
    assert header.metrics
    assert all(metric.value >= metric.at_least for metric in header.metrics.values())


def test_changed_data_is_noticed(tmp_path: Path) -> None:
    header = MODELS[0]
    for name in header.data:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((model_files.ROOT / name).read_bytes() + b"\n")
    assert len(data_changed(header, tmp_path)) == len(header.data)


def test_no_business_of_the_examples_is_left_without_intents() -> None:
    assert all(item.intents for item in dataset.businesses(dataset.EXAMPLES))
