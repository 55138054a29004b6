"""`/settings/audit`."""

from typing import Any

import reflex as rx

from quantum_app.web.audit.state import PATH, AuditState
from quantum_app.web.audit.view import KINDS, EntryRow, FieldChange
from quantum_app.web.react.clock import moment
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, link, skeleton


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
                    _pages(),
                ),
                rx.el.div(nothing, class_name="ui-card"),
            ),
            rx.cond(AuditState.failure == "", skeleton(8)),
        ),
        section="audit",
    )


def _search() -> rx.Component:
    def one(name: str, label: str | rx.Var[str], control: rx.Component) -> rx.Component:
        return rx.el.div(
            rx.el.label(label, html_for=f"audit-{name}"),
            rx.el.div(control, class_name="ui-input"),
            class_name=f"ui-field {name}",
        )

    def field(name: str, value: Any, **props: Any) -> rx.Component:
        return rx.el.input(id=f"audit-{name}", name=name, default_value=value, **props)

    kinds = rx.el.select(
        rx.el.option("Everything", value=""),
        *(rx.el.option(name, value=kind) for kind, name in KINDS.items()),
        id="audit-kind",
        name="kind",
        default_value=AuditState.kind,
    )
    return rx.el.form(
        one(
            "text",
            "Search",
            field("text", AuditState.text, type="search", max_length=100, placeholder="Name, action, request"),
        ),
        one("kind", "Type", kinds),
        one("since", "From (" + AuditState.place.to(str) + ")", field("since", AuditState.since, type="date")),
        one("until", "To (" + AuditState.place.to(str) + ")", field("until", AuditState.until, type="date")),
        rx.el.div(
            rx.el.button(icon("search"), "Search", type="submit", class_name="ui-button solid mid"),
            rx.cond(AuditState.searched, link("Clear", href=PATH, class_name="ui-button ghost mid")),
            class_name="ui-row",
        ),
        on_submit=AuditState.search,
        # Fills the form again when another search is opened by URL.
        key=AuditState.form_version.to_string(),
        class_name="audit-search",
        role="search",
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


def _pages() -> rx.Component:
    return rx.el.nav(
        rx.cond(
            AuditState.newest != "",
            link("Newest", href=AuditState.newest, class_name="ui-button surface"),
        ),
        rx.cond(
            AuditState.older != "",
            link("Older entries", href=AuditState.older, class_name="ui-button surface"),
        ),
        class_name="ui-pages",
        aria_label="Pages",
    )
