"""`/settings/audit`."""

from typing import Any

import reflex as rx

from quantum_app.web.audit.state import PATH, Audit
from quantum_app.web.audit.view import KINDS, Change, EntryRow
from quantum_app.web.react.clock import moment
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, skeleton


def audit() -> rx.Component:
    """What was done in the account, by whom, from where."""
    nothing = rx.cond(
        Audit.searched,
        empty(
            "Nothing was found",
            "Search for less: a part of a name or of an action, or more days.",
            rx.link("Show everything", href=PATH, underline="none", class_name="qv-btn surface"),
        ),
        empty("Nothing yet", "What members do in this account is written down here, and stays."),
    )
    return page(
        rx.el.header(rx.el.h1("Audit log"), class_name="qv-head"),
        rx.cond(Audit.loaded, _search()),
        rx.cond(Audit.failure != "", failure(Audit.failure, Audit.load)),
        rx.cond(
            Audit.loaded,
            rx.cond(
                Audit.rows.length() > 0,
                rx.fragment(
                    rx.el.ol(rx.foreach(Audit.rows, _entry), class_name="qv-card qv-entries", aria_label="Entries"),
                    _pages(),
                ),
                rx.el.div(nothing, class_name="qv-card"),
            ),
            rx.cond(Audit.failure == "", skeleton(8)),
        ),
        section="audit",
    )


def _search() -> rx.Component:
    def one(name: str, label: str, control: rx.Component) -> rx.Component:
        return rx.el.div(
            rx.el.label(label, html_for=f"qv-{name}"),
            rx.el.div(control, class_name="qv-input"),
            class_name=f"qv-field {name}",
        )

    def field(name: str, value: Any, **props: Any) -> rx.Component:
        return rx.el.input(id=f"qv-{name}", name=name, default_value=value, **props)

    kinds = rx.el.select(
        rx.el.option("Everything", value=""),
        *(rx.el.option(name, value=kind) for kind, name in KINDS.items()),
        id="qv-kind",
        name="kind",
        default_value=Audit.kind,
    )
    return rx.el.form(
        one(
            "text",
            "Who or what",
            field("text", Audit.text, type="search", max_length=100, placeholder="Name, action, request"),
        ),
        one("kind", "About", kinds),
        one("since", "From (UTC)", field("since", Audit.since, type="date")),
        one("until", "To (UTC)", field("until", Audit.until, type="date")),
        rx.el.div(
            rx.el.button(icon("search"), "Search", type="submit", class_name="qv-btn solid mid"),
            rx.cond(Audit.searched, rx.link("Clear", href=PATH, underline="none", class_name="qv-btn ghost mid")),
            class_name="qv-row",
        ),
        on_submit=Audit.search,
        # The fields show what the address asks for, whenever another one is opened.
        key=Audit.shown.to_string(),
        class_name="qv-search",
        role="search",
    )


def _entry(row: rx.Var[EntryRow]) -> rx.Component:
    def change(item: rx.Var[Change]) -> rx.Component:
        return rx.el.li(
            rx.el.span(item.name.capitalize(), class_name="name"),
            rx.cond(item.before != "", rx.el.del_(item.before)),
            rx.cond((item.before != "") & (item.after != ""), icon("arrow-right", 14)),
            rx.cond(item.after != "", rx.el.ins(item.after)),
        )

    return rx.el.li(
        rx.el.div(moment(at=row.at), class_name="when"),
        rx.el.div(
            rx.el.p(rx.el.b(row.actor), " ", row.done),
            rx.cond(row.changes.length() > 0, rx.el.ul(rx.foreach(row.changes, change), class_name="qv-changes")),
            class_name="what",
        ),
        rx.el.div(
            rx.cond(row.address != "", rx.el.span("From ", row.address)),
            rx.cond(row.request_id != "", rx.el.code(row.request_id, title="Request")),
            class_name="where qv-note",
        ),
    )


def _pages() -> rx.Component:
    return rx.el.nav(
        rx.cond(
            Audit.newest != "", rx.link("Newest", href=Audit.newest, underline="none", class_name="qv-btn surface")
        ),
        rx.cond(
            Audit.older != "", rx.link("Older entries", href=Audit.older, underline="none", class_name="qv-btn surface")
        ),
        class_name="qv-pages",
        aria_label="Pages",
    )
