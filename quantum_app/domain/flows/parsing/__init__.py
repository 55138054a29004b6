"""Values from what callers say, by rules: pure, quick, and the same every time."""

from quantum_app.domain.flows.parsing.accepting import accept
from quantum_app.domain.flows.parsing.extracting import extract
from quantum_app.domain.flows.parsing.patterns import problem as pattern_problem
from quantum_app.domain.flows.parsing.words import names

__all__ = ["accept", "extract", "names", "pattern_problem"]
