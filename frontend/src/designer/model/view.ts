// What of a flow the canvas shows: words are always large enough to read, so the view moves rather than shrinks.
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

// Where a range of this length begins so that it is all in view and in the middle; if it's too long, its anchor is in view.
function begin(low: number, high: number, from: number, to: number, anchored: number): number {
  return high - low <= to - from ? (from + to - low - high) / 2 : anchored;
}

/** The first view: the whole flow if it fits, else from the start on. All nodes, and the start among them. */
export function firstView(boxes: Box[], start: Box | undefined, { left, top, right, bottom }: Area): View {
  const anchor = start ?? boxes[0] ?? { x: 0, y: 0, width: 0, height: 0 };
  const all = union(boxes.length ? boxes : [anchor]);
  const x = begin(all.x, all.x + all.width, left, right, (left + right - anchor.width) / 2 - anchor.x);
  const y = begin(all.y, all.y + all.height, top, bottom, top - anchor.y);
  return { x: Math.round(x), y: Math.round(y), zoom: 1 };
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
