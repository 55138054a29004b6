// Where nodes lie when nobody has put them.
import dagre from "@dagrejs/dagre";
import { NODE_HEIGHT, NODE_WIDTH } from "./definition.ts";
import { fanSize } from "./fans.ts";
import type { FlowDefinition, Position } from "./flow.ts";
import { onGrid } from "./geometry.ts";
import { exitLines } from "./routing.ts";

const BESIDE = 60; // pixels between the labels of two nodes
const BELOW = 60; // between labels and the next row: room for lines

/** Places of all nodes by ID, from the start downwards, with room for the labels of exits. */
export function arrange(definition: FlowDefinition): Record<string, Position> {
  const { nodes, start } = definition;
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: BESIDE, ranksep: BELOW, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const exits = exitLines(definition);
  const texts = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { source, text } of exits) texts.get(source)?.push(text);
  const first = nodes.filter(({ id }) => id === start);
  for (const { id } of [...first, ...nodes.filter((node) => node.id !== start)]) {
    const { overhang, depth } = fanSize(texts.get(id) ?? []);
    graph.setNode(id, { width: NODE_WIDTH + 2 * overhang, height: NODE_HEIGHT + depth });
  }
  for (const { id, source, target } of exits) if (texts.has(target)) graph.setEdge(source, target, {}, id);
  dagre.layout(graph);
  const places = nodes.map(({ id }) => {
    const { x = 0, y = 0, height = 0 } = graph.node(id) as Partial<Position> & { height?: number };
    return { id, x, y, height };
  });
  // A row of nodes has one middle; their upper borders are what should be level.
  const tops = new Map<number, number>();
  for (const { y, height } of places) tops.set(y, Math.min(tops.get(y) ?? Infinity, y - height / 2));
  return Object.fromEntries(places.map(({ id, x, y }) => [id, onGrid({ x: x - NODE_WIDTH / 2, y: tops.get(y) ?? 0 })]));
}
