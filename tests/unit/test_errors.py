"""Errors cross from one process to another."""

import pickle

import pytest

from quantum_app import errors
from quantum_app.api.problems import TooSlow  # noqa: F401  (kinds that others define count too)
from quantum_app.domain.flows.service import NotPublishable  # noqa: F401
from quantum_app.errors import Component, QuantumError
from quantum_app.providers.nlu.budget import BudgetSpent  # noqa: F401

pytestmark = pytest.mark.unit


def kinds(kind: type[QuantumError] = QuantumError) -> list[type[QuantumError]]:
    return [kind, *(subclass for below in kind.__subclasses__() for subclass in kinds(below))]


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_arrives_as_it_was_sent(kind: type[QuantumError]) -> None:
    error = kind.__new__(kind, "What to do.")
    error.message, error.code = "What to do.", "some_code"
    error.retry_after, error.component = 7, Component.DB  # type: ignore[attr-defined]
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.args, vars(copy)) == (error.args, vars(error))


def test_one_with_a_constructor_of_its_own_arrives() -> None:
    copy = pickle.loads(pickle.dumps(errors.TooManyRequests("Wait.", retry_after=3)))
    assert (str(copy), copy.retry_after) == ("Wait.", 3)
