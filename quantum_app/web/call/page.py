"""`/call/[campaign]`: the public call page. Everything on it happens in the browser and over REST."""

import reflex as rx

from quantum_app.web.react.call import call_page


def call() -> rx.Component:
    return call_page()
