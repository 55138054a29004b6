"""Components of the campaigns page."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns.service import LONGEST_NAME
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.campaigns.view import TEMPLATE_CHOICES, CampaignRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.copy import copy
from quantum_app.web.react.dialog import menu, menu_item
from quantum_app.web.session import Session
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error
from quantum_app.web.ui.parts import badge, icon, link

CAN_WRITE = Session.permissions.contains(Permission.CAMPAIGNS_WRITE.value)


def campaign_list() -> rx.Component:
    def one(row: rx.Var[CampaignRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(row.name, class_name="ui-clip"),
                rx.el.span(row.assistant, " answers", class_name="ui-note ui-clip"),
                class_name="ui-column who",
            ),
            rx.el.div(badge(row.status, row.tone), class_name="status"),
            rx.el.div(
                rx.cond(
                    row.version != "",
                    rx.fragment(
                        rx.el.span(row.version),
                        rx.el.span("Published ", ago(at=row.published), class_name="ui-note"),
                    ),
                    rx.el.span("No version yet", class_name="ui-note"),
                ),
                class_name=rx.cond(row.version != "", "ui-column version", "ui-column version none"),
            ),
            rx.el.div(
                link(
                    icon("workflow"),
                    "Designer",
                    rx.el.span(" of ", row.name, class_name="ui-screen-reader"),
                    href=row.designer,
                    class_name="ui-button surface",
                ),
                rx.el.a(
                    icon("phone"),
                    "Call page",
                    rx.el.span(" of ", row.name, " (opens in a new tab)", class_name="ui-screen-reader"),
                    href=row.call_page,
                    target="_blank",
                    class_name="ui-button ghost",
                ),
                copy(text=row.call_page, label="Copy the address of the call page of " + row.name.to(str)),
                class_name="acts",
            ),
            rx.el.span(rx.cond(CAN_WRITE, _menu(row)), class_name="more"),
            class_name="campaigns-item",
        )

    return rx.fragment(
        rx.el.div(
            rx.el.span("Campaign"),
            rx.el.span("Status"),
            rx.el.span("Flow"),
            class_name="campaigns-item campaigns-head",
            aria_hidden=True,
        ),
        rx.el.ul(rx.foreach(CampaignsState.rows, one), class_name="ui-list", aria_label="Campaigns"),
    )


def _menu(row: rx.Var[CampaignRow]) -> rx.Component:
    return menu(
        menu_item(icon("pencil"), "Rename", on_click=CampaignsState.ask_for_name(row.id)),
        rx.cond(
            row.active,
            menu_item(icon("pause"), "Pause", on_click=CampaignsState.pause(row.id)),
            menu_item(icon("play"), "Resume", on_click=CampaignsState.resume(row.id)),
        ),
        menu_item(icon("trash-2"), "Delete", on_click=CampaignsState.delete(row.id), tone="red"),
        label="Actions for " + row.name.to(str),
    )


def dialogs() -> rx.Component:
    """The page's dialogs."""
    return rx.fragment(
        _form(
            "new",
            "New campaign",
            field(
                "name",
                "Name",
                error=_error("name"),
                hint="Callers see it on the call page.",
                max_length=LONGEST_NAME,
                auto_complete="off",
                first=True,
            ),
            _template_choice(),
            submit=CampaignsState.create,
            word="Create campaign",
        ),
        _form(
            "rename",
            "Rename campaign",
            rx.el.input(type="hidden", name="id", value=CampaignsState.chosen.id, read_only=True),
            field(
                "name",
                "Name",
                error=_error("name"),
                hint="Callers see it on the call page.",
                default_value=CampaignsState.chosen.name,
                max_length=LONGEST_NAME,
                auto_complete="off",
                first=True,
            ),
            submit=CampaignsState.rename,
            word="Rename",
        ),
    )


def _error(name: str) -> rx.Var[str]:
    return CampaignsState.errors.get(name, "").to(str)


def _form(key: str, title: str, *content: rx.Component, submit: Any, word: str) -> rx.Component:
    return form_dialog(
        rx.el.form(
            form_error(_error("form")),
            *content,
            actions(word, CampaignsState.dismiss),
            on_submit=submit,
            no_validate=True,
            class_name="ui-fields",
        ),
        open=CampaignsState.dialog == key,
        title=title,
        dismiss=CampaignsState.dismiss,
    )


def _template_choice() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Start from"),
        *(
            rx.el.label(
                rx.el.input(type="radio", name="template", value=item.id, default_checked=item is TEMPLATE_CHOICES[0]),
                rx.el.span(
                    rx.el.b(item.name), rx.el.span(item.description, class_name="ui-note"), class_name="ui-column"
                ),
                class_name="ui-choice",
            )
            for item in TEMPLATE_CHOICES
        ),
        rx.cond(_error("template") != "", rx.el.div(_error("template"), class_name="ui-error", role="alert")),
        class_name="ui-choices",
    )
