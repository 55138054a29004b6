// The flow definition, as the API sends it and takes it. Its types are generated; here are names for their parts.
import type {
  AnswerNode,
  ClarifyNode,
  Edge,
  FlowDefinition,
  HandoffRules,
  LeadGateNode,
  OpenPeriod,
  ScoreRule,
  Variable,
} from "../../generated/api.ts";

export type {
  AnswerNode,
  NodeField,
  Choice,
  ClarifyNode,
  DispatchNode,
  Edge,
  EndNode,
  Expression,
  Fallback,
  FlowDefinition,
  HandoffRules,
  Intent,
  Keywords,
  KnowledgeSource,
  LeadGateNode,
  Note,
  OpenPeriod,
  Rules,
  ScoreRule,
  StartNode,
  Variable,
} from "../../generated/api.ts";

export type FlowNode = FlowDefinition["nodes"][number];
export type NodeType = FlowNode["type"];
export type AskingNode = LeadGateNode | ClarifyNode;
export type Tool = AnswerNode["tools"][number];
export type VariableType = Variable["type"];
export type Sensitivity = Variable["sensitivity"];
export type Weekday = OpenPeriod["day"];
export type Priority = HandoffRules["priority"];
/** What a variable holds. */
export type Value = boolean | number | string;
/** When an exit is taken. */
export type EdgeCondition = Edge["condition"];
/** When points are given. */
export type ScoreCondition = ScoreRule["when"];
export type Condition = EdgeCondition | ScoreCondition;

export interface Position {
  x: number;
  y: number;
}

/** A patch that is made for one kind of node. */
export type NodePatch = {
  [Type in NodeType]: Partial<Omit<Extract<FlowNode, { type: Type }>, "id" | "type">>;
}[NodeType];
