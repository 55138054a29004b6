"""The call page: one React component that holds a whole call by itself, without the app's socket."""

import reflex as rx

from quantum_app.web.react import api as api
from quantum_app.web.react import frame as frame  # its mark is on the call page too

_MODULES = (
    "api.js",
    "sounds.js",
    "time.js",
    "Business.jsx",
    "VoiceRing.jsx",
    "useCall.js",
    "problems.jsx",
    "Before.jsx",
    "During.jsx",
    "After.jsx",
)
# Every module has to be an asset of its own: they import each other by relative path.
for _module in _MODULES:
    rx.asset(_module, shared=True)


class CallPage(rx.NoSSRComponent):
    """Reads the campaign's public id from the address."""

    library = rx.asset("CallPage.jsx", shared=True).importable_path
    tag = "CallPage"
    lib_dependencies: list[str] = ["livekit-client@2.23.0", "lucide-react@1.26.0"]


call_page = CallPage.create
