"""`/dev/mailbox`: the demo's emails, which never leave this machine."""

import reflex as rx

from quantum_app.web.react.mailbox import mailbox_list
from quantum_app.web.ui.parts import mark


def mailbox() -> rx.Component:
    return rx.el.div(
        rx.el.main(
            rx.el.div(mark(28), rx.el.b("Quantum Voice"), class_name="ui-row ui-brand"),
            mailbox_list(),
            class_name="mailbox",
        ),
        class_name="ui",
    )
