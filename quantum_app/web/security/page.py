"""`/settings/security`."""

import reflex as rx

from quantum_app.web.react import security as react
from quantum_app.web.react.clock import ago
from quantum_app.web.security.state import Security
from quantum_app.web.security.view import LoginRow, Provider
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import field
from quantum_app.web.ui.parts import badge, card, failure, icon, skeleton


def security() -> rx.Component:
    """The person's own login, whatever their role."""
    return page(
        rx.el.header(rx.el.h1("Security"), class_name="qv-head"),
        react.connected(),
        rx.cond(
            Security.asked,
            rx.el.div(
                icon("shield-alert"),
                rx.el.span(
                    rx.el.b("This account asks for a second factor. "),
                    "Set one up below, and everything else opens again.",
                ),
                class_name="qv-callout amber qv-failure",
                role="status",
            ),
        ),
        rx.cond(Security.failure != "", failure(Security.failure, Security.load)),
        rx.cond(
            Security.loaded,
            rx.el.div(_you(), _protection(), _providers(), _logins(), class_name="qv-stack qv-narrow"),
            rx.cond(Security.failure == "", skeleton(5)),
        ),
        section="security",
    )


def _you() -> rx.Component:
    return card(
        "You",
        rx.el.div(
            rx.cond(
                Security.renaming,
                rx.el.form(
                    field(
                        "person",
                        "Name",
                        error=Security.error,
                        hint="Colleagues see it.",
                        default_value=Security.name,
                        max_length=100,
                        auto_complete="name",
                        auto_focus=True,
                    ),
                    rx.el.div(
                        rx.el.button("Save the name", type="submit", class_name="qv-btn solid mid"),
                        rx.el.button(
                            "Cancel", type="button", on_click=Security.keep_name, class_name="qv-btn ghost mid"
                        ),
                        class_name="qv-actions",
                    ),
                    on_submit=Security.save_name,
                    no_validate=True,
                    class_name="qv-fields",
                ),
                rx.el.div(
                    rx.el.div(
                        rx.el.h3("Name"),
                        rx.el.span(Security.name, class_name="qv-mute qv-break"),
                        class_name="qv-col qv-grow",
                    ),
                    rx.el.button(
                        "Change",
                        rx.el.span(" the name", class_name="qv-sr"),
                        type="button",
                        on_click=Security.rename,
                        class_name="qv-btn surface",
                    ),
                    class_name="qv-setting-row",
                ),
            ),
            class_name="qv-setting",
        ),
        react.email_form(
            email=Security.email, second_factor=Security.second_factor, has_password=Security.has_password
        ),
    )


def _protection() -> rx.Component:
    return card(
        "Logging in",
        react.password_form(
            email=Security.email, second_factor=Security.second_factor, has_password=Security.has_password
        ),
        react.second_factor(
            second_factor=Security.second_factor, has_password=Security.has_password, on_changed=Security.changed
        ),
    )


def _providers() -> rx.Component:
    def one(row: rx.Var[Provider]) -> rx.Component:
        return react.provider(
            provider=row.id,
            name=row.name,
            connected=row.connected,
            second_factor=Security.second_factor,
            has_password=Security.has_password,
            on_changed=Security.changed,
        )

    return rx.cond(Security.providers.length() > 0, card("Other ways in", rx.foreach(Security.providers, one)))


def _logins() -> rx.Component:
    def one(row: rx.Var[LoginRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.cond(row.icon == "phone", icon("smartphone"), icon("monitor")),
                class_name="qv-ava gray",
                aria_hidden=True,
            ),
            rx.el.div(
                rx.el.div(
                    rx.el.b(row.device, class_name="qv-clip"),
                    rx.cond(row.own, badge("This one", "green")),
                    class_name="qv-row",
                ),
                rx.el.span(
                    rx.cond(row.address != "", rx.fragment(row.address, ", ")),
                    "last used ",
                    ago(at=row.seen),
                    ", since ",
                    ago(at=row.since),
                    class_name="qv-note",
                ),
                class_name="qv-col qv-grow",
            ),
            rx.cond(
                row.own,
                None,
                rx.el.button(
                    "End",
                    rx.el.span(" the login of ", row.device, class_name="qv-sr"),
                    type="button",
                    on_click=Security.end(row.id),
                    class_name="qv-btn surface",
                ),
            ),
            class_name="qv-line",
        )

    return card(
        "Where you are logged in",
        rx.el.ul(rx.foreach(Security.logins, one), class_name="qv-list"),
        aside=rx.cond(
            Security.logins.length() > 1,
            rx.el.button("End all others", type="button", on_click=Security.end_others, class_name="qv-btn surface"),
        ),
    )
