// The flow in the browser: the definition itself, what is selected, and one history over everything.
import { createStore } from "zustand/vanilla";
import { temporal } from "zundo";
import { remove } from "../model/edits.ts";

const STEPS = 200;
const SAME_STEP = 800; // milliseconds: arrow keys and sliders in a row are one step

const marksOf = (problems) => {
  const marks = {};
  for (const { node, edge, severity } of problems) {
    for (const id of [node, edge]) if (id && marks[id] !== "error") marks[id] = severity;
  }
  return marks;
};
const NOT_LIT = { node: null, edge: null, trail: [] };
const equal = (one, other) => one.length === other.length && one.every((id, index) => id === other[index]);

// selected: ids of nodes and notes; selectedEdges: of edges. room: what of the flow itself is open (variables, …).
// wanted: the field that has to be shown. lit: where the simulator is. saving: see saving.js.
export function createFlowStore({ definition, revision, problems = [], canWrite }) {
  let before = null; // of a step that is still going on
  let last = { as: null, at: 0 };

  const store = createStore(
    temporal(
      (set, get) => ({
        definition,
        revision,
        problems,
        marks: marksOf(problems),
        canWrite,
        selected: [],
        selectedEdges: [],
        room: null,
        wanted: null,
        lit: NOT_LIT,
        saving: { state: "saved", at: null, message: "" },

        // change: definition → definition. as: the same name shortly after is the same step.
        edit(change, { as = null } = {}) {
          if (!canWrite) return;
          const after = change(get().definition);
          if (after === get().definition) return;
          const now = Date.now();
          const goesOn = as && as === last.as && now - last.at < SAME_STEP;
          last = { as, at: now };
          const history = store.temporal.getState();
          if (goesOn && !before) history.pause();
          set({ definition: after });
          if (goesOn && !before) history.resume();
        },
        // A step of many edits, like what is typed in a field.
        begin() {
          if (before) return;
          before = get().definition;
          store.temporal.getState().pause();
        },
        end() {
          if (!before) return;
          const was = before;
          before = null;
          store.temporal.getState().resume();
          if (was === get().definition) return;
          last = { as: null, at: 0 };
          store.temporal.setState(({ pastStates }) => ({
            pastStates: [...pastStates, { definition: was }].slice(-STEPS),
            futureStates: [],
          }));
        },
        undo: () => travel("undo"),
        redo: () => travel("redo"),

        select(selected, selectedEdges = []) {
          const state = get();
          if (equal(state.selected, selected) && equal(state.selectedEdges, selectedEdges)) return;
          set({ selected, selectedEdges, room: selected.length || selectedEdges.length ? null : state.room });
        },
        open(room) {
          set({ room, selected: [], selectedEdges: [] });
        },
        // Show a problem where it is.
        show({ node, edge, field }) {
          set({
            selected: node && !edge ? [node] : [],
            selectedEdges: edge ? [edge] : [],
            room: node || edge ? null : roomOf(field),
            wanted: { field, edge, at: Date.now() },
          });
        },
        removeSelected() {
          const { selected, selectedEdges } = get();
          if (!canWrite || !(selected.length || selectedEdges.length)) return;
          get().edit((now) => remove(now, selected, selectedEdges));
          set({ selected: [], selectedEdges: [] });
        },
        setLit: (lit) => set({ lit: { ...NOT_LIT, ...lit } }),
        setProblems: (found) => set({ problems: found, marks: marksOf(found) }),
        setSaving: (saving) => set({ saving: { ...get().saving, ...saving } }),
        acknowledge: (acknowledged) => set({ revision: acknowledged }),
        // Another state of the draft, from the server: one step, so that undo brings back what was here.
        adopt(adopted, acknowledged, found) {
          get().end();
          last = { as: null, at: 0 };
          set({
            definition: adopted,
            revision: acknowledged,
            ...(found ? { problems: found, marks: marksOf(found) } : {}),
          });
          prune();
        },
      }),
      {
        partialize: ({ definition: kept }) => ({ definition: kept }),
        equality: (one, other) => one.definition === other.definition,
        limit: STEPS,
      },
    ),
  );

  function travel(way) {
    if (!canWrite) return;
    store.getState().end();
    last = { as: null, at: 0 };
    store.temporal.getState()[way]();
    prune();
  }
  // What is not there any more is not selected.
  function prune() {
    const {
      definition: { nodes, notes, edges },
      selected,
      selectedEdges,
      select,
    } = store.getState();
    const there = new Set([...nodes, ...notes].map(({ id }) => id));
    const ways = new Set(edges.map(({ id }) => id));
    select(
      selected.filter((id) => there.has(id)),
      selectedEdges.filter((id) => ways.has(id)),
    );
  }
  return store;
}

function roomOf(field) {
  const first = (field || "").split(/[.[]/)[0];
  if (["variables", "knowledge"].includes(first)) return first;
  if (["rules", "handoff", "scores", "hours"].includes(first)) return "rules";
  return ["persona", "fillers"].includes(first) ? "assistant" : null;
}
