// Nodes and notes on the canvas. Each listens for itself, so that a drag or a problem elsewhere draws nothing anew.
import { memo } from "react";
import { Handle, Position } from "@xyflow/react";
import { Check, CircleAlert, TriangleAlert } from "lucide-react";
import { Mark } from "../../components/Mark.tsx";
import { summary, titleOf } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import { Tile, typeName } from "./icons.tsx";

export const useLit = (id) =>
  useFlow(({ lit }) => (lit.node === id || lit.edge === id ? "now" : lit.trail.includes(id) ? "was" : ""));

export function Sentence({ parts }) {
  return parts.map((part, index) => (typeof part === "string" ? part : <b key={index}>{part.bold}</b>));
}

function FlowNode({ data: { node }, selected }) {
  const lit = useLit(node.id);
  const mark = useFlow(({ marks }) => marks[node.id]);
  // A string, so that only what changes what is said draws it anew.
  const words = useFlow(({ definition }) => JSON.stringify(summary(definition, node)));
  return (
    <div className={`fl-node ${lit} ${selected ? "sel" : ""}`}>
      <div className="hd">
        {lit === "now" ? (
          <span className="fl-tile">
            <Mark size={20} state="speaking" />
          </span>
        ) : (
          <Tile type={node.type} outcome={node.outcome} />
        )}
        <div className="qv-col qv-grow">
          <b className="qv-clip">{titleOf(node)}</b>
          <span className="ty qv-clip">{typeName(node)}</span>
        </div>
        {lit === "now" && <span className="qv-badge iris">now</span>}
        {lit === "was" && <Check size={16} className="passed" aria-label="The call was here" />}
        {!lit && mark === "error" && <CircleAlert size={16} className="red" aria-label="Has an error" />}
        {!lit && mark === "warning" && <TriangleAlert size={16} className="amber" aria-label="Has a warning" />}
      </div>
      <p>
        <Sentence parts={JSON.parse(words)} />
      </p>
      <Handle type="target" position={Position.Top} className="fl-in" />
      {node.type !== "end" && <Handle type="source" position={Position.Bottom} className="fl-out" />}
    </div>
  );
}

function NoteCard({ data: { node }, selected }) {
  return <div className={`fl-note ${selected ? "sel" : ""}`}>{node.text || "An empty note"}</div>;
}

export const nodeTypes = { flow: memo(FlowNode), note: memo(NoteCard) };
