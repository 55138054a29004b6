"""Components of the call pages."""

import reflex as rx

from quantum_app.web.calls.state import CallsState, CallState
from quantum_app.web.calls.view import CallRow, CostLine, EventView, Stage, TurnView
from quantum_app.web.react.clock import ago, lasting
from quantum_app.web.ui.parts import badge, card, icon, link, mark


def status(row: rx.Var[CallRow]) -> rx.Component:
    """Status as a word and a color, with a ring while the call is live."""
    return rx.el.span(
        rx.cond(row.live, mark(14, "speaking")),
        badge(row.status, row.tone),
        class_name="ui-row",
    )


def filters() -> rx.Component:
    """The status filter. Each status has its own URL."""
    choices = [("", "All"), ("active", "Live"), ("completed", "Completed"), ("failed", "Failed")]
    choices.append(("abandoned", "Abandoned"))

    def choice(value: str, word: str) -> rx.Component:
        return link(
            word,
            href=f"/calls?status={value}" if value else "/calls",
            class_name=rx.cond(CallsState.status == value, "calls-chip on", "calls-chip"),
            aria_current=rx.cond(CallsState.status == value, "true", "false"),
        )

    return rx.el.nav(*(choice(*pair) for pair in choices), class_name="calls-chips", aria_label="Filter by status")


def table() -> rx.Component:
    """The list for wide screens."""

    def line(row: rx.Var[CallRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.td(
                link(row.caller, href=row.href, class_name="calls-main-link"),
                rx.el.div(row.email, class_name="ui-note ui-clip"),
            ),
            rx.el.td(rx.el.div(row.campaign, class_name="ui-clip"), class_name="calls-roomy"),
            rx.el.td(status(row), rx.el.div(row.reason, class_name="ui-note ui-clip")),
            rx.el.td(ago(at=row.started)),
            rx.el.td(lasting(since=row.since, seconds=row.seconds), class_name="ui-number"),
            rx.el.td(row.turns, class_name="ui-number"),
            rx.el.td(row.cost, class_name="ui-number"),
            rx.el.td(rx.cond(row.rating != "", row.rating, "–"), class_name="ui-number"),
        )

    heads = [("Caller", ""), ("Campaign", "calls-roomy"), ("Status", ""), ("Started", "")]
    heads += [(name, "ui-number") for name in ("Length", "Turns", "Cost", "Rating")]
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

    def one(row: rx.Var[CallRow]) -> rx.Component:
        return rx.el.li(
            link(
                rx.el.div(rx.el.b(row.caller, class_name="ui-clip ui-grow"), status(row), class_name="ui-row"),
                rx.el.div(row.campaign, class_name="ui-note ui-clip"),
                rx.el.div(
                    rx.el.span(ago(at=row.started)),
                    rx.el.span(lasting(since=row.since, seconds=row.seconds)),
                    rx.el.span(row.turns, " turns"),
                    rx.el.span(row.cost),
                    rx.cond(row.rating != "", rx.el.span(row.rating)),
                    class_name="ui-sub",
                ),
                href=row.href,
            )
        )

    return rx.el.ul(rx.foreach(CallsState.rows, one), class_name="ui-card calls-cards")


def _nothing(happened: str) -> rx.Component:
    """Text of an empty card. Only a live call says "yet"."""
    return rx.el.p(f"Nothing {happened}", rx.cond(CallState.summary.live, " yet.", "."), class_name="ui-muted ui-pad")


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

    def one(turn: rx.Var[TurnView]) -> rx.Component:
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
            CallState.turns.length() > 0,
            rx.el.div(
                rx.el.ol(rx.foreach(CallState.turns, one), class_name="calls-turns"),
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
            rx.el.span(stage.value, class_name="ui-number"),
        )

    def answer(turn: rx.Var[TurnView]) -> rx.Component:
        tone = rx.cond(turn.slow, "slow", rx.cond(turn.seq == CallState.selected, "on", ""))
        return rx.cond(turn.answer != "", rx.el.b(class_name=tone, style={"height": turn.height}, title=turn.answer))

    return card(
        "Answer time",
        rx.cond(
            CallState.answer != "",
            rx.el.div(
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
            rx.el.i(style={"background": item.colour}),
            rx.el.span(item.name),
            rx.el.span(item.cost, class_name="ui-number"),
        )

    def share(item: rx.Var[CostLine]) -> rx.Component:
        return rx.el.b(style={"width": item.share, "background": item.colour})

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

    def one(node: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(rx.el.span(node.name), rx.el.time(node.at))

    return rx.cond(
        CallState.path.length() > 0,
        card(
            "Path",
            rx.el.ol(rx.foreach(CallState.path, one), class_name="calls-trail calls-way"),
            aside=link("Designer", href=CallState.designer),
        ),
    )


def score() -> rx.Component:
    """The lead score and its reasons."""

    def one(reason: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(rx.el.b(reason.note), rx.el.span(reason.name), rx.el.time(reason.at))

    return rx.cond(
        CallState.score != "",
        card(
            "Score",
            rx.el.ol(rx.foreach(CallState.reasons, one), class_name="calls-trail calls-reasons"),
            aside=rx.el.span(CallState.score, class_name="calls-figure"),
        ),
    )


def collected() -> rx.Component:
    """The values collected from the caller."""

    def one(value: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(rx.el.span(value.name, class_name="ui-muted"), rx.el.span(value.note), rx.el.time(value.at))

    return rx.cond(
        CallState.collected.length() > 0,
        card("Collected", rx.el.ol(rx.foreach(CallState.collected, one), class_name="calls-trail calls-noted")),
    )


def events() -> rx.Component:
    """The events of the call."""

    def one(event: rx.Var[EventView]) -> rx.Component:
        return rx.el.li(
            rx.el.span(event.name, rx.el.span(event.note, class_name="ui-note"), class_name="ui-column"),
            rx.el.time(event.at),
        )

    return card(
        "Events",
        rx.cond(
            CallState.events.length() > 0,
            rx.el.ol(rx.foreach(CallState.events, one), class_name="calls-trail"),
            _nothing("happened"),
        ),
    )
