"""`/settings/security`."""

import reflex as rx

from quantum_app.web.react import security as react
from quantum_app.web.react.clock import ago
from quantum_app.web.security.state import SecurityState
from quantum_app.web.security.view import LoginRow, Provider
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import field
from quantum_app.web.ui.parts import badge, card, failure, icon, skeleton


def security() -> rx.Component:
    """The user's own login, whatever their role."""
    return page(
        rx.el.header(rx.el.h1("Security"), class_name="ui-head"),
        react.connected(),
        rx.cond(
            SecurityState.lacks_second_factor,
            rx.el.div(
                icon("shield-alert"),
                rx.el.span(
                    rx.el.b("This account requires two-factor authentication. "),
                    "Set it up below to continue.",
                ),
                class_name="ui-callout amber ui-failure",
                role="status",
            ),
        ),
        rx.cond(SecurityState.failure != "", failure(SecurityState.failure, SecurityState.load)),
        rx.cond(
            SecurityState.loaded,
            rx.el.div(_you(), _protection(), _providers(), _logins(), class_name="ui-stack ui-narrow"),
            rx.cond(SecurityState.failure == "", skeleton(5)),
        ),
        section="security",
    )


def _you() -> rx.Component:
    return card(
        "Profile",
        rx.el.div(
            rx.cond(
                SecurityState.renaming,
                rx.el.form(
                    field(
                        "person",
                        "Name",
                        error=SecurityState.error,
                        hint="Visible to your team.",
                        default_value=SecurityState.name,
                        max_length=100,
                        auto_complete="name",
                        auto_focus=True,
                    ),
                    rx.el.div(
                        rx.el.button("Save", type="submit", class_name="ui-button solid mid"),
                        rx.el.button(
                            "Cancel", type="button", on_click=SecurityState.keep_name, class_name="ui-button ghost mid"
                        ),
                        class_name="ui-actions",
                    ),
                    on_submit=SecurityState.save_name,
                    no_validate=True,
                    class_name="ui-fields",
                ),
                rx.el.div(
                    rx.el.div(
                        rx.el.h3("Name"),
                        rx.el.span(SecurityState.name, class_name="ui-muted ui-break"),
                        class_name="ui-column ui-grow",
                    ),
                    rx.el.button(
                        "Change",
                        rx.el.span(" name", class_name="ui-screen-reader"),
                        type="button",
                        on_click=SecurityState.rename,
                        class_name="ui-button surface",
                    ),
                    class_name="ui-setting-row",
                ),
            ),
            class_name="ui-setting",
        ),
        react.email_form(
            email=SecurityState.email,
            second_factor=SecurityState.second_factor,
            has_password=SecurityState.has_password,
        ),
    )


def _protection() -> rx.Component:
    return card(
        "Login",
        react.password_form(
            email=SecurityState.email,
            second_factor=SecurityState.second_factor,
            has_password=SecurityState.has_password,
        ),
        react.second_factor(
            second_factor=SecurityState.second_factor,
            has_password=SecurityState.has_password,
            on_changed=SecurityState.reload,
        ),
    )


def _providers() -> rx.Component:
    def row_item(row: rx.Var[Provider]) -> rx.Component:
        return react.provider(
            provider=row.id,
            name=row.name,
            connected=row.connected,
            second_factor=SecurityState.second_factor,
            has_password=SecurityState.has_password,
            on_changed=SecurityState.reload,
        )

    return rx.cond(
        SecurityState.providers.length() > 0, card("Connected logins", rx.foreach(SecurityState.providers, row_item))
    )


def _logins() -> rx.Component:
    def row_item(row: rx.Var[LoginRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.cond(row.icon == "phone", icon("smartphone"), icon("monitor")),
                class_name="ui-avatar gray",
                aria_hidden=True,
            ),
            rx.el.div(
                rx.el.div(
                    rx.el.b(row.device, class_name="ui-clip"),
                    rx.cond(row.current, badge("This device", "green")),
                    class_name="ui-row",
                ),
                rx.el.span(
                    rx.cond(row.address != "", rx.fragment(row.address, ", ")),
                    "active ",
                    ago(at=row.last_used),
                    ", signed in ",
                    ago(at=row.since),
                    class_name="ui-note",
                ),
                class_name="ui-column ui-grow",
            ),
            rx.cond(
                row.current,
                None,
                rx.el.button(
                    "Log out",
                    rx.el.span(" ", row.device, class_name="ui-screen-reader"),
                    type="button",
                    on_click=SecurityState.end(row.id),
                    class_name="ui-button surface",
                ),
            ),
            class_name="security-line",
        )

    return card(
        "Active sessions",
        rx.el.ul(rx.foreach(SecurityState.logins, row_item), class_name="ui-list"),
        aside=rx.cond(
            SecurityState.logins.length() > 1,
            rx.el.button(
                "Log out all others", type="button", on_click=SecurityState.end_others, class_name="ui-button surface"
            ),
        ),
    )
