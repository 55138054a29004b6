"""The designer: a flow as a canvas and as an outline, held in the browser and saved by the REST API as it changes."""

import reflex as rx

from quantum_app.web.react import api as api
from quantum_app.web.react import clock as clock  # times of versions
from quantum_app.web.react import dialog as dialog
from quantum_app.web.react import forms as forms  # what went wrong
from quantum_app.web.react import frame as frame  # its mark is on the node where a call is

_MODULES = (
    # Pure: no React, so that they run anywhere.
    *("definition.js", "edits.js", "change.js", "clipboard.js", "layout.js", "search.js", "store.js", "saving.js"),
    *("api.js", "flow.js", "useKeys.js", "icons.jsx", "fields.jsx"),
    # The canvas, and the same as a list.
    *("Canvas.jsx", "nodes.jsx", "edges.jsx", "Dots.jsx", "Minimap.jsx"),
    *("Palette.jsx", "ZoomBar.jsx", "Outline.jsx"),
    # A call beside it.
    *("Simulator.jsx", "SimulatorCall.js", "SimulatorTalk.jsx", "SimulatorVoice.js", "SimulatorFacts.jsx"),
    *("SimulatorBefore.jsx", "SimulatorCases.jsx", "SimulatorCase.jsx"),
    # What is selected.
    *("Panel.jsx", "nodePanels.jsx", "AskingPanel.jsx", "Exits.jsx", "Condition.jsx", "Preview.jsx"),
    *("Variables.jsx", "KnowledgePanel.jsx", "RulesPanel.jsx", "AssistantPanel.jsx"),
    # Everything else.
    *("Toolbar.jsx", "Problems.jsx", "Pick.jsx", "Differences.jsx", "Versions.jsx", "PublishDialog.jsx"),
    *("Conflict.jsx", "Templates.jsx", "Shortcuts.jsx", "Studio.jsx"),
)
for _module in _MODULES:
    rx.asset(_module, shared=True)


class Designer(rx.NoSSRComponent):
    """Draws one campaign's flow. campaign_id: as the API knows it."""

    library = rx.asset("Designer.jsx", shared=True).importable_path
    tag = "Designer"
    lib_dependencies: list[str] = [
        "@xyflow/react@12.12.1",
        "@dagrejs/dagre@3.1.3",
        "zundo@2.3.0",
        "zustand@5.1.0",
        "lucide-react@1.26.0",
    ]
    campaign_id: rx.Var[str]
    name: rx.Var[str]
    can_write: rx.Var[bool]


designer = Designer.create
