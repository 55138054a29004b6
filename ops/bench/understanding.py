"""How well callers are understood: intents and values, without a model and, where one is configured, with it.

Figures are of the half of the labelled set that nothing was tuned on (`understanding_set`). Whoever is asked, it is by
the product's own dialogue models against the running embedding server or model.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress

from ops.bench.figures import FOLDER, Figure, commit, quantile, table
from ops.bench.resources import machine
from ops.bench.understanding_set import LabeledUtterance, load
from ops.parts import Instance
from quantum_app.domain.flows.model.definition import Value
from quantum_app.domain.flows.nlu.acceptance import folded
from quantum_app.domain.flows.ports import ClassifyRequest, DialogueModel, ExtractRequest
from quantum_app.errors import DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.nlu import intent_classifier
from quantum_app.providers.nlu.llm import LlmNlu
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import settings

PARTS = ("providers",)
# Free text is the same in other capitals and with other full stops.
_FREE = {"text"}


async def measure(_: Instance) -> list[Figure]:
    """All figures; the part `providers` of the instance is running."""
    current = settings()
    embedder = Embeddings(current.embeddings)
    rules = LocalNlu(embedder)
    # What is measured here is how well, and how long it takes: on a busy machine a call would not wait.
    intent_classifier.PATIENCE = 10.0
    items = load()
    wishes = [item for item in items if isinstance(item.request, ClassifyRequest)]
    extract_items = [item for item in items if isinstance(item.request, ExtractRequest)]
    await rules.prepare(option for item in wishes for option in _wish(item).options)
    try:
        figures = await _of("no key", rules, wishes, extract_items, (85, 92, 40, 5))
    finally:
        await embedder.aclose()
    away = Embeddings(current.embeddings.model_copy(update={"base_url": "http://127.0.0.1:1"}))
    intents_alone, _spent = await _choices(LocalNlu(away), wishes)
    figures.append(_share("no key, embeddings away: intents, top-1 with none of these", intents_alone))
    await away.aclose()
    if not current.openai.enabled:
        names = ("intents, top-1 with none of these", "none of these, recall", "fields exact, all")
        return figures + [Figure(f"with a model: {name}", None, "%", 0) for name in names]
    model = LlmNlu(current.openai)
    try:
        return figures + await _of(f"with {current.openai.model}", model, wishes, extract_items, (95, 97, None, None))
    finally:
        await model.aclose()


def report(figures: Sequence[Figure]) -> None:
    """Print, and write `docs/bench/understanding.md`."""
    facts = machine()
    everything = load()
    spoken_count = sum(item.spoken for item in everything)
    lines = [
        "# Understanding",
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, commit {commit()}. {facts['processor']}, {facts['cores']} cores, load before "
        f"{facts['load_before']}; `make bench ARGS='--only understanding'`. Figures are of the held-out half of the "
        f"labeled set: {len(everything)} utterances, {spoken_count} of them as our recognizer heard them.",
        "",
        table(figures),
        "",
        _NOTES,
    ]
    text = "\n".join(lines) + "\n"
    (FOLDER / "understanding.md").write_text(text)
    print(f"\n{text}")


async def _of(
    name: str,
    dialogue_model: DialogueModel,
    wishes: Sequence[LabeledUtterance],
    extract_items: Sequence[LabeledUtterance],
    targets: tuple[float | None, ...],
) -> list[Figure]:
    choices, seconds = await _choices(dialogue_model, wishes)
    figures = [_share(f"{name}: intents, top-1 with none of these", choices, targets[0])]
    for is_spoken, kind in ((False, "… typed"), (True, "… as heard")):
        figures.append(_share(kind, [(item, right) for item, right in choices if item.spoken is is_spoken]))
    figures.append(_share("… of those that are one of the options", [(i, right) for i, right in choices if i.choice]))
    figures.append(_share("none of these, recall", [(item, right) for item, right in choices if not item.choice]))
    figures += _spread(f"{name}: classify", seconds, targets[2])
    results, seconds = await _values(dialogue_model, extract_items)
    exact = [(item, _same(item, values, item.values)) for item, values in results]
    figures.append(_share(f"{name}: fields exact, all", exact, targets[1]))
    for is_spoken, kind in ((False, "… typed"), (True, "… as heard")):
        figures.append(_share(kind, [(item, right) for item, right in exact if item.spoken is is_spoken]))
    correct = [(item, _same(item, values, item.intended_values)) for item, values in results if item.spoken]
    figures.append(_share("… as the caller meant it, recognition included", correct))
    by_type: dict[str, list[tuple[LabeledUtterance, bool]]] = defaultdict(list)
    for item, right in exact:
        by_type[_type(item)].append((item, right))
    figures += [_share(f"… {kind}", type_results) for kind, type_results in sorted(by_type.items())]
    return [*figures, *_spread(f"{name}: extract", seconds, targets[3])]


async def _choices(
    dialogue_model: DialogueModel, wishes: Sequence[LabeledUtterance]
) -> tuple[list[tuple[LabeledUtterance, bool]], list[float]]:
    choices: list[tuple[LabeledUtterance, bool]] = []
    seconds: list[float] = []
    for item in wishes:
        right = False
        began = time.perf_counter()
        with suppress(DependencyUnavailable):
            right = (await dialogue_model.classify(_wish(item))).choice == item.choice
        seconds.append(time.perf_counter() - began)
        choices.append((item, right))
    return choices, seconds


async def _values(
    dialogue_model: DialogueModel, items: Sequence[LabeledUtterance]
) -> tuple[list[tuple[LabeledUtterance, dict[str, Value]]], list[float]]:
    results: list[tuple[LabeledUtterance, dict[str, Value]]] = []
    seconds: list[float] = []
    for item in items:
        assert isinstance(item.request, ExtractRequest)
        values: dict[str, Value] = {}
        began = time.perf_counter()
        with suppress(DependencyUnavailable):
            values = await dialogue_model.extract(item.request)
        seconds.append(time.perf_counter() - began)
        results.append((item, values))
    return results, seconds


def _wish(item: LabeledUtterance) -> ClassifyRequest:
    assert isinstance(item.request, ClassifyRequest)
    return item.request


def _same(item: LabeledUtterance, actual: dict[str, Value], expected: dict[str, Value]) -> bool:
    """All that was told, and nothing else."""
    assert isinstance(item.request, ExtractRequest)
    free = {variable.name for variable in item.request.variables if variable.type in _FREE and not variable.pattern}
    form: Callable[[str, Value], Value] = lambda name, value: folded(str(value)) if name in free else value  # noqa: E731
    return {name: form(name, value) for name, value in actual.items()} == {
        name: form(name, value) for name, value in expected.items()
    }


def _type(item: LabeledUtterance) -> str:
    """The type that was asked for; several where more was told."""
    assert isinstance(item.request, ExtractRequest)
    kinds = [variable.type for variable in item.request.variables]
    return kinds[0] if len(kinds) == 1 else "several variables at once"


def _share(name: str, results: Sequence[tuple[LabeledUtterance, bool]], least: float | None = None) -> Figure:
    value = 100 * sum(right for _, right in results) / len(results) if results else None
    return Figure(name, value, "%", len(results), least, least=True)


def _spread(name: str, seconds: Sequence[float], most: float | None) -> list[Figure]:
    milli = [1000 * value for value in seconds]
    return [
        Figure(f"{name}, p50", quantile(milli, 0.5), "ms", len(milli)),
        Figure(f"{name}, p95", quantile(milli, 0.95), "ms", len(milli), most),
    ]


_NOTES = """\
**What is asked.** Intents: flows of 4 or 5 described edges and a fallback; right is the edge that is meant, or the
fallback where none is. Fields: all values an utterance tells, each exactly, and no others; free text without regard to
capitals and full stops. Truth is what a careful reader takes from the text; *as the caller meant it* also counts what
the recognizer lost. Latency of classify is with the options embedded before.

**How it was made.** Utterances, rules and some of the training sentences have one author, and so a likeness that
callers do not have: expect less of strangers. Rules were tuned on the other half; the flows of the held-out half occur
in it nowhere. The training sentences of the intents (`training/intent_classifier/data/examples.jsonl`, and by other
authors who had not seen the labelled set, `comparison.jsonl`) name common wishes of callers, also of businesses like
those in the held-out half; those that say nearly what one of its utterances says are left out. Of the ways to learn
from them, several were tried, and figures of both halves looked at: of a set this small, a difference of three in a
hundred is chance. When a business of the first file is left out of training, with descriptions as short as there, 76 %
of its sentences are classified right (`training/intent_classifier` measures it): that is the figure for a flow that
nobody has thought of. Spoken utterances are one synthetic voice at six pitches and speeds, in quiet and noisy
rooms, through Whisper tiny.en."""
