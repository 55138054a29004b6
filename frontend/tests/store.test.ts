import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import * as edits from "../src/designer/model/edits.ts";
import { createFlowStore, sectionOf, type FlowStore } from "../src/designer/state/store.ts";
import { EMPTY, edit } from "./flows.ts";

const rename = (name: string) => (flow: typeof EMPTY) => edits.setNode(flow, "start", { name });
const nameOf = (store: FlowStore) => store.getState().definition.nodes[0].name;

let store: FlowStore;
beforeEach(() => {
  vi.useFakeTimers();
  store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
  return () => vi.useRealTimers();
});

test("undo goes back to the beginning, and redo to the end", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), (changes) => {
      const newStore = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
      for (const change of changes) newStore.getState().edit(change);
      const end = newStore.getState().definition;
      for (let step = 0; step < changes.length; step += 1) newStore.getState().undo();
      expect(newStore.getState().definition).toBe(EMPTY);
      for (let step = 0; step < changes.length; step += 1) newStore.getState().redo();
      expect(newStore.getState().definition).toEqual(end);
    }),
  );
});

test("edits of the same name in a row are one step, later ones another", () => {
  for (const name of ["a", "b", "c"]) store.getState().edit(rename(name), { as: "name" });
  vi.advanceTimersByTime(1000);
  store.getState().edit(rename("d"), { as: "name" });
  store.getState().undo();
  expect(nameOf(store)).toBe("c");
  store.getState().undo();
  expect(nameOf(store)).toBe("Start");
});

test("what is typed in a field is one step, also when it is undone half-way", () => {
  store.getState().begin();
  for (const name of ["M", "Mi", "Mir"]) store.getState().edit(rename(name));
  store.getState().undo();
  expect(nameOf(store)).toBe("Start");
  store.getState().redo();
  expect(nameOf(store)).toBe("Mir");
});

test("who only reads changes nothing", () => {
  const reading = createFlowStore({ definition: EMPTY, revision: 1, canWrite: false });
  reading.getState().edit(rename("x"));
  reading.getState().select(["start"]);
  reading.getState().removeSelected();
  expect(reading.getState().definition).toBe(EMPTY);
});

test("what is gone is not selected, and another draft can be undone", () => {
  store.getState().edit((flow) => edits.addNode(flow, "end", { x: 0, y: 0 })[0]);
  store.getState().select(["n1"]);
  store.getState().replaceDefinition(EMPTY, 7, []);
  expect(store.getState()).toMatchObject({ selected: [], revision: 7, definition: EMPTY });
  store.getState().undo();
  expect(store.getState().definition.nodes).toHaveLength(2);
});

test("a problem marks its node with the worst that there is", () => {
  const about = { message: "", remedy: "", node: "start", edge: null, field: null };
  store.getState().judgeAll();
  store.getState().setProblems([
    { ...about, severity: "error", code: "words_missing" },
    { ...about, severity: "warning", code: "speech_too_long" },
  ]);
  expect(store.getState().marks).toEqual({ start: "error" });
});

test("what is new has no problems until it was changed and left, or somebody asks for all", () => {
  const about = {
    message: "",
    remedy: "",
    edge: null,
    field: null,
    severity: "error" as const,
    code: "dead_end" as const,
  };
  const { edit: apply, select, setProblems, judgeAll } = store.getState();
  const problems = [
    { ...about, node: "start" },
    { ...about, node: "n1" },
    { ...about, node: null },
  ];
  const problemNodes = () => store.getState().problems.map(({ node }) => node);
  apply((flow) => edits.addNode(flow, "clarify", { x: 0, y: 0 })[0]);
  setProblems(problems);
  select(["n1"]);
  apply((flow) => edits.move(flow, { n1: { x: 20, y: 200 } }));
  select([]);
  expect(problemNodes()).toEqual([]);
  select(["n1"]);
  apply((flow) => edits.setNode(flow, "n1", { name: "Rooms" }));
  setProblems(problems);
  expect(problemNodes()).toEqual([]);
  select(["start"]);
  expect(problemNodes()).toEqual(["n1"]);
  expect(store.getState().marks).toEqual({ n1: "error" });
  judgeAll();
  expect(problemNodes()).toEqual(["start", "n1", null]);
  const loaded = createFlowStore({ definition: store.getState().definition, revision: 1, problems, canWrite: true });
  expect(loaded.getState().problems).toEqual(problems);
});

test("a field of the flow itself is in a section", () => {
  expect(sectionOf("variables.email.ask")).toBe("variables");
  expect(sectionOf("rules.scores.s1")).toBe("rules");
  expect(sectionOf("persona")).toBe("assistant");
  expect(sectionOf("nodes")).toBeNull();
  expect(sectionOf(undefined)).toBeNull();
});
