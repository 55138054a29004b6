"""Values of variables: which are accepted, and what follows from that."""

from collections.abc import Mapping

from quantum_app.domain.flows.engine.scoring import score_expressions
from quantum_app.domain.flows.engine.step_context import StepContext
from quantum_app.domain.flows.model.definition import CONTACT_TYPES, Value
from quantum_app.domain.flows.model.runtime import Collect
from quantum_app.domain.flows.nlu import acceptance


def fitting_values(ctx: StepContext, names: set[str], values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of these variables that fit their type and may be stored, each in its normal form."""
    fitting: dict[str, Value] = {}
    for name, value in values.items():
        variable = ctx.flow.variable(name)
        if name not in names or variable is None or (normalized := acceptance.accept(variable, value)) is None:
            continue
        if ctx.state.consent is not False or variable.type not in CONTACT_TYPES:
            fitting[name] = normalized
    return fitting


def accept_slot_values(ctx: StepContext, names: set[str], values: Mapping[str, Value]) -> tuple[set[str], set[str]]:
    """Set the values of these variables that fit. Returns the names that changed, and of those the corrected ones."""
    changed_names, corrected = set[str](), set[str]()
    for name, value in fitting_values(ctx, names, values).items():
        slots = ctx.state.slots
        before = slots.values.get(name)
        if before == value and type(before) is type(value):
            continue
        changed_names.add(name)
        if before is not None:
            corrected.add(name)
        ctx.update_slots(values=slots.values | {name: value}, set_at_turn=slots.set_at_turn | {name: ctx.state.turn})
        ctx.emit(Collect(variable=name, value=value))
    if changed_names:
        score_expressions(ctx)
    return changed_names, corrected


def commit_unconfirmed(ctx: StepContext) -> None:
    """Accept what was not confirmed as it was last understood: nobody is asked about it any more."""
    confirmation = ctx.state.confirmation
    if confirmation.unconfirmed_slots:
        if confirmation.awaiting_confirmation:
            ctx.update_slots(asking=None)
        ctx.update_confirmation(unconfirmed_slots={}, awaiting_confirmation=False)
        accept_slot_values(ctx, set(confirmation.unconfirmed_slots), confirmation.unconfirmed_slots)
