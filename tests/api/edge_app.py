"""The API behind the edge, for a web server of its own: `granian --factory tests.api.edge_app:app`."""

from starlette.types import ASGIApp

from quantum_app.api.app import api
from quantum_app.api.edge import Edge


def app() -> ASGIApp:
    return Edge(api)
