"""The call page: one React component that holds a whole call by itself, without the app's socket."""

from quantum_app.web.react import ReactComponent, source


class CallPage(ReactComponent):
    """Reads the campaign's public ID from the address."""

    library = source("call/CallPage.tsx")
    tag = "CallPage"


call_page = CallPage.create
