import fc from "fast-check";
import { expect, test } from "vitest";
import { copyOf, paste, readCopy, type FlowPart } from "../src/designer/model/clipboard.ts";
import { nodeOf } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import type { FlowDefinition, KnowledgeSource } from "../src/designer/model/flow.ts";
import { nodeBox, overlap, union } from "../src/designer/model/geometry.ts";
import { EMPTY, flow } from "./flows.ts";

const source = (id: string, name: string): KnowledgeSource => ({
  id,
  name,
  base: null,
  example: false,
  texts: ["Two rooms cost 1,200 euros."],
});
const copyFrom = (definition: FlowDefinition, ids: string[]) => readCopy(copyOf(definition, ids)) as FlowPart;

test("pasting at a place puts the middle of the copy there, on the grid", () => {
  fc.assert(
    fc.property(flow, fc.record({ x: fc.nat(3000), y: fc.nat(3000) }), (start, at) => {
      const [after, ids] = paste(
        EMPTY,
        copyFrom(start, start.notes.map(({ id }) => id).concat(start.nodes.at(-1)?.id ?? "")),
        at,
      );
      fc.pre(ids.length > 0);
      const items = [...after.nodes, ...after.notes].filter(({ id }) => ids.includes(id));
      fc.pre(items.length > 1);
      const { x, y, width, height } = union(items.map(nodeBox));
      expect(Math.abs(x + width / 2 - at.x)).toBeLessThanOrEqual(10);
      expect(Math.abs(y + height / 2 - at.y)).toBeLessThanOrEqual(10);
    }),
  );
});

test("pasting without a place covers nothing", () => {
  fc.assert(
    fc.property(flow, (start) => {
      const all = [...start.nodes, ...start.notes];
      const [after, ids] = paste(
        start,
        copyFrom(
          start,
          all.map(({ id }) => id),
        ),
      );
      const copies = [...after.nodes, ...after.notes].filter(({ id }) => ids.includes(id));
      for (const one of copies) for (const other of all) expect(overlap(nodeBox(one), nodeBox(other))).toBe(false);
    }),
  );
});

test("knowledge of another campaign stays there, so that nodes that use all of it answer as before", () => {
  const [other, id] = edits.addNode(
    { ...EMPTY, knowledge: [source("k1", "Support"), source("k2", "Prices")] },
    "rag_answer",
    {
      x: 0,
      y: 200,
    },
  );
  const copy = copyFrom(edits.setNode(other, id, { knowledge: ["k1", "k2"] }), [id]);
  const [here] = edits.addNode(
    { ...EMPTY, knowledge: [source("k1", "Dental"), source("k7", "Prices")] },
    "rag_answer",
    {
      x: 0,
      y: 200,
    },
  );
  const [after, [copyId], without] = paste(here, copy);
  expect(after.knowledge).toBe(here.knowledge);
  expect(nodeOf(after, copyId)).toMatchObject({ knowledge: ["k7"] });
  expect(without).toEqual(["Support"]);
});

test("knowledge that the flow has is used, also after the nodes were cut", () => {
  const [start, id] = edits.addNode(
    { ...EMPTY, knowledge: [source("k1", "Prices"), source("k2", "Prices")] },
    "rag_answer",
    {
      x: 0,
      y: 200,
    },
  );
  const copy = copyFrom(edits.setNode(start, id, { knowledge: ["k2"] }), [id]);
  const [after, [copyId]] = paste(edits.remove(start, [id]), copy);
  expect(nodeOf(after, copyId)).toMatchObject({ knowledge: ["k2"] });
});
