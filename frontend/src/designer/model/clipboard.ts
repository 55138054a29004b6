// Copies of parts of a flow, also for another campaign: plain JSON.
import { newId } from "./definition.ts";

const MARK = "quantum-voice-flow-part";
const SHIFT = 40;

export function copyOf(definition, ids) {
  const wanted = new Set(ids);
  const nodes = definition.nodes.filter(({ id }) => wanted.has(id));
  const notes = definition.notes.filter(({ id }) => wanted.has(id));
  if (!nodes.length && !notes.length) return null;
  const used = new Set(nodes.flatMap((node) => (node.fields || []).map((field) => field.variable)));
  const sources = new Set(nodes.flatMap((node) => node.knowledge || []));
  return JSON.stringify({
    what: MARK,
    nodes,
    notes,
    edges: definition.edges.filter(({ source, target }) => wanted.has(source) && wanted.has(target)),
    variables: definition.variables.filter(({ name }) => used.has(name)),
    knowledge: definition.knowledge.filter(({ id }) => sources.has(id)),
  });
}

export function readCopy(text) {
  try {
    const copy = JSON.parse(text);
    return copy?.what === MARK &&
      ["nodes", "notes", "edges", "variables", "knowledge"].every((list) => Array.isArray(copy[list]))
      ? copy
      : null;
  } catch {
    return null;
  }
}

// The flow with the copy in it, and the new ids. What the copy needs comes along, unless the flow has it.
export function paste(definition, copy) {
  let now = { ...definition };
  const sources = new Map();
  for (const source of copy.knowledge) {
    const here = now.knowledge.find(({ id, name }) => id === source.id || name === source.name);
    const id = here?.id || newId(now, "k");
    sources.set(source.id, id);
    if (!here) now = { ...now, knowledge: [...now.knowledge, { ...source, id }] };
  }
  const missing = copy.variables.filter(({ name }) => !now.variables.some((variable) => variable.name === name));
  now = { ...now, variables: [...now.variables, ...missing] };
  const ids = new Map();
  for (const node of copy.nodes) {
    if (node.type === "start" && now.nodes.some(({ type }) => type === "start")) continue;
    const id = newId(now, "n");
    ids.set(node.id, id);
    const knowledge = node.knowledge
      ? { knowledge: node.knowledge.map((source) => sources.get(source)).filter(Boolean) }
      : {};
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
    if (ids.has(edge.source) && ids.has(edge.target)) {
      now = {
        ...now,
        edges: [
          ...now.edges,
          { ...edge, id: newId(now, "e"), source: ids.get(edge.source), target: ids.get(edge.target) },
        ],
      };
    }
  }
  return [now, [...ids.values()]];
}
