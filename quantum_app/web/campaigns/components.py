"""Components of the campaigns page."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns.service import ASSISTANT, LONGEST_NAME
from quantum_app.web.campaigns.state import ARCHIVE, PATH, CampaignsState
from quantum_app.web.campaigns.view import STATUSES, TEMPLATE_CHOICES, CampaignRow, RecipientRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.copy import copy
from quantum_app.web.react.dialog import menu, menu_item
from quantum_app.web.session import Session
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error
from quantum_app.web.ui.parts import badge, icon, link
from quantum_app.web.ui.search import chip, chips, search_field, search_form

CAN_WRITE = Session.permissions.contains(Permission.CAMPAIGNS_WRITE.value)


def tabs() -> rx.Component:
    """Active and archived campaigns. Each has its own URL."""
    return chips(
        chip("Active", PATH, ~CampaignsState.archived),
        chip("Archived", ARCHIVE, CampaignsState.archived),
        label="Campaigns",
    )


def search() -> rx.Component:
    """Search by name, and the status filter."""
    text = rx.el.input(
        id="campaigns-text",
        name="text",
        type="search",
        default_value=CampaignsState.text,
        max_length=LONGEST_NAME,
        placeholder="Name",
    )
    status = rx.el.select(
        rx.el.option("All", value=""),
        *(rx.el.option(word, value=status.value) for status, word in STATUSES.items()),
        id="campaigns-status",
        name="status",
        default_value=CampaignsState.status,
    )
    return search_form(
        "campaigns",
        search_field("campaigns", "text", "Search", text),
        search_field("campaigns", "status", "Status", status),
        count=rx.cond(CampaignsState.status == "", 0, 1),
        clear=rx.cond(CampaignsState.archived, ARCHIVE, PATH),
        searched=CampaignsState.searched,
        on_submit=CampaignsState.search,
        version=CampaignsState.form_version,
    )


def campaign_list() -> rx.Component:
    def row_item(row: rx.Var[CampaignRow]) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                link(row.name, href=row.designer, class_name="campaigns-link"),
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
        rx.el.ul(rx.foreach(CampaignsState.rows, row_item), class_name="ui-list", aria_label="Campaigns"),
    )


def _menu(row: rx.Var[CampaignRow]) -> rx.Component:
    archived = row.archived != ""
    return menu(
        menu_item(icon("settings"), "Settings", on_click=CampaignsState.ask_for_settings(row.id)),
        rx.cond(
            ~archived,
            rx.cond(
                row.active,
                menu_item(icon("pause"), "Pause", on_click=CampaignsState.pause(row.id)),
                menu_item(icon("play"), "Resume", on_click=CampaignsState.resume(row.id)),
            ),
        ),
        menu_item(icon("copy-plus"), "Duplicate", on_click=CampaignsState.duplicate(row.id)),
        rx.cond(
            archived,
            menu_item(icon("archive-restore"), "Restore", on_click=CampaignsState.unarchive(row.id)),
            menu_item(icon("archive"), "Archive", on_click=CampaignsState.ask_to_archive(row.id)),
        ),
        menu_item(icon("trash-2"), "Delete", on_click=CampaignsState.ask_to_delete(row.id), tone="red"),
        label="Actions for " + row.name.to(str),
    )


def dialogs() -> rx.Component:
    """The page's dialogs."""
    campaign = CampaignsState.selection
    return rx.fragment(
        _form(
            "new",
            "New campaign",
            *_names("", ASSISTANT),
            _template_choice(),
            submit=CampaignsState.create,
            word="Create campaign",
        ),
        _form(
            "settings",
            "Campaign settings",
            rx.el.input(type="hidden", name="id", value=campaign.id, read_only=True),
            *_names(campaign.name, campaign.assistant),
            _recipients(),
            submit=CampaignsState.save_settings,
            word="Save",
        ),
        _form(
            "archive",
            "Archive “" + campaign.name.to(str) + "”?",
            _effects("Its call page will stop taking calls:"),
            submit=CampaignsState.archive(campaign.id),
            word="Archive",
        ),
        _form(
            "delete",
            "Delete “" + campaign.name.to(str) + "”?",
            _effects("Its call page stops working, and so do all links to it:"),
            submit=CampaignsState.delete(campaign.id),
            word="Delete",
            tone="danger",
        ),
    )


def _names(name: Any, assistant: Any) -> tuple[rx.Component, rx.Component]:
    return (
        field(
            "name",
            "Name",
            error=_error("name"),
            hint="Callers see it on the call page.",
            default_value=name,
            max_length=LONGEST_NAME,
            auto_complete="off",
            first=True,
        ),
        field(
            "assistant_name",
            "Assistant's name",
            error=_error("assistant_name"),
            hint="Shown on the call page and in transcripts. What the assistant calls itself is in the flow.",
            default_value=assistant,
            max_length=LONGEST_NAME,
            auto_complete="off",
        ),
    )


def _recipients() -> rx.Component:
    """Who gets the results of calls by email."""

    def row_item(row: rx.Var[RecipientRow]) -> rx.Component:
        return rx.el.label(
            rx.el.input(type="checkbox", name=row.field, value="1", default_checked=row.active),
            rx.el.span(
                rx.el.b(row.name, class_name="ui-break"),
                rx.el.span(row.email, class_name="ui-muted ui-break"),
                class_name="ui-column",
            ),
            class_name="ui-agree",
        )

    return rx.el.fieldset(
        rx.el.legend("Email results to"),
        rx.el.p(
            "They get what a call collected and a link to it. Hidden values aren't sent by email.", class_name="ui-note"
        ),
        rx.el.div(rx.foreach(CampaignsState.recipients, row_item), class_name="campaigns-recipients"),
        rx.cond(_error("recipients") != "", rx.el.div(_error("recipients"), class_name="ui-error", role="alert")),
        class_name="ui-choices",
    )


def _effects(call_page: str) -> rx.Component:
    """What happens to the chosen campaign."""
    return rx.el.ul(
        rx.el.li(call_page, " ", rx.el.b(CampaignsState.address, class_name="ui-break")),
        rx.foreach(CampaignsState.effects, rx.el.li),
        class_name="campaigns-effects",
    )


def _error(name: str) -> rx.Var[str]:
    return CampaignsState.errors.get(name, "").to(str)


def _form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
    return form_dialog(
        rx.el.form(
            form_error(_error("form")),
            *content,
            actions(word, CampaignsState.dismiss, tone=tone),
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
