"""`/settings` and `/settings/restore`."""

import reflex as rx

from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.react.frame import mark
from quantum_app.web.session import Session
from quantum_app.web.settings.state import Account, Restore
from quantum_app.web.shell import page
from quantum_app.web.ui.forms import actions, ask, choose, field, problem, tick
from quantum_app.web.ui.parts import card, failure, icon, skeleton


def settings() -> rx.Component:
    """What holds for the whole account."""
    return page(
        rx.el.header(rx.el.h1("Settings"), class_name="qv-head"),
        rx.cond(Account.failure != "", failure(Account.failure, Account.load)),
        rx.cond(
            Account.loaded,
            rx.el.div(
                _form(),
                rx.cond(Session.permissions.contains(Permission.OWNERSHIP.value), _danger()),
                _question(),
                class_name="qv-stack qv-narrow",
            ),
            rx.cond(Account.failure == "", skeleton(5)),
        ),
        section="settings",
    )


def _form() -> rx.Component:
    def error(name: str) -> rx.Var[str]:
        return Account.errors.get(name, "").to(str)

    locked_out = rx.cond(
        Account.proven,
        "Whoever has none sets one up before anything else.",
        "Whoever has none sets one up before anything else: you too, as soon as this is saved.",
    )
    return rx.el.form(
        card(
            "Account",
            rx.el.div(
                problem(error("form")),
                field(
                    "name",
                    "Name",
                    error=error("name"),
                    hint="Callers see it on the call page.",
                    default_value=Account.name,
                    max_length=100,
                    auto_complete="organization",
                ),
                choose(
                    "zone",
                    "Time zone",
                    {zone: zone.replace("_", " ") for zone in accounts.TIME_ZONES},
                    error=error("zone"),
                    hint="What “tomorrow” and opening hours mean on calls.",
                    default_value=Account.zone,
                ),
                rx.cond(
                    Account.domain != "",
                    tick(
                        "shown",
                        f"Show {Account.domain} on the call page",
                        "The domain of the owner's confirmed e-mail address. Otherwise callers read “Not verified”.",
                        default_checked=Account.shown,
                    ),
                    rx.el.p(
                        "Callers read “Not verified” below the name. To show your domain there, the owner logs in "
                        "with an e-mail address at that domain.",
                        class_name="qv-note",
                    ),
                ),
                class_name="qv-fields qv-pad",
            ),
        ),
        card(
            "Protection",
            rx.el.div(
                tick("required", "Members need a second factor", locked_out, default_checked=Account.required),
                class_name="qv-pad",
            ),
        ),
        card(
            "Data",
            rx.el.div(
                field(
                    "days",
                    "Days to keep calls",
                    error=error("days"),
                    hint="After that, a call and all that was said on it are deleted. Empty keeps them.",
                    default_value=Account.days,
                    input_mode="numeric",
                    max_length=9,
                ),
                class_name="qv-fields qv-pad qv-short",
            ),
        ),
        rx.el.div(rx.el.button("Save settings", type="submit", class_name="qv-btn solid mid"), class_name="qv-actions"),
        on_submit=Account.save,
        no_validate=True,
        class_name="qv-stack",
    )


def _danger() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Delete this account"),
                rx.el.p(
                    "It takes no more calls, and its members cannot enter it. For 30 days you can restore it; then "
                    "everything in it is gone.",
                    class_name="qv-mute",
                ),
                class_name="qv-col qv-grow",
            ),
            rx.el.button("Delete account", type="button", on_click=Account.ask, class_name="qv-btn red"),
            class_name="qv-setting-row",
        ),
        class_name="qv-card qv-danger",
    )


def _question() -> rx.Component:
    return ask(
        rx.el.form(
            rx.el.p(
                "Calls in progress end. Members lose their way in at once. Type ",
                rx.el.b(Account.name),
                " to be sure.",
            ),
            field("typed_name", "Name of the account", error=Account.errors.get("typed_name", "").to(str), first=True),
            actions("Delete account", Account.dismiss, tone="danger"),
            on_submit=Account.delete,
            no_validate=True,
            class_name="qv-fields",
        ),
        open=Account.deleting,
        title="Delete this account?",
        dismiss=Account.dismiss,
    )


def restore() -> rx.Component:
    """Where the owner of a deleted account is."""
    return page(
        rx.cond(Restore.failure != "", failure(Restore.failure, Restore.load)),
        rx.cond(
            Restore.loaded,
            rx.el.div(
                rx.el.div(
                    mark(40),
                    rx.el.h1(rx.cond(Restore.deleted, f"{Restore.name} is deleted", f"{Restore.name} is open")),
                    rx.cond(
                        Restore.deleted,
                        rx.fragment(
                            rx.el.p(
                                "Everything is still there. Restored, it takes calls again, and its members can enter."
                            ),
                            rx.el.button(
                                icon("rotate-ccw"),
                                "Restore the account",
                                type="button",
                                on_click=Restore.restore,
                                class_name="qv-btn solid mid",
                            ),
                        ),
                        rx.fragment(
                            rx.el.p("There is nothing to restore."),
                            rx.link("Open the settings", href="/settings", underline="none", class_name="qv-btn solid"),
                        ),
                    ),
                    class_name="qv-empty",
                ),
                class_name="qv-card",
            ),
            rx.cond(Restore.failure == "", skeleton(3)),
        ),
        section="restore",
    )
