// What one can do to a flow: pure, each a definition → a definition. What is not touched stays the same object.
import {
  blankCondition,
  NODE_HEIGHT,
  NODE_WIDTH,
  blankNode,
  connectionError,
  exitsOf,
  likelyCondition,
  newId,
  nodeOf,
} from "./definition.ts";
import type {
  Condition,
  Edge,
  EdgeCondition,
  FlowDefinition,
  FlowNode,
  KnowledgeSource,
  NodePatch,
  NodeType,
  Note,
  Position,
  Variable,
} from "./flow.ts";
import { GRID, onGrid } from "./geometry.ts";

/** The flow, and the ID of what is new in it. */
export type Addition = [FlowDefinition, string];

const STEP = Math.ceil((NODE_WIDTH + 2 * GRID) / GRID) * GRID;
const patchById = <Item extends { id: string }>(items: Item[], id: string, patch: object): Item[] =>
  items.map((item) => (item.id === id ? { ...item, ...patch } : item));

export const setNode = (definition: FlowDefinition, id: string, patch: NodePatch): FlowDefinition => ({
  ...definition,
  nodes: patchById(definition.nodes, id, patch),
});
export const setEdge = (definition: FlowDefinition, id: string, patch: Partial<Edge>): FlowDefinition => ({
  ...definition,
  edges: patchById(definition.edges, id, patch),
});
export const setNote = (definition: FlowDefinition, id: string, patch: Partial<Note>): FlowDefinition => ({
  ...definition,
  notes: patchById(definition.notes, id, patch),
});
export const setSource = (definition: FlowDefinition, id: string, patch: Partial<KnowledgeSource>): FlowDefinition => ({
  ...definition,
  knowledge: patchById(definition.knowledge, id, patch),
});
export const setVariable = (definition: FlowDefinition, name: string, patch: Partial<Variable>): FlowDefinition => ({
  ...definition,
  variables: definition.variables.map((variable) => (variable.name === name ? { ...variable, ...patch } : variable)),
});

/** A place near this one where no node lies yet. */
export function freePlace(definition: FlowDefinition, near: Position): Position {
  const place = onGrid(near);
  const covered = () =>
    [...definition.nodes, ...definition.notes].some(
      (node) => Math.abs(node.x - place.x) < NODE_WIDTH + GRID && Math.abs(node.y - place.y) < NODE_HEIGHT + GRID,
    );
  while (covered()) place.x += STEP;
  return place;
}

export function addNode(definition: FlowDefinition, type: NodeType, place: Position): Addition {
  const node = blankNode(definition, type, place);
  const nodes = [...definition.nodes, node];
  const start = type === "start" || !nodeOf(definition, definition.start) ? node.id : definition.start;
  return [{ ...definition, nodes, start }, node.id];
}

/** A new node, and the way to it from `source`. */
export function addAfter(definition: FlowDefinition, source: string, type: NodeType, place?: Position): Addition {
  const before = nodeOf(definition, source) ?? { x: 0, y: 0 };
  const free = freePlace(definition, place || { x: before.x, y: before.y + NODE_HEIGHT + 4 * GRID });
  const [added, id] = addNode(definition, type, free);
  return [connectionError(added, source, id) ? added : connect(added, source, id)[0], id];
}

export function connect(definition: FlowDefinition, source: string, target: string): Addition {
  const condition = likelyCondition(definition, source);
  const edge: Edge = { id: newId(definition, "e"), source, target, condition, label: "" };
  return [{ ...definition, edges: [...definition.edges, edge] }, edge.id];
}

export function addNote(definition: FlowDefinition, { x, y }: Position): Addition {
  const note = { id: newId(definition, "t"), text: "", x, y };
  return [{ ...definition, notes: [...definition.notes, note] }, note.id];
}

export function remove(definition: FlowDefinition, ids: string[], edgeIds: string[] = []): FlowDefinition {
  const removedIds = new Set(ids);
  const cut = new Set(edgeIds);
  const nodes = definition.nodes.filter(({ id }) => !removedIds.has(id));
  const otherStart = nodes.find(({ type }) => type === "start")?.id || definition.start;
  return {
    ...definition,
    start: removedIds.has(definition.start) ? otherStart : definition.start,
    nodes,
    edges: definition.edges.filter(
      ({ id, source, target }) => !cut.has(id) && !removedIds.has(source) && !removedIds.has(target),
    ),
    notes: definition.notes.filter(({ id }) => !removedIds.has(id)),
  };
}

/** places: where nodes and notes go, by ID. */
export function move(definition: FlowDefinition, places: Record<string, Position>): FlowDefinition {
  const moveItem = <Item extends FlowNode | Note>(item: Item): Item => {
    const to = places[item.id];
    return to && (to.x !== item.x || to.y !== item.y) ? { ...item, x: to.x, y: to.y } : item;
  };
  return { ...definition, nodes: definition.nodes.map(moveItem), notes: definition.notes.map(moveItem) };
}

/** The exits of one node in this order: they take the places among all edges that they had. */
export function orderExits(definition: FlowDefinition, source: string, ids: string[]): FlowDefinition {
  const byId = new Map(definition.edges.map((edge) => [edge.id, edge]));
  const order = [...ids];
  const next = (edge: Edge) => byId.get(order.shift() ?? edge.id) ?? edge;
  return { ...definition, edges: definition.edges.map((edge) => (edge.source === source ? next(edge) : edge)) };
}

/** Of one node, one exit is the fallback: another that becomes it takes its place. */
export function setCondition(definition: FlowDefinition, id: string, condition: EdgeCondition): FlowDefinition {
  const source = definition.edges.find((edge) => edge.id === id)?.source;
  const edges = definition.edges.map((edge) => {
    if (edge.id === id) return { ...edge, condition };
    const displaced = condition.type === "fallback" && edge.source === source && edge.condition.type === "fallback";
    return displaced ? { ...edge, condition: blankCondition("expression") } : edge;
  });
  return { ...definition, edges };
}

export function shiftExit(definition: FlowDefinition, id: string, by: number): FlowDefinition {
  const edge = definition.edges.find((item) => item.id === id);
  if (!edge) return definition;
  const ids = exitsOf(definition, edge.source).map((item) => item.id);
  const at = ids.indexOf(id);
  const to = at + by;
  const other = ids[to];
  if (other === undefined) return definition;
  ids[at] = other;
  ids[to] = id;
  return orderExits(definition, edge.source, ids);
}

const QUOTED = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/;
const inExpression = (text: string, from: string, to: string) =>
  text
    .split(QUOTED)
    .map((part, index) => (index % 2 ? part : part.replace(new RegExp(`\\b${from}\\b`, "g"), to)))
    .join("");

/** Everything that names a variable, with its new name. */
export function renameVariable(definition: FlowDefinition, from: string, to: string): FlowDefinition {
  const inWords = <Text>(value: Text): Text => {
    if (typeof value === "string") return value.replaceAll(`{${from}}`, `{${to}}`) as Text;
    return Array.isArray(value) ? (value.map(inWords) as Text) : value;
  };
  const inCondition = <Kind extends Condition>(condition: Kind): Kind =>
    condition.type === "expression"
      ? { ...condition, expression: inExpression(condition.expression, from, to) }
      : condition;
  const inNode = (node: FlowNode): FlowNode => {
    const { id, type } = node;
    const words = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inWords(value)]));
    const fields =
      "fields" in node
        ? { fields: node.fields.map((field) => (field.variable === from ? { ...field, variable: to } : field)) }
        : {};
    return { ...words, ...fields, id, type } as FlowNode;
  };
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

const asksFor = (node: FlowNode, name: string) =>
  "fields" in node && node.fields.some((field) => field.variable === name);

/** How many nodes and conditions name something. */
export interface Uses {
  nodes: number;
  conditions: number;
}

export function usesOf({ nodes, edges, rules }: FlowDefinition, name: string): Uses {
  const namePattern = new RegExp(`\\b${name}\\b`);
  const isIn = (condition: Condition) =>
    condition.type === "expression" &&
    condition.expression.split(QUOTED).some((part, index) => index % 2 === 0 && namePattern.test(part));
  const says = (value: unknown): boolean =>
    typeof value === "string" ? value.includes(`{${name}}`) : Array.isArray(value) && value.some(says);
  return {
    nodes: nodes.filter((node) => asksFor(node, name) || Object.values(node).some(says)).length,
    conditions: [...edges.map(({ condition }) => condition), ...rules.scores.map(({ when }) => when)].filter(isIn)
      .length,
  };
}

export function removeVariable(definition: FlowDefinition, name: string): FlowDefinition {
  const without = (node: FlowNode): FlowNode =>
    "fields" in node && asksFor(node, name)
      ? { ...node, fields: node.fields.filter((field) => field.variable !== name) }
      : node;
  return {
    ...definition,
    variables: definition.variables.filter((variable) => variable.name !== name),
    nodes: definition.nodes.map(without),
  };
}

// An example of a template gives way to the owner's own passages.
export const replaceExample = (definition: FlowDefinition, id: string) =>
  setSource(definition, id, { example: false, texts: [""] });

export function removeSource(definition: FlowDefinition, id: string): FlowDefinition {
  const without = (node: FlowNode): FlowNode =>
    "knowledge" in node && node.knowledge.includes(id)
      ? { ...node, knowledge: node.knowledge.filter((source) => source !== id) }
      : node;
  return {
    ...definition,
    knowledge: definition.knowledge.filter((source) => source.id !== id),
    nodes: definition.nodes.map(without),
  };
}
