// How exits run on the canvas: horizontal and vertical lines around nodes and labels, one after the other.
import { exitLabel, exitsOf } from "./definition.ts";
import { fans, labelWidth, type ExitLine, type Start } from "./fans.ts";
import type { Edge, FlowDefinition, Position } from "./flow.ts";
import { around, inflate, nodeBox, passes, translate, type Box } from "./geometry.ts";
import { elsewhere, labelsWithRoom } from "./labels.ts";
import { findRoute, type Line, type Leg } from "./route.ts";

export interface Route {
  /** From the dot at the border of a node to the tip of the arrow at another. */
  points: Position[];
  /** Where the label lies; nothing if there is no room for it. */
  label: Box | null;
}
/** All routes, and what they were made for. */
export interface Routing {
  routes: Map<string, Route>;
  legs: Map<string, Leg>;
  boxes: Map<string, Box>;
  notes: Map<string, Box>;
}

const BUDGET = 3e6; // steps: about a second; lines beyond it are plain
const NEAR = 40; // pixels: what moves this close to a line has it drawn anew

/**
 * places: of all nodes, by ID. before: other places of much the same flow; lines that nothing comes close to stay as they
 * were, and those whose ends have moved together move along.
 */
export function routing(
  exits: ExitLine[],
  places: Map<string, Position>,
  notes: Map<string, Box> = new Map(),
  before: Routing | null = null,
): Routing {
  const boxes = new Map([...places].map(([id, place]) => [id, nodeBox(place)]));
  const starts = fans(exits, boxes);
  const nodes = [...boxes.values()];
  const labels = labelsWithRoom(starts, nodes);
  const legs = legsOf(exits, starts, boxes);
  const routes = before ? reusableRoutes(before, legs, boxes, notes) : new Map<string, Route>();
  const lines: Line[] = [];
  const draw = (target: string, points: Position[]) => lines.push({ points, target, box: around(points) });
  for (const [id, { points }] of routes) draw(legs.get(id)?.exit.target ?? "", points);
  const obstacles = { nodes, notes: [...notes.values()], labels: [...labels], lines, budget: { left: BUDGET } };
  for (const [id, leg] of byLength(legs)) {
    if (routes.has(id)) continue;
    const points = findRoute(leg, obstacles);
    draw(leg.exit.target, points);
    routes.set(id, { points, label: labels.get(id) ?? null });
  }
  for (const [id, { exit }] of legs) {
    const own = routes.get(id);
    if (!own || !exit.text || labels.has(id)) continue;
    const label = elsewhere(own.points, labelWidth(exit.text), nodes, [...labels.values()]);
    if (label) labels.set(id, label);
    routes.set(id, { points: own.points, label });
  }
  return { routes, legs, boxes, notes };
}

function legsOf(exits: ExitLine[], starts: Map<string, Start>, boxes: Map<string, Box>): Map<string, Leg> {
  const legs = new Map<string, Leg>();
  for (const exit of exits) {
    const start = starts.get(exit.id);
    const [from, to] = [boxes.get(exit.source), boxes.get(exit.target)];
    if (start && from && to) legs.set(exit.id, { exit, start, from, to });
  }
  return legs;
}

// Short lines come first: the long ones find a way around them.
function byLength(legs: Map<string, Leg>): [string, Leg][] {
  const length = ({ start: { dot, level }, to }: Leg) => (level ? 0 : Math.abs(dot.x - to.x) + Math.abs(dot.y - to.y));
  return [...legs].sort(([, one], [, other]) => length(one) - length(other));
}

/** Whether an exit has nothing that tells it apart. */
const isQuiet = (edge: Edge, sole: boolean) => sole && edge.condition.type === "fallback" && !edge.label;

/** All exits of a flow, as they are drawn. */
export const exitLines = (definition: FlowDefinition): ExitLine[] =>
  definition.nodes.flatMap(({ id: source }) => {
    const exits = exitsOf(definition, source);
    const sole = exits.length === 1;
    return exits.map((edge) => {
      const text = isQuiet(edge, sole) ? "" : exitLabel(edge, sole);
      return { id: edge.id, source, target: edge.target, text };
    });
  });

const sameBox = (one: Box | null, other: Box | null) =>
  one === other ||
  (one && other && one.x === other.x && one.y === other.y && one.width === other.width && one.height === other.height);
const samePoint = (one: Position, other: Position) => one.x === other.x && one.y === other.y;

function reusableRoutes(
  before: Routing,
  legs: Map<string, Leg>,
  boxes: Map<string, Box>,
  notes: Map<string, Box>,
): Map<string, Route> {
  const result = new Map<string, Route>();
  const moves = movesBetween(new Map([...before.boxes, ...before.notes]), new Map([...boxes, ...notes]));
  for (const [id, leg] of legs) {
    const old = before.legs.get(id);
    const route = before.routes.get(id);
    if (!old || !route || old.exit.target !== leg.exit.target) continue;
    const by = { x: leg.from.x - old.from.x, y: leg.from.y - old.from.y };
    const together = samePoint(by, { x: leg.to.x - old.to.x, y: leg.to.y - old.to.y });
    const { start } = old;
    const alike =
      start.level === leg.start.level &&
      samePoint(translate(start.dot, by), leg.start.dot) &&
      samePoint(translate(start.start, by), leg.start.start) &&
      sameBox(start.label && translate(start.label, by), leg.start.label);
    if (!together || !alike) continue;
    const still = !by.x && !by.y;
    const points = still ? route.points : route.points.map((point) => translate(point, by));
    const near = moves.some((other) => !samePoint(other.by, by) && other.around.some((box) => passes(points, box)));
    if (near) continue;
    result.set(id, still ? route : { points, label: route.label && translate(route.label, by) });
  }
  return result;
}

interface Move {
  by: Position;
  around: Box[];
}

// What lies elsewhere now, or is new or gone. Where nothing has moved, nothing else has to be looked at.
function movesBetween(before: Map<string, Box>, after: Map<string, Box>): Move[] {
  const moves: Move[] = [];
  const add = (by: Position, all: Box[]) => moves.push({ by, around: all.map((box) => inflate(box, NEAR)) });
  for (const [id, box] of after) {
    const old = before.get(id);
    if (!old) add({ x: NaN, y: NaN }, [box]);
    else add({ x: box.x - old.x, y: box.y - old.y }, [old, box]);
  }
  for (const [id, box] of before) if (!after.has(id)) add({ x: NaN, y: NaN }, [box]);
  return moves;
}
