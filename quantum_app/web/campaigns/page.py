"""`/campaigns`."""

import reflex as rx

from quantum_app.web.campaigns import components as parts
from quantum_app.web.campaigns.state import Campaigns
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, skeleton


def campaigns() -> rx.Component:
    """The account's campaigns: what each does, and the ways into it."""
    nothing = empty(
        "No campaigns yet",
        "A campaign is one assistant with its call page. Choose a template, and try it a minute later.",
        rx.cond(parts.WRITES, _new()),
    )
    return page(
        rx.el.header(
            rx.el.h1("Campaigns"),
            rx.cond(parts.WRITES & (Campaigns.rows.length() > 0), rx.el.div(_new(), class_name="tools")),
            class_name="qv-head",
        ),
        rx.cond(Campaigns.undo != "", _undo()),
        rx.cond(Campaigns.failure != "", failure(Campaigns.failure, Campaigns.load)),
        rx.cond(
            Campaigns.loaded,
            rx.el.div(rx.cond(Campaigns.rows.length() > 0, parts.listed(), nothing), class_name="qv-card"),
            rx.cond(Campaigns.failure == "", skeleton(4)),
        ),
        parts.dialogs(),
        section="campaigns",
    )


def _new() -> rx.Component:
    return rx.el.button(
        icon("plus"), "New campaign", type="button", on_click=Campaigns.ask_for_new, class_name="qv-btn solid"
    )


def _undo() -> rx.Component:
    return rx.el.div(
        icon("trash-2"),
        rx.el.span("The campaign is deleted, and its call page is gone.", class_name="qv-grow"),
        rx.el.button("Undo", type="button", on_click=Campaigns.restore, class_name="qv-btn surface"),
        class_name="qv-callout qv-said",
        role="status",
    )
