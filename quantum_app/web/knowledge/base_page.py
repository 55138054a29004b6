"""`/knowledge/[base]`."""

from typing import Any

import reflex as rx

from quantum_app.domain.knowledge import writing
from quantum_app.domain.knowledge.service import LARGEST_FILE, LONGEST_NAME
from quantum_app.web.knowledge.base_state import LONGEST_QUESTION, BaseState
from quantum_app.web.knowledge.page import CAN_WRITE
from quantum_app.web.knowledge.view import PATH, DocumentRow, MatchRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.dialog import menu, menu_item, menu_link
from quantum_app.web.react.knowledge import upload_files
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error, switch, text_area
from quantum_app.web.ui.parts import badge, card, empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import chips, filter_chip, pages, search_field


def base() -> rx.Component:
    """The documents of a base, and a search to try it out."""
    return page(
        rx.el.nav(
            link("Knowledge", href=PATH),
            icon("chevron-right", 14),
            rx.el.span(rx.cond(BaseState.loaded, BaseState.name, "Knowledge base"), class_name="ui-clip"),
            class_name="ui-crumb",
            aria_label="Breadcrumb",
        ),
        rx.cond(
            BaseState.loaded,
            rx.el.header(rx.el.h1(BaseState.name, class_name="ui-break"), class_name="ui-head"),
        ),
        rx.cond(BaseState.failure != "", failure(BaseState.failure, BaseState.load)),
        rx.cond(
            BaseState.missing,
            rx.el.div(
                empty(
                    "Knowledge base not found",
                    "It may be deleted, or belong to another account. Check the address.",
                    link("Show all knowledge bases", href=PATH, class_name="ui-button solid"),
                    whole_page=True,
                ),
                class_name="ui-card",
            ),
            rx.cond(
                BaseState.loaded,
                rx.el.div(
                    rx.el.div(rx.cond(CAN_WRITE, _upload()), _documents(), class_name="ui-stack"),
                    _try_out(),
                    class_name="knowledge-beside",
                ),
                rx.cond(BaseState.failure == "", skeleton(5)),
            ),
        ),
        _dialogs(),
        section="knowledge",
    )


def _upload() -> rx.Component:
    return upload_files(
        rx.el.button(
            icon("sticky-note"),
            "Write a note",
            type="button",
            on_click=BaseState.ask_for_note,
            class_name="ui-button surface",
        ),
        rx.el.button(
            icon("message-circle-question-mark"),
            "Add questions and answers",
            type="button",
            on_click=BaseState.ask_for_questions,
            class_name="ui-button surface",
        ),
        key=BaseState.base,
        base=BaseState.base,
        largest=LARGEST_FILE,
        on_upload=BaseState.refresh,
    )


def _documents() -> rx.Component:
    nothing = rx.cond(
        BaseState.searched,
        empty(
            "No documents found",
            "Try a shorter search or another status.",
            link("Show all documents", href=PATH + "/" + BaseState.base.to(str), class_name="ui-button surface"),
        ),
        empty(
            "No documents yet",
            rx.cond(
                CAN_WRITE,
                "Drop files above, or write what your assistant should know.",
                "Nobody has added a document yet.",
            ),
        ),
    )
    has_rows = BaseState.rows.length() > 0
    return rx.el.div(
        rx.cond(has_rows | BaseState.searched, _filters()),
        rx.cond(
            has_rows,
            rx.fragment(
                rx.el.ul(rx.foreach(BaseState.rows, _row), class_name="ui-card ui-list", aria_label="Documents"),
                pages(BaseState.newest, BaseState.older, "Older documents"),
            ),
            rx.el.div(nothing, class_name="ui-card"),
        ),
    )


def _filters() -> rx.Component:
    text = rx.el.input(
        id="documents-text",
        name="text",
        type="search",
        default_value=BaseState.text,
        max_length=LONGEST_NAME,
        placeholder="Name of a document",
    )
    return rx.fragment(
        rx.el.form(
            search_field("documents", "text", "Search", text),
            rx.el.div(
                rx.el.button(icon("search"), "Search", type="submit", class_name="ui-button surface mid"),
                rx.cond(
                    BaseState.searched,
                    link("Clear", href=PATH + "/" + BaseState.base.to(str), class_name="ui-button ghost mid"),
                ),
                class_name="ui-row",
            ),
            on_submit=BaseState.search,
            key=BaseState.form_version.to_string(),
            class_name="ui-search knowledge",
            role="search",
        ),
        chips(
            rx.foreach(
                BaseState.statuses, lambda status: filter_chip(status["word"], status["href"], status["on"] != "")
            ),
            label="Filter by status",
        ),
    )


def kind_icon(kind: Any) -> rx.Component:
    """Of a file, a note, or questions and answers."""
    shape = rx.match(
        kind,
        ("note", icon("sticky-note")),
        ("qa", icon("message-circle-question-mark")),
        ("page", icon("globe")),
        icon("file-text"),
    )
    return rx.el.span(shape, class_name="knowledge-icon")


def progress(row: rx.Var[DocumentRow]) -> rx.Component:
    """How far a document is, while it is processed."""
    return rx.cond(
        row.working,
        rx.el.progress(
            value=row.progress.to_string(),
            max="100",
            class_name="knowledge-progress",
            custom_attrs={"aria-label": "Progress of " + row.name.to(str)},
        ),
    )


def problem(row: rx.Var[Any]) -> rx.Component:
    """What went wrong, in words."""
    return rx.cond(row.problem != "", rx.el.p(row.problem, class_name="knowledge-problem ui-break"))


def _row(row: rx.Var[DocumentRow]) -> rx.Component:
    retry = rx.el.button(
        icon("rotate-ccw"),
        "Retry",
        rx.el.span(" ", row.name, class_name="ui-screen-reader"),
        type="button",
        on_click=BaseState.retry(row.id),
        class_name="ui-button surface",
    )
    cancel = rx.el.button(
        "Cancel",
        rx.el.span(" processing ", row.name, class_name="ui-screen-reader"),
        type="button",
        on_click=BaseState.cancel(row.id),
        class_name="ui-button surface",
    )
    return rx.el.li(
        kind_icon(row.icon),
        rx.el.div(
            link(row.name, href=row.href, class_name="campaigns-link"),
            rx.el.div(rx.el.span(row.note), rx.el.span("Added ", ago(at=row.created)), class_name="ui-sub"),
            problem(row),
            rx.cond(row.stale, rx.el.p("The earlier version is searched.", class_name="ui-note")),
            progress(row),
            class_name="who",
        ),
        rx.el.div(badge(row.status, row.tone), class_name="status"),
        rx.cond(
            CAN_WRITE,
            rx.el.div(
                rx.cond(row.can_retry, retry, rx.cond(row.working, cancel)),
                switch(
                    "Search " + row.name.to(str),
                    checked=row.enabled,
                    on_change=BaseState.switch_document(row.id, ~row.enabled),
                ),
                menu(
                    menu_link(icon("download"), "Download", href=row.download),
                    menu_item(icon("trash-2"), "Delete", on_click=BaseState.ask_to_delete(row.id), tone="red"),
                    label="Actions for " + row.name.to(str),
                ),
                class_name="acts",
            ),
        ),
        class_name="knowledge-item document",
    )


def _try_out() -> rx.Component:
    def match_item(row: rx.Var[MatchRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                link(row.document, href=row.href, class_name="ui-clip ui-grow"),
                rx.el.b(row.score, class_name="ui-number"),
                class_name="ui-row",
            ),
            rx.el.div(
                rx.el.b(class_name=rx.cond(row.good, "good", ""), style={"width": row.width}),
                class_name="knowledge-score",
                aria_hidden=True,
            ),
            rx.el.div(
                rx.cond(row.place != "", rx.el.span(row.place)), rx.el.span(row.why), class_name="ui-sub ui-break"
            ),
            rx.el.p(row.text, class_name="knowledge-text"),
        )

    question = rx.el.input(
        id="knowledge-question",
        name="question",
        default_value=BaseState.question,
        max_length=LONGEST_QUESTION,
        placeholder="Are you open on Sundays?",
        auto_complete="off",
        aria_invalid=BaseState.question_error != "",
        aria_describedby="knowledge-question-more",
    )
    return card(
        "Test search",
        rx.el.form(
            rx.el.div(
                rx.el.label("Ask what a caller would ask", html_for="knowledge-question"),
                rx.el.div(
                    rx.el.div(question, class_name="ui-input ui-grow"),
                    rx.el.button("Ask", type="submit", class_name="ui-button surface mid"),
                    class_name="ui-row",
                ),
                rx.el.div(
                    BaseState.question_error,
                    id="knowledge-question-more",
                    class_name="ui-error",
                    role=rx.cond(BaseState.question_error != "", "alert", "note"),
                ),
                class_name="ui-field",
            ),
            on_submit=BaseState.ask,
            no_validate=True,
            class_name="ui-pad",
        ),
        rx.el.div(
            rx.cond(
                BaseState.verdict != "",
                rx.el.div(
                    rx.cond(BaseState.answered, icon("circle-check"), icon("circle-help")),
                    rx.el.span(BaseState.verdict),
                    class_name=rx.cond(BaseState.answered, "ui-callout green", "ui-callout amber"),
                ),
            ),
            role="status",
            class_name="knowledge-verdict",
        ),
        rx.cond(
            BaseState.matches.length() > 0,
            rx.el.ol(rx.foreach(BaseState.matches, match_item), class_name="knowledge-matches", aria_label="Passages"),
        ),
    )


def _dialogs() -> rx.Component:
    document = BaseState.selection
    return rx.fragment(
        _form(
            "note",
            "Write a note",
            _name("Holiday hours"),
            text_area(
                "text",
                "Text",
                error=_error("text"),
                hint="Headings start with #. Each part should make sense when it's read out alone.",
                max_length=writing.LONGEST_NOTE,
                rows=10,
            ),
            submit=BaseState.add_note,
            word="Add note",
        ),
        _form(
            "questions",
            "Add questions and answers",
            _name("Frequent questions"),
            rx.foreach(BaseState.pairs, _pair),
            rx.el.div(
                rx.el.button(
                    icon("plus"),
                    "Another question",
                    type="button",
                    on_click=BaseState.add_pair,
                    class_name="ui-button soft",
                )
            ),
            submit=BaseState.add_questions,
            word="Add questions",
        ),
        _form(
            "delete",
            "Delete “" + document.name.to(str) + "”?",
            rx.el.p("It's deleted for good with all its versions, and no answer uses it anymore."),
            submit=BaseState.delete(document.id),
            word="Delete",
            tone="danger",
        ),
    )


def _pair(number: rx.Var[int]) -> rx.Component:
    count = (number + 1).to_string()
    question, answer = "question-" + number.to_string(), "answer-" + number.to_string()
    return rx.el.fieldset(
        rx.el.legend("Question ", count, class_name="ui-screen-reader"),
        field(
            question,
            "Question " + count,
            error=_error(question),
            max_length=writing.LONGEST_QUESTION,
            auto_complete="off",
        ),
        text_area(answer, "Answer " + count, error=_error(answer), max_length=writing.LONGEST_ANSWER, rows=2),
        class_name="knowledge-pair",
    )


def _name(example: str) -> rx.Component:
    return field(
        "name",
        "Name",
        error=_error("name"),
        placeholder=example,
        max_length=LONGEST_NAME,
        auto_complete="off",
        first=True,
    )


def _error(name: Any) -> rx.Var[str]:
    return BaseState.errors.get(name, "").to(str)


def _form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
    return form_dialog(
        rx.el.form(
            form_error(_error("form")),
            *content,
            actions(word, BaseState.dismiss, tone=tone),
            on_submit=submit,
            no_validate=True,
            class_name="ui-fields",
        ),
        open=BaseState.dialog == key,
        title=title,
        dismiss=BaseState.dismiss,
    )
