// Where nodes lie when nobody has put them, and where their exits leave.
import dagre from "@dagrejs/dagre";
import { NODE_HEIGHT, NODE_WIDTH, exitsOf } from "./definition.ts";

const GRID = 20;
const LABEL = 26; // pixels that the words on an edge are high
const snap = (value) => Math.round(value / GRID) * GRID;

// id → {x, y} of all nodes, from the start downwards.
export function arrange({ nodes, edges, start }) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 60, ranksep: 90, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const first = nodes.filter(({ id }) => id === start);
  [...first, ...nodes.filter(({ id }) => id !== start)].forEach(({ id }) =>
    graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT }),
  );
  const there = new Set(nodes.map(({ id }) => id));
  edges.forEach(
    ({ id, source, target }) => there.has(source) && there.has(target) && graph.setEdge(source, target, {}, id),
  );
  dagre.layout(graph);
  return Object.fromEntries(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id);
      return [id, { x: snap(x - NODE_WIDTH / 2), y: snap(y - NODE_HEIGHT / 2) }];
    }),
  );
}

// From which side of a node an edge leaves, and where it comes in: side by side when the nodes lie so, else downwards.
function sides(from, to) {
  const level = Math.abs(from.y - to.y) < NODE_HEIGHT * 0.7;
  if (level && to.x > from.x + NODE_WIDTH) return ["right", "left"];
  if (level && to.x + NODE_WIDTH < from.x) return ["left", "right"];
  return ["bottom", "top"];
}

// edge id → {sides: [from, to], at: [from, to], lift}. at: the share of the side's length, so that ends lie apart and cross
// little; lift: pixels by which the words of parallel edges stand one above the other.
export function ports(definition) {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const found = new Map();
  const ends = new Map();
  const parallel = new Map();
  for (const node of definition.nodes) {
    for (const edge of exitsOf(definition, node.id)) {
      const target = byId.get(edge.target);
      if (!target) continue;
      const [out, into] = sides(node, target);
      found.set(edge.id, { sides: [out, into], at: [0.5, 0.5], lift: 0 });
      const pair = `${edge.source} ${edge.target}`;
      parallel.set(pair, [...(parallel.get(pair) || []), edge.id]);
      const across = out === "bottom" ? "x" : "y";
      for (const [end, self, other, side] of [
        [0, node, target, out],
        [1, target, node, into],
      ]) {
        const key = `${self.id} ${side}`;
        if (!ends.has(key)) ends.set(key, []);
        ends.get(key).push({ id: edge.id, end, other: other[across] });
      }
    }
  }
  for (const side of ends.values()) {
    side.sort((one, other) => one.other - other.other || one.end - other.end || (one.id < other.id ? -1 : 1));
    side.forEach(({ id, end }, index) => {
      found.get(id).at[end] = (index + 0.5) / side.length;
    });
  }
  for (const ids of parallel.values())
    ids.forEach((id, index) => {
      found.get(id).lift = (index - (ids.length - 1) / 2) * LABEL;
    });
  return found;
}
