"""The call page: one React component that holds a whole call by itself, without the app's socket."""

from quantum_app.web.react import ReactComponent, source


class CallPage(ReactComponent):
    """Reads the campaign's public ID from the address."""

    library = source("call/CallPage.tsx")
    tag = "CallPage"


class Transcript(ReactComponent):
    """Reads the token from the address's fragment."""

    library = source("call/Transcript.tsx")
    tag = "Transcript"


call_page = CallPage.create
transcript_page = Transcript.create
