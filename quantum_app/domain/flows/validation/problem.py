"""What the validator says about a flow. A code is stable, and decides how severe a problem is."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

ErrorCode = Literal[
    "always_holds",
    "choice_twice",
    "choices_missing",
    "choices_too_many",
    "consent_missing",
    "dead_end",
    "duplicate_id",
    "edge_after_end",
    "end_missing",
    "endless_loop",
    "expression_empty",
    "expression_invalid",
    "expression_mismatch",
    "fallback_missing",
    "fallback_twice",
    "hours_empty",
    "intent_empty",
    "keyword_empty",
    "knowledge_missing",
    "name_taken",
    "never_holds",
    "no_way_out",
    "nothing_asked",
    "pattern_invalid",
    "placeholder_unfilled",
    "prompt_too_long",
    "range_empty",
    "reason_missing",
    "start_missing",
    "start_twice",
    "too_large_to_judge",
    "too_many_conditions",
    "too_many_problems",
    "too_much_work",
    "unknown_choice",
    "unknown_knowledge",
    "unknown_source",
    "unknown_target",
    "unknown_variable",
    "unreachable",
    "words_missing",
]
WarningCode = Literal[
    "asked_twice",
    "confirm_needless",
    "confirm_once",
    "example_knowledge",
    "handoff_too_late",
    "hours_overlap",
    "intent_twice",
    "intent_undescribed",
    "intent_without_examples",
    "left_by_limit",
    "loop_of_questions",
    "maybe_unknown",
    "never_asked",
    "never_first",
    "no_next_steps",
    "no_points",
    "pattern_unsupported",
    "question_missing",
    "speech_too_long",
    "tool_unavailable",
    "voice_unknown",
    "web_search_missing",
]
ProblemCode = Literal[ErrorCode, WarningCode]

# The title of each problem, in lists.
ERRORS: dict[ErrorCode, str] = {
    "always_holds": "Condition is always true",
    "choice_twice": "Ambiguous choice",
    "choices_missing": "No choices",
    "choices_too_many": "Too many choices",
    "consent_missing": "Consent not asked for",
    "dead_end": "Dead end",
    "duplicate_id": "Duplicate ID",
    "edge_after_end": "Exit after the end",
    "end_missing": "No End node",
    "endless_loop": "Endless loop",
    "expression_empty": "Empty condition",
    "expression_invalid": "Invalid condition",
    "expression_mismatch": "Types don't match",
    "fallback_missing": "No fallback exit",
    "fallback_twice": "Several fallback exits",
    "hours_empty": "Invalid opening hours",
    "intent_empty": "Empty intent",
    "keyword_empty": "Empty keyword",
    "knowledge_missing": "No knowledge",
    "name_taken": "Reserved name",
    "never_holds": "Condition is never true",
    "no_way_out": "No way out",
    "nothing_asked": "Nothing to ask",
    "pattern_invalid": "Invalid pattern",
    "placeholder_unfilled": "Placeholder to fill in",
    "prompt_too_long": "Instructions too long",
    "range_empty": "Empty range",
    "reason_missing": "No reason",
    "start_missing": "No Start node",
    "start_twice": "Several Start nodes",
    "too_large_to_judge": "Flow too large",
    "too_many_conditions": "Too many conditions",
    "too_many_problems": "Too many problems",
    "too_much_work": "Flow too complex",
    "unknown_choice": "Unknown choice",
    "unknown_knowledge": "Unknown knowledge",
    "unknown_source": "Exit from nowhere",
    "unknown_target": "Exit to nowhere",
    "unknown_variable": "Unknown variable",
    "unreachable": "Unreachable node",
    "words_missing": "Nothing to say",
}
WARNINGS: dict[WarningCode, str] = {
    "asked_twice": "Asked twice",
    "confirm_needless": "Needless confirmation",
    "confirm_once": "Only one try",
    "example_knowledge": "Example knowledge",
    "handoff_too_late": "Handoff too late",
    "hours_overlap": "Overlapping opening hours",
    "intent_twice": "Duplicate intent",
    "intent_undescribed": "Intent without a description",
    "intent_without_examples": "Intent without examples",
    "left_by_limit": "Loop until the limit",
    "loop_of_questions": "Loop of questions",
    "maybe_unknown": "Value may be unknown",
    "never_asked": "Variable without a value",
    "never_first": "Exit is never taken",
    "no_next_steps": "No next steps",
    "no_points": "Rule without points",
    "pattern_unsupported": "Pattern may never match",
    "question_missing": "No question",
    "speech_too_long": "Too long to listen to",
    "tool_unavailable": "Tool not available",
    "voice_unknown": "Unknown voice",
    "web_search_missing": "Web search not available",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a flow that its author should know. Errors keep it from being published.

    node, edge: ids; both None for the flow as a whole · field: where in the node or edge, or from the flow's root
    (`variables.email.ask`); things in lists go by their id or name.
    """

    severity: Severity = field(init=False)
    code: ProblemCode
    message: str
    remedy: str
    node: str | None = None
    edge: str | None = None
    field: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "severity", "error" if self.code in ERRORS else "warning")

    @property
    def sentence(self) -> str:
        return f"{self.message} {self.remedy}"
