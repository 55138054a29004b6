// Nodes and notes on the canvas. Each listens for itself, so that a drag or a problem elsewhere draws nothing anew.
import { memo } from "react";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { Check, CircleAlert, TriangleAlert } from "lucide-react";
import { Mark } from "../../components/Mark.tsx";
import { summary, titleOf, type Phrase } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import { Tile, typeName, outcomeOf } from "./icons.tsx";
import type { FlowNode, Note } from "../model/flow.ts";

export const useHighlight = (id: string) =>
  useFlow(({ highlight }) =>
    highlight.node === id || highlight.edge === id ? "now" : highlight.trail.includes(id) ? "was" : "",
  );

export function Sentence({ parts }: { parts: Phrase[] }) {
  return parts.map((part, index) => (typeof part === "string" ? part : <b key={index}>{part.bold}</b>));
}

export type CanvasFlowNode = Node<{ node: FlowNode }, "flow">;
export type CanvasNote = Node<{ node: Note }, "note">;

function FlowNodeCard({ data: { node }, selected }: NodeProps<CanvasFlowNode>) {
  const highlight = useHighlight(node.id);
  const mark = useFlow(({ marks }) => marks[node.id]);
  // A string, so that only what changes what is said draws it anew.
  const words = useFlow(({ definition }) => JSON.stringify(summary(definition, node)));
  return (
    <div className={`editor-node ${highlight} ${selected ? "sel" : ""}`}>
      <div className="hd">
        {highlight === "now" ? (
          <span className="editor-tile">
            <Mark size={20} state="speaking" />
          </span>
        ) : (
          <Tile type={node.type} outcome={outcomeOf(node)} />
        )}
        <div className="ui-column ui-grow">
          <b className="ui-clip">{titleOf(node)}</b>
          <span className="ty ui-clip">{typeName(node)}</span>
        </div>
        {highlight === "now" && <span className="ui-badge iris">now</span>}
        {highlight === "was" && <Check size={16} className="passed" aria-label="Visited" />}
        {!highlight && mark === "error" && <CircleAlert size={16} className="red" aria-label="Has an error" />}
        {!highlight && mark === "warning" && <TriangleAlert size={16} className="amber" aria-label="Has a warning" />}
      </div>
      <p>
        <Sentence parts={JSON.parse(words)} />
      </p>
      <Handle type="target" position={Position.Top} className="editor-in" />
      {node.type !== "end" && <Handle type="source" position={Position.Bottom} className="editor-out" />}
    </div>
  );
}

function NoteCard({ data: { node }, selected }: NodeProps<CanvasNote>) {
  return <div className={`editor-note ${selected ? "sel" : ""}`}>{node.text || "Empty note"}</div>;
}

export const nodeTypes = { flow: memo(FlowNodeCard), note: memo(NoteCard) };
