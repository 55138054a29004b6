import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../src/api/client.ts";
import type { SavedDraft } from "../src/api/schema.ts";
import * as edits from "../src/designer/model/edits.ts";
import type { FlowDefinition } from "../src/designer/model/flow.ts";
import { Saver, unsavedOf, type OtherDraft } from "../src/designer/state/saving.ts";
import { createFlowStore, type FlowStore } from "../src/designer/state/store.ts";
import { EMPTY } from "./flows.ts";

type Api = ConstructorParameters<typeof Saver>[0]["api"];
const rename = (name: string) => (flow: FlowDefinition) => edits.setNode(flow, "start", { name });
const REST = 600;

let storage: Map<string, string>;
let store: FlowStore;
let save: ReturnType<typeof vi.fn<Api["save"]>>;
let draft: ReturnType<typeof vi.fn<Api["draft"]>>;
let conflicts: OtherDraft[];
let saver: Saver;
let page: EventTarget;

beforeEach(() => {
  vi.useFakeTimers();
  storage = new Map();
  page = new EventTarget();
  vi.stubGlobal("window", page);
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
    removeItem: (key: string) => storage.delete(key),
  });
  store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
  save = vi.fn<Api["save"]>(async ({ revision }) => savedDraft(revision + 1));
  draft = vi.fn<Api["draft"]>();
  conflicts = [];
  const onConflict = (theirs: OtherDraft) => conflicts.push(theirs);
  saver = new Saver({ store, api: { save, draft }, campaignId: "cmp_1", acknowledged: EMPTY, onConflict });
});
afterEach(() => {
  saver.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const savedDraft = (revision: number): SavedDraft => ({
  revision,
  updated_at: null,
  updated_by: "Robin",
  problems: [],
});
const saving = () => store.getState().saving.state;
const fails = (problem: Problem) => save.mockRejectedValueOnce(problem);

test("what is edited in a row is sent once, after a rest", async () => {
  for (const name of ["a", "b", "c"]) {
    store.getState().edit(rename(name));
    await vi.advanceTimersByTimeAsync(REST / 2);
  }
  expect(save).not.toHaveBeenCalled();
  expect(saving()).toBe("dirty");
  await vi.advanceTimersByTimeAsync(REST);
  expect(save).toHaveBeenCalledOnce();
  expect(save.mock.calls[0][0].change.nodes?.put).toMatchObject([{ name: "c" }]);
  expect(saving()).toBe("saved");
  expect(store.getState().revision).toBe(2);
});

test("what is edited while a request is on its way is sent next", async () => {
  let answer: (response: SavedDraft) => void = () => {};
  save.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  store.getState().edit(rename("a"));
  await vi.advanceTimersByTimeAsync(REST);
  store.getState().edit(rename("b"));
  await vi.advanceTimersByTimeAsync(5 * REST);
  expect(save).toHaveBeenCalledOnce();
  answer(savedDraft(2));
  await vi.advanceTimersByTimeAsync(REST);
  expect(save).toHaveBeenCalledTimes(2);
  expect(save.mock.calls[1][0]).toMatchObject({ revision: 2 });
});

test("without a connection it is kept here, and sent when that is back", async () => {
  fails(new Problem(0, { code: "offline" }));
  store.getState().edit(rename("a"));
  await vi.advanceTimersByTimeAsync(REST);
  expect(saving()).toBe("offline");
  expect(unsavedOf("cmp_1", { revision: 1, definition: EMPTY })).toMatchObject({ conflicting: false });
  page.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(saving()).toBe("saved");
  expect(storage.size).toBe(0);
});

test("what is refused waits for the next edit", async () => {
  fails(new Problem(422, { detail: "Too long." }));
  store.getState().edit(rename("a"));
  await vi.advanceTimersByTimeAsync(REST);
  expect(store.getState().saving).toMatchObject({ state: "refused", message: "Too long." });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(save).toHaveBeenCalledOnce();
  store.getState().edit(rename("b"));
  await vi.advanceTimersByTimeAsync(REST);
  expect(saving()).toBe("saved");
});

test("somebody else's change stops it until somebody decides", async () => {
  const theirs = { revision: 5, updated_by: "Robin", definition: rename("theirs")(EMPTY) };
  fails(new Problem(409, theirs as object));
  store.getState().edit(rename("mine"));
  await vi.advanceTimersByTimeAsync(REST);
  expect(saving()).toBe("conflict");
  expect(conflicts).toMatchObject([{ revision: 5 }]);
  store.getState().edit(rename("more"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(save).toHaveBeenCalledOnce();
  expect(unsavedOf("cmp_1", theirs)).toMatchObject({ conflicting: true });
  saver.settled(theirs.definition, 5, []);
  expect(saving()).toBe("saved");
  expect(store.getState()).toMatchObject({ revision: 5, definition: theirs.definition });
});

test("a conflict with the same flow is none", () => {
  store.getState().edit(rename("same"));
  saver.conflict({ revision: 5, updated_by: null, definition: rename("same")(EMPTY) });
  expect(conflicts).toEqual([]);
  expect(store.getState()).toMatchObject({ revision: 5, saving: { state: "saved" } });
});

test("leaving the page sends what is left, and keeps it in case nobody hears the answer", () => {
  save.mockImplementationOnce(() => new Promise(() => {}));
  store.getState().edit(rename("last"));
  page.dispatchEvent(new Event("pagehide"));
  expect(save.mock.calls[0][1]).toEqual({ keepalive: true });
  const latestDraft = { revision: 2, definition: rename("last")(EMPTY) };
  expect(unsavedOf("cmp_1", latestDraft)).toBeNull();
});

test("settling sends at once, and says whether everything is saved", async () => {
  store.getState().edit(rename("a"));
  expect(await saver.settle()).toBe(true);
  fails(new Problem(500, {}));
  store.getState().edit(rename("b"));
  expect(await saver.settle()).toBe(false);
});

test("a whole flow in place of the draft is taken as the server has it", async () => {
  const upgraded = rename("upgraded")(EMPTY);
  draft.mockResolvedValueOnce({ ...savedDraft(7), definition: upgraded });
  await saver.replace(async (revision) => savedDraft(revision + 6));
  expect(store.getState()).toMatchObject({ revision: 7, definition: upgraded, saving: { state: "saved" } });
  expect(save).not.toHaveBeenCalled();
});

test("what is kept may be anything", () => {
  for (const text of ["", "{", "null", "[]", '"x"', '{"revision": 1}']) {
    storage.set("qv-flow-cmp_1", text);
    expect(unsavedOf("cmp_1", { revision: 1, definition: EMPTY })).toBeNull();
  }
});
