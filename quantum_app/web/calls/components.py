"""Components of the call pages."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.calls.state import PATH, CallsState, CallState
from quantum_app.web.calls.view import WAITING, CallRow, CostLine, EventView, Link, Stage, TurnView, ValueView
from quantum_app.web.react.clock import ago, lasting
from quantum_app.web.react.copy import copy
from quantum_app.web.react.dialog import menu, menu_link
from quantum_app.web.session import Session
from quantum_app.web.ui.forms import checkbox
from quantum_app.web.ui.parts import badge, card, icon, link, mark
from quantum_app.web.ui.search import chips, filter_chip, search_field, search_form

SEES_VALUES = Session.permissions.contains(Permission.CALLS_VALUES.value)


def status(row: rx.Var[CallRow]) -> rx.Component:
    """Status as a word and a color, with a ring while the call is live."""
    return rx.el.span(
        rx.cond(row.live, mark(14, "speaking")),
        badge(row.status, row.tone),
        rx.cond(row.origin != "", badge(row.origin, "")),
        class_name="ui-row",
    )


def filters() -> rx.Component:
    """The search. Each status has its own URL."""
    return rx.fragment(
        _search(),
        chips(
            rx.foreach(CallsState.statuses, lambda status: filter_chip(status.word, status.href, status.on)),
            label="Filter by status",
        ),
        rx.cond(
            CallsState.status == WAITING,
            rx.el.p("Results of the last 30 days that nobody has marked as done.", class_name="ui-note calls-rule"),
        ),
    )


def _search() -> rx.Component:
    def box(name: str, value: Any, **props: Any) -> rx.Component:
        return rx.el.input(id=f"calls-{name}", name=name, default_value=value, **props)

    campaigns = rx.el.select(
        rx.el.option("All campaigns", value=""),
        rx.foreach(CallsState.campaigns, lambda place: rx.el.option(place.word, value=place.href)),
        id="calls-campaign",
        name="campaign",
        default_value=CallsState.campaign,
    )
    days = "Days in " + CallsState.zone.to(str)
    text = box("text", CallsState.text, type="search", max_length=100, placeholder="Name, number, email, or words")
    return search_form(
        "calls",
        search_field("calls", "text", "Search", text),
        search_field("calls", "campaign", "Campaign", campaigns),
        search_field("calls", "since", "From", box("since", CallsState.since, type="date", title=days)),
        search_field("calls", "until", "To", box("until", CallsState.until, type="date", title=days)),
        rx.el.div(
            checkbox("tests", "Include test calls", value="1", default_checked=CallsState.tests), class_name="tests"
        ),
        count=CallsState.filter_count,
        clear=PATH,
        searched=CallsState.filtered | CallsState.tests,
        on_submit=CallsState.search,
        version=CallsState.form_version,
    )


def _results(row: rx.Var[CallRow]) -> rx.Component:
    """The first collected values."""
    return rx.fragment(
        rx.foreach(row.result, lambda text: rx.el.div(text, class_name="ui-clip calls-value")),
        rx.cond(row.done, rx.el.span(icon("check", 12), "Done", class_name="ui-row ui-note")),
    )


def table() -> rx.Component:
    """The list for wide screens."""

    def line(row: rx.Var[CallRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.td(
                link(row.caller, href=row.href, class_name="calls-main-link"),
                rx.el.div(row.email, class_name="ui-note ui-clip"),
            ),
            rx.el.td(_results(row)),
            rx.el.td(rx.el.div(row.campaign, class_name="ui-clip"), class_name="calls-roomy"),
            rx.el.td(status(row), rx.el.div(row.reason, class_name="ui-note ui-clip")),
            rx.el.td(ago(at=row.start)),
            rx.el.td(lasting(since=row.since, seconds=row.seconds), class_name="ui-number"),
            rx.el.td(row.cost, class_name="ui-number calls-extra"),
            rx.el.td(rx.cond(row.rating != "", row.rating, "–"), class_name="ui-number calls-extra"),
        )

    heads = [("Caller", ""), ("Result", ""), ("Campaign", "calls-roomy"), ("Status", ""), ("Started", "")]
    heads += [("Length", "ui-number"), ("Cost", "ui-number calls-extra"), ("Rating", "ui-number calls-extra")]
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(name, scope="col", class_name=style) for name, style in heads))),
            rx.el.tbody(rx.foreach(CallsState.rows, line)),
            class_name="calls-table",
        ),
        class_name="ui-card calls-wide",
    )


def cards() -> rx.Component:
    """The list for phones."""

    def row_item(row: rx.Var[CallRow]) -> rx.Component:
        return rx.el.li(
            link(
                rx.el.div(rx.el.b(row.caller, class_name="ui-clip ui-grow"), status(row), class_name="ui-row"),
                rx.cond(row.email != "", rx.el.div(row.email, class_name="ui-note ui-clip")),
                _results(row),
                rx.el.div(row.campaign, class_name="ui-note ui-clip"),
                rx.el.div(
                    rx.el.span(ago(at=row.start)),
                    rx.el.span(lasting(since=row.since, seconds=row.seconds)),
                    rx.cond(row.rating != "", rx.el.span(row.rating)),
                    class_name="ui-sub",
                ),
                href=row.href,
            )
        )

    return rx.el.ul(rx.foreach(CallsState.rows, row_item), class_name="ui-card calls-cards")


def _nothing(verb: str) -> rx.Component:
    """Text of an empty card. Only a live call says "yet"."""
    return rx.el.p(f"Nothing {verb}", rx.cond(CallState.summary.live, " yet.", "."), class_name="ui-muted ui-pad")


def transcript() -> rx.Component:
    """The turns. Selecting an answer shows its waterfall."""

    def waterfall_button(turn: rx.Var[TurnView]) -> rx.Component:
        return rx.el.button(
            rx.el.span(
                rx.foreach(turn.bars, lambda width: rx.el.b(style={"width": width})),
                class_name="calls-mini",
                aria_hidden=True,
            ),
            turn.answer,
            type="button",
            class_name=rx.cond(turn.slow, "calls-answer slow", "calls-answer"),
            title="Show latency breakdown",
            on_click=CallState.select(turn.seq),
        )

    def turn_item(turn: rx.Var[TurnView]) -> rx.Component:
        return rx.el.li(
            rx.el.time(turn.at),
            rx.el.div(
                rx.el.div(turn.speaker, class_name="who"),
                rx.el.p(turn.text),
                rx.el.div(
                    rx.cond(turn.typed, rx.el.span(icon("keyboard", 12), "typed", class_name="ui-row")),
                    rx.cond(turn.interrupted, badge("Interrupted", "amber")),
                    rx.foreach(
                        turn.sources, lambda source: rx.el.span(icon("file-text", 12), source, class_name="calls-cite")
                    ),
                    rx.cond(turn.answer != "", waterfall_button(turn)),
                    class_name="meta",
                ),
            ),
            class_name="calls-turn " + turn.side.to(str) + rx.cond(turn.seq == CallState.selected, " on", ""),
        )

    return card(
        "Transcript",
        rx.cond(
            ~SEES_VALUES,
            rx.el.p(
                rx.cond(
                    CallState.summary.live,
                    "Your role reads what was said once the call has ended.",
                    "What callers said about themselves is masked for your role.",
                ),
                class_name="ui-note ui-pad",
            ),
        ),
        rx.cond(
            CallState.turns.length() > 0,
            rx.el.div(
                rx.el.ol(rx.foreach(CallState.turns, turn_item), class_name="calls-turns"),
                role="log",
                aria_label="Transcript",
            ),
            _nothing("was said"),
        ),
        aside=rx.cond(
            CallState.stage != "",
            rx.el.span(
                mark(16, CallState.stage),
                rx.el.span(CallState.stage.capitalize()),
                class_name="ui-row calls-live",
                role="status",
            ),
        ),
    )


def waterfall() -> rx.Component:
    """The latency breakdown of one answer, and the latency of all answers."""

    def bar(stage: rx.Var[Stage]) -> rx.Component:
        return rx.el.li(
            rx.el.span(stage.name),
            rx.el.span(
                rx.el.b(class_name=stage.tone, style={"left": stage.left, "width": stage.width}), class_name="track"
            ),
            rx.el.span(stage.value, " ms", class_name="ui-number"),
        )

    def answer(turn: rx.Var[TurnView]) -> rx.Component:
        tone = rx.cond(turn.slow, "slow", rx.cond(turn.seq == CallState.selected, "on", ""))
        return rx.cond(turn.answer != "", rx.el.b(class_name=tone, style={"height": turn.height}, title=turn.answer))

    return card(
        "Answer time",
        rx.cond(
            CallState.answer != "",
            rx.el.div(
                rx.el.p(CallState.answer_place, class_name="ui-note"),
                rx.el.ul(
                    rx.foreach(CallState.stages, bar),
                    class_name="calls-waterfall",
                    aria_label="Milliseconds of each stage",
                ),
                rx.el.div(
                    rx.el.span("All answers"),
                    rx.el.span("median ", CallState.median, ", goal 1.00 s"),
                    class_name="calls-between",
                ),
                rx.el.div(rx.foreach(CallState.turns, answer), class_name="calls-bars", aria_hidden=True),
                class_name="ui-pad",
            ),
            _nothing("was answered"),
        ),
        aside=rx.el.span(CallState.answer, class_name="calls-figure"),
    )


def costs() -> rx.Component:
    """The call's usage and cost."""

    def line(item: rx.Var[CostLine]) -> rx.Component:
        return rx.el.li(
            rx.el.i(style={"background": item.color}),
            rx.el.span(item.name),
            rx.el.span(item.cost, class_name="ui-number"),
        )

    def share(item: rx.Var[CostLine]) -> rx.Component:
        return rx.el.b(style={"width": item.share, "background": item.color})

    return card(
        "Cost",
        rx.cond(
            CallState.costs.length() > 0,
            rx.el.div(
                rx.el.div(rx.foreach(CallState.costs, share), class_name="calls-meter", aria_hidden=True),
                rx.el.ul(rx.foreach(CallState.costs, line), class_name="calls-costs"),
                class_name="ui-pad",
            ),
            _nothing("was used"),
        ),
        aside=rx.el.span(CallState.summary.cost, class_name="calls-figure"),
    )


def path() -> rx.Component:
    """The nodes that the call visited."""

    def node_item(node: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(rx.el.span(node.name), rx.el.time(node.at))

    return rx.cond(
        CallState.path.length() > 0,
        card(
            "Path",
            rx.el.ol(rx.foreach(CallState.path, node_item), class_name="calls-trail calls-way"),
            aside=link("Designer", href=CallState.designer),
        ),
    )


def score() -> rx.Component:
    """The lead score and its reasons."""

    def reason_item(reason: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(rx.el.b(reason.note), rx.el.span(reason.name), rx.el.time(reason.at))

    return rx.cond(
        CallState.score != "",
        card(
            "Score",
            rx.el.ol(rx.foreach(CallState.reasons, reason_item), class_name="calls-trail calls-reasons"),
            aside=rx.el.span(CallState.score, class_name="calls-figure"),
        ),
    )


def _hidden_mark() -> rx.Component:
    """What "Hidden" does to a value that the reader sees."""
    return rx.el.span(
        icon("eye-off", 12),
        "Hidden from viewers",
        title="Viewers and developers see •••, and result emails leave it out.",
        class_name="ui-row ui-note",
    )


def result() -> rx.Component:
    """The values collected from the caller."""

    def value_item(value: rx.Var[ValueView]) -> rx.Component:
        return rx.el.li(
            rx.el.span(value.label, rx.cond(value.hidden & SEES_VALUES, _hidden_mark()), class_name="ui-muted"),
            rx.cond(
                value.link != "",
                rx.el.a(value.text, href=value.link, class_name="ui-break"),
                rx.el.span(value.text, class_name="ui-break"),
            ),
            rx.cond(
                value.can_be_revealed,
                rx.el.button(
                    icon("eye"),
                    "Reveal",
                    rx.el.span(" ", value.label, class_name="ui-screen-reader"),
                    type="button",
                    on_click=CallState.reveal(value.variable),
                    class_name="ui-button surface",
                ),
                rx.cond(~value.masked, copy(text=value.text, label="Copy " + value.label.to(str), plain=True)),
            ),
        )

    def mark_done(word: str, name: str, done: bool) -> rx.Component:
        return rx.el.button(
            icon(name), word, type="button", on_click=CallState.mark_done(done), class_name="ui-button surface"
        )

    return rx.cond(
        CallState.values.length() > 0,
        card(
            "Result",
            rx.el.ul(rx.foreach(CallState.values, value_item), class_name="calls-result"),
            rx.cond(
                ~SEES_VALUES,
                rx.el.p("Your role doesn't show what callers said about themselves.", class_name="ui-note ui-pad"),
            ),
            aside=rx.cond(
                SEES_VALUES,
                rx.cond(
                    CallState.summary.done,
                    mark_done("Done", "check", False),
                    mark_done("Mark as done", "circle", True),
                ),
            ),
        ),
    )


def events() -> rx.Component:
    """The events of the call."""

    def event_item(event: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(
            rx.el.span(event.name, rx.el.span(event.note, class_name="ui-note"), class_name="ui-column"),
            rx.el.time(event.at),
        )

    return card(
        "Events",
        rx.cond(
            CallState.events.length() > 0,
            rx.el.ol(rx.foreach(CallState.events, event_item), class_name="calls-trail"),
            _nothing("happened"),
        ),
    )


def place_test_call(places: rx.Var[list[Link]]) -> rx.Component:
    """A link to the call page, or a menu of call pages. places: Campaigns that can be called."""
    face = (icon("phone"), "Place a test call")

    def choice(place: rx.Var[Link]) -> rx.Component:
        return menu_link(place.word, href=place.href, target="_blank")

    return rx.cond(
        places.length() > 1,
        menu(
            rx.foreach(places, choice),
            face=rx.el.span(*face, class_name="ui-row"),
            class_name="ui-button solid",
            label="Place a test call",
        ),
        rx.cond(
            places.length() == 1,
            rx.el.a(*face, href=places[0].href, target="_blank", class_name="ui-button solid"),
        ),
    )
