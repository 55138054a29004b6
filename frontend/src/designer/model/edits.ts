// What one can do to a flow: pure, each a definition → a definition. What is not touched stays the same object.
import {
  CONDITIONS,
  NODE_HEIGHT,
  NODE_WIDTH,
  barrier,
  blankNode,
  exitsOf,
  likelyCondition,
  newId,
  nodeOf,
} from "./definition.ts";

const GRID = 20;
const changed = (items, key, id, patch) => items.map((item) => (item[key] === id ? { ...item, ...patch } : item));

export const setNode = (definition, id, patch) => ({
  ...definition,
  nodes: changed(definition.nodes, "id", id, patch),
});
export const setEdge = (definition, id, patch) => ({
  ...definition,
  edges: changed(definition.edges, "id", id, patch),
});
export const setNote = (definition, id, patch) => ({
  ...definition,
  notes: changed(definition.notes, "id", id, patch),
});
export const setSource = (definition, id, patch) => ({
  ...definition,
  knowledge: changed(definition.knowledge, "id", id, patch),
});
export const setVariable = (definition, name, patch) => ({
  ...definition,
  variables: changed(definition.variables, "name", name, patch),
});

// A place near `wanted` where no node lies yet.
export function freePlace(definition, wanted) {
  const snap = (value) => Math.round(value / GRID) * GRID;
  const place = { x: snap(wanted.x), y: snap(wanted.y) };
  const covered = () =>
    [...definition.nodes, ...definition.notes].some(
      (node) => Math.abs(node.x - place.x) < NODE_WIDTH + GRID && Math.abs(node.y - place.y) < NODE_HEIGHT + GRID,
    );
  while (covered()) place.x += NODE_WIDTH + 2 * GRID;
  return place;
}

export function addNode(definition, type, place) {
  const node = blankNode(definition, type, place);
  const nodes = [...definition.nodes, node];
  const start = type === "start" || !nodeOf(definition, definition.start) ? node.id : definition.start;
  return [{ ...definition, nodes, start }, node.id];
}

// A new node, and the way to it from `source`.
export function addAfter(definition, source, type, place) {
  const before = nodeOf(definition, source);
  const room = freePlace(definition, place || { x: before.x, y: before.y + NODE_HEIGHT + 4 * GRID });
  const [added, id] = addNode(definition, type, room);
  return [barrier(added, source, id) ? added : connect(added, source, id)[0], id];
}

export function connect(definition, source, target) {
  const edge = {
    id: newId(definition, "e"),
    source,
    target,
    condition: likelyCondition(definition, source),
    label: "",
  };
  return [{ ...definition, edges: [...definition.edges, edge] }, edge.id];
}

export function addNote(definition, place) {
  const note = { id: newId(definition, "t"), text: "", ...freePlace(definition, place) };
  return [{ ...definition, notes: [...definition.notes, note] }, note.id];
}

export function remove(definition, ids, edgeIds = []) {
  const gone = new Set(ids);
  const cut = new Set(edgeIds);
  const nodes = definition.nodes.filter(({ id }) => !gone.has(id));
  const start = gone.has(definition.start)
    ? nodes.find(({ type }) => type === "start")?.id || definition.start
    : definition.start;
  return {
    ...definition,
    start,
    nodes,
    edges: definition.edges.filter(({ id, source, target }) => !cut.has(id) && !gone.has(source) && !gone.has(target)),
    notes: definition.notes.filter(({ id }) => !gone.has(id)),
  };
}

// places: id → {x, y}, of nodes and notes.
export function move(definition, places) {
  const moved = (item) => {
    const to = places[item.id];
    return to && (to.x !== item.x || to.y !== item.y) ? { ...item, x: to.x, y: to.y } : item;
  };
  return { ...definition, nodes: definition.nodes.map(moved), notes: definition.notes.map(moved) };
}

// The exits of one node in this order: they take the places among all edges that they had.
export function orderExits(definition, source, ids) {
  const byId = new Map(definition.edges.map((edge) => [edge.id, edge]));
  const order = [...ids];
  return {
    ...definition,
    edges: definition.edges.map((edge) => (edge.source === source ? byId.get(order.shift()) : edge)),
  };
}

// Of one node, one exit is the fallback: another that becomes it takes its place.
export function setCondition(definition, id, condition) {
  const { source } = definition.edges.find((edge) => edge.id === id);
  const edges = definition.edges.map((edge) => {
    if (edge.id === id) return { ...edge, condition };
    const displaced = condition.type === "fallback" && edge.source === source && edge.condition.type === "fallback";
    return displaced ? { ...edge, condition: CONDITIONS.expression() } : edge;
  });
  return { ...definition, edges };
}

export const shiftExit = (definition, id, by) => {
  const edge = definition.edges.find((item) => item.id === id);
  const ids = exitsOf(definition, edge.source).map((item) => item.id);
  const at = ids.indexOf(id);
  const to = at + by;
  if (to < 0 || to >= ids.length) return definition;
  [ids[at], ids[to]] = [ids[to], ids[at]];
  return orderExits(definition, edge.source, ids);
};

const inExpression = (text, from, to) =>
  text
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
    .map((part, index) => (index % 2 ? part : part.replace(new RegExp(`\\b${from}\\b`, "g"), to)))
    .join("");

// Everything that names a variable, with its new name.
export function renameVariable(definition, from, to) {
  const inWords = (value) => {
    if (typeof value === "string") return value.replaceAll(`{${from}}`, `{${to}}`);
    if (Array.isArray(value)) return value.map(inWords);
    return value;
  };
  const inCondition = (condition) =>
    condition.type === "expression"
      ? { ...condition, expression: inExpression(condition.expression, from, to) }
      : condition;
  const inNode = (node) =>
    Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === "fields"
          ? value.map((field) => (field.variable === from ? { ...field, variable: to } : field))
          : ["id", "type"].includes(key)
            ? value
            : inWords(value),
      ]),
    );
  return {
    ...definition,
    variables: definition.variables.map((variable) =>
      variable.name === from
        ? { ...variable, name: to }
        : { ...variable, ask: inWords(variable.ask), ask_again: inWords(variable.ask_again) },
    ),
    nodes: definition.nodes.map(inNode),
    edges: definition.edges.map((edge) => ({ ...edge, condition: inCondition(edge.condition) })),
    rules: {
      ...definition.rules,
      scores: definition.rules.scores.map((rule) => ({ ...rule, when: inCondition(rule.when) })),
    },
  };
}

export const useOf = (definition, name) =>
  definition.nodes.filter((node) => node.fields?.some((field) => field.variable === name));

export function removeVariable(definition, name) {
  const without = (node) =>
    node.fields?.some((field) => field.variable === name)
      ? { ...node, fields: node.fields.filter((field) => field.variable !== name) }
      : node;
  return {
    ...definition,
    variables: definition.variables.filter((variable) => variable.name !== name),
    nodes: definition.nodes.map(without),
  };
}

export function removeSource(definition, id) {
  const without = (node) =>
    node.knowledge?.includes(id) ? { ...node, knowledge: node.knowledge.filter((source) => source !== id) } : node;
  return {
    ...definition,
    knowledge: definition.knowledge.filter((source) => source.id !== id),
    nodes: definition.nodes.map(without),
  };
}
