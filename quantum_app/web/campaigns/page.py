"""`/campaigns`."""

import reflex as rx

from quantum_app.web.campaigns import components as parts
from quantum_app.web.campaigns.state import ARCHIVE, CampaignsState
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import pages


def campaigns() -> rx.Component:
    """The account's campaigns, with links to designer and call page."""
    nothing = rx.cond(
        CampaignsState.searched,
        empty("No results", "Try a shorter search or another status."),
        rx.cond(
            CampaignsState.archived,
            empty("No archived campaigns", "An archived campaign takes no calls. You can restore it at any time."),
            rx.cond(CampaignsState.has_archived, _none_active(), _none_yet()),
        ),
    )
    has_rows = CampaignsState.rows.length() > 0
    narrowed = CampaignsState.searched | CampaignsState.archived
    return page(
        rx.el.header(
            rx.el.h1("Campaigns"),
            rx.cond(parts.CAN_WRITE & (has_rows | narrowed), rx.el.div(_new(), class_name="tools")),
            class_name="ui-head",
        ),
        parts.tabs(),
        rx.cond(CampaignsState.loaded & (has_rows | CampaignsState.searched), parts.search()),
        rx.cond(CampaignsState.failure != "", failure(CampaignsState.failure, CampaignsState.load)),
        rx.cond(
            CampaignsState.loaded,
            rx.fragment(
                rx.el.div(rx.cond(has_rows, parts.campaign_list(), nothing), class_name="ui-card"),
                pages(CampaignsState.newest, CampaignsState.older, "Older campaigns"),
            ),
            rx.cond(CampaignsState.failure == "", skeleton(4)),
        ),
        parts.dialogs(),
        section="campaigns",
    )


def _none_active() -> rx.Component:
    return empty(
        "No active campaigns",
        "All campaigns are archived and take no calls.",
        rx.el.div(
            link("View archive", href=ARCHIVE, class_name="ui-button solid"),
            rx.cond(parts.CAN_WRITE, _new("surface")),
            class_name="ui-row ui-wrap",
        ),
    )


def _none_yet() -> rx.Component:
    return empty(
        "No campaigns yet",
        "A campaign is one assistant with its call page. Pick a template and try it in a minute.",
        rx.cond(
            parts.CAN_WRITE,
            rx.el.div(
                link("Set up an assistant", href="/welcome", class_name="ui-button solid"),
                _new("surface"),
                class_name="ui-row ui-wrap",
            ),
        ),
    )


def _new(tone: str = "solid") -> rx.Component:
    return rx.el.button(
        icon("plus"),
        "New campaign",
        type="button",
        on_click=CampaignsState.ask_for_new,
        class_name=f"ui-button {tone}",
    )
