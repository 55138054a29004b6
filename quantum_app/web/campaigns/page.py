"""`/campaigns`."""

import reflex as rx

from quantum_app.web.campaigns import components as parts
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, skeleton


def campaigns() -> rx.Component:
    """The account's campaigns, with links to designer and call page."""
    nothing = empty(
        "No campaigns yet",
        "A campaign is one assistant with its call page. Pick a template and try it in a minute.",
        rx.cond(parts.CAN_WRITE, _new()),
    )
    return page(
        rx.el.header(
            rx.el.h1("Campaigns"),
            rx.cond(parts.CAN_WRITE & (CampaignsState.rows.length() > 0), rx.el.div(_new(), class_name="tools")),
            class_name="ui-head",
        ),
        rx.cond(CampaignsState.undo != "", _undo()),
        rx.cond(CampaignsState.failure != "", failure(CampaignsState.failure, CampaignsState.load)),
        rx.cond(
            CampaignsState.loaded,
            rx.el.div(rx.cond(CampaignsState.rows.length() > 0, parts.campaign_list(), nothing), class_name="ui-card"),
            rx.cond(CampaignsState.failure == "", skeleton(4)),
        ),
        parts.dialogs(),
        section="campaigns",
    )


def _new() -> rx.Component:
    return rx.el.button(
        icon("plus"), "New campaign", type="button", on_click=CampaignsState.ask_for_new, class_name="ui-button solid"
    )


def _undo() -> rx.Component:
    return rx.el.div(
        icon("trash-2"),
        rx.el.span("The campaign was deleted. Its call page no longer works.", class_name="ui-grow"),
        rx.el.button("Undo", type="button", on_click=CampaignsState.restore, class_name="ui-button surface"),
        class_name="ui-callout ui-notice",
        role="status",
    )
