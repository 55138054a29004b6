// The picture of each kind of node.
import {
  BookOpen,
  ContactRound,
  Flag,
  Headset,
  MessageCircleQuestionMark,
  Play,
  Split,
  type LucideIcon,
} from "lucide-react";
import { TYPES } from "../model/definition.ts";
import type { NodeType, FlowNode } from "../model/flow.ts";

const ICONS: Record<NodeType, LucideIcon> = {
  start: Play,
  lead_gate: ContactRound,
  rag_answer: BookOpen,
  clarify: MessageCircleQuestionMark,
  dispatch: Split,
  end: Flag,
};

export function NodeIcon({ type, outcome, size = 16 }: { type: NodeType; outcome?: string; size?: number }) {
  const Icon = outcome === "handoff" ? Headset : ICONS[type];
  return <Icon size={size} aria-hidden="true" />;
}

export const outcomeOf = (node: FlowNode) => ("outcome" in node ? node.outcome : undefined);

export const typeName = (node: FlowNode) => (outcomeOf(node) === "handoff" ? "Handoff" : TYPES[node.type].label);

export function Tile({ type, outcome }: { type: NodeType; outcome?: string }) {
  return (
    <span className={`editor-tile ${TYPES[type].speaks ? "say" : ""}`}>
      <NodeIcon type={type} outcome={outcome} />
    </span>
  );
}
