import fc from "fast-check";
import { expect, test } from "vitest";
import { blankCondition, connectionError, exitsOf, nodeOf } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import { EMPTY, edit, flow } from "./flows.ts";

test("edits keep a flow whole: unique IDs, edges between its nodes, and a start", () => {
  fc.assert(
    fc.property(flow, (definition) => {
      const ids = [...definition.nodes, ...definition.edges, ...definition.notes, ...definition.knowledge].map(
        ({ id }) => id,
      );
      expect(new Set(ids).size).toBe(ids.length);
      for (const { source, target } of definition.edges) {
        expect(nodeOf(definition, source)).toBeDefined();
        expect(nodeOf(definition, target)).toBeDefined();
      }
      const hasStart = definition.nodes.some(({ type }) => type === "start");
      if (hasStart) expect(nodeOf(definition, definition.start)).toBeDefined();
    }),
  );
});

test("edits leave the flow that they are given as it is", () => {
  fc.assert(
    fc.property(flow, edit, (before, change) => {
      const copy = structuredClone(before);
      change(before);
      expect(before).toEqual(copy);
    }),
  );
});

test("what is connected may be connected", () => {
  const [two, id] = edits.addAfter(EMPTY, "start", "clarify");
  expect(connectionError(two, "start", id)).toBe("");
  expect(connectionError(two, id, "start")).toBe("Calls can't go back to the start.");
  expect(connectionError(two, id, id)).toBe("A node can't connect to itself.");
  expect(exitsOf(two, "start").map(({ condition }) => condition.type)).toEqual(["fallback"]);
});

test("a node has one fallback: another exit that becomes it takes its place", () => {
  const [first] = edits.addAfter(EMPTY, "start", "clarify");
  const [second, id] = edits.connect(first, "start", "n1");
  const withFallback = edits.setCondition(second, id, blankCondition("fallback"));
  expect(exitsOf(withFallback, "start").map(({ condition }) => condition.type)).toEqual(["expression", "fallback"]);
});

test("renaming a variable spares texts in expressions and names that only contain it", () => {
  const [withNode, id] = edits.addAfter(EMPTY, "start", "dispatch");
  const [edge] = withNode.edges;
  const expression = 'rooms == 2 and bedrooms == 3 and city == "rooms"';
  const before = edits.setNode(edits.setCondition(withNode, edge.id, { type: "expression", expression }), id, {
    say: "{rooms} rooms",
  });
  const after = edits.renameVariable(before, "rooms", "size");
  expect(after.edges[0].condition).toEqual({
    type: "expression",
    expression: 'size == 2 and bedrooms == 3 and city == "rooms"',
  });
  expect(nodeOf(after, id)).toMatchObject({ say: "{size} rooms" });
});

test("an exit is shifted among the exits of its node alone", () => {
  fc.assert(
    fc.property(flow, fc.nat(), fc.constantFrom(-1, 1), (definition, at, by) => {
      const edge = definition.edges[at % Math.max(1, definition.edges.length)];
      fc.pre(edge !== undefined);
      const after = edits.shiftExit(definition, edge.id, by);
      expect(after.edges.filter(({ source }) => source !== edge.source)).toEqual(
        definition.edges.filter(({ source }) => source !== edge.source),
      );
      expect(new Set(after.edges)).toEqual(new Set(definition.edges));
    }),
  );
});

test("an example gives way to the owner's own passages", () => {
  const example = { id: "k", name: "Prices", texts: ["A haircut costs 40 dollars."], base: null, example: true };
  const other = { ...example, id: "other" };
  const before = { ...EMPTY, knowledge: [example, other] };
  expect(edits.replaceExample(before, "k").knowledge).toEqual([
    { id: "k", name: "Prices", texts: [""], base: null, example: false },
    other,
  ]);
});
