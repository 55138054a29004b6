// What of a flow the canvas shows when it opens: as much as fits with words that can be read.
import type { Position } from "./flow.ts";
import { union, type Box } from "./geometry.ts";

/** How the canvas lies over the flow, as React Flow has it. */
export interface View extends Position {
  zoom: number;
}
/** The part of the canvas that nothing covers, in pixels from its corner. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The zoom from which the words of nodes have 12 pixels: below 100 % they are larger (`.reduced` in the style sheet). */
export const READABLE = 0.75;

const ROUNDING = 1e-6; // by which a flow that fits exactly may seem larger

// Where a range begins so that it is all in view and in the middle; if it's too long, its anchor is in view.
function begin(low: number, size: number, from: number, to: number, anchored: number): number {
  return size <= to - from + ROUNDING ? (from + to - size) / 2 - low : anchored;
}

/**
 * The first view: the whole flow if it can be read that way, else its whole width, else full size; from the start on.
 * whole: whether all nodes are in view.
 */
export function firstView(
  boxes: Box[],
  start: Box | undefined,
  { left, top, right, bottom }: Area,
): { view: View; whole: boolean } {
  const anchor = start ?? boxes[0] ?? { x: 0, y: 0, width: 0, height: 0 };
  const all = union(boxes.length ? boxes : [anchor]);
  const [wide, high] = [(right - left) / all.width, (bottom - top) / all.height];
  const whole = Math.min(wide, high) >= READABLE;
  const zoom = wide >= READABLE ? Math.min(1, wide, whole ? high : 1) : 1;
  const middle = (left + right - anchor.width * zoom) / 2 - anchor.x * zoom;
  const x = begin(all.x * zoom, all.width * zoom, left, right, middle);
  const y = begin(all.y * zoom, all.height * zoom, top, bottom, top - anchor.y * zoom);
  return { view: { x: Math.round(x), y: Math.round(y), zoom }, whole };
}

/** The same view, moved no further than it takes to have the box in sight. */
export function intoView(view: View, box: Box, area: Area): View {
  const shift = (low: number, size: number, from: number, to: number) =>
    low < from || size > to - from ? from - low : Math.min(0, to - low - size);
  const { zoom } = view;
  return {
    x: view.x + shift(view.x + box.x * zoom, box.width * zoom, area.left, area.right),
    y: view.y + shift(view.y + box.y * zoom, box.height * zoom, area.top, area.bottom),
    zoom,
  };
}
