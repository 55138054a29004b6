"""The designer: a flow as a canvas and as an outline, held in the browser and saved by the REST API as it changes."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class Designer(ReactComponent):
    """Draws one campaign's flow. campaign_id: as the API knows it."""

    library = source("designer/Designer.tsx")
    tag = "Designer"
    campaign_id: rx.Var[str]
    name: rx.Var[str]
    can_write: rx.Var[bool]


designer = Designer.create
