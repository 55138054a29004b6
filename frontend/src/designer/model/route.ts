// One exit's way from a node to another, around everything else.
import { goesBack, type ExitLine, type Start } from "./fans.ts";
import type { Position } from "./flow.ts";
import { around, boxOf, inflate, overlap, passes, type Box } from "./geometry.ts";
import { Grid, straighten, type Budget, type Terminal } from "./grid.ts";

export interface Leg {
  exit: ExitLine;
  start: Start;
  from: Box;
  to: Box;
}
/** A line that is there already. */
export interface Line {
  points: Position[];
  target: string;
  box: Box;
}
export interface Obstacles {
  nodes: Box[];
  notes: Box[];
  labels: [string, Box][];
  lines: Line[];
  budget: Budget;
}

// What a pixel costs more: inside of a node, close to one, on a note, on a label, along another line. Crossing a line costs once.
const NODE = 400;
const CLOSE = 1;
const NOTE = 3;
const LABEL = 12;
const ALONG = 4;
const CROSSING = 25;

const CLEARANCE = 10; // pixels that a line stays away from nodes
const APART = 9; // nearer than this, two lines look like one
const LANES = [5, 16, 28, 40]; // pixels beside nodes where lines may run
const FEW_LANES = [5, 16];
const MANY = 24; // nodes around which few lanes have to do
const ENTRY = 14; // the last piece, which has the arrow
const SIDEWAYS = 80; // entering a node from a side, where a line could come from above
const WINDOWS = [240, 1200, Infinity]; // how far around its ends a way is looked for

export function findRoute(leg: Leg, obstacles: Obstacles): Position[] {
  const { start, from, to } = leg;
  const { dot } = start;
  if (start.level) return [dot, { x: dot.x < to.x ? to.x : to.x + to.width, y: dot.y }];
  const starts = startsOf(leg);
  const goals = goalsOf(leg, obstacles.nodes);
  let points: Position[] = [];
  for (const reach of WINDOWS) {
    points = search(leg, starts, goals, reach, obstacles);
    if (!points.length) return elbow(dot, goals[0], to);
    if (!obstacles.nodes.some((node) => passes(points, node))) break;
  }
  const [first, last] = [points[0], points[points.length - 1]];
  const onStart = first.x === start.start.x && first.y === start.start.y;
  return straighten([onStart ? dot : onBorder(first, from), ...points, onBorder(last, to)]);
}

// The plain way, where there is no time for a better one.
function elbow(from: Position, above: Position, to: Box): Position[] {
  const corners = [from, { x: from.x, y: above.y }, above, { x: above.x, y: to.y }];
  return straighten(corners);
}

// The point of a box that is nearest to one outside of it.
const onBorder = ({ x, y }: Position, box: Box): Position => ({
  x: Math.min(Math.max(x, box.x), box.x + box.width),
  y: Math.min(Math.max(y, box.y), box.y + box.height),
});

function startsOf({ exit, start, from, to }: Leg): Terminal[] {
  const below = { ...start.start, upright: true, extra: 0 };
  if (exit.text || !goesBack(from, to)) return [below];
  const y = from.y + (from.height * 2) / 3;
  const beside = (x: number) => ({ x, y, upright: false, extra: 0 });
  return [below, beside(from.x - ENTRY), beside(from.x + from.width + ENTRY)];
}

function goalsOf({ start, from, to }: Leg, nodes: Box[]): Terminal[] {
  const back = goesBack(from, to);
  const center = to.x + to.width / 2;
  const room = (x: number, y: number, dx: number, dy: number) => {
    const piece = boxOf({ x, y }, { x: x + 2 * ENTRY * dx, y: y + 2 * ENTRY * dy });
    const free = (node: Box) =>
      overlap(node, piece)
        ? Math.abs(dx ? (dx < 0 ? node.x + node.width : node.x) - x : node.y + node.height - y) / 2
        : ENTRY;
    return nodes.reduce((least, node) => Math.min(least, node === to ? ENTRY : free(node)), ENTRY);
  };
  const above = (x: number, extra: number) => ({ x, y: to.y - room(x, to.y, 0, -1), upright: true, extra });
  const beside = (x: number, dx: number) => {
    const y = to.y + to.height / 2;
    return { x: x + dx * room(x, y, dx, 0), y, upright: false, extra: back ? 0 : SIDEWAYS };
  };
  const goals = [above(center, back ? ENTRY : 0), beside(to.x, -1), beside(to.x + to.width, 1)];
  const straight = start.start.x;
  const off = Math.abs(straight - center);
  if (!back && off >= APART && off <= to.width / 2 - 2 * APART) goals.push(above(straight, 0));
  return goals;
}

function search(leg: Leg, starts: Terminal[], goals: Terminal[], reach: number, obstacles: Obstacles): Position[] {
  const ends = [...starts, ...goals];
  const view = inflate(around(ends), reach);
  const near = (box: Box) => overlap(box, view);
  const nodes = obstacles.nodes.filter(near);
  const labels = obstacles.labels.filter(([id, label]) => id !== leg.exit.id && near(label)).map(([, label]) => label);
  const lanes = lanesOf(nodes, labels);
  const inView = (at: number, from: number, size: number) => at > from && at < from + size;
  const grid = new Grid(
    ends,
    lanes.xs.filter((x) => inView(x, view.x, view.width)),
    lanes.ys.filter((y) => inView(y, view.y, view.height)),
  );
  for (const node of nodes) {
    grid.weigh(inflate(node, CLEARANCE), CLOSE);
    grid.weigh(node, NODE);
  }
  for (const note of obstacles.notes) if (near(note)) grid.weigh(inflate(note, CLEARANCE), NOTE);
  for (const label of labels) grid.weigh(inflate(label, 2), LABEL);
  for (const { points, target, box } of obstacles.lines)
    if (target !== leg.exit.target && near(box)) grid.avoid(points, APART, ALONG, CROSSING);
  return grid.path(starts, goals, obstacles.budget);
}

function lanesOf(nodes: Box[], labels: Box[]): { xs: number[]; ys: number[] } {
  const offsets = nodes.length > MANY ? FEW_LANES : LANES;
  const beside = (low: number, size: number) => offsets.flatMap((lane) => [low - lane, low + size + lane]);
  return {
    xs: [
      ...nodes.flatMap(({ x, width }) => beside(x, width)),
      ...labels.flatMap(({ x, width }) => [x - APART, x + width + APART]),
    ],
    ys: [
      ...nodes.flatMap(({ y, height }) => beside(y, height)),
      ...labels.flatMap(({ y, height }) => [y + height + APART, y + height + 2 * APART + 3]),
    ],
  };
}
