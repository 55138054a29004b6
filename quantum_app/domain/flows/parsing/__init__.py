"""Values from what callers say, by rules: pure, quick, and the same every time."""

from quantum_app.domain.flows.definition import Value
from quantum_app.domain.flows.parsing.accepting import accept
from quantum_app.domain.flows.parsing.patterns import problem as pattern_problem
from quantum_app.domain.flows.ports import ExtractRequest

__all__ = ["accept", "extract", "pattern_problem"]


def extract(request: ExtractRequest) -> dict[str, Value]:
    """Values by variable; what the words do not tell is left out."""
    found = {
        variable.name: accept(variable, request.text, request.region)
        for variable in request.variables
        if variable.name == request.asked
    }
    return {name: value for name, value in found.items() if value is not None}
