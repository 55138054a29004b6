// Copies of parts of a flow, also for another campaign: plain JSON.
import { newId } from "./definition.ts";
import type { Edge, FlowDefinition, FlowNode, KnowledgeSource, Note, Variable } from "./flow.ts";

const MARK = "quantum-voice-flow-part";
const SHIFT = 40;

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
  const chosen = new Set(ids);
  const nodes = definition.nodes.filter(({ id }) => chosen.has(id));
  const notes = definition.notes.filter(({ id }) => chosen.has(id));
  if (!nodes.length && !notes.length) return null;
  const used = new Set(nodes.flatMap((node) => fieldsOf(node).map((field) => field.variable)));
  const sources = new Set(nodes.flatMap((node) => knowledgeOf(node)));
  return JSON.stringify({
    what: MARK,
    nodes,
    notes,
    edges: definition.edges.filter(({ source, target }) => chosen.has(source) && chosen.has(target)),
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

// The flow with the copy in it, and the new ids. What the copy needs comes along, unless the flow has it.
export function paste(definition: FlowDefinition, copy: FlowPart): [FlowDefinition, string[]] {
  let now = { ...definition };
  const sources = new Map<string, string>();
  for (const source of copy.knowledge) {
    const here = now.knowledge.find(({ id, name }) => id === source.id || name === source.name);
    const id = here?.id || newId(now, "k");
    sources.set(source.id, id);
    if (!here) now = { ...now, knowledge: [...now.knowledge, { ...source, id }] };
  }
  const missing = copy.variables.filter(({ name }) => !now.variables.some((variable) => variable.name === name));
  now = { ...now, variables: [...now.variables, ...missing] };
  const ids = new Map<string, string>();
  for (const node of copy.nodes) {
    if (node.type === "start" && now.nodes.some(({ type }) => type === "start")) continue;
    const id = newId(now, "n");
    ids.set(node.id, id);
    const knowledge =
      "knowledge" in node ? { knowledge: node.knowledge.flatMap((source) => sources.get(source) ?? []) } : {};
    now = {
      ...now,
      nodes: [...now.nodes, { ...node, ...knowledge, id, x: node.x + SHIFT, y: node.y + SHIFT }],
      start: node.type === "start" ? id : now.start,
    };
  }
  for (const note of copy.notes) {
    const id = newId(now, "t");
    ids.set(note.id, id);
    now = { ...now, notes: [...now.notes, { ...note, id, x: note.x + SHIFT, y: note.y + SHIFT }] };
  }
  for (const edge of copy.edges) {
    const [source, target] = [ids.get(edge.source), ids.get(edge.target)];
    if (source && target) now = { ...now, edges: [...now.edges, { ...edge, id: newId(now, "e"), source, target }] };
  }
  return [now, [...ids.values()]];
}
