/// <reference types="vite/types/importMeta.d.ts" />
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExitLine } from "../src/designer/model/fans.ts";
import type { FlowDefinition, Position } from "../src/designer/model/flow.ts";
import { nodeBox, overlap, passes, segments } from "../src/designer/model/geometry.ts";
import { arrange } from "../src/designer/model/layout.ts";
import { exitLines, routing, type Routing } from "../src/designer/model/routing.ts";

const TEMPLATES = Object.entries(
  import.meta.glob<FlowDefinition>("../../quantum_app/domain/flows/templates/*.json", {
    eager: true,
    import: "default",
  }),
);

const placesOf = ({ nodes }: Pick<FlowDefinition, "nodes">) => new Map(nodes.map(({ id, x, y }) => [id, { x, y }]));

/** Lines through nodes, labels on nodes and on each other, lines that are not drawn or not at right angles. */
function flaws({ routes, boxes }: Routing, exits: ExitLine[]) {
  const nodes = [...boxes.values()];
  const labels = [...routes.values()].flatMap(({ label }) => label ?? []);
  const lines = [...routes.values()].map(({ points }) => points);
  return {
    missing: exits.filter(({ id }) => !routes.has(id)).length,
    slanted: lines.flatMap(segments).filter(([from, to]) => from.x !== to.x && from.y !== to.y).length,
    crossed: lines.flatMap((points) => nodes.filter((box) => passes(points, box))).length,
    covered: labels.filter((label) => nodes.some((box) => overlap(box, label))).length,
    stacked: labels.filter((label, index) => labels.slice(index + 1).some((other) => overlap(other, label))).length,
  };
}
const NONE = { missing: 0, slanted: 0, crossed: 0, covered: 0, stacked: 0 };

test.each(TEMPLATES)("%s has no line through a node, and each label is readable, also arranged", (_name, flow) => {
  const exits = exitLines(flow);
  for (const places of [placesOf(flow), new Map(Object.entries(arrange(flow)))]) {
    const result = routing(exits, places);
    expect(flaws(result, exits)).toEqual(NONE);
    for (const { id, text } of exits) expect(Boolean(result.routes.get(id)?.label)).toBe(Boolean(text));
    const ends = exits.map(({ id, source, target }) => [result.routes.get(id)?.points, source, target] as const);
    for (const [points, source, target] of ends) {
      const [from, to] = [source, target].map((id) => result.boxes.get(id));
      expect(points && from && touches(points[0], from)).toBe(true);
      expect(points && to && touches(points[points.length - 1], to)).toBe(true);
    }
  }
});

function touches({ x, y }: Position, box: { x: number; y: number; width: number; height: number }): boolean {
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const onUpright = (x === box.x || x === right) && y >= box.y && y <= bottom;
  return onUpright || ((y === box.y || y === bottom) && x >= box.x && x <= right);
}

/** Nodes somewhere, none closer to another than 12 pixels, and exits between them. */
const layout = (count: number, width: number) =>
  fc.record({
    places: fc.array(fc.record({ x: fc.nat(width), y: fc.nat(width) }), { minLength: 2, maxLength: count }),
    ends: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("", "yes", "otherwise", "wants to talk to somebody")), {
      maxLength: count * 2,
    }),
  });
type Layout = { places: Position[]; ends: [number, number, string][] };

function placesAndExits({ places, ends }: Layout): { places: Map<string, Position>; exits: ExitLine[] } {
  const free: Position[] = [];
  for (const one of places)
    if (free.every((other) => Math.abs(one.x - other.x) >= 220 || Math.abs(one.y - other.y) >= 104)) free.push(one);
  const exits = ends.flatMap(([from, to, text], index) => {
    const [source, target] = [`n${from % free.length}`, `n${to % free.length}`];
    return source === target ? [] : [{ id: `e${index}`, source, target, text }];
  });
  return { places: new Map(free.map((place, index) => [`n${index}`, place])), exits };
}

test("wherever nodes lie, no line passes through one, and no label lies on one or on another label", () => {
  fc.assert(
    fc.property(layout(12, 900), (random) => {
      const { places, exits } = placesAndExits(random);
      expect(flaws(routing(exits, places), exits)).toEqual(NONE);
    }),
    { numRuns: 40 },
  );
});

test("a node that is moved takes its lines along, and keeps those that it does not come close to", () => {
  fc.assert(
    fc.property(layout(12, 900), fc.nat(), fc.record({ x: fc.nat(900), y: fc.nat(900) }), (random, at, to) => {
      const { places, exits } = placesAndExits(random);
      const before = routing(exits, places);
      const id = `n${at % places.size}`;
      const others = [...places].filter(([other]) => other !== id);
      fc.pre(others.every(([, place]) => Math.abs(place.x - to.x) >= 220 || Math.abs(place.y - to.y) >= 104));
      const after = routing(exits, new Map(places).set(id, to), new Map(), before);
      expect(flaws(after, exits)).toEqual(NONE);
      expect(routing(exits, places, new Map(), before).routes).toEqual(before.routes);
    }),
    { numRuns: 40 },
  );
});

test("what moves together keeps the form of its lines", () => {
  const places = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 0, y: 200 }],
    ["c", { x: 600, y: 0 }],
  ]);
  const exits = [
    { id: "ab", source: "a", target: "b", text: "yes" },
    { id: "ba", source: "b", target: "a", text: "" },
  ];
  const before = routing(exits, places);
  const next = new Map(places).set("a", { x: 20, y: 60 }).set("b", { x: 20, y: 260 });
  const after = routing(exits, next, new Map(), before);
  for (const id of ["ab", "ba"]) {
    const shift = before.routes.get(id)?.points.map(({ x, y }) => ({ x: x + 20, y: y + 60 }));
    expect(after.routes.get(id)?.points).toEqual(shift);
  }
});

/** So many nodes in rows of twelve: each leads to two of the next row, and some back to the row before. */
function rows(count: number): { places: Map<string, Position>; exits: ExitLine[] } {
  const ids = [...Array(count).keys()];
  const places = ids.map((index): [string, Position] => {
    return [`n${index}`, { x: (index % 12) * 300, y: Math.floor(index / 12) * 220 }];
  });
  const exits = ids.flatMap((index) => {
    const targets = [index + 12, index + 13, ...(index % 5 ? [] : [index - 12])].filter((to) => to >= 0 && to < count);
    return targets.map((to) => ({
      id: `e${index}-${to}`,
      source: `n${index}`,
      target: `n${to}`,
      text: `goes to ${to}`,
    }));
  });
  return { places: new Map(places), exits };
}

test("two hundred nodes are routed without a flaw, and one that is moved has few lines drawn anew", () => {
  const { places, exits } = rows(200);
  const before = routing(exits, places);
  expect(flaws(before, exits)).toEqual(NONE);
  const { x, y } = places.get("n50") as Position;
  const after = routing(exits, new Map(places).set("n50", { x: x + 20, y: y + 20 }), new Map(), before);
  const changes = exits.filter(({ id }) => after.routes.get(id) !== before.routes.get(id));
  expect(changes.length).toBeGreaterThan(0);
  expect(changes.length).toBeLessThan(exits.length / 4);
});

test("lines do not run through the box of a node at which they begin or end", () => {
  const places = new Map([
    ["a", { x: 0, y: 400 }],
    ["b", { x: 0, y: 0 }],
  ]);
  const exits = [{ id: "up", source: "a", target: "b", text: "again" }];
  const { routes } = routing(exits, places);
  const points = routes.get("up")?.points ?? [];
  expect([...places.values()].some((place) => passes(points, nodeBox(place)))).toBe(false);
});
