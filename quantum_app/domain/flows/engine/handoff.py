"""Handing the call over to a person: when one is asked for, and what is said meanwhile."""

from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.runtime import HandOff
from quantum_app.domain.flows.nlu import dialogue_acts


def reason_in_words(ctx: StepContext, text: str) -> str | None:
    """Why the caller's words ask for a person, if they do. The words are deferred where a rule fires."""
    if ctx.state.handoff.status is not None:
        return None
    rules = ctx.flow.rules.handoff
    for word in rules.keywords:
        # Once a call: a caller who goes on about it is heard out.
        if dialogue_acts.contains_phrase(text, word) and word not in ctx.state.handoff.fired_rules:
            ctx.update_handoff(fired_rules=ctx.state.handoff.fired_rules | {word})
            ctx.update_conversation(deferred_input=text)
            return f"the caller said “{word}”"
    if rules.wish and dialogue_acts.requests_person(text):
        return "the caller wishes to speak with a person"
    if reason := reason_in_time(ctx):
        ctx.update_conversation(deferred_input=text)
        return reason
    return None


def reason_in_time(ctx: StepContext) -> str | None:
    """Why a person is asked for because of the length of the call, if one is; once a call."""
    minutes = ctx.flow.rules.handoff.after_minutes
    if minutes is None or "minutes" in ctx.state.handoff.fired_rules or ctx.state.handoff.status is not None:
        return None
    if ctx.state.elapsed < minutes * 60:
        return None
    ctx.update_handoff(fired_rules=ctx.state.handoff.fired_rules | {"minutes"})
    return f"the call has lasted {minutes:g} minutes"


def hand_off(ctx: StepContext, reason: str) -> None:
    """Look for a person. The call goes on meanwhile."""
    rules = ctx.flow.rules.handoff
    ctx.update_handoff(status="requested")
    ctx.update_conversation(response_pending=False)
    ctx.emit(HandOff(reason=reason, priority=rules.priority, skills=rules.skills))
    ctx.say(rules.announcement)
