"""Uploading files: they go from the page to the API, and through no page's state."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source

_LIBRARY = source("knowledge/Upload.tsx")


class UploadFiles(ReactComponent):
    """A place to drop files. base: Public ID. largest: Bytes that a file may have. on_upload: A file was stored.

    Its children stand beside the button.
    """

    library = _LIBRARY
    tag = "UploadFiles"
    base: rx.Var[str]
    largest: rx.Var[int]
    on_upload: rx.EventHandler[rx.event.no_args_event_spec]


class ReplaceFile(ReactComponent):
    """A button that uploads a new version. document: Public ID. on_upload: It was stored."""

    library = _LIBRARY
    tag = "ReplaceFile"
    document: rx.Var[str]
    largest: rx.Var[int]
    on_upload: rx.EventHandler[rx.event.no_args_event_spec]


upload_files = UploadFiles.create
replace_file = ReplaceFile.create
