// What a flow is made of, as the browser makes it: the JSON of quantum_app/domain/flows/model/definition.py, with all its fields.

import type {
  ClarifyNode,
  Edge,
  EdgeCondition,
  Expression,
  Fallback,
  FlowDefinition,
  FlowNode,
  Intent,
  Keywords,
  NodeType,
  Position,
  Tool,
  Variable,
  VariableType,
} from "./flow.ts";

interface NodeTypeInfo {
  name: string;
  /** What a new node is called. */
  named: string;
  hint: string;
  /** Whether it speaks. */
  says?: boolean;
}

export const TYPES: Record<NodeType, NodeTypeInfo> = {
  start: { name: "Start", says: true, named: "Greeting", hint: "Greets the caller" },
  lead_gate: { name: "Lead Gate", named: "Who is calling", hint: "Asks for contact data, with consent" },
  rag_answer: { name: "RAG Answer", says: true, named: "Answer questions", hint: "Answers from knowledge" },
  clarify: { name: "Clarify", says: true, named: "Clarify", hint: "Asks what the wish is about" },
  dispatch: { name: "Dispatch", named: "Route", hint: "Decides where the call goes" },
  end: { name: "End", named: "Goodbye", hint: "Last words, or a person" },
};

const ASKING: Pick<ClarifyNode, "fields" | "intro" | "attempts" | "questions"> = {
  fields: [],
  intro: "",
  attempts: 2,
  questions: true,
};

type Blank = {
  [Type in NodeType]: Omit<Extract<FlowNode, { type: Type }>, "type" | "id" | "name" | "x" | "y" | "limit">;
};
const BLANK: Blank = {
  start: { greeting: "Hello, how can I help you?", voice: "" },
  lead_gate: { ...ASKING, consent: "May we keep your details, so that we can get back to you?" },
  rag_answer: {
    knowledge: [],
    threshold: 0.35,
    fallback: "I am afraid I do not know that.",
    opening: "What would you like to know?",
    instructions: "",
    searching: "",
    web_search: false,
    tools: [],
  },
  clarify: ASKING,
  dispatch: { say: "", tool: null },
  end: { farewell: "Thank you for calling. Goodbye.", next_steps: "", outcome: "hang_up" },
};

export const TOOLS: Record<Tool, string> = {
  check_order_status: "Check an order",
  book_appointment: "Book an appointment",
  search_faq: "Search the FAQ",
  get_customer_profile: "Look up the customer",
  trigger_human_handoff: "Ask for a person",
};

// voices.VOICES; the engine of this machine speaks them all alike.
const VOICE_NAMES = [
  "amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia draco electra",
  "harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune odysseus ophelia orion",
  "orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus",
].flatMap((names) => names.split(" "));
export const VOICES = VOICE_NAMES.map((name): [string, string] => [
  `aura-2-${name}-en`,
  name[0].toUpperCase() + name.slice(1),
]);

export const VARIABLE_TYPES: Record<VariableType, string> = {
  text: "Text",
  name: "Name",
  email: "E-mail",
  phone: "Phone",
  number: "Number",
  money: "Amount",
  date: "Date",
  choice: "Choice",
  yes_no: "Yes or no",
};

// What expressions know besides the flow's own variables: expressions.BUILT_IN.
export const BUILT_IN: Record<string, string> = {
  complete: "every required field is known",
  answered: "the last question was answered",
  confidence: "how sure the last answer was, 0 to 1",
  score: "the caller's points",
  turns: "caller turns so far",
  here: "caller turns at this node",
  minutes: "minutes since the call began",
  open: "within opening hours",
  known_caller: "the caller has called before",
  consent: "the caller agreed",
  tool_ok: "the tool worked",
};

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 92;

const free = (taken: Set<string>, prefix: string) => {
  let number = 1;
  while (taken.has(`${prefix}${number}`)) number += 1;
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
  const base = TYPES[type].named;
  const names = new Set(definition.nodes.map(titleOf));
  const name = names.has(base) ? free(new Set([...names, `${base} 1`]), `${base} `) : base;
  return {
    type,
    id: newId(definition, "n"),
    name,
    x: position.x,
    y: position.y,
    limit: 20,
    ...BLANK[type],
  } as FlowNode;
}

export const blankVariable = (definition: FlowDefinition): Variable => ({
  name: free(new Set(definition.variables.map(({ name }) => name)), "variable_"),
  type: "text",
  label: "",
  ask: "",
  ask_again: "",
  choices: [],
  minimum: null,
  maximum: null,
  pattern: "",
  sensitivity: "none",
  confirm: false,
});

export const CONDITIONS = {
  expression: (): Expression => ({ type: "expression", expression: "" }),
  intent: (): Intent => ({ type: "intent", description: "", examples: [] }),
  keywords: (): Keywords => ({ type: "keywords", keywords: [] }),
  fallback: (): Fallback => ({ type: "fallback" }),
};

export const titleOf = (node: FlowNode) => node.name || TYPES[node.type].name;
export const nodeOf = (definition: FlowDefinition, id: string | null | undefined) =>
  definition.nodes.find((node) => node.id === id);

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
    return TESTED[condition.expression.trim()] || condition.expression || "no condition yet";
  }
  return condition.description || "no wish described yet";
}

// Why a call cannot go from here to there, or nothing.
export function connectionError(definition: FlowDefinition, source: string, target: string): string {
  const from = nodeOf(definition, source);
  const to = nodeOf(definition, target);
  if (!from || !to) return "There is nothing to connect here.";
  if (from.type === "end") return `“${titleOf(from)}” ends the call: nothing comes after it.`;
  if (to.type === "start") return "A call cannot go back to its start.";
  if (source === target) return "A node cannot lead to itself.";
  return "";
}

// The condition that a new exit most likely has: what is missing first.
export function likelyCondition(definition: FlowDefinition, source: string): EdgeCondition {
  const exits = exitsOf(definition, source);
  if (!exits.some(({ condition }) => condition.type === "fallback")) return CONDITIONS.fallback();
  const type = nodeOf(definition, source)?.type;
  const first = type === "rag_answer" ? "answered" : type === "lead_gate" || type === "clarify" ? "complete" : "";
  const has = (expression: string) =>
    exits.some(({ condition }) => condition.type === "expression" && condition.expression === expression);
  if (first && !has(first)) return { type: "expression", expression: first };
  return type === "dispatch" ? CONDITIONS.expression() : CONDITIONS.intent();
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
  const limit = `at most ${node.limit} turns`;
  if (node.type === "start") return node.greeting ? [`“${node.greeting}”`] : ["Says nothing yet"];
  if (node.type === "lead_gate" || node.type === "clarify") {
    if (!node.fields.length) return ["Asks for nothing yet"];
    const required = node.fields.filter((field) => field.required).map((field) => field.variable);
    const optional = node.fields.filter((field) => !field.required).map((field) => field.variable);
    return [
      "Asks for ",
      ...list(required),
      ...(optional.length ? [required.length ? "; " : "", ...list(optional), " if offered"] : []),
      `, ${node.attempts === 1 ? "once" : node.attempts === 2 ? "at most twice" : `at most ${node.attempts} times`}`,
    ];
  }
  if (node.type === "rag_answer") {
    const known = node.knowledge.length || definition.knowledge.length;
    return [
      known ? `${known} ${known === 1 ? "source" : "sources"}, sure from ` : "No knowledge yet, sure from ",
      { bold: node.threshold.toFixed(2) },
      node.web_search ? ", web search once" : `, ${limit}`,
    ];
  }
  if (node.type === "dispatch") {
    if (node.tool) return ["Uses ", { bold: TOOLS[node.tool].toLowerCase() }, ", then routes"];
    const exits = exitsOf(definition, node.id).length;
    return [
      exits ? `Chooses among ${exits} ${exits === 1 ? "way" : "ways"}` : "Has nowhere to go yet",
      ...(node.say ? [`; says “${node.say}”`] : []),
    ];
  }
  if (node.outcome === "handoff") return ["Asks for a person", ...(node.farewell ? [`; else “${node.farewell}”`] : [])];
  return node.farewell ? [`“${node.farewell}”`] : ["Says nothing yet"];
}

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
  const met = new Map<string, OutlineEntry>();
  const nameOf = (id: string) => {
    const node = byId.get(id);
    return node ? titleOf(node) : "nowhere";
  };
  const walk = (first: string, reached: boolean) => {
    const queue = [first];
    while (queue.length) {
      const id = queue.shift() as string;
      const node = byId.get(id);
      if (!node || met.has(id)) continue;
      const own = exits.get(id) || [];
      met.set(id, {
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
  return [...met.values()];
}
