// Exits on the canvas: a line around the nodes, with its condition where it leaves; dashed where it is the fallback.
import { createContext, memo, useContext } from "react";
import { createPortal } from "react-dom";
import {
  Position,
  getBezierPath,
  type ConnectionLineComponentProps,
  type Edge as CanvasEdge,
  type EdgeProps,
} from "@xyflow/react";
import { exitLabel } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { Edge, Position as Point } from "../model/flow.ts";
import type { Route } from "../model/routing.ts";
import { useHighlight } from "./nodes.tsx";

const ARROW = { down: "m-4.5 -7h9l-4.5 7z", right: "m-7 -4.5v9l7 -4.5z", left: "m7 -4.5v9l-7 -4.5z" };
const DOT = 11;
const ROUND = 8; // the radius of a corner

// The element above the lines that holds what is written on them. One for all: an EdgeLabelRenderer for each would search
// the page for it at each frame of a move.
export const LabelsContext = createContext<HTMLElement | null>(null);

const toward = (from: Point, to: Point, by: number): Point => ({
  x: from.x + Math.sign(to.x - from.x) * by,
  y: from.y + Math.sign(to.y - from.y) * by,
});

function roundedPath(points: Point[]): string {
  const [start] = points;
  const half = (one: Point, other: Point) => (Math.abs(one.x - other.x) + Math.abs(one.y - other.y)) / 2;
  const corners = points.slice(1, -1).map((corner, index) => {
    const [before, after] = [points[index], points[index + 2]];
    const radius = Math.min(ROUND, half(before, corner), half(corner, after));
    const [one, other] = [toward(corner, before, radius), toward(corner, after, radius)];
    return `L${one.x} ${one.y}Q${corner.x} ${corner.y} ${other.x} ${other.y}`;
  });
  const end = points[points.length - 1];
  return `M${start.x} ${start.y}${corners.join("")}L${end.x} ${end.y}`;
}

function arrowPath(points: Point[]): string {
  const [before, tip] = points.slice(-2);
  return `M${tip.x} ${tip.y}${before.x < tip.x ? ARROW.right : before.x > tip.x ? ARROW.left : ARROW.down}`;
}

export type CanvasExit = CanvasEdge<{ edge: Edge; route: Route; sole: boolean }, "exit">;

function Exit({ id, data, selected }: EdgeProps<CanvasExit>) {
  const labels = useContext(LabelsContext);
  const store = useFlowStore();
  const highlight = useHighlight(id);
  const mark = useFlow(({ marks }) => marks[id]);
  if (!data) return null;
  const { edge, sole } = data;
  const { points, label } = data.route;
  const path = roundedPath(points);
  const [dot] = points;
  // Dots and arrows are placed without a transform of their own: the browser would keep each apart while the view moves.
  const tone = `${highlight ? "lit" : ""} ${selected ? "sel" : ""} ${edge.condition.type === "fallback" ? "fall" : ""} ${mark || ""}`;
  return (
    <>
      <path className="editor-edge-hit react-flow__edge-interaction" d={path} />
      <path className={`editor-edge ${tone}`} d={path} />
      <path className={`editor-arrow ${tone}`} d={arrowPath(points)} />
      {labels &&
        createPortal(
          <>
            <i className={`editor-dot ${tone}`} style={{ left: dot.x - DOT / 2, top: dot.y - DOT / 2 }} />
            {label && (
              <button
                type="button"
                tabIndex={-1}
                title={exitLabel(edge, sole)}
                className={`editor-condition nodrag nopan ${tone}`}
                style={{ left: label.x, top: label.y, width: label.width, height: label.height }}
                onClick={() => store.getState().select([], [id])}
              >
                {exitLabel(edge, sole)}
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
export function NewLine({ fromX, fromY, toX, toY, connectionStatus }: ConnectionLineComponentProps) {
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
