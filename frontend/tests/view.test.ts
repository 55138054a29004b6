import fc from "fast-check";
import { expect, test } from "vitest";
import { firstView, intoView, type Area } from "../src/designer/model/view.ts";
import type { Box } from "../src/designer/model/geometry.ts";

const AREA: Area = { left: 190, top: 24, right: 800, bottom: 700 };
const NODE = { width: 208, height: 92 };
const place = fc.record({ x: fc.integer({ min: -3000, max: 3000 }), y: fc.integer({ min: -3000, max: 3000 }) });

function isInView({ x, y, width, height }: Box, view: { x: number; y: number; zoom: number }): boolean {
  const [left, top] = [view.x + x * view.zoom, view.y + y * view.zoom];
  const [right, bottom] = [left + width * view.zoom, top + height * view.zoom];
  return left >= AREA.left - 1 && top >= AREA.top - 1 && right <= AREA.right + 1 && bottom <= AREA.bottom + 1;
}

test("a flow opens at full size with its start in view, and in the middle if it fits", () => {
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 20 }), (places) => {
      const boxes = places.map((at) => ({ ...at, ...NODE }));
      const view = firstView(boxes, boxes[0], AREA);
      expect(view.zoom).toBe(1);
      const fits = places.every(({ x, y }) =>
        places.every((one) => Math.abs(one.x - x) < 400 && Math.abs(one.y - y) < 500),
      );
      for (const box of fits ? boxes : boxes.slice(0, 1)) expect(isInView(box, view) || !fits).toBe(true);
    }),
  );
  const start = { x: 0, y: 0, ...NODE };
  const tall = [start, { x: 0, y: 5000, ...NODE }];
  expect(isInView(start, firstView(tall, start, AREA))).toBe(true);
  expect(firstView([], undefined, AREA).zoom).toBe(1);
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
