// What a flow is made of, as the browser makes it. What there is to choose from stands in the generated catalog.
import { catalog } from "../../generated/catalog.ts";
import { conditionWords } from "./conditionRows.ts";
import type {
  Condition,
  Edge,
  EdgeCondition,
  FlowDefinition,
  FlowNode,
  NodeType,
  Position,
  ScoreRule,
  Tool,
  Variable,
  VariableType,
} from "./flow.ts";

interface NodeTypeInfo {
  label: string;
  hint: string;
  /** What a new node is called. */
  defaultName: string;
  /** Whether it speaks. */
  speaks: boolean;
}

export const TYPES: Record<NodeType, NodeTypeInfo> = catalog.nodeTypes;
export const TOOLS: Record<Tool, string> = catalog.tools;
export const VOICES: [string, string][] = Object.entries(catalog.voices);
export const VARIABLE_TYPES: Record<VariableType, string> = catalog.variableTypes;
/** What expressions know besides the flow's own variables. */
export const BUILT_IN: Record<string, string> = catalog.builtInNames;

type Fields = Record<string, object>;
/** What a new item has in each field that the catalog gives a first value. */
export const initial = (fields: Fields) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      "initial" in field ? [[name, structuredClone(field.initial)] as const] : [],
    ),
  );

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 92;

const free = (existingNames: Set<string>, prefix: string) => {
  let number = 1;
  while (existingNames.has(`${prefix}${number}`)) number += 1;
  return `${prefix}${number}`;
};

// An id that nothing in the flow has: problems and paths name nodes and edges alike.
export const newId = (definition: FlowDefinition, prefix: string) =>
  free(
    new Set(
      [...definition.nodes, ...definition.edges, ...definition.notes, ...definition.knowledge].map(({ id }) => id),
    ),
    prefix,
  );

export function blankNode(definition: FlowDefinition, type: NodeType, position: Position): FlowNode {
  const base = TYPES[type].defaultName;
  const names = new Set(definition.nodes.map(titleOf));
  const name = names.has(base) ? free(new Set([...names, `${base} 1`]), `${base} `) : base;
  const own = initial(catalog.nodeTypes[type].fields);
  return { ...own, type, id: newId(definition, "n"), name, x: position.x, y: position.y } as unknown as FlowNode;
}

export const blankVariable = (definition: FlowDefinition) =>
  ({
    ...initial(catalog.variable.fields),
    name: free(new Set(definition.variables.map(({ name }) => name)), "variable_"),
  }) as unknown as Variable;

export const blankCondition = <Kind extends Condition["type"]>(kind: Kind) =>
  ({ type: kind, ...initial(catalog.conditions[kind].fields) }) as Extract<Condition, { type: Kind }>;

export const blankScoreRule = () =>
  ({ ...initial(catalog.scoreRule.fields), when: blankCondition("expression") }) as unknown as Omit<ScoreRule, "id">;

export const titleOf = (node: FlowNode) => node.name || TYPES[node.type].label;
export const nodeOf = (definition: FlowDefinition, id: string | null | undefined) =>
  definition.nodes.find((node) => node.id === id);
/** What a node is called, also when it is no longer there. */
export function nodeName(definition: FlowDefinition, id: string | null | undefined): string {
  const node = nodeOf(definition, id);
  return node ? titleOf(node) : "Deleted node";
}

// The definition's edges by source, as they are tried: the fallback last. Kept as long as the edges are the same.
let cached: { edges: Edge[]; bySource: Map<string, Edge[]> } | null = null;
function exitsByNode({ edges }: FlowDefinition) {
  if (cached?.edges === edges) return cached.bySource;
  const bySource = new Map<string, Edge[]>();
  const add = (edge: Edge) => {
    const exits = bySource.get(edge.source);
    if (exits) exits.push(edge);
    else bySource.set(edge.source, [edge]);
  };
  edges.forEach((edge) => edge.condition.type !== "fallback" && add(edge));
  edges.forEach((edge) => edge.condition.type === "fallback" && add(edge));
  cached = { edges, bySource };
  return bySource;
}
export const exitsOf = (definition: FlowDefinition, id: string): Edge[] => exitsByNode(definition).get(id) || [];

const TESTED: Record<string, string> = {
  complete: "all known",
  answered: "answered",
  "not complete": "something missing",
  "not answered": "not answered",
  open: "open",
  "not open": "closed",
  known_caller: "known caller",
  tool_ok: "tool worked",
  "not tool_ok": "tool failed",
};

// sole: the node has no other exit.
export function exitLabel(edge: Edge, sole = false): string {
  if (edge.label) return edge.label;
  const { condition } = edge;
  if (condition.type === "fallback") return sole ? "then" : "otherwise";
  if (condition.type === "expression") {
    return TESTED[condition.expression.trim()] || conditionWords(condition.expression) || "no condition yet";
  }
  return condition.description || "no description yet";
}

/** An exit as it is read out. */
export const exitTitle = (edge: Edge, sole: boolean, from = edge.source, to = edge.target) =>
  `Exit of ${from}: ${exitLabel(edge, sole)}, leads to ${to}`;

// Why a call cannot go from here to there, or nothing.
export function connectionError(definition: FlowDefinition, source: string, target: string): string {
  const from = nodeOf(definition, source);
  const to = nodeOf(definition, target);
  if (!from || !to) return "There's nothing to connect here.";
  if (from.type === "end") return `“${titleOf(from)}” ends the call, so it can't have exits.`;
  if (to.type === "start") return "Calls can't go back to the start.";
  if (source === target) return "A node can't connect to itself.";
  return "";
}

// The condition that a new exit most likely has: what is missing first.
export function likelyCondition(definition: FlowDefinition, source: string): EdgeCondition {
  const exits = exitsOf(definition, source);
  if (!exits.some(({ condition }) => condition.type === "fallback")) return blankCondition("fallback");
  const type = nodeOf(definition, source)?.type;
  const first = type === "lead_gate" || type === "clarify" ? "complete" : "";
  const has = (expression: string) =>
    exits.some(({ condition }) => condition.type === "expression" && condition.expression === expression);
  if (first && !has(first)) return { type: "expression", expression: first };
  return type === "dispatch" ? blankCondition("expression") : blankCondition("intent");
}

// Words with {variable} in them → [text | {variable}].
export const parts = (words: string): (string | { variable: string })[] =>
  words
    .split(/(\{[a-z][a-z0-9_]*\})/)
    .filter(Boolean)
    .map((part) => (/^\{[a-z][a-z0-9_]*\}$/.test(part) ? { variable: part.slice(1, -1) } : part));

export type Phrase = string | { bold: string };
const list = (items: string[]): Phrase[] => items.flatMap((item, index) => [...(index ? [", "] : []), { bold: item }]);

// One line about what a node does: [text | {bold}].
export function summary(definition: FlowDefinition, node: FlowNode): Phrase[] {
  const limit = `up to ${node.limit} turns`;
  if (node.type === "start") return node.greeting ? [`“${node.greeting}”`] : ["Says nothing yet"];
  if (node.type === "lead_gate" || node.type === "clarify") {
    if (!node.fields.length) return ["Asks for nothing yet"];
    const required = node.fields.filter((field) => field.required).map((field) => field.variable);
    const optional = node.fields.filter((field) => !field.required).map((field) => field.variable);
    return [
      "Asks for ",
      ...list(required),
      ...(optional.length ? [required.length ? "; " : "", ...list(optional), " if offered"] : []),
      `, ${node.attempts === 1 ? "once" : node.attempts === 2 ? "up to twice" : `up to ${node.attempts} times`}`,
    ];
  }
  if (node.type === "rag_answer") {
    const sourceCount = node.knowledge.length || definition.knowledge.length;
    return [
      sourceCount
        ? `${sourceCount} ${sourceCount === 1 ? "source" : "sources"}, minimum confidence `
        : "No knowledge yet, minimum confidence ",
      { bold: `${Math.round(node.threshold * 100)}%` },
      node.web_search ? ", web search once" : `, ${limit}`,
    ];
  }
  if (node.type === "dispatch") {
    if (node.tool) return ["Uses ", { bold: TOOLS[node.tool].toLowerCase() }, ", then routes"];
    const exits = exitsOf(definition, node.id).length;
    return [
      exits ? `${exits} ${exits === 1 ? "exit" : "exits"}` : "No exits yet",
      ...(node.say ? [`; says “${node.say}”`] : []),
    ];
  }
  if (node.outcome === "handoff")
    return ["Hands off to a person", ...(node.farewell ? [`; otherwise “${node.farewell}”`] : [])];
  return node.farewell ? [`“${node.farewell}”`] : ["Says nothing yet"];
}

/** Whether a call may be handed to a person. Nobody can take one yet, so flows without it aren't asked about it. */
export const usesHandoff = ({ nodes, rules: { handoff } }: FlowDefinition) =>
  handoff.wish ||
  handoff.keywords.length > 0 ||
  handoff.after_minutes !== null ||
  handoff.low_confidence !== null ||
  nodes.some((node) => node.type === "end" && node.outcome === "handoff");

// The nodes as a call meets them, from the start along the exits; what no call reaches comes last.
export interface OutlineEntry {
  node: FlowNode;
  exits: Edge[];
  /** Names of where the exits lead. */
  targets: string[];
  reached: boolean;
}
export function inOrder(definition: FlowDefinition): OutlineEntry[] {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const exits = exitsByNode(definition);
  const entries = new Map<string, OutlineEntry>();
  const nameOf = (id: string) => {
    const node = byId.get(id);
    return node ? titleOf(node) : "nowhere";
  };
  const walk = (first: string, reached: boolean) => {
    const queue = [first];
    while (queue.length) {
      const id = queue.shift() as string;
      const node = byId.get(id);
      if (!node || entries.has(id)) continue;
      const own = exits.get(id) || [];
      entries.set(id, {
        node,
        exits: own,
        targets: own.map(({ target }) => nameOf(target)),
        reached,
      });
      queue.push(...own.map(({ target }) => target));
    }
  };
  walk(definition.start, true);
  definition.nodes.forEach(({ id }) => walk(id, false));
  return [...entries.values()];
}
