import fc from "fast-check";
import { expect, test } from "vitest";
import { firstView, intoView, READABLE, type Area } from "../src/designer/model/view.ts";
import { union, type Box } from "../src/designer/model/geometry.ts";

const AREA: Area = { left: 190, top: 24, right: 800, bottom: 700 };
const NODE = { width: 208, height: 92 };
const place = fc.record({ x: fc.integer({ min: -3000, max: 3000 }), y: fc.integer({ min: -3000, max: 3000 }) });

function isInView({ x, y, width, height }: Box, view: { x: number; y: number; zoom: number }): boolean {
  const [left, top] = [view.x + x * view.zoom, view.y + y * view.zoom];
  const [right, bottom] = [left + width * view.zoom, top + height * view.zoom];
  return left >= AREA.left - 1 && top >= AREA.top - 1 && right <= AREA.right + 1 && bottom <= AREA.bottom + 1;
}

const flow = fc.array(place, { minLength: 1, maxLength: 20 }).map((places) => places.map((at) => ({ ...at, ...NODE })));

test("a flow opens whole if it can be read that way, and else with its start in view", () => {
  fc.assert(
    fc.property(flow, fc.double({ min: 0.02, max: 1, noNaN: true }), (spread, density) => {
      const boxes = spread.map((box) => ({ ...box, x: box.x * density, y: box.y * density }));
      const all = union(boxes);
      const { view, whole } = firstView(boxes, boxes[0], AREA);
      const fits = all.width * READABLE <= AREA.right - AREA.left && all.height * READABLE <= AREA.bottom - AREA.top;
      expect(whole).toBe(fits);
      expect(view.zoom).toBeGreaterThanOrEqual(READABLE);
      expect(view.zoom).toBeLessThanOrEqual(1);
      for (const box of whole ? boxes : boxes.slice(0, 1)) expect(isInView(box, view)).toBe(true);
    }),
  );
});

test("a flow that is too long, but not too wide, opens in its whole width, and one that is too wide at full size", () => {
  const start = { x: 0, y: 0, ...NODE };
  const beside = { x: 500, y: 300, ...NODE };
  const long = firstView([start, beside, { x: 0, y: 5000, ...NODE }], start, AREA);
  expect(long.whole).toBe(false);
  expect(long.view.zoom).toBeCloseTo(610 / 708);
  expect([start, beside].every((box) => isInView(box, long.view))).toBe(true);
  const wide = firstView([start, { x: 5000, y: 0, ...NODE }], start, AREA);
  expect([wide.whole, wide.view.zoom]).toEqual([false, 1]);
  expect(isInView(start, wide.view)).toBe(true);
  expect(firstView([], undefined, AREA)).toMatchObject({ whole: true, view: { zoom: 1 } });
});

test("a node comes into view by the shortest way, at the same zoom, and one that is there stays", () => {
  fc.assert(
    fc.property(place, place, fc.double({ min: 0.3, max: 1.6, noNaN: true }), (at, offset, zoom) => {
      const box = { ...at, ...NODE };
      const view = { ...offset, zoom };
      const next = intoView(view, box, AREA);
      expect(next.zoom).toBe(zoom);
      expect(isInView(box, next)).toBe(true);
      expect(intoView(next, box, AREA).x).toBeCloseTo(next.x, 6);
      if (isInView(box, view)) expect(Math.abs(next.x - view.x) + Math.abs(next.y - view.y)).toBeLessThan(2.1);
    }),
  );
});
