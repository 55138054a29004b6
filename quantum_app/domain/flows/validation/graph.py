"""What the validator looks for, one module a subject. Each finds problems in a `Graph`; none raises."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from quantum_app.domain.flows.model.conditions import Intent
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    Edge,
    FlowDefinition,
    LeadGateNode,
    Node,
    StartNode,
    Variable,
)

# Names that one message lists.
MOST_NAMES = 10
_LONGEST_NAME = 60
# Steps that judging one flow may take: some tenths of a second, a thousand times what a usual flow needs.
STEPS = 200_000


class Budget:
    """Work that one flow may cause, in steps of about a microsecond; what is left is spent by whoever judges it."""

    def __init__(self, steps: int) -> None:
        self._steps_left = steps

    @property
    def exhausted(self) -> bool:
        return self._steps_left < 0

    def spend(self, steps: int) -> bool:
        """Whether there is enough left for this."""
        self._steps_left -= steps
        return not self.exhausted


class Graph:
    """A flow, indexed. Of things that share an id, the first counts; edges from or to nowhere are left out."""

    def __init__(self, definition: FlowDefinition) -> None:
        self.definition = definition
        self.budget = Budget(STEPS)
        self.nodes: dict[str, Node] = {}
        for node in definition.nodes:
            self.nodes.setdefault(node.id, node)
        self.variables: dict[str, Variable] = {}
        for variable in definition.variables:
            self.variables.setdefault(variable.name, variable)
        self.leaving: dict[str, list[Edge]] = defaultdict(list)
        self.entering: dict[str, list[Edge]] = defaultdict(list)
        for edge in definition.edges:
            if edge.source in self.nodes and edge.target in self.nodes:
                self.leaving[edge.source].append(edge)
                self.entering[edge.target].append(edge)

    @cached_property
    def reached(self) -> dict[str, str | None]:
        """Nodes that a call can come to, each with the node before it on a shortest way from the start."""
        return self.ways(self.definition.start)

    def ways(self, start: str, closed: frozenset[str] = frozenset()) -> dict[str, str | None]:
        """Nodes that can be reached without going on from a closed one, each with the node before it."""
        before: dict[str, str | None] = {start: None} if start in self.nodes else {}
        queue = list(before)
        for node in queue:
            if node in closed:
                continue
            for edge in self.leaving[node]:
                if edge.target not in before:
                    before[edge.target] = node
                    queue.append(edge.target)
        return before

    def name(self, node_id: str) -> str:
        """What messages call a node; long names are cut."""
        node = self.nodes.get(node_id)
        name = (node.name or node.info.label) if node else node_id
        return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"

    def way(self, before: dict[str, str | None], node_id: str) -> str:
        """The names of the nodes on the way to this one; of a long way its beginning and its end."""
        nodes: list[str] = []
        step: str | None = node_id
        while step is not None:
            nodes.append(step)
            step = before[step]
        names = [f"“{self.name(node)}”" for node in (nodes if len(nodes) <= MOST_NAMES else nodes[:5] + nodes[-5:])]
        if len(nodes) > MOST_NAMES:
            names.insert(5, "…")
        return " → ".join(reversed(names))

    def listens(self, node: Node) -> bool:
        """Whether a call that comes here waits for the caller, at least the first time."""
        if isinstance(node, StartNode):
            return any(isinstance(edge.condition, Intent) for edge in self.leaving[node.id])
        return isinstance(node, (AnswerNode, LeadGateNode, ClarifyNode))

    def circles(self, within: Collection[str]) -> list[list[str]]:
        """Groups of these nodes in which each leads to each other, through the group alone; in the flow's order."""
        order = {node: place for place, node in enumerate(self.nodes)}
        return [
            sorted(group, key=order.__getitem__)
            for group in _components(self, within)
            if len(group) > 1 or any(edge.target == group[0] for edge in self.leaving[group[0]])
        ]

    def node_names(self, nodes: Sequence[str]) -> str:
        return list_names([f"“{self.name(node)}”" for node in nodes[:MOST_NAMES]], len(nodes))


def list_names(names: Sequence[str], count: int) -> str:
    """Some names, and how many there are beside them: “A”, “B” and 40 more."""
    more = count - len(names)
    return f"{', '.join(names)} and {more} more" if more > 0 else ", ".join(names)


def _components(graph: Graph, within: Collection[str]) -> Iterator[list[str]]:
    """Strongly connected components (Tarjan, without recursion: a flow may be one long line)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()

    def begin(node: str) -> tuple[str, Iterator[Edge]]:
        order[node] = low[node] = len(order)
        stack.append(node)
        on_stack.add(node)
        return node, iter(graph.leaving[node])

    for root in within:
        work = [] if root in order else [begin(root)]
        while work:
            node, edges = work[-1]
            for target in (edge.target for edge in edges if edge.target in within):
                if target not in order:
                    work.append(begin(target))
                    break
                if target in on_stack:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    first = stack.index(node)
                    group = stack[first:]
                    del stack[first:]
                    on_stack.difference_update(group)
                    yield group
