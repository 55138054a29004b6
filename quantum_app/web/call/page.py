"""`/call/[campaign]`: the public call page. It talks to the REST API and LiveKit, not to Reflex."""

import reflex as rx

from quantum_app.web.react.call import call_page


def call() -> rx.Component:
    return call_page()
