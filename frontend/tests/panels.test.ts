// What panels need of the store and the edits.
import { expect, test } from "vitest";
import * as edits from "../src/designer/model/edits.ts";
import type { FlowDefinition, Variable } from "../src/designer/model/flow.ts";
import { blankVariable } from "../src/designer/model/definition.ts";
import { createFlowStore } from "../src/designer/state/store.ts";
import { EMPTY } from "./flows.ts";

const newVariable = (name: string): Variable => ({ ...blankVariable(EMPTY), name });

test("what names a variable is counted: nodes that ask or say it, and conditions", () => {
  const [asking, gate] = edits.addNode({ ...EMPTY, variables: [newVariable("city")] }, "clarify", { x: 0, y: 0 });
  const withQuestion = edits.setNode(asking, gate, { fields: [{ variable: "city", required: true }] });
  const withGreeting = edits.setNode(withQuestion, "start", { greeting: "Hello from {city}." });
  const [connected, exit] = edits.connect(withGreeting, "start", gate);
  const definition: FlowDefinition = {
    ...edits.setCondition(connected, exit, { type: "expression", expression: "city == 'Kiel' and open" }),
    rules: {
      ...EMPTY.rules,
      scores: [
        { id: "s1", reason: "", points: 1, when: { type: "expression", expression: "not city" } },
        { id: "s2", reason: "", points: 1, when: { type: "expression", expression: "open == 'city' or city_2" } },
        { id: "s3", reason: "", points: 1, when: { type: "keywords", keywords: ["city"] } },
      ],
    },
  };
  expect(edits.usesOf(definition, "city")).toEqual({ nodes: 2, conditions: 2 });
  expect(edits.usesOf(definition, "name")).toEqual({ nodes: 0, conditions: 0 });
});

test("an undo is offered for the edit that was just made", () => {
  const store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
  const { edit, tell, undo } = store.getState();
  edit((now) => ({ ...now, persona: "Mira" }));
  tell("Changed.", { undoable: true });
  expect(store.getState().notice?.undo).toBe(store.getState().definition);
  undo();
  expect(store.getState().definition).toBe(EMPTY);
  tell("Failed.", { failed: true });
  expect(store.getState().notice).toMatchObject({ text: "Failed.", failed: true, undo: null });
  tell("");
  expect(store.getState().notice).toBeNull();
});

test("a section leads back to the node that it was opened from", () => {
  const store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
  store.getState().select(["start"]);
  store.getState().open("variables", "start");
  expect(store.getState()).toMatchObject({ openSection: "variables", openedFrom: "start", selected: [] });
  store.getState().goBack();
  expect(store.getState()).toMatchObject({ openSection: null, openedFrom: null, selected: ["start"] });
  store.getState().open("variables", "start");
  store.getState().select(["start"]);
  expect(store.getState().openedFrom).toBeNull();
  store.getState().open("variables", "start");
  store.getState().open("rules");
  store.getState().goBack();
  expect(store.getState()).toMatchObject({ openSection: "rules", openedFrom: null });
});
