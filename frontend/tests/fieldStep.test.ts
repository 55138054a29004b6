import { beforeEach, expect, test } from "vitest";
import * as edits from "../src/designer/model/edits.ts";
import { createFlowStore, type FlowStore } from "../src/designer/state/store.ts";
import { EMPTY } from "./flows.ts";

let store: FlowStore;
beforeEach(() => {
  store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
});
const greet = (greeting: string) => store.getState().edit((now) => edits.setNode(now, "start", { greeting }));
const isEditing = () => (store.getState().stepFrom ?? store.getState().definition) !== store.getState().definition;

test("what is typed in a field can be undone before the field is left", () => {
  store.getState().begin();
  expect(isEditing()).toBe(false);
  greet("Good");
  greet("Good morning");
  expect(isEditing()).toBe(true);
  expect(store.temporal.getState().pastStates).toEqual([]);
  store.getState().undo();
  expect(store.getState().definition).toBe(EMPTY);
  expect(isEditing()).toBe(false);
  store.getState().redo();
  expect(store.getState().definition.nodes[0]).toMatchObject({ greeting: "Good morning" });
});

test("a step that takes back what it changed leaves nothing to undo", () => {
  store.getState().begin();
  greet("Good morning");
  store.getState().edit(() => EMPTY);
  expect(isEditing()).toBe(false);
  store.getState().end();
  expect(store.temporal.getState().pastStates).toEqual([]);
});
