"""`/knowledge/[base]/[document]`."""

from typing import Any

import reflex as rx

from quantum_app.domain.knowledge.service import LARGEST_FILE, LONGEST_NAME
from quantum_app.web.knowledge.base_page import problem, progress
from quantum_app.web.knowledge.document_state import DocumentState
from quantum_app.web.knowledge.page import CAN_WRITE
from quantum_app.web.knowledge.view import PATH, PassageRow, VersionRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.knowledge import replace_file
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error, switch
from quantum_app.web.ui.parts import badge, card, empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import pages


def document() -> rx.Component:
    """A document with its passages and versions."""
    return page(
        rx.el.nav(
            link("Knowledge", href=PATH),
            icon("chevron-right", 14),
            rx.cond(
                DocumentState.loaded,
                rx.fragment(
                    link(DocumentState.base_name, href=DocumentState.base, class_name="ui-clip"),
                    icon("chevron-right", 14),
                    rx.el.span(DocumentState.document.name, class_name="ui-clip"),
                ),
                rx.el.span("Document"),
            ),
            class_name="ui-crumb",
            aria_label="Breadcrumb",
        ),
        rx.cond(DocumentState.loaded, _head()),
        rx.cond(DocumentState.failure != "", failure(DocumentState.failure, DocumentState.load)),
        rx.cond(
            DocumentState.missing,
            rx.el.div(
                empty(
                    "Document not found",
                    "It may be deleted, or belong to another account. Check the address.",
                    link("Show all knowledge bases", href=PATH, class_name="ui-button solid"),
                    whole_page=True,
                ),
                class_name="ui-card",
            ),
            rx.cond(
                DocumentState.loaded,
                rx.el.div(
                    _passages(),
                    rx.el.div(_status(), _versions(), class_name="ui-stack"),
                    class_name="knowledge-beside",
                ),
                rx.cond(DocumentState.failure == "", skeleton(6)),
            ),
        ),
        _dialogs(),
        section="knowledge",
    )


def _head() -> rx.Component:
    row = DocumentState.document
    return rx.el.header(
        rx.el.div(
            rx.el.h1(row.name, class_name="ui-break"),
            rx.el.div(rx.el.span(row.note), rx.el.span("Added ", ago(at=row.created)), class_name="ui-sub"),
        ),
        rx.el.div(
            link(
                icon("download"),
                "Download",
                href=row.download,
                reload_document=True,
                download=True,
                class_name="ui-button surface",
            ),
            rx.cond(
                CAN_WRITE,
                rx.fragment(
                    replace_file(key=row.id, document=row.id, largest=LARGEST_FILE, on_upload=DocumentState.refresh),
                    _button("pencil", "Rename", DocumentState.ask_to_rename),
                    _button("trash-2", "Delete", DocumentState.ask_to_delete),
                ),
            ),
            class_name="tools ui-wrap",
        ),
        class_name="ui-head",
    )


def _button(name: str, word: str, on_click: Any, tone: str = "surface") -> rx.Component:
    return rx.el.button(icon(name), word, type="button", on_click=on_click, class_name=f"ui-button {tone}")


def _status() -> rx.Component:
    row = DocumentState.document
    return card(
        "Status",
        rx.el.div(
            problem(row),
            progress(row),
            rx.cond(
                row.stale, rx.el.p("The earlier version is searched until a new one is ready.", class_name="ui-note")
            ),
            rx.cond(
                CAN_WRITE,
                rx.fragment(
                    rx.cond(
                        row.can_retry,
                        rx.el.div(_button("rotate-ccw", "Retry", DocumentState.retry)),
                        rx.cond(row.working, rx.el.div(_button("x", "Cancel", DocumentState.cancel))),
                    ),
                    rx.el.div(
                        rx.el.span("Search this document", class_name="ui-grow"),
                        switch(
                            "Search this document",
                            checked=row.enabled,
                            on_change=DocumentState.switch_document(~row.enabled),
                        ),
                        class_name="ui-row",
                    ),
                ),
                rx.cond(~row.enabled, rx.el.p("Turned off: answers don't use it.", class_name="ui-note")),
            ),
            class_name="ui-pad knowledge-status",
        ),
        aside=badge(row.status, row.tone),
    )


def _versions() -> rx.Component:
    def version_item(row: rx.Var[VersionRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.span(ago(at=row.created), class_name="ui-grow"),
                rx.el.span(row.size, class_name="ui-note"),
                badge(row.status, row.tone),
                class_name="ui-row",
            ),
            problem(row),
        )

    return card("Versions", rx.el.ol(rx.foreach(DocumentState.versions, version_item), class_name="knowledge-versions"))


def _passages() -> rx.Component:
    def passage_item(row: rx.Var[PassageRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.div(
                    rx.el.b("Passage ", row.number),
                    rx.cond(row.place != "", rx.el.span(row.place)),
                    class_name="ui-sub ui-grow ui-break",
                ),
                rx.cond(
                    CAN_WRITE,
                    switch(
                        "Search passage " + row.number.to(str),
                        checked=row.enabled,
                        on_change=DocumentState.switch_passage(row.ordinal, ~row.enabled),
                    ),
                    rx.cond(~row.enabled, badge("Off", "")),
                ),
                class_name="ui-row",
            ),
            rx.el.p(row.text, class_name="knowledge-text"),
            class_name=rx.cond(row.enabled, "", "off"),
        )

    return rx.el.div(
        card(
            "Passages",
            rx.cond(
                DocumentState.passages.length() > 0,
                rx.el.ol(
                    rx.foreach(DocumentState.passages, passage_item),
                    class_name="knowledge-passages",
                    aria_label="Passages",
                ),
                rx.el.p(
                    rx.cond(
                        DocumentState.document.working,
                        "They appear once the document is ready.",
                        "This document has none that are searched.",
                    ),
                    class_name="ui-muted ui-pad",
                ),
            ),
            aside=DocumentState.passage_count,
        ),
        pages(DocumentState.newest, DocumentState.older, "More passages"),
    )


def _dialogs() -> rx.Component:
    row = DocumentState.document

    def form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
        return form_dialog(
            rx.el.form(
                form_error(DocumentState.errors.get("form", "").to(str)),
                *content,
                actions(word, DocumentState.dismiss, tone=tone),
                on_submit=submit,
                no_validate=True,
                class_name="ui-fields",
            ),
            open=DocumentState.dialog == key,
            title=title,
            dismiss=DocumentState.dismiss,
        )

    return rx.fragment(
        form(
            "rename",
            "Rename document",
            field(
                "name",
                "Name",
                error=DocumentState.errors.get("name", "").to(str),
                hint="Answers name it as their source.",
                default_value=row.name,
                max_length=LONGEST_NAME,
                auto_complete="off",
                first=True,
            ),
            submit=DocumentState.rename,
            word="Save",
        ),
        form(
            "delete",
            "Delete “" + row.name.to(str) + "”?",
            rx.el.p("It's deleted for good with all its versions, and no answer uses it anymore."),
            submit=DocumentState.delete,
            word="Delete",
            tone="danger",
        ),
    )
