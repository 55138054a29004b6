// Where the exits of a node leave it, and where their labels lie: each right at its exit.
import { NODE_WIDTH } from "./definition.ts";
import type { Position } from "./flow.ts";
import { overlap, type Box } from "./geometry.ts";

/** An exit to draw. */
export interface ExitLine {
  id: string;
  source: string;
  target: string;
  /** Nothing where there is nothing to tell apart. */
  text: string;
}
/** Where a line begins. dot: at the border of the node. start: from where its way is free. */
export interface Start {
  dot: Position;
  start: Position;
  label: Box | null;
  /** Whether it runs straight to the side of the node next to it. */
  level: boolean;
}

export const LABEL_HEIGHT = 24;
const LONGEST = 156; // pixels; more is cut
const PADDING = 14;
const STUB = 10; // between a dot and its label
const ROW = LABEL_HEIGHT + 4;
const OVERHANG = 42; // how far labels in one row reach beyond a node
const GAP = 8;
const END = 14; // between a dot and a corner
const ARROW = 28; // beside a label on a line between two nodes that are level

const NARROW = new Set("iljtfrI.,:;'|!()[] ");
const WIDE = new Set("mwMW@%");
const letterWidth = (letter: string) =>
  NARROW.has(letter) ? 3.7 : WIDE.has(letter) ? 10.2 : /[A-Z\d<>=+]/.test(letter) ? 8 : letter < "\u0250" ? 6.9 : 12;

/** The width of a label, without the page: places and tests depend on it alone. */
export function labelWidth(text: string): number {
  if (!text) return 0;
  let width = PADDING;
  for (const letter of text) {
    width += letterWidth(letter);
    if (width >= LONGEST) return LONGEST;
  }
  return Math.ceil(width);
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** A call goes back, or stays level: the line has to turn around. */
export const goesBack = (from: Box, to: Box) => to.y < from.y + from.height + ARROW;

// Exits leave in the order in which their targets lie from left to right; those that turn back leave outside of the others.
function byDirection(from: Box, exits: ExitLine[], boxes: Map<string, Box>): ExitLine[] {
  const key = ({ target }: ExitLine) => {
    const to = boxes.get(target) ?? from;
    return goesBack(from, to) ? (to.x < from.x ? -1e9 : 1e9) : to.x;
  };
  return exits
    .map((exit, index) => ({ exit, index, at: key(exit) }))
    .sort((one, other) => one.at - other.at || one.index - other.index)
    .map(({ exit }) => exit);
}

interface Spot {
  dot: number;
  left: number;
  row: number;
}

function inOneRow(widths: number[], total: number): Spot[] {
  let left = (NODE_WIDTH - total) / 2;
  return widths.map((width) => {
    const dot = clamp(left + width / 2, END, NODE_WIDTH - END);
    const inMiddle = Math.abs(dot - NODE_WIDTH / 2) < Math.min(END, width / 2 - 6); // where new exits are drawn from
    const spot = { dot: inMiddle ? NODE_WIDTH / 2 : dot, left, row: 0 };
    left += width + GAP;
    return spot;
  });
}

// The outer labels are the highest, and lean outwards, so that each line can leave beside or below its own.
function inStairs(widths: number[]): Spot[] {
  const count = widths.length;
  const dots = widths.map((_, index) => ((index + 0.5) * NODE_WIDTH) / count);
  return widths.map((width, index) => {
    const row = Math.min(index, count - 1 - index);
    const isMiddle = index === count - 1 - index;
    const leans = index < count / 2;
    const neighbor = leans ? index + 1 : index - 1;
    const between = neighbor === count - 1 - index ? NODE_WIDTH / 2 : dots[neighbor];
    const middle = dots[index] - width / 2;
    const left = isMiddle ? middle : leans ? Math.min(middle, between - GAP - width) : Math.max(middle, between + GAP);
    return { dot: dots[index], left, row };
  });
}

/** Dots and labels of so wide labels below a node, from its left corner. */
export function spots(widths: number[]): Spot[] {
  const total = widths.reduce((sum, width) => sum + width + GAP, -GAP);
  return widths.length < 4 && total <= NODE_WIDTH + 2 * OVERHANG ? inOneRow(widths, total) : inStairs(widths);
}

function below(from: Box, exits: ExitLine[], boxes: Map<string, Box>): [string, Start][] {
  const widths = exits.map(({ text }) => labelWidth(text));
  const bottom = from.y + from.height;
  const places = spots(widths);
  return exits.map(({ id, target }, index) => {
    const { row, left } = places[index];
    const x = alignDot(from, places, index, boxes.get(target));
    const top = bottom + STUB + row * ROW;
    const label = widths[index] ? { x: from.x + left, y: top, width: widths[index], height: LABEL_HEIGHT } : null;
    return [id, { dot: { x, y: bottom }, start: { x, y: top + LABEL_HEIGHT / 2 }, label, level: false }];
  });
}

// The dot right above the middle of where its line leads, if that is near: a line with a small step in it looks like a mistake.
function alignDot(from: Box, places: Spot[], index: number, to: Box | undefined): number {
  const { dot } = places[index];
  if (!to || goesBack(from, to)) return from.x + dot;
  const middle = to.x + to.width / 2 - from.x;
  const inRow = places.every(({ row }) => !row);
  const reach = places.length === 1 ? NODE_WIDTH / 3 : inRow ? END : 0; // in stairs a line passes close by other labels
  return from.x + (Math.abs(middle - dot) <= reach ? middle : dot);
}

// A line between two nodes that are level, where nothing lies between them and a label has room; the way back lies lower.
function levelStart({ target, text }: ExitLine, from: Box, boxes: Map<string, Box>): Start | null {
  const to = boxes.get(target);
  if (!to || to === from || Math.abs(from.y - to.y) > from.height / 2) return null;
  const rightwards = to.x > from.x;
  const width = labelWidth(text);
  const [near, far] = rightwards ? [from.x + from.width, to.x] : [to.x + to.width, from.x];
  if (far - near < width + 2 * ARROW) return null;
  const top = Math.max(from.y, to.y);
  const y = top + ((Math.min(from.y, to.y) + from.height - top) * (rightwards ? 1 : 2)) / 3;
  const corridor = { x: near, y: y - LABEL_HEIGHT / 2, width: far - near, height: LABEL_HEIGHT };
  for (const box of boxes.values()) if (overlap(box, corridor)) return null;
  const dot = { x: rightwards ? near : far, y };
  const left = rightwards ? near + STUB : far - STUB - width;
  const label = width ? { x: left, y: corridor.y, width, height: LABEL_HEIGHT } : null;
  return { dot, start: dot, label, level: true };
}

/** Where each line begins, by ID. boxes: of all nodes. Lines from or to no node are left out. */
export function fans(exits: ExitLine[], boxes: Map<string, Box>): Map<string, Start> {
  const bySource = new Map<string, ExitLine[]>();
  for (const exit of exits) {
    if (!boxes.has(exit.source) || !boxes.has(exit.target)) continue;
    const own = bySource.get(exit.source);
    if (own) own.push(exit);
    else bySource.set(exit.source, [exit]);
  }
  const result = new Map<string, Start>();
  for (const [source, own] of bySource) {
    const from = boxes.get(source) as Box;
    const level = new Set<string>();
    const others = own.filter((exit) => {
      const start = level.has(exit.target) ? null : levelStart(exit, from, boxes);
      if (start) result.set(exit.id, start);
      if (start) level.add(exit.target);
      return !start;
    });
    for (const [id, start] of below(from, byDirection(from, others, boxes), boxes)) result.set(id, start);
  }
  return result;
}

/** How much room the exits of a node need below it and beside it. */
export function fanSize(texts: string[]): { overhang: number; depth: number } {
  const widths = texts.map(labelWidth);
  const places = spots(widths);
  const lefts = places.map(({ left }) => -left);
  const rights = places.map(({ left }, index) => left + widths[index] - NODE_WIDTH);
  const rows = Math.max(0, ...places.map(({ row }, index) => (widths[index] ? row + 1 : 0)));
  return { overhang: Math.max(0, ...lefts, ...rights), depth: rows && STUB + rows * ROW };
}
