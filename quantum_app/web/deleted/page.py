"""`/settings/deleted`."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.deleted.state import MAX_CALLS, DeletedState
from quantum_app.web.deleted.view import DeletedRow
from quantum_app.web.react.clock import ago, moment
from quantum_app.web.session import Session
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import card, empty, failure, icon, skeleton


def deleted() -> rx.Component:
    """What was deleted and can be restored."""
    calls = _section(
        "Calls",
        DeletedState.calls,
        DeletedState.restore_call,
        "No deleted calls",
        f"Calls that were deleted in the last 30 days appear here, the latest {MAX_CALLS}.",
    )
    return page(
        rx.el.header(rx.el.h1("Deleted items"), class_name="ui-head"),
        rx.cond(DeletedState.failure != "", failure(DeletedState.failure, DeletedState.load)),
        rx.cond(
            DeletedState.loaded,
            rx.el.div(
                _section(
                    "Campaigns",
                    DeletedState.campaigns,
                    DeletedState.restore_campaign,
                    "No deleted campaigns",
                    "Campaigns that were deleted in the last 30 days appear here.",
                ),
                rx.cond(Session.permissions.contains(Permission.CALLS_DELETE.value), calls),
                class_name="ui-stack ui-narrow",
            ),
            rx.cond(DeletedState.failure == "", skeleton(4)),
        ),
        section="deleted",
    )


def _section(title: str, rows: rx.Var[list[DeletedRow]], restore: Any, nothing: str, hint: str) -> rx.Component:
    def row_item(row: rx.Var[DeletedRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(row.name, class_name="ui-clip"),
                rx.el.span(
                    rx.cond(row.called_at != "", rx.el.span(row.campaign, ", called ", ago(at=row.called_at))),
                    rx.el.span("Deleted ", ago(at=row.deleted)),
                    rx.el.span("Kept until ", moment(at=row.kept_until, short=True)),
                    class_name="ui-sub",
                ),
                class_name="ui-column ui-grow",
            ),
            rx.el.button(
                icon("rotate-ccw"),
                "Restore",
                rx.el.span(" ", row.name, class_name="ui-screen-reader"),
                type="button",
                on_click=restore(row.id),
                class_name="ui-button surface",
            ),
            class_name="deleted-item",
        )

    return card(
        title,
        rx.cond(
            rows.length() > 0,
            rx.el.ul(rx.foreach(rows, row_item), class_name="ui-list", aria_label=f"Deleted {title.lower()}"),
            empty(nothing, hint),
        ),
    )
