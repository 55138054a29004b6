// Exits on the canvas: a curve with its condition on it; dashed where it is the fallback.
import { memo } from "react";
import { EdgeLabelRenderer, Position, getBezierPath, useInternalNode } from "@xyflow/react";
import { NODE_HEIGHT, NODE_WIDTH, exitLabel } from "./definition.js";
import { useFlow, useFlowStore } from "./flow.js";
import { useLit } from "./nodes.jsx";

const AT = { top: Position.Top, bottom: Position.Bottom, left: Position.Left, right: Position.Right };
const ARROW = { top: "M-4.5 -7h9l-4.5 7z", left: "M-7 -4.5v9l7 -4.5z", right: "M7 -4.5v9l-7 -4.5z", bottom: "M-4.5 7h9l-4.5 -7z" };

function point(node, side, share) {
  const { x, y } = node.internals.positionAbsolute;
  if (side === "top" || side === "bottom") return [x + NODE_WIDTH * share, side === "top" ? y : y + NODE_HEIGHT];
  return [side === "left" ? x : x + NODE_WIDTH, y + NODE_HEIGHT * share];
}

function Exit({ id, source, target, data: { edge, port, sole }, selected }) {
  const from = useInternalNode(source);
  const to = useInternalNode(target);
  const store = useFlowStore();
  const lit = useLit(id);
  const mark = useFlow(({ marks }) => marks[id]);
  if (!from || !to) return null;
  const [out, into] = port.sides;
  const [sourceX, sourceY] = point(from, out, port.at[0]);
  const [targetX, targetY] = point(to, into, port.at[1]);
  const [path, labelX, labelY] = getBezierPath({ sourceX, sourceY, sourcePosition: AT[out], targetX, targetY, targetPosition: AT[into], curvature: 0.35 });
  const tone = `${lit ? "lit" : ""} ${selected ? "sel" : ""} ${edge.condition.type === "fallback" ? "fall" : ""} ${mark || ""}`;
  const quiet = sole && edge.condition.type === "fallback" && !edge.label; // there is nothing to tell apart
  return (
    <>
      <path className="fl-edge-hit react-flow__edge-interaction" d={path} />
      <path className={`fl-edge ${tone}`} d={path} />
      <path className={`fl-arrow ${tone}`} d={ARROW[into]} transform={`translate(${targetX} ${targetY})`} />
      <EdgeLabelRenderer>
        <i className={`fl-dot ${tone}`} style={{ transform: `translate(-50%, -50%) translate(${sourceX}px, ${sourceY}px)` }} />
        {!quiet && (
          <button
            type="button" tabIndex={-1} title={exitLabel(edge)} className={`fl-cond nodrag nopan ${tone}`} style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY + port.lift}px)` }}
            onClick={() => store.getState().select([], [id])}
          >
            {exitLabel(edge)}
          </button>
        )}
      </EdgeLabelRenderer>
    </>
  );
}

export const edgeTypes = { exit: memo(Exit) };

// The line that is being drawn.
export function Drawn({ fromX, fromY, toX, toY, connectionStatus }) {
  const [path] = getBezierPath({ sourceX: fromX, sourceY: fromY, sourcePosition: Position.Bottom, targetX: toX, targetY: toY, targetPosition: Position.Top });
  return (
    <g>
      <path className={`fl-edge lit ${connectionStatus === "invalid" ? "error" : ""}`} d={path} />
      <circle className="fl-end" cx={toX} cy={toY} r="4.5" />
    </g>
  );
}
