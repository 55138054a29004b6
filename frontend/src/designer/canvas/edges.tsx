// Exits on the canvas: a curve with its condition on it; dashed where it is the fallback.
import { createContext, memo, useContext } from "react";
import { createPortal } from "react-dom";
import {
  Position,
  getBezierPath,
  useStore as useCanvas,
  type ConnectionLineComponentProps,
  type Edge as CanvasEdge,
  type EdgeProps,
  type XYPosition,
} from "@xyflow/react";
import { shallow } from "zustand/shallow";
import { NODE_HEIGHT, NODE_WIDTH, exitLabel } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { Edge } from "../model/flow.ts";
import type { Port, Side } from "../model/layout.ts";
import { useHighlight } from "./nodes.tsx";

const AT = { top: Position.Top, bottom: Position.Bottom, left: Position.Left, right: Position.Right };
const ARROW: Record<Side, [number, number, string]> = {
  top: [-4.5, -7, "h9l-4.5 7z"],
  left: [-7, -4.5, "v9l7 -4.5z"],
  right: [7, -4.5, "v9l-7 -4.5z"],
  bottom: [-4.5, 7, "h9l-4.5 -7z"],
};
const DOT = 11;

// The element above the lines that holds what is written on them. One for all: an EdgeLabelRenderer for each would search
// the page for it at each frame of a move.
export const LabelsContext = createContext<HTMLElement | null>(null);

function point({ x, y }: XYPosition, side: Side, share: number): [number, number] {
  if (side === "top" || side === "bottom") return [x + NODE_WIDTH * share, side === "top" ? y : y + NODE_HEIGHT];
  return [side === "left" ? x : x + NODE_WIDTH, y + NODE_HEIGHT * share];
}

export type CanvasExit = CanvasEdge<{ edge: Edge; port: Port; sole: boolean }, "exit">;

function Exit({ id, source, target, data, selected }: EdgeProps<CanvasExit>) {
  const labels = useContext(LabelsContext);
  const [from, to] = useCanvas(
    ({ nodeLookup }) => [
      nodeLookup.get(source)?.internals.positionAbsolute,
      nodeLookup.get(target)?.internals.positionAbsolute,
    ],
    shallow,
  );
  const store = useFlowStore();
  const highlight = useHighlight(id);
  const mark = useFlow(({ marks }) => marks[id]);
  if (!from || !to || !data) return null;
  const { edge, port, sole } = data;
  const [out, into] = port.sides;
  const [sourceX, sourceY] = point(from, out, port.at[0]);
  const [targetX, targetY] = point(to, into, port.at[1]);
  const [path, labelX, labelY] = getBezierPath({
    sourceX,
    sourceY,
    sourcePosition: AT[out],
    targetX,
    targetY,
    targetPosition: AT[into],
    curvature: 0.35,
  });
  const [arrowX, arrowY, arrow] = ARROW[into];
  // Dots and arrows are placed without a transform of their own: the browser would keep each apart while the view moves.
  const tone = `${highlight ? "lit" : ""} ${selected ? "sel" : ""} ${edge.condition.type === "fallback" ? "fall" : ""} ${mark || ""}`;
  const quiet = sole && edge.condition.type === "fallback" && !edge.label; // there is nothing to tell apart
  return (
    <>
      <path className="editor-edge-hit react-flow__edge-interaction" d={path} />
      <path className={`editor-edge ${tone}`} d={path} />
      <path className={`editor-arrow ${tone}`} d={`M${targetX + arrowX} ${targetY + arrowY}${arrow}`} />
      {labels &&
        createPortal(
          <>
            <i className={`editor-dot ${tone}`} style={{ left: sourceX - DOT / 2, top: sourceY - DOT / 2 }} />
            {!quiet && (
              <button
                type="button"
                tabIndex={-1}
                title={exitLabel(edge)}
                className={`editor-condition nodrag nopan ${tone}`}
                style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY + port.lift}px)` }}
                onClick={() => store.getState().select([], [id])}
              >
                {exitLabel(edge)}
              </button>
            )}
          </>,
          labels,
        )}
    </>
  );
}

export const edgeTypes = { exit: memo(Exit) };

// The line that is being drawn.
export function Drawn({ fromX, fromY, toX, toY, connectionStatus }: ConnectionLineComponentProps) {
  const [path] = getBezierPath({
    sourceX: fromX,
    sourceY: fromY,
    sourcePosition: Position.Bottom,
    targetX: toX,
    targetY: toY,
    targetPosition: Position.Top,
  });
  return (
    <g>
      <path className={`editor-edge lit ${connectionStatus === "invalid" ? "error" : ""}`} d={path} />
      <circle className="editor-end" cx={toX} cy={toY} r="4.5" />
    </g>
  );
}
