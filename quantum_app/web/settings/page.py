"""`/settings` and `/settings/restore`."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.react.frame import mark
from quantum_app.web.react.time_zone import time_zone_field
from quantum_app.web.session import Session
from quantum_app.web.settings.state import RestoreState, SettingsState
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, checkbox, field, form_dialog, form_error
from quantum_app.web.ui.parts import card, failure, icon, link, skeleton


def settings() -> rx.Component:
    """Settings of the whole account."""
    return page(
        rx.el.header(rx.el.h1("Settings"), class_name="ui-head"),
        rx.cond(SettingsState.failure != "", failure(SettingsState.failure, SettingsState.load)),
        rx.cond(
            SettingsState.loaded,
            rx.el.div(
                _form(),
                rx.cond(Session.permissions.contains(Permission.OWNERSHIP.value), _danger()),
                _question(),
                class_name="ui-stack ui-narrow",
            ),
            rx.cond(SettingsState.failure == "", skeleton(5)),
        ),
        section="settings",
    )


def _form() -> rx.Component:
    def error(name: str) -> rx.Var[str]:
        return SettingsState.errors.get(name, "").to(str)

    locked_out = rx.cond(
        SettingsState.proven,
        "Members without it must set it up before they can continue.",
        "Members without it must set it up before they can continue. That includes you.",
    )
    return rx.el.form(
        card(
            "Account",
            rx.el.div(
                form_error(error("form")),
                field(
                    "name",
                    "Name",
                    error=error("name"),
                    hint="Callers see it on the call page.",
                    default_value=SettingsState.name,
                    max_length=100,
                    auto_complete="organization",
                ),
                time_zone_field(
                    name="zone",
                    label="Time zone",
                    error=error("zone"),
                    hint="Used for dates and opening hours on calls.",
                    value=SettingsState.zone,
                ),
                rx.cond(
                    SettingsState.domain != "",
                    checkbox(
                        "shown",
                        f"Show {SettingsState.domain} on the call page",
                        "The domain of the owner's email address. Otherwise callers see “Not verified”.",
                        default_checked=SettingsState.show_domain,
                    ),
                    rx.el.p(
                        "Callers see “Not verified” below the name. To show your domain instead, the owner's email "
                        "address must be at that domain.",
                        class_name="ui-note",
                    ),
                ),
                class_name="ui-fields ui-pad",
            ),
        ),
        card(
            "Security",
            rx.el.div(
                checkbox(
                    "required", "Require two-factor authentication", locked_out, default_checked=SettingsState.required
                ),
                class_name="ui-pad",
            ),
        ),
        card(
            "Data",
            rx.el.div(
                field(
                    "days",
                    "Days to keep calls",
                    error=error("days"),
                    hint="Then a call and its transcript are deleted. Leave empty to keep them forever.",
                    default_value=SettingsState.days,
                    input_mode="numeric",
                    max_length=9,
                ),
                class_name="ui-fields ui-pad settings-short",
            ),
        ),
        rx.el.div(
            rx.el.button("Save settings", type="submit", class_name="ui-button solid mid"), class_name="ui-actions"
        ),
        on_submit=SettingsState.save,
        no_validate=True,
        class_name="ui-stack",
    )


def _danger() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Delete this account"),
                rx.el.p(
                    "Calls stop and members lose access. You can restore the account for 30 days, then everything in "
                    "it is permanently deleted.",
                    class_name="ui-muted",
                ),
                class_name="ui-column ui-grow",
            ),
            rx.el.button("Delete account", type="button", on_click=SettingsState.ask, class_name="ui-button red"),
            class_name="ui-setting-row",
        ),
        class_name="ui-card ui-danger",
    )


def _question() -> rx.Component:
    return form_dialog(
        rx.el.form(
            rx.el.p(
                "Calls in progress will end, and members lose access right away. Type ",
                rx.el.b(SettingsState.name),
                " to confirm.",
            ),
            field(
                "typed_name",
                "Account name",
                error=SettingsState.errors.get("typed_name", "").to(str),
                first=True,
            ),
            actions("Delete account", SettingsState.dismiss, tone="danger"),
            on_submit=SettingsState.delete,
            no_validate=True,
            class_name="ui-fields",
        ),
        open=SettingsState.deleting,
        title="Delete this account?",
        dismiss=SettingsState.dismiss,
    )


def restore() -> rx.Component:
    """Where the owner restores a deleted account."""
    return page(
        rx.cond(RestoreState.failure != "", failure(RestoreState.failure, RestoreState.load)),
        rx.cond(
            RestoreState.loaded,
            rx.el.div(
                rx.el.div(
                    mark(40),
                    rx.el.h1(
                        rx.cond(RestoreState.deleted, f"{RestoreState.name} is deleted", f"{RestoreState.name} is open")
                    ),
                    rx.cond(
                        RestoreState.deleted,
                        rx.fragment(
                            rx.el.p(
                                "Everything is still there. Restore the account to take calls and let members back in."
                            ),
                            rx.el.button(
                                icon("rotate-ccw"),
                                "Restore account",
                                type="button",
                                on_click=RestoreState.restore,
                                class_name="ui-button solid mid",
                            ),
                        ),
                        rx.fragment(
                            rx.el.p("There is nothing to restore."),
                            link("Open the settings", href="/settings", class_name="ui-button solid"),
                        ),
                    ),
                    class_name="ui-empty",
                ),
                class_name="ui-card",
            ),
            rx.cond(RestoreState.failure == "", skeleton(3)),
        ),
        section="restore",
    )
