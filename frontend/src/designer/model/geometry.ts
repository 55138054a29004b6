// Points and boxes on the canvas, in pixels of the flow.
import { NODE_HEIGHT, NODE_WIDTH } from "./definition.ts";
import type { Position } from "./flow.ts";

export const GRID = 20;
export const onGrid = ({ x, y }: Position): Position => ({
  x: Math.round(x / GRID) * GRID,
  y: Math.round(y / GRID) * GRID,
});

export interface Box extends Position {
  width: number;
  height: number;
}

export const inflate = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

/** Whether they share more than a border. */
export const overlap = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/** The box that a horizontal or vertical line spans; it has no width or no height. */
export const boxOf = (from: Position, to: Position): Box => ({
  x: Math.min(from.x, to.x),
  y: Math.min(from.y, to.y),
  width: Math.abs(from.x - to.x),
  height: Math.abs(from.y - to.y),
});

export const segments = (points: Position[]): [Position, Position][] =>
  points.slice(1).map((to, index) => [points[index], to]);

/** Whether a line of horizontal and vertical segments passes through the inside of a box. */
export const passes = (points: Position[], box: Box): boolean =>
  segments(points).some(([from, to]) => overlap(boxOf(from, to), box));

/** The smallest box around them. */
export function union(boxes: Box[]): Box {
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))];
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
export const around = (points: Position[]): Box => union(points.map(({ x, y }) => ({ x, y, width: 0, height: 0 })));

export const nodeBox = ({ x, y }: Position): Box => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT });

export const translate = <Item extends Position>(item: Item, { x, y }: Position): Item =>
  x || y ? { ...item, x: item.x + x, y: item.y + y } : item;
