// The cheapest way between lines that cross each other: A* over a grid whose lines lie where a route may run.
import type { Position } from "./flow.ts";
import type { Box } from "./geometry.ts";

const BEND = 40; // pixels that a bend is worth
const MERGED = 1; // pixels: lines nearer than this are one

/** Where a route may begin or end. upright: along which lines it does. extra: what this one costs. */
export interface Terminal extends Position {
  upright: boolean;
  extra: number;
}

/** How many steps searches may take together. */
export interface Budget {
  left: number;
}

// The exact lines, and others that do not lie on them, in order.
function lines(exact: number[], others: number[]): number[] {
  const fixed = [...new Set(exact)];
  const free = others.filter((one) => fixed.every((line) => Math.abs(line - one) > MERGED));
  const sorted = [...fixed, ...free].sort((one, other) => one - other);
  const isExact = new Set(fixed);
  return sorted.filter((line, index) => !index || isExact.has(line) || line - sorted[index - 1] > MERGED);
}

// The first index whose line is above the value, or with `at`, not below it.
function after(all: number[], value: number, at = false): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle] > value || (at && all[middle] === value)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const allocate = (size: number) => ({
  across: new Float32Array(size),
  down: new Float32Array(size),
  acrossOnce: new Float32Array(size),
  downOnce: new Float32Array(size),
  costs: new Float64Array(2 * size),
  before: new Int32Array(2 * size),
});
let memory = allocate(0);

export class Grid {
  private readonly xs: number[];
  private readonly ys: number[];
  // Of the piece from a crossing to the next one on its right, and below it: the cost of a pixel, and of the whole.
  private readonly across: Float32Array;
  private readonly down: Float32Array;
  private readonly acrossOnce: Float32Array;
  private readonly downOnce: Float32Array;
  private readonly costs: Float64Array;
  private readonly before: Int32Array;

  /** Makes the grid before it unusable: they share their memory. */
  constructor(exact: Position[], xs: number[], ys: number[]) {
    this.xs = lines(
      exact.map(({ x }) => x),
      xs,
    );
    this.ys = lines(
      exact.map(({ y }) => y),
      ys,
    );
    const size = this.xs.length * this.ys.length;
    if (memory.across.length < size) memory = allocate(2 * size);
    this.across = memory.across.fill(1, 0, size);
    this.down = memory.down.fill(1, 0, size);
    this.acrossOnce = memory.acrossOnce.fill(0, 0, size);
    this.downOnce = memory.downOnce.fill(0, 0, size);
    this.costs = memory.costs.fill(Infinity, 0, 2 * size);
    this.before = memory.before.fill(-1, 0, 2 * size);
  }

  /** Each pixel inside of the box costs more. */
  weigh({ x, y, width, height }: Box, cost: number) {
    this.weighAcross(x, x + width, y, y + height, cost);
    this.weighDown(x, x + width, y, y + height, cost);
  }

  private weighAcross(left: number, right: number, top: number, bottom: number, cost: number) {
    const { xs, ys, across } = this;
    const from = Math.max(0, after(xs, left) - 1);
    const to = Math.min(after(xs, right, true), xs.length - 1);
    for (let row = after(ys, top); row < ys.length && ys[row] < bottom; row += 1)
      for (let piece = row * xs.length + from; piece < row * xs.length + to; piece += 1) across[piece] += cost;
  }

  private weighDown(left: number, right: number, top: number, bottom: number, cost: number) {
    const { xs, ys, down } = this;
    const from = after(xs, left);
    const to = after(xs, right, true);
    const last = Math.min(after(ys, bottom, true), ys.length - 1);
    for (let row = Math.max(0, after(ys, top) - 1); row < last; row += 1)
      for (let piece = row * xs.length + from; piece < row * xs.length + to; piece += 1) down[piece] += cost;
  }

  /** A line that is there already: along it, within `apart` pixels, each pixel costs more; across it, once. */
  avoid(points: Position[], apart: number, along: number, crossing: number) {
    const { xs, ys, acrossOnce, downOnce } = this;
    for (let index = 1; index < points.length; index += 1) {
      const [from, to] = [points[index - 1], points[index]];
      const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
      const [top, bottom] = from.y < to.y ? [from.y, to.y] : [to.y, from.y];
      if (top === bottom) {
        this.weighAcross(left, right, top - apart, top + apart, along);
        const row = after(ys, top) - 1;
        const last = row < 0 ? 0 : after(xs, right, true);
        for (let column = after(xs, left); column < last; column += 1) downOnce[row * xs.length + column] += crossing;
      } else {
        this.weighDown(left - apart, left + apart, top, bottom, along);
        const column = after(xs, left) - 1;
        const last = column < 0 ? 0 : after(ys, bottom, true);
        for (let row = after(ys, top); row < last; row += 1) acrossOnce[row * xs.length + column] += crossing;
      }
    }
  }

  /** The corners of the cheapest way from one of the starts to one of the goals; none if the budget does not last. */
  path(starts: Terminal[], goals: Terminal[], budget: Budget): Position[] {
    const { xs, ys, costs, before } = this;
    const width = xs.length;
    const at = ({ x, y, upright }: Terminal) =>
      2 * (after(ys, y, true) * width + after(xs, x, true)) + (upright ? 1 : 0);
    const ends = new Map(goals.map((goal) => [at(goal), goal.extra]));
    const ahead = (vertex: number) => {
      const x = xs[vertex % width];
      const y = ys[Math.floor(vertex / width)];
      let least = Infinity;
      for (const goal of goals) {
        const distance = Math.abs(goal.x - x) + Math.abs(goal.y - y) + goal.extra;
        least = Math.min(least, goal.x !== x && goal.y !== y ? distance + BEND : distance);
      }
      return least;
    };
    const queue = new Queue();
    const reach = (state: number, cost: number, from: number) => {
      if (cost >= costs[state]) return;
      costs[state] = cost;
      before[state] = from;
      queue.push(state, cost + ahead(state >> 1));
    };
    starts.forEach((start) => reach(at(start), start.extra, -1));
    let best = { cost: Infinity, state: -1 };
    while (queue.size && budget.left > 0) {
      budget.left -= 1;
      const [state, least] = queue.pop();
      if (least >= best.cost) break;
      const cost = costs[state];
      if (least > cost + ahead(state >> 1)) continue; // a cheaper way here came first
      const extra = ends.get(state);
      if (extra !== undefined && cost + extra < best.cost) best = { cost: cost + extra, state };
      this.neighbors(state, cost, reach);
    }
    return this.corners(best.state);
  }

  private neighbors(state: number, cost: number, reach: (state: number, cost: number, from: number) => void) {
    const { xs, ys, across, down, acrossOnce, downOnce } = this;
    const width = xs.length;
    const vertex = state >> 1;
    reach(state ^ 1, cost + BEND, state);
    if (state & 1) {
      const row = Math.floor(vertex / width);
      const step = (piece: number, to: number, length: number) =>
        reach(2 * to + 1, cost + length * down[piece] + downOnce[piece], state);
      if (row + 1 < ys.length) step(vertex, vertex + width, ys[row + 1] - ys[row]);
      if (row) step(vertex - width, vertex - width, ys[row] - ys[row - 1]);
    } else {
      const column = vertex % width;
      const step = (piece: number, to: number, length: number) =>
        reach(2 * to, cost + length * across[piece] + acrossOnce[piece], state);
      if (column + 1 < width) step(vertex, vertex + 1, xs[column + 1] - xs[column]);
      if (column) step(vertex - 1, vertex - 1, xs[column] - xs[column - 1]);
    }
  }

  private corners(end: number): Position[] {
    const points: Position[] = [];
    for (let state = end; state >= 0; state = this.before[state]) {
      const vertex = state >> 1;
      const point = { x: this.xs[vertex % this.xs.length], y: this.ys[Math.floor(vertex / this.xs.length)] };
      points.push(point);
    }
    return straighten(points.reverse());
  }
}

/** Without the points on which a line does not turn. */
export function straighten(points: Position[]): Position[] {
  const result: Position[] = [];
  for (const point of points) {
    const [one, two] = result.slice(-2);
    const last = result.at(-1);
    if (last && last.x === point.x && last.y === point.y) continue;
    if (two && ((one.x === two.x && two.x === point.x) || (one.y === two.y && two.y === point.y))) result.pop();
    result.push(point);
  }
  return result;
}

// A binary heap.
class Queue {
  private readonly states: number[] = [];
  private readonly costs: number[] = [];

  get size() {
    return this.states.length;
  }

  push(state: number, cost: number) {
    const { states, costs } = this;
    let at = states.length;
    while (at) {
      const parent = (at - 1) >> 1;
      if (costs[parent] <= cost) break;
      states[at] = states[parent];
      costs[at] = costs[parent];
      at = parent;
    }
    states[at] = state;
    costs[at] = cost;
  }

  pop(): [number, number] {
    const { states, costs } = this;
    const top: [number, number] = [states[0], costs[0]];
    const state = states.pop() as number;
    const cost = costs.pop() as number;
    const size = states.length;
    if (!size) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && costs[child + 1] < costs[child]) child += 1;
      if (costs[child] >= cost) break;
      states[at] = states[child];
      costs[at] = costs[child];
      at = child;
    }
    states[at] = state;
    costs[at] = cost;
    return top;
  }
}
