"""`/settings/audit`."""

from typing import Any

import reflex as rx

from quantum_app.web.audit.state import PATH, AuditState
from quantum_app.web.audit.view import KINDS, EntryRow, FieldChange
from quantum_app.web.react.clock import moment
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import pages, search_field, search_form


def audit() -> rx.Component:
    """The audit log of the account."""
    nothing = rx.cond(
        AuditState.searched,
        empty(
            "No results",
            "Try a shorter search or a longer period.",
            link("Show all entries", href=PATH, class_name="ui-button surface"),
        ),
        empty("No entries yet", "What members do in this account is recorded here."),
    )
    return page(
        rx.el.header(rx.el.h1("Audit log"), class_name="ui-head"),
        rx.cond(AuditState.loaded, _search()),
        rx.cond(AuditState.failure != "", failure(AuditState.failure, AuditState.load)),
        rx.cond(
            AuditState.loaded,
            rx.cond(
                AuditState.rows.length() > 0,
                rx.fragment(
                    rx.el.ol(
                        rx.foreach(AuditState.rows, _entry), class_name="ui-card audit-entries", aria_label="Entries"
                    ),
                    pages(AuditState.newest, AuditState.older, "Older entries"),
                ),
                rx.el.div(nothing, class_name="ui-card"),
            ),
            rx.cond(AuditState.failure == "", skeleton(8)),
        ),
        section="audit",
    )


def _search() -> rx.Component:
    def box(name: str, value: Any, **props: Any) -> rx.Component:
        return rx.el.input(id=f"audit-{name}", name=name, default_value=value, **props)

    kinds = rx.el.select(
        rx.el.option("Everything", value=""),
        *(rx.el.option(name, value=kind) for kind, name in KINDS.items()),
        id="audit-kind",
        name="kind",
        default_value=AuditState.kind,
    )
    text = box("text", AuditState.text, type="search", max_length=100, placeholder="Name, action, request")
    return search_form(
        "audit",
        search_field("audit", "text", "Search", text),
        search_field("audit", "kind", "Type", kinds),
        search_field(
            "audit", "since", "From (" + AuditState.place.to(str) + ")", box("since", AuditState.since, type="date")
        ),
        search_field(
            "audit", "until", "To (" + AuditState.place.to(str) + ")", box("until", AuditState.until, type="date")
        ),
        count=AuditState.filter_count,
        clear=PATH,
        searched=AuditState.searched,
        on_submit=AuditState.search,
        version=AuditState.form_version,
    )


def _entry(row: rx.Var[EntryRow]) -> rx.Component:
    def change(item: rx.Var[FieldChange]) -> rx.Component:
        return rx.el.li(
            rx.el.span(item.name.capitalize(), class_name="name"),
            rx.cond(item.before != "", rx.el.del_(item.before)),
            rx.cond((item.before != "") & (item.after != ""), icon("arrow-right", 14)),
            rx.cond(item.after != "", rx.el.ins(item.after)),
        )

    return rx.el.li(
        rx.el.div(moment(at=row.at), class_name="when"),
        rx.el.div(
            rx.el.p(rx.el.b(row.actor), " ", row.action),
            rx.cond(row.changes.length() > 0, rx.el.ul(rx.foreach(row.changes, change), class_name="audit-changes")),
            class_name="what",
        ),
        rx.el.div(
            rx.cond(row.address != "", rx.el.span("From ", row.address)),
            rx.cond(row.request_id != "", rx.el.code(row.request_id, title="Request")),
            class_name="where ui-note",
        ),
    )
