import fc from "fast-check";
import { expect, test } from "vitest";
import { blankCondition, connectionError, exitsOf, nodeOf } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import { EMPTY, edit, flow } from "./flows.ts";

test("edits keep a flow whole: unique IDs, edges between its nodes, and a start", () => {
  fc.assert(
    fc.property(flow, (made) => {
      const ids = [...made.nodes, ...made.edges, ...made.notes, ...made.knowledge].map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { source, target } of made.edges) {
        expect(nodeOf(made, source)).toBeDefined();
        expect(nodeOf(made, target)).toBeDefined();
      }
      const hasStart = made.nodes.some(({ type }) => type === "start");
      if (hasStart) expect(nodeOf(made, made.start)).toBeDefined();
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
  const changed = edits.setCondition(second, id, blankCondition("fallback"));
  expect(exitsOf(changed, "start").map(({ condition }) => condition.type)).toEqual(["expression", "fallback"]);
});

test("renaming a variable spares texts in expressions and names that only contain it", () => {
  const [named, id] = edits.addAfter(EMPTY, "start", "dispatch");
  const [edge] = named.edges;
  const expression = 'rooms == 2 and bedrooms == 3 and city == "rooms"';
  const before = edits.setNode(edits.setCondition(named, edge.id, { type: "expression", expression }), id, {
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
    fc.property(flow, fc.nat(), fc.constantFrom(-1, 1), (made, at, by) => {
      const edge = made.edges[at % Math.max(1, made.edges.length)];
      fc.pre(edge !== undefined);
      const after = edits.shiftExit(made, edge.id, by);
      expect(after.edges.filter(({ source }) => source !== edge.source)).toEqual(
        made.edges.filter(({ source }) => source !== edge.source),
      );
      expect(new Set(after.edges)).toEqual(new Set(made.edges));
    }),
  );
});

test("an example gives way to the owner's own passages", () => {
  const example = { id: "k", name: "Prices", texts: ["A haircut costs 40 dollars."], example: true };
  const other = { ...example, id: "other" };
  const before = { ...EMPTY, knowledge: [example, other] };
  expect(edits.replaceExample(before, "k").knowledge).toEqual([
    { id: "k", name: "Prices", texts: [""], example: false },
    other,
  ]);
});
