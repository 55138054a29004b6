"""`/knowledge`."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.knowledge.service import LONGEST_NAME
from quantum_app.web.knowledge.state import KnowledgeState
from quantum_app.web.knowledge.view import PATH, BaseRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.dialog import menu, menu_item
from quantum_app.web.session import Session
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error
from quantum_app.web.ui.parts import empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import search_field

CAN_WRITE = Session.permissions.contains(Permission.KNOWLEDGE_WRITE.value)


def knowledge() -> rx.Component:
    """The account's knowledge bases."""
    nothing = rx.cond(
        KnowledgeState.has_any,
        empty("No results", "Try a shorter search."),
        empty(
            "No knowledge bases yet",
            "Give your assistant documents to answer from: price lists, opening hours, policies.",
            rx.cond(CAN_WRITE, _new()),
        ),
    )
    return page(
        rx.el.header(
            rx.el.h1("Knowledge"),
            rx.cond(CAN_WRITE & KnowledgeState.has_any, rx.el.div(_new(), class_name="tools")),
            class_name="ui-head",
        ),
        rx.cond(KnowledgeState.loaded & KnowledgeState.has_any, _search()),
        rx.cond(KnowledgeState.failure != "", failure(KnowledgeState.failure, KnowledgeState.load)),
        rx.cond(
            KnowledgeState.loaded,
            rx.cond(
                KnowledgeState.rows.length() > 0,
                rx.el.ul(
                    rx.foreach(KnowledgeState.rows, _row), class_name="ui-card ui-list", aria_label="Knowledge bases"
                ),
                rx.el.div(nothing, class_name="ui-card"),
            ),
            rx.cond(KnowledgeState.failure == "", skeleton(3)),
        ),
        _dialogs(),
        section="knowledge",
    )


def _new() -> rx.Component:
    return rx.el.button(
        icon("plus"),
        "New knowledge base",
        type="button",
        on_click=KnowledgeState.ask_for_new,
        class_name="ui-button solid",
    )


def _search() -> rx.Component:
    text = rx.el.input(
        id="knowledge-text",
        name="text",
        type="search",
        default_value=KnowledgeState.text,
        max_length=LONGEST_NAME,
        placeholder="Name",
    )
    return rx.el.form(
        search_field("knowledge", "text", "Search", text),
        rx.el.div(
            rx.el.button(icon("search"), "Search", type="submit", class_name="ui-button surface mid"),
            rx.cond(KnowledgeState.text != "", link("Clear", href=PATH, class_name="ui-button ghost mid")),
            class_name="ui-row",
        ),
        on_submit=KnowledgeState.search,
        key=KnowledgeState.form_version.to_string(),
        class_name="ui-search knowledge",
        role="search",
    )


def _row(row: rx.Var[BaseRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon("book-open"), class_name="knowledge-icon"),
        rx.el.div(
            link(row.name, href=row.href, class_name="campaigns-link"),
            rx.el.div(rx.el.span(row.documents), rx.el.span("Created ", ago(at=row.created)), class_name="ui-sub"),
            class_name="ui-grow",
        ),
        rx.cond(CAN_WRITE, _menu(row)),
        class_name="knowledge-item",
    )


def _menu(row: rx.Var[BaseRow]) -> rx.Component:
    return rx.el.span(
        menu(
            menu_item(icon("pencil"), "Rename", on_click=KnowledgeState.ask_to_rename(row.id)),
            menu_item(icon("trash-2"), "Delete", on_click=KnowledgeState.ask_to_delete(row.id), tone="red"),
            label="Actions for " + row.name.to(str),
        ),
        class_name="more",
    )


def _dialogs() -> rx.Component:
    base = KnowledgeState.selection
    return rx.fragment(
        _form(
            "new",
            "New knowledge base",
            _name("", "For example “Prices” or “Help center”."),
            submit=KnowledgeState.create,
            word="Create knowledge base",
        ),
        _form(
            "rename",
            "Rename knowledge base",
            rx.el.input(type="hidden", name="id", value=base.id, read_only=True),
            _name(base.name),
            submit=KnowledgeState.rename,
            word="Save",
        ),
        _form(
            "delete",
            "Delete “" + base.name.to(str) + "”?",
            rx.el.p("All its documents (", base.documents, ") are deleted for good, and no answer uses them anymore."),
            submit=KnowledgeState.delete(base.id),
            word="Delete",
            tone="danger",
        ),
    )


def _name(value: Any, hint: str = "") -> rx.Component:
    return field(
        "name",
        "Name",
        error=KnowledgeState.errors.get("name", "").to(str),
        hint=hint,
        default_value=value,
        max_length=LONGEST_NAME,
        auto_complete="off",
        first=True,
    )


def _form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
    return form_dialog(
        rx.el.form(
            form_error(KnowledgeState.errors.get("form", "").to(str)),
            *content,
            actions(word, KnowledgeState.dismiss, tone=tone),
            on_submit=submit,
            no_validate=True,
            class_name="ui-fields",
        ),
        open=KnowledgeState.dialog == key,
        title=title,
        dismiss=KnowledgeState.dismiss,
    )
