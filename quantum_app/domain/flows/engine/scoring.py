"""Points for what a caller says or is. Each rule counts once a call."""

from quantum_app.domain.flows.engine import exits
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.conditions import Expression
from quantum_app.domain.flows.model.expressions import holds
from quantum_app.domain.flows.model.rules import Keywords
from quantum_app.domain.flows.model.runtime import Score
from quantum_app.domain.flows.model.state import ScoreState
from quantum_app.domain.flows.nlu import dialogue_acts


def score_keywords(ctx: StepContext, text: str) -> None:
    for rule in ctx.flow.rules.scores:
        if not isinstance(rule.when, Keywords):
            continue
        if any(dialogue_acts.contains_phrase(text, word) for word in rule.when.keywords):
            _apply(ctx, rule.id)


def score_signals(ctx: StepContext, signals: tuple[str, ...]) -> None:
    """Signals that the classifier reports. Only rules that were offered to it count."""
    for option in exits.signals(ctx.flow, ctx.state):
        if option.id in signals:
            _apply(ctx, option.id)


def score_expressions(ctx: StepContext) -> None:
    for rule in ctx.flow.rules.scores:
        if isinstance(rule.when, Expression) and holds(
            rule.when.expression, exits.condition_values(ctx.flow, ctx.state)
        ):
            _apply(ctx, rule.id)


def _apply(ctx: StepContext, rule_id: str) -> None:
    before = ctx.state.scoring
    if rule_id in before.applied_rules:
        return
    rule = next(item for item in ctx.flow.rules.scores if item.id == rule_id)
    total = before.total + rule.points
    ctx.update(scoring=ScoreState(total=total, applied_rules=before.applied_rules | {rule.id}))
    ctx.emit(Score(rule=rule.id, points=rule.points, reason=rule.reason, total=total))
