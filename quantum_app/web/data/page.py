"""`/settings/data`."""

import reflex as rx

from quantum_app.web.data.state import Data
from quantum_app.web.data.view import ExportRow
from quantum_app.web.react.clock import ago, every
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, ask, field
from quantum_app.web.ui.parts import badge, card, empty, failure, icon, skeleton


def data() -> rx.Component:
    """What is known, as a file; and what is to be forgotten."""
    return page(
        rx.el.header(rx.el.h1("Data"), class_name="qv-head"),
        rx.cond(Data.failure != "", failure(Data.failure, Data.load)),
        rx.cond(
            Data.loaded,
            rx.el.div(_everything(), _caller(), _exports(), _erasing(), _question(), class_name="qv-stack qv-narrow"),
            rx.cond(Data.failure == "", skeleton(5)),
        ),
        rx.cond(Data.making, every(seconds=2, on_tick=Data.look)),
        section="data",
    )


def _caller() -> rx.Component:
    return card(
        "One caller",
        rx.el.form(
            rx.el.p("Somebody asks what you know of them: their calls, and all that was said.", class_name="qv-mute"),
            _contact("contact", Data.errors.get("contact", "").to(str)),
            rx.el.div(
                rx.el.button(icon("download"), "Export their data", type="submit", class_name="qv-btn surface"),
                class_name="qv-actions",
            ),
            on_submit=Data.export_caller,
            no_validate=True,
            # Empty again once it was understood.
            key=Data.rows.length().to_string(),
            class_name="qv-fields qv-pad",
        ),
    )


def _contact(name: str, error: rx.Var[str], *, first: bool = False) -> rx.Component:
    return field(
        name,
        "E-mail address or phone number",
        error=error,
        hint="A number with its country code, like +49 30 123456.",
        first=first,
        max_length=320,
        auto_complete="off",
    )


def _everything() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Everything in this account"),
                rx.el.p(
                    "One zip, with one JSON file for each kind of data. Files are there for a week.",
                    class_name="qv-mute",
                ),
                class_name="qv-col qv-grow",
            ),
            rx.el.button(
                icon("download"),
                "Export everything",
                type="button",
                on_click=Data.export_all,
                class_name="qv-btn solid",
            ),
            class_name="qv-setting-row",
        ),
        class_name="qv-card qv-setting",
    )


def _erasing() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Erase a caller"),
                rx.el.p(
                    "What was said, who called and their address are taken away for good. What it cost stays.",
                    class_name="qv-mute",
                ),
                class_name="qv-col qv-grow",
            ),
            rx.el.button("Erase a caller", type="button", on_click=Data.ask, class_name="qv-btn red"),
            class_name="qv-setting-row",
        ),
        class_name="qv-card qv-danger",
    )


def _exports() -> rx.Component:
    def one(row: rx.Var[ExportRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(row.of, class_name="qv-clip"),
                rx.el.span("Asked for ", ago(at=row.asked), class_name="qv-note"),
                class_name="qv-col qv-grow",
            ),
            rx.cond(row.size != "", rx.el.span(row.size, class_name="qv-note qv-num")),
            badge(row.status, row.tone),
            rx.cond(
                row.link != "",
                rx.el.a(
                    icon("download"),
                    "Download",
                    href=row.link,
                    download=True,
                    class_name="qv-btn surface",
                    custom_attrs={"reloadDocument": True},  # a file, not one of the pages
                ),
            ),
            class_name="qv-export",
        )

    return card(
        "Files",
        rx.cond(
            Data.rows.length() > 0,
            rx.el.ul(rx.foreach(Data.rows, one), class_name="qv-list"),
            empty("No files yet", "What you export appears here while it is being made, and can be downloaded then."),
        ),
    )


def _question() -> rx.Component:
    who = rx.el.form(
        rx.el.p("Whose calls are to be erased?"),
        _contact("whom", Data.errors.get("whom", "").to(str), first=True),
        actions("Look for their calls", Data.dismiss),
        on_submit=Data.find,
        no_validate=True,
        class_name="qv-fields",
    )
    sure = rx.el.form(
        rx.el.p(
            rx.cond(Data.calls == 1, "One call of ", f"{Data.calls} calls of "),
            rx.el.b(Data.contact, class_name="qv-break"),
            rx.cond(Data.calls == 1, " is", " are"),
            " erased, and so is every exported file, because they may be in it. This cannot be undone.",
        ),
        rx.el.input(type="hidden", name="whom", value=Data.contact),
        actions("Erase for good", Data.dismiss, tone="danger"),
        on_submit=Data.erase,
        class_name="qv-fields",
    )
    return ask(
        rx.cond(Data.question == "sure", sure, who),
        open=Data.question != "",
        title="Erase a caller?",
        dismiss=Data.dismiss,
    )
