"""`/welcome`: onboarding, one step per screen."""

import reflex as rx

from quantum_app.domain.campaigns.demo import PUBLIC_ID
from quantum_app.web.ui.forms import field
from quantum_app.web.ui.parts import failure, icon, link, mark, skeleton
from quantum_app.web.welcome.state import WelcomeState

STEPS = 2


def welcome() -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                rx.el.div(mark(28), rx.el.b("Quantum Voice"), class_name="ui-row ui-brand"),
                rx.cond(WelcomeState.failure != "", failure(WelcomeState.failure, WelcomeState.load)),
                rx.cond(
                    WelcomeState.loaded,
                    rx.match(WelcomeState.step, (2, _call()), _name()),
                    rx.cond(WelcomeState.failure == "", skeleton(2)),
                ),
                rx.cond(
                    WelcomeState.step == 1,
                    rx.el.p(link("Skip", href="/calls"), class_name="identity-foot"),
                ),
                class_name="identity-in",
            ),
            class_name="identity",
        ),
        class_name="ui ui-centered",
    )


def _step(number: int, title: str, text: str, *content: rx.Component) -> rx.Component:
    dots = [rx.el.i(class_name="on" if at <= number else "") for at in range(1, STEPS + 1)]
    return rx.el.section(
        rx.el.div(
            rx.el.span(*dots, class_name="welcome-dots", aria_hidden=True),
            rx.el.span(f"Step {number} of {STEPS}"),
            class_name="ui-row ui-note",
        ),
        rx.el.h1(title, tab_index=-1),
        rx.el.p(text, class_name="ui-muted"),
        *content,
        class_name="ui-card identity-card",
        key=str(number),
    )


def _name() -> rx.Component:
    return _step(
        1,
        "What is your business called?",
        "Callers see this name on the call page. You can change it later in Settings.",
        rx.el.form(
            field(
                "name",
                "Business",
                error=WelcomeState.error,
                default_value=WelcomeState.name,
                max_length=100,
                auto_complete="organization",
            ),
            rx.el.button("Continue", icon("arrow-right"), type="submit", class_name="ui-button solid mid wide"),
            on_submit=WelcomeState.save,
            no_validate=True,
            class_name="ui-fields",
        ),
    )


def _call() -> rx.Component:
    return _step(
        2,
        "Hear what callers hear",
        "Call our demo, Northquay Living, in your browser. Ask what a one-bedroom costs, or whether dogs are allowed.",
        rx.el.div(
            rx.el.a(
                icon("phone"),
                "Hear the demo call",
                rx.el.span(" (opens in a new tab)", class_name="ui-screen-reader"),
                href=f"/call/{PUBLIC_ID}",
                target="_blank",
                class_name="ui-button solid mid wide",
            ),
            link("Go to your calls", href="/calls", class_name="ui-button surface mid wide"),
            rx.el.button("Back", type="button", on_click=WelcomeState.go(1), class_name="ui-link ui-center"),
            class_name="ui-fields",
        ),
    )
