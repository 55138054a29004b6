import fc from "fast-check";
import { expect, test } from "vitest";
import { copyOf, paste, readCopy } from "../src/designer/model/clipboard.ts";
import { exitTitle, inOrder, NODE_HEIGHT, NODE_WIDTH, nodeOf, TYPES } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import { arrange } from "../src/designer/model/layout.ts";
import { find } from "../src/designer/model/search.ts";
import { EMPTY, flow } from "./flows.ts";

test("arranged nodes do not cover each other", () => {
  fc.assert(
    fc.property(flow, (definition) => {
      const places = Object.values(arrange(definition));
      expect(places).toHaveLength(definition.nodes.length);
      for (const [index, one] of places.entries()) {
        for (const other of places.slice(index + 1)) {
          const apart = Math.abs(one.x - other.x) >= NODE_WIDTH || Math.abs(one.y - other.y) >= NODE_HEIGHT;
          expect(apart).toBe(true);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("the outline names each node once, and says which no call reaches", () => {
  fc.assert(
    fc.property(flow, (definition) => {
      const entries = inOrder(definition);
      expect(entries.map(({ node }) => node.id).sort()).toEqual(definition.nodes.map(({ id }) => id).sort());
      const reached = new Set(entries.filter((entry) => entry.reached).map(({ node }) => node.id));
      for (const { source, target } of definition.edges)
        if (reached.has(source)) expect(reached.has(target)).toBe(true);
    }),
  );
});

test("a copy is pasted with new IDs, and with what it needs", () => {
  fc.assert(
    fc.property(flow, fc.array(fc.nat(), { maxLength: 5 }), (definition, places) => {
      const ids = places.map((at) => definition.nodes[at % definition.nodes.length].id);
      const copy = readCopy(copyOf(definition, ids));
      if (!copy) return;
      const [after, added] = paste(EMPTY, copy);
      expect(new Set([...EMPTY.nodes.map(({ id }) => id), ...added]).size).toBe(EMPTY.nodes.length + added.length);
      for (const id of added) {
        const node = nodeOf(after, id);
        if (!node || !("fields" in node)) continue;
        for (const { variable } of node.fields) expect(after.variables.map(({ name }) => name)).toContain(variable);
      }
    }),
  );
});

test("what is in the clipboard may be anything", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readCopy(text)).toBeNull();
    }),
  );
  expect(readCopy(null)).toBeNull();
  expect(readCopy('{"what": "quantum-voice-flow-part", "nodes": []}')).toBeNull();
});

test("a search finds names before words, kind by kind, at most fifty", () => {
  const [withNode] = edits.addNode(EMPTY, "end", { x: 0, y: 0 });
  const [withNote] = edits.addNote(edits.setNode(withNode, "start", { greeting: "Until then, goodbye." }), {
    x: 0,
    y: 0,
  });
  const withNoteText = edits.setNote(withNote, "t1", { text: "Say goodbye twice" });
  expect(find(withNoteText, "goodbye").map(({ kind, node }) => [kind, node])).toEqual([
    ["node", "n1"],
    ["node", "start"],
    ["note", "t1"],
  ]);
  expect(find(withNoteText, "goodbye")[1].note).toContain("goodbye");
  expect(find(withNote, "")).toEqual([]);
  fc.assert(
    fc.property(flow, fc.string({ maxLength: 2 }), (any, text) => {
      const results = find(any, text);
      expect(results.length).toBeLessThanOrEqual(50);
      const kinds = results.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]);
      expect(new Set(kinds).size).toBe(kinds.length);
    }),
  );
});

test("nodes are found by their kind, too", () => {
  const [withNode, id] = edits.addNode(EMPTY, "dispatch", { x: 0, y: 0 });
  const renamed = edits.setNode(withNode, id, { name: "Who takes it" });
  const { label } = TYPES.dispatch;
  expect(find(renamed, label)).toEqual([{ kind: "node", node: id, name: "Who takes it", note: label }]);
});

test("what is placed without a pointer lies on the grid, and covers nothing", () => {
  fc.assert(
    fc.property(flow, fc.record({ x: fc.integer(), y: fc.integer() }), (definition, near) => {
      const place = edits.freePlace(definition, near);
      expect([Math.abs(place.x % 20), Math.abs(place.y % 20)]).toEqual([0, 0]);
      for (const { x, y } of definition.nodes)
        expect(Math.abs(x - place.x) >= NODE_WIDTH || Math.abs(y - place.y) >= NODE_HEIGHT).toBe(true);
    }),
  );
});

test("an exit is read out with where it leaves and where it leads", () => {
  const [withNode] = edits.addAfter(EMPTY, "start", "clarify");
  expect(exitTitle(withNode.edges[0], true, "Start", "Details")).toBe("Exit of Start: then, leads to Details");
});
