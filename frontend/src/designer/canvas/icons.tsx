// The picture of each kind of node.
import { BookOpen, ContactRound, Flag, Headset, MessageCircleQuestionMark, Play, Split } from "lucide-react";
import { TYPES } from "../model/definition.ts";

const ICONS = {
  start: Play,
  lead_gate: ContactRound,
  rag_answer: BookOpen,
  clarify: MessageCircleQuestionMark,
  dispatch: Split,
  end: Flag,
};

export function NodeIcon({ type, outcome, size = 16 }) {
  const Icon = outcome === "handoff" ? Headset : ICONS[type];
  return <Icon size={size} aria-hidden="true" />;
}

export const typeName = (node) => (node.outcome === "handoff" ? "End, handed over" : TYPES[node.type].name);

export function Tile({ type, outcome }) {
  return (
    <span className={`fl-tile ${TYPES[type].says ? "say" : ""}`}>
      <NodeIcon type={type} outcome={outcome} />
    </span>
  );
}
