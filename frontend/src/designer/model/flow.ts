// The flow definition, as the API sends it and takes it: quantum_app/domain/flows/definition.py.

export type NodeType = "start" | "lead_gate" | "rag_answer" | "clarify" | "dispatch" | "end";
export type Tool =
  "check_order_status" | "book_appointment" | "search_faq" | "get_customer_profile" | "trigger_human_handoff";
export type VariableType = "text" | "name" | "email" | "phone" | "number" | "money" | "date" | "choice" | "yes_no";
export type Sensitivity = "none" | "redact" | "encrypt";
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
export type Priority = "low" | "normal" | "high" | "urgent";
/** What a variable holds. */
export type Value = boolean | number | string;

export interface Position {
  x: number;
  y: number;
}

export interface KnowledgeSource {
  id: string;
  name: string;
  texts: string[];
}

export interface Choice {
  value: string;
  also: string[];
}

export interface Variable {
  name: string;
  type: VariableType;
  label: string;
  ask: string;
  ask_again: string;
  choices: Choice[];
  minimum: number | null;
  maximum: number | null;
  pattern: string;
  sensitivity: Sensitivity;
  confirm: boolean;
}

export interface Expression {
  type: "expression";
  expression: string;
}
export interface Intent {
  type: "intent";
  description: string;
  examples: string[];
}
export interface Keywords {
  type: "keywords";
  keywords: string[];
}
export interface Fallback {
  type: "fallback";
}
/** When an exit is taken. */
export type EdgeCondition = Expression | Intent | Fallback;
/** When points are given. */
export type ScoreCondition = Expression | Intent | Keywords;
export type Condition = EdgeCondition | ScoreCondition;

export interface Edge {
  id: string;
  source: string;
  target: string;
  condition: EdgeCondition;
  label: string;
}

interface NodeBase extends Position {
  id: string;
  name: string;
  limit: number;
}

export interface NodeField {
  variable: string;
  required: boolean;
}

interface AskingFields {
  fields: NodeField[];
  intro: string;
  attempts: number;
  questions: boolean;
}

export interface StartNode extends NodeBase {
  type: "start";
  greeting: string;
  voice: string;
}
export interface LeadGateNode extends NodeBase, AskingFields {
  type: "lead_gate";
  consent: string;
}
export interface ClarifyNode extends NodeBase, AskingFields {
  type: "clarify";
}
export interface AnswerNode extends NodeBase {
  type: "rag_answer";
  knowledge: string[];
  threshold: number;
  fallback: string;
  opening: string;
  instructions: string;
  searching: string;
  web_search: boolean;
  tools: Tool[];
}
export interface DispatchNode extends NodeBase {
  type: "dispatch";
  say: string;
  tool: Tool | null;
}
export interface EndNode extends NodeBase {
  type: "end";
  farewell: string;
  next_steps: string;
  outcome: "hang_up" | "handoff";
}
export type AskingNode = LeadGateNode | ClarifyNode;
export type FlowNode = StartNode | LeadGateNode | AnswerNode | ClarifyNode | DispatchNode | EndNode;

export interface Note extends Position {
  id: string;
  text: string;
}

export interface ScoreRule {
  id: string;
  when: ScoreCondition;
  points: number;
  reason: string;
}

export interface HandoffRules {
  keywords: string[];
  wish: boolean;
  after_minutes: number | null;
  low_confidence: { below: number; times: number } | null;
  announcement: string;
  unavailable: string;
  priority: Priority;
  skills: string[];
}

export interface OpenPeriod {
  day: Weekday;
  opens: string;
  closes: string;
}

export interface Rules {
  handoff: HandoffRules;
  scores: ScoreRule[];
  hours: OpenPeriod[];
}

export interface FlowDefinition {
  schema_version: number;
  start: string;
  nodes: FlowNode[];
  edges: Edge[];
  variables: Variable[];
  knowledge: KnowledgeSource[];
  rules: Rules;
  persona: string;
  fillers: string[];
  notes: Note[];
}

/** A patch that is made for one kind of node. */
export type NodePatch = {
  [Type in NodeType]: Partial<Omit<Extract<FlowNode, { type: Type }>, "id" | "type">>;
}[NodeType];
