// Where nodes lie when nobody has put them, and where their exits leave.
import dagre from "@dagrejs/dagre";
import { NODE_HEIGHT, NODE_WIDTH, exitsOf } from "./definition.ts";
import type { FlowDefinition, Position } from "./flow.ts";

const GRID = 20;
const LABEL = 26; // pixels: the height of the words on an edge
const snap = (value: number) => Math.round(value / GRID) * GRID;

export type Side = "top" | "right" | "bottom" | "left";
/**
 * Where an edge leaves and where it comes in. at: the share of the side's length, so that ends lie apart and cross
 * little. lift: pixels by which the words of parallel edges stand one above the other.
 */
export interface Port {
  sides: [Side, Side];
  at: [number, number];
  lift: number;
}

/** Places of all nodes by ID, from the start downwards. */
export function arrange({
  nodes,
  edges,
  start,
}: Pick<FlowDefinition, "nodes" | "edges" | "start">): Record<string, Position> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 60, ranksep: 90, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const first = nodes.filter(({ id }) => id === start);
  for (const { id } of [...first, ...nodes.filter((node) => node.id !== start)]) {
    graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  }
  const there = new Set(nodes.map(({ id }) => id));
  for (const { id, source, target } of edges) {
    if (there.has(source) && there.has(target)) graph.setEdge(source, target, {}, id);
  }
  dagre.layout(graph);
  return Object.fromEntries(
    nodes.map(({ id }) => {
      const { x = 0, y = 0 } = graph.node(id) as Partial<Position>;
      return [id, { x: snap(x - NODE_WIDTH / 2), y: snap(y - NODE_HEIGHT / 2) }];
    }),
  );
}

// From which side of a node an edge leaves, and where it comes in: side by side when the nodes lie so, else downwards.
function sides(from: Position, to: Position): [Side, Side] {
  const level = Math.abs(from.y - to.y) < NODE_HEIGHT * 0.7;
  if (level && to.x > from.x + NODE_WIDTH) return ["right", "left"];
  if (level && to.x + NODE_WIDTH < from.x) return ["left", "right"];
  return ["bottom", "top"];
}

interface End {
  id: string;
  end: 0 | 1;
  other: number;
}

function listOf<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** The ports of all edges by ID. */
export function ports(definition: FlowDefinition): Map<string, Port> {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const result = new Map<string, Port>();
  const ends = new Map<string, End[]>();
  const parallel = new Map<string, string[]>();
  for (const node of definition.nodes) {
    for (const edge of exitsOf(definition, node.id)) {
      const target = byId.get(edge.target);
      if (!target) continue;
      const [out, into] = sides(node, target);
      result.set(edge.id, { sides: [out, into], at: [0.5, 0.5], lift: 0 });
      listOf(parallel, `${edge.source} ${edge.target}`).push(edge.id);
      const across = out === "bottom" ? "x" : "y";
      listOf(ends, `${node.id} ${out}`).push({ id: edge.id, end: 0, other: target[across] });
      listOf(ends, `${target.id} ${into}`).push({ id: edge.id, end: 1, other: node[across] });
    }
  }
  for (const side of ends.values()) {
    side.sort((one, other) => one.other - other.other || one.end - other.end || (one.id < other.id ? -1 : 1));
    side.forEach(({ id, end }, index) => {
      const port = result.get(id);
      if (port) port.at[end] = (index + 0.5) / side.length;
    });
  }
  for (const ids of parallel.values()) {
    ids.forEach((id, index) => {
      const port = result.get(id);
      if (port) port.lift = (index - (ids.length - 1) / 2) * LABEL;
    });
  }
  return result;
}
