"""`/settings/data`."""

import reflex as rx

from quantum_app.web.data.state import DataState
from quantum_app.web.data.view import ExportRow
from quantum_app.web.react.clock import ago, every
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, field, form_dialog
from quantum_app.web.ui.parts import badge, card, empty, failure, icon, skeleton


def data() -> rx.Component:
    """Exporting and erasing personal data."""
    return page(
        rx.el.header(rx.el.h1("Data"), class_name="ui-head"),
        rx.cond(DataState.failure != "", failure(DataState.failure, DataState.load)),
        rx.cond(
            DataState.loaded,
            rx.el.div(_everything(), _caller(), _exports(), _erasing(), _question(), class_name="ui-stack ui-narrow"),
            rx.cond(DataState.failure == "", skeleton(5)),
        ),
        rx.cond(DataState.making, every(seconds=2, on_tick=DataState.look)),
        section="data",
    )


def _caller() -> rx.Component:
    return card(
        "Export a caller's data",
        rx.el.form(
            rx.el.p(
                "Use this to answer a data request. The export has the caller's calls and transcripts.",
                class_name="ui-muted",
            ),
            _contact("contact", DataState.errors.get("contact", "").to(str)),
            rx.el.div(
                rx.el.button(icon("download"), "Export their data", type="submit", class_name="ui-button surface"),
                class_name="ui-actions",
            ),
            on_submit=DataState.export_caller,
            no_validate=True,
            # Clears the form after a successful request.
            key=DataState.rows.length().to_string(),
            class_name="ui-fields ui-pad",
        ),
    )


def _contact(name: str, error: rx.Var[str], *, first: bool = False) -> rx.Component:
    return field(
        name,
        "Email address or phone number",
        error=error,
        hint="What they gave before or during a call. Numbers abroad need a country code, like +1 410 555 0142.",
        first=first,
        max_length=320,
        auto_complete="off",
    )


def _everything() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Export everything"),
                rx.el.p(
                    "A ZIP file with one JSON file per type of data. Available for a week.",
                    class_name="ui-muted",
                ),
                class_name="ui-column ui-grow",
            ),
            rx.el.button(
                icon("download"),
                "Export everything",
                type="button",
                on_click=DataState.export_all,
                class_name="ui-button solid",
            ),
            class_name="ui-setting-row",
        ),
        class_name="ui-card ui-setting",
    )


def _erasing() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Erase a caller"),
                rx.el.p(
                    "Permanently deletes a caller's name, contact details and transcripts. Usage and cost are kept.",
                    class_name="ui-muted",
                ),
                class_name="ui-column ui-grow",
            ),
            rx.el.button("Erase a caller", type="button", on_click=DataState.ask, class_name="ui-button red"),
            class_name="ui-setting-row",
        ),
        class_name="ui-card ui-danger",
    )


def _exports() -> rx.Component:
    def row_item(row: rx.Var[ExportRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(row.subject, class_name="ui-clip"),
                rx.el.span("Requested ", ago(at=row.requested_at), class_name="ui-note"),
                class_name="ui-column ui-grow",
            ),
            rx.cond(row.size != "", rx.el.span(row.size, class_name="ui-note ui-number")),
            badge(row.status, row.tone),
            rx.cond(
                row.link != "",
                rx.el.a(
                    icon("download"),
                    "Download",
                    href=row.link,
                    download=True,
                    class_name="ui-button surface",
                    custom_attrs={"reloadDocument": True},  # a file, not one of the pages
                ),
            ),
            class_name="ui-export",
        )

    return card(
        "Files",
        rx.cond(
            DataState.rows.length() > 0,
            rx.el.ul(rx.foreach(DataState.rows, row_item), class_name="ui-list"),
            empty("No exports yet", "Your exports appear here, ready to download when they're done."),
        ),
    )


def _question() -> rx.Component:
    form = rx.el.form(
        rx.el.p("Whose data should be erased?"),
        _contact("whom", DataState.errors.get("whom", "").to(str), first=True),
        actions("Find calls", DataState.dismiss),
        on_submit=DataState.find,
        no_validate=True,
        class_name="ui-fields",
    )
    sure = rx.el.form(
        rx.el.p(
            rx.cond(DataState.calls == 1, "1 call by ", f"{DataState.calls} calls by "),
            rx.el.b(DataState.contact, class_name="ui-break"),
            " will be erased. All exports will be deleted too, in case they include this caller. This can't be undone.",
        ),
        rx.el.input(type="hidden", name="whom", value=DataState.contact),
        actions("Erase permanently", DataState.dismiss, tone="danger"),
        on_submit=DataState.erase,
        class_name="ui-fields",
    )
    return form_dialog(
        rx.cond(DataState.question == "sure", sure, form),
        open=DataState.question != "",
        title="Erase a caller?",
        dismiss=DataState.dismiss,
    )
