import fc from "fast-check";
import { expect, test } from "vitest";
import { copyOf, paste, readCopy } from "../src/designer/model/clipboard.ts";
import { inOrder, NODE_HEIGHT, NODE_WIDTH, nodeOf } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import { arrange, ports } from "../src/designer/model/layout.ts";
import { find } from "../src/designer/model/search.ts";
import { EMPTY, flow } from "./flows.ts";

test("arranged nodes do not cover each other", () => {
  fc.assert(
    fc.property(flow, (made) => {
      const places = Object.values(arrange(made));
      expect(places).toHaveLength(made.nodes.length);
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

test("each edge has a port on both of its nodes, and no two share a place", () => {
  fc.assert(
    fc.property(flow, (made) => {
      const all = ports(made);
      expect([...all.keys()].sort()).toEqual(made.edges.map(({ id }) => id).sort());
      const places = made.edges.flatMap(({ id, source, target }) => {
        const port = all.get(id);
        return [`${source} ${port?.sides[0]} ${port?.at[0]}`, `${target} ${port?.sides[1]} ${port?.at[1]}`];
      });
      expect(new Set(places).size).toBe(places.length);
    }),
  );
});

test("the outline names each node once, and says which no call reaches", () => {
  fc.assert(
    fc.property(flow, (made) => {
      const entries = inOrder(made);
      expect(entries.map(({ node }) => node.id).sort()).toEqual(made.nodes.map(({ id }) => id).sort());
      const reached = new Set(entries.filter((entry) => entry.reached).map(({ node }) => node.id));
      for (const { source, target } of made.edges) if (reached.has(source)) expect(reached.has(target)).toBe(true);
    }),
  );
});

test("a copy is pasted with new IDs, and with what it needs", () => {
  fc.assert(
    fc.property(flow, fc.array(fc.nat(), { maxLength: 5 }), (made, chosen) => {
      const ids = chosen.map((at) => made.nodes[at % made.nodes.length].id);
      const copy = readCopy(copyOf(made, ids));
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

test("a search finds names before words, at most fifty", () => {
  const [named] = edits.addNode(EMPTY, "end", { x: 0, y: 0 });
  const made = edits.setNode(named, "start", { greeting: "Until then, goodbye." });
  expect(find(made, "goodbye").map(({ node }) => node)).toEqual(["n1", "start"]);
  expect(find(made, "goodbye")[1].note).toContain("goodbye");
  expect(find(made, "")).toEqual([]);
  fc.assert(
    fc.property(flow, fc.string(), (any, text) => {
      expect(find(any, text).length).toBeLessThanOrEqual(50);
    }),
  );
});
