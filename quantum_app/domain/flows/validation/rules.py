"""What holds at every node: handoff, scores, opening hours."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from quantum_app.domain.flows.model.conditions import Expression, Intent
from quantum_app.domain.flows.model.rules import OpenPeriod
from quantum_app.domain.flows.validation import conditions
from quantum_app.domain.flows.validation.branches import grounds
from quantum_app.domain.flows.validation.graph import Graph
from quantum_app.domain.flows.validation.problem import Problem

_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def find(graph: Graph, longest_call: int | None) -> Iterator[Problem]:
    yield from _handoff(graph, longest_call)
    yield from _scores(graph)
    yield from _hours(graph)


def _handoff(graph: Graph, longest_call: int | None) -> Iterator[Problem]:
    handoff = graph.definition.rules.handoff
    if any(not keyword.strip() for keyword in handoff.keywords):
        yield Problem(
            "keyword_empty",
            "A handoff keyword is empty.",
            "Enter a keyword, or remove it.",
            field="rules.handoff.keywords",
        )
    if handoff.after_minutes is not None and longest_call is not None and handoff.after_minutes * 60 >= longest_call:
        yield Problem(
            "handoff_too_late",
            f"The handoff comes after {handoff.after_minutes:g} minutes, but calls end after {longest_call / 60:g}.",
            "Choose a shorter time, or allow longer calls.",
            field="rules.handoff.after_minutes",
        )
    for field, moment, text in (
        ("announcement", "while looking for a person", handoff.announcement),
        ("unavailable", "when nobody is available", handoff.unavailable),
    ):
        if not text.strip():
            yield Problem(
                "words_missing",
                f"Callers hear nothing {moment}.",
                "Write what the assistant says.",
                field=f"rules.handoff.{field}",
            )


def _scores(graph: Graph) -> Iterator[Problem]:
    grounds_by_name = grounds(graph.definition)
    for rule in graph.definition.rules.scores:
        field = f"rules.scores.{rule.id}"
        rule_name = f"the score rule “{rule.reason or rule.id}”"
        when = rule.when
        if isinstance(when, Expression):
            if wrong := conditions.fault(when.expression, grounds_by_name):
                code, message, remedy = wrong
                yield Problem(code, f"In {rule_name}: {message}", remedy, field=f"{field}.when")
        elif isinstance(when, Intent):
            for code, message, remedy in conditions.intent(when):
                yield Problem(code, f"{message} (in {rule_name}).", remedy, field=f"{field}.when")
        elif not any(keyword.strip() for keyword in when.keywords):
            yield Problem(
                "keyword_empty",
                f"{rule_name.capitalize()} has no keywords.",
                "Add keywords.",
                field=f"{field}.when",
            )
        if not rule.reason.strip():
            yield Problem(
                "reason_missing",
                f"The score rule “{rule.id}” has no reason.",
                "Describe in a few words why it gives points.",
                field=f"{field}.reason",
            )
        if rule.points == 0:
            yield Problem(
                "no_points",
                f"{rule_name.capitalize()} gives no points.",
                "Give it points, or remove it.",
                field=f"{field}.points",
            )


def _hours(graph: Graph) -> Iterator[Problem]:
    days: dict[str, list[OpenPeriod]] = defaultdict(list)
    for period in graph.definition.rules.hours:
        days[period.day].append(period)
        if period.opens >= period.closes:
            yield Problem(
                "hours_empty",
                f"{_DAYS[period.day]} closes at {period.closes}, before it opens at {period.opens}.",
                "Correct the times. Split hours past midnight across both days.",
                field=f"rules.hours.{period.day}",
            )
    for day, periods in days.items():
        for one, other in pairwise(sorted(periods, key=lambda period: period.opens)):
            if one.closes > other.opens:
                yield Problem(
                    "hours_overlap",
                    f"The opening hours on {_DAYS[day]} overlap.",
                    "Merge them, or change the times.",
                    field=f"rules.hours.{day}",
                )
