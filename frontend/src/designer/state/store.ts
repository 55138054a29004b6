// The flow in the browser: the definition itself, what is selected, and one history over everything.
import { createStore, type StoreApi } from "zustand/vanilla";
import { temporal, type TemporalState } from "zundo";
import type { FlowProblem, Severity } from "../../api/schema.ts";
import { remove } from "../model/edits.ts";
import type { FlowDefinition } from "../model/flow.ts";
import type { Place } from "../model/search.ts";
import { Fresh } from "./fresh.ts";

const STEPS = 200;
const SAME_STEP = 800; // milliseconds: arrow keys and sliders in a row are one step

/** What belongs to the flow itself, not to a node. */
export type Section = "variables" | "knowledge" | "rules" | "assistant";
/** A field that is to be visible. at: when, so that asking again is a new request. */
export interface FocusRequest {
  field?: string;
  edge?: string;
  at: number;
}
/** Where the simulator is. trail: edges that led there. */
export interface Highlight {
  node: string | null;
  edge: string | null;
  trail: string[];
}
export type SavingState = "saved" | "dirty" | "saving" | "offline" | "refused" | "conflict";
export interface Saving {
  state: SavingState;
  at: number | null;
  message: string;
}

/** A message. undo: the definition that an undo takes back, as long as it is the present one. */
export interface Notice {
  text: string;
  failed: boolean;
  undo: FlowDefinition | null;
  at: number;
}
/** Shows a message; empty takes the present one away. undoable: it is about the edit that was just made. */
export type Tell = (text: string, options?: { failed?: boolean; undoable?: boolean }) => void;

export interface FlowState {
  definition: FlowDefinition;
  revision: number;
  /** Without those of nodes and exits that are still being made. */
  /** All of the definition, as the server sees them. */
  allProblems: FlowProblem[];
  /** Without those of nodes and exits that are new. */
  problems: FlowProblem[];
  /** The worst problem of each node and edge, by ID. */
  marks: Record<string, Severity>;
  canWrite: boolean;
  /** Whether voices sound different. */
  hasVoices: boolean;
  /** IDs of nodes and notes. */
  selected: string[];
  selectedEdges: string[];
  openSection: Section | null;
  /** The node that a section was opened from. */
  openedFrom: string | null;
  focusRequest: FocusRequest | null;
  highlight: Highlight;
  saving: Saving;
  notice: Notice | null;
  tell: Tell;
  /** The definition before the step that is still going on. */
  stepFrom: FlowDefinition | null;
  /** Whether a field has a text that counts when the field is left. */
  uncommitted: boolean;
  setUncommitted(uncommitted: boolean): void;
  /** as: an edit of the same name shortly afterwards is the same step. */
  edit(change: (definition: FlowDefinition) => FlowDefinition, options?: { as?: string | null }): void;
  /** A step of many edits, like what is typed in a field. */
  begin(): void;
  end(): void;
  undo(): void;
  redo(): void;
  select(selected: string[], selectedEdges?: string[]): void;
  open(section: Section | null, from?: string): void;
  /** From a section to the node that it was opened from. */
  goBack(): void;
  requestFocus(request: Omit<FocusRequest, "at">): void;
  /** Select what a problem or a search result names. */
  show(place: Place): void;
  removeSelected(): void;
  setHighlight(highlight: Partial<Highlight>): void;
  setProblems(problems: FlowProblem[]): void;
  /** Nothing counts as being made any more: somebody wants to know what is wrong. */
  judgeAll(): void;
  setSaving(saving: Partial<Saving>): void;
  acknowledge(revision: number): void;
  /** Another state of the draft, from the server: one step, so that undo brings back what was here. */
  replaceDefinition(definition: FlowDefinition, revision: number, problems?: FlowProblem[]): void;
}

type Tracked = Pick<FlowState, "definition">;
export type FlowStore = StoreApi<FlowState> & { temporal: StoreApi<TemporalState<Tracked>> };

interface Initial {
  definition: FlowDefinition;
  revision: number;
  problems?: FlowProblem[];
  canWrite: boolean;
  hasVoices?: boolean;
}

const marksOf = (problems: FlowProblem[]) => {
  const marks: Record<string, Severity> = {};
  for (const { node, edge, severity } of problems) {
    for (const id of [node, edge]) if (id && marks[id] !== "error") marks[id] = severity;
  }
  return marks;
};
const NO_HIGHLIGHT: Highlight = { node: null, edge: null, trail: [] };
const equal = (one: string[], other: string[]) =>
  one.length === other.length && one.every((id, index) => id === other[index]);

/** Which section of the flow a field belongs to. */
export function sectionOf(field: string | undefined): Section | null {
  const first = (field || "").split(/[.[]/)[0];
  if (first === "variables" || first === "knowledge") return first;
  if (["rules", "handoff", "scores", "hours"].includes(first)) return "rules";
  return ["persona", "fillers"].includes(first) ? "assistant" : null;
}

export function createFlowStore({
  definition,
  revision,
  problems = [],
  canWrite,
  hasVoices = true,
}: Initial): FlowStore {
  const fresh = new Fresh(definition);
  const visible = (allProblems: FlowProblem[]) => {
    const counting = fresh.judge(allProblems);
    return { allProblems, problems: counting, marks: marksOf(counting) };
  };
  const store: FlowStore = createStore<FlowState>()(
    temporal(
      (set, get) => ({
        definition,
        revision,
        ...visible(problems),
        canWrite,
        hasVoices,
        selected: [],
        selectedEdges: [],
        openSection: null,
        openedFrom: null,
        focusRequest: null,
        highlight: NO_HIGHLIGHT,
        saving: { state: "saved", at: null, message: "" },
        notice: null,
        stepFrom: null,
        uncommitted: false,
        setUncommitted: (uncommitted) => get().uncommitted !== uncommitted && set({ uncommitted }),
        tell: (text, { failed = false, undoable = false } = {}) => {
          const undo = undoable ? get().definition : null;
          set({ notice: text ? { text, failed, undo, at: Date.now() } : null });
        },
        ...editing(() => store, set, get, fresh),
        ...selecting(set, get),
        setHighlight: (highlight) => set({ highlight: { ...NO_HIGHLIGHT, ...highlight } }),
        setProblems: (all) => set(visible(all)),
        judgeAll: () => {
          fresh.clear();
          set(visible(get().allProblems));
        },
        setSaving: (saving) => set({ saving: { ...get().saving, ...saving } }),
        acknowledge: (acknowledged) => set({ revision: acknowledged }),
      }),
      {
        partialize: (state): Tracked => ({ definition: state.definition }),
        equality: (one, other) => one.definition === other.definition,
        limit: STEPS,
      },
    ),
  );
  store.subscribe((now, before) => {
    if (now.selected === before.selected && now.selectedEdges === before.selectedEdges) return;
    fresh.settle(now.definition, [...now.selected, ...now.selectedEdges]);
    const after = visible(now.allProblems);
    if (after.problems.length !== now.problems.length) store.setState(after);
  });
  return store;
}

type Set = StoreApi<FlowState>["setState"];
type Get = StoreApi<FlowState>["getState"];
type Editing = Pick<FlowState, "edit" | "begin" | "end" | "undo" | "redo" | "removeSelected" | "replaceDefinition">;
type Selecting = Pick<FlowState, "select" | "open" | "goBack" | "requestFocus" | "show">;

function editing(storeOf: () => FlowStore, set: Set, get: Get, fresh: Fresh): Editing {
  let last: { as: string | null; at: number } = { as: null, at: 0 };
  const history = () => storeOf().temporal.getState();

  // What is no longer there is not selected.
  const prune = () => {
    const { definition, selected, selectedEdges, select } = get();
    const there = new Set([...definition.nodes, ...definition.notes].map(({ id }) => id));
    const edges = new Set(definition.edges.map(({ id }) => id));
    select(
      selected.filter((id) => there.has(id)),
      selectedEdges.filter((id) => edges.has(id)),
    );
  };
  const travel = (direction: "undo" | "redo") => {
    if (!get().canWrite) return;
    get().end();
    last = { as: null, at: 0 };
    history()[direction]();
    prune();
  };

  return {
    edit(change, { as = null } = {}) {
      if (!get().canWrite) return;
      const after = change(get().definition);
      if (after === get().definition) return;
      fresh.add(get().definition, after);
      const now = Date.now();
      const sameStep = as && as === last.as && now - last.at < SAME_STEP;
      last = { as, at: now };
      if (sameStep && !get().stepFrom) history().pause();
      set({ definition: after });
      if (sameStep && !get().stepFrom) history().resume();
    },
    begin() {
      if (get().stepFrom) return;
      set({ stepFrom: get().definition });
      history().pause();
    },
    end() {
      const previous = get().stepFrom;
      if (!previous) return;
      set({ stepFrom: null });
      history().resume();
      if (previous === get().definition) return;
      last = { as: null, at: 0 };
      storeOf().temporal.setState(({ pastStates }) => ({
        pastStates: [...pastStates, { definition: previous }].slice(-STEPS),
        futureStates: [],
      }));
    },
    undo: () => travel("undo"),
    redo: () => travel("redo"),
    removeSelected() {
      const { selected, selectedEdges, canWrite } = get();
      if (!canWrite || !(selected.length || selectedEdges.length)) return;
      get().edit((now) => remove(now, selected, selectedEdges));
      set({ selected: [], selectedEdges: [] });
    },
    replaceDefinition(definition, revision, problems) {
      get().end();
      last = { as: null, at: 0 };
      fresh.clear();
      set({ definition, revision });
      if (problems) get().setProblems(problems);
      prune();
    },
  };
}

function selecting(set: Set, get: Get): Selecting {
  return {
    select(selected, selectedEdges = []) {
      const state = get();
      if (equal(state.selected, selected) && equal(state.selectedEdges, selectedEdges)) return;
      const openSection = selected.length || selectedEdges.length ? null : state.openSection;
      set({ selected, selectedEdges, openSection, openedFrom: openSection && state.openedFrom });
    },
    open: (openSection, from) => set({ openSection, openedFrom: from ?? null, selected: [], selectedEdges: [] }),
    goBack() {
      const { openedFrom, select, requestFocus } = get();
      if (!openedFrom) return;
      set({ openSection: null, openedFrom: null });
      select([openedFrom]);
      requestFocus({ field: "fields" });
    },
    requestFocus: (request) => set({ focusRequest: { ...request, at: Date.now() } }),
    show({ node, edge, field }) {
      set({
        selected: node && !edge ? [node] : [],
        selectedEdges: edge ? [edge] : [],
        openSection: node || edge ? null : sectionOf(field),
        openedFrom: null,
      });
      get().requestFocus({ field, edge });
    },
  };
}
