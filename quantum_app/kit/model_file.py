"""Trained models as files: NumPy arrays with a JSON header that says where they come from and how well they do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

HEADER = "header"
PROBE = "probe"
# The cosine of two embeddings of one text from here on means one embedding model.
_SAME_MODEL = 0.97


class Metric(BaseModel):
    """A figure of the model, measured when it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: float
    at_least: float = Field(description="A model that measures less is not shipped.")


class ModelHeader(BaseModel):
    """What a model file says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    trained_on: str = Field(description="ISO 8601 date.")
    data: dict[str, str] = Field(description="Path of each data file in the repository, and its SHA-256.")
    libraries: dict[str, str] = Field(description="Versions that the arrays depend on.")
    probe: str = Field(description="The text whose embedding, the array `probe`, identifies the embedding model.")
    metrics: dict[str, Metric]
    thresholds: dict[str, float] = Field(description="Scores at which the product decides, chosen with the weights.")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as it was read."""

    header: ModelHeader
    arrays: dict[str, NDArray[Any]]

    def fits(self, embedding: NDArray[Any]) -> bool:
        """Whether this embedding of the probe text comes from the model that the weights were trained with."""
        probe = self.arrays[PROBE]
        if embedding.shape != probe.shape:
            return False
        lengths = float(np.linalg.norm(embedding) * np.linalg.norm(probe))
        return float(embedding @ probe) > _SAME_MODEL * lengths > 0


def load(path: Path) -> ModelFile:
    """Read a model. Raises OSError, or ValueError for a file that is not a model."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    if HEADER not in arrays or PROBE not in arrays:
        raise ValueError(f"{path.name} is not a model file: it has no header or no probe.")
    header = ModelHeader.model_validate_json(arrays.pop(HEADER).tobytes())
    return ModelFile(header, arrays)
