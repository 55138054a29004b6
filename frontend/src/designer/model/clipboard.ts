// Copies of parts of a flow, also for another campaign: plain JSON.
import { newId } from "./definition.ts";
import type { Edge, FlowDefinition, FlowNode, KnowledgeSource, Note, Position, Variable } from "./flow.ts";
import { GRID, inflate, nodeBox, onGrid, overlap, translate, union } from "./geometry.ts";

const MARK = "quantum-voice-flow-part";

export interface FlowPart {
  what: string;
  nodes: FlowNode[];
  notes: Note[];
  edges: Edge[];
  variables: Variable[];
  knowledge: KnowledgeSource[];
}

const fieldsOf = (node: FlowNode) => ("fields" in node ? node.fields : []);
const knowledgeOf = (node: FlowNode) => ("knowledge" in node ? node.knowledge : []);

export function copyOf(definition: FlowDefinition, ids: string[]): string | null {
  const selectedIds = new Set(ids);
  const nodes = definition.nodes.filter(({ id }) => selectedIds.has(id));
  const notes = definition.notes.filter(({ id }) => selectedIds.has(id));
  if (!nodes.length && !notes.length) return null;
  const used = new Set(nodes.flatMap((node) => fieldsOf(node).map((field) => field.variable)));
  const sources = new Set(nodes.flatMap((node) => knowledgeOf(node)));
  return JSON.stringify({
    what: MARK,
    nodes,
    notes,
    edges: definition.edges.filter(({ source, target }) => selectedIds.has(source) && selectedIds.has(target)),
    variables: definition.variables.filter(({ name }) => used.has(name)),
    knowledge: definition.knowledge.filter(({ id }) => sources.has(id)),
  });
}

export function readCopy(text: string | null): FlowPart | null {
  try {
    const copy = JSON.parse(text || "null");
    return copy?.what === MARK &&
      ["nodes", "notes", "edges", "variables", "knowledge"].every((list) => Array.isArray(copy[list]))
      ? copy
      : null;
  } catch {
    return null;
  }
}

// Where the copy goes: with its middle at a place, or beside where it was, where nothing lies yet.
function shiftOf({ nodes, notes }: FlowDefinition, items: Position[], at: Position | undefined): Position {
  const boxes = items.map(nodeBox);
  const bounds = union(boxes);
  if (at) return onGrid({ x: at.x - bounds.x - bounds.width / 2, y: at.y - bounds.y - bounds.height / 2 });
  const others = [...nodes, ...notes].map(nodeBox);
  const step = Math.ceil((bounds.width + GRID) / GRID) * GRID;
  const by = { x: step, y: 0 };
  while (boxes.some((box) => others.some((other) => overlap(inflate(translate(box, by), GRID / 2), other))))
    by.x += step;
  return by;
}

/**
 * The flow with the copy in it, the new IDs, and the names of knowledge that the copy used and the flow doesn't have.
 * Knowledge doesn't come along: nodes that use all of it would answer from another campaign's. at: the middle of the copy.
 */
export function paste(definition: FlowDefinition, copy: FlowPart, at?: Position): [FlowDefinition, string[], string[]] {
  const here = new Map<string, string>();
  const without: string[] = [];
  for (const source of copy.knowledge) {
    const sameName = definition.knowledge.filter(({ name }) => name === source.name);
    const match = sameName.find(({ id }) => id === source.id) ?? sameName.at(0);
    if (match) here.set(source.id, match.id);
    else without.push(source.name);
  }
  const missing = copy.variables.filter(({ name }) => !definition.variables.some((variable) => variable.name === name));
  let now = { ...definition, variables: [...definition.variables, ...missing] };
  const hasStart = definition.nodes.some(({ type }) => type === "start");
  const nodes = copy.nodes.filter(({ type }) => type !== "start" || !hasStart);
  if (!nodes.length && !copy.notes.length) return [definition, [], []];
  const by = shiftOf(definition, [...nodes, ...copy.notes], at);
  const ids = new Map<string, string>();
  for (const node of nodes) {
    const id = newId(now, "n");
    ids.set(node.id, id);
    const knowledge =
      "knowledge" in node ? { knowledge: node.knowledge.flatMap((source) => here.get(source) ?? []) } : {};
    now = {
      ...now,
      nodes: [...now.nodes, { ...translate(node, by), ...knowledge, id }],
      start: node.type === "start" ? id : now.start,
    };
  }
  for (const note of copy.notes) {
    const id = newId(now, "t");
    ids.set(note.id, id);
    now = { ...now, notes: [...now.notes, { ...translate(note, by), id }] };
  }
  for (const edge of copy.edges) {
    const [source, target] = [ids.get(edge.source), ids.get(edge.target)];
    if (source && target) now = { ...now, edges: [...now.edges, { ...edge, id: newId(now, "e"), source, target }] };
  }
  return [now, [...ids.values()], without];
}
