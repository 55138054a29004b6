"""`/call/[campaign]`: the public call page, and `/transcript`: what an email's link shows of a call.

They talk to the REST API and LiveKit, not to Reflex.
"""

import reflex as rx

from quantum_app.web.react.call import call_page, transcript_page


def call() -> rx.Component:
    return call_page()


def transcript() -> rx.Component:
    return transcript_page()
