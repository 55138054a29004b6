// What one can do in the designer, by key, button or menu. Only the canvas, dialogs and files need the page.
import { asProblem, Problem } from "../api/client.ts";
import type { DraftConflict } from "../api/schema.ts";
import { copyOf, paste, readCopy, type FlowPart } from "./model/clipboard.ts";
import { NODE_HEIGHT, NODE_WIDTH, nodeOf } from "./model/definition.ts";
import * as edits from "./model/edits.ts";
import type { FlowDefinition, NodeType, Position } from "./model/flow.ts";
import { arrange } from "./model/layout.ts";
import type { FlowApi } from "./state/api.ts";
import type { Saver } from "./state/saving.ts";
import type { FlowState, FlowStore, Tell } from "./state/store.ts";

const LAYOUT_MS = 50; // until what has moved is on the page

export type View = "canvas" | "outline";
export type EditorDialog =
  | { kind: "add"; source?: string; place?: Position; pointer?: Position }
  | { kind: "connect"; source: string }
  | { kind: "search" | "keys" | "versions" | "templates" | "publish" | "conflict" };

/** What commands need of the page. */
export interface EditorContext {
  store: FlowStore;
  api: FlowApi;
  saver: Saver;
  view: View;
  setView: (view: View) => void;
  openDialog: (dialog: EditorDialog) => void;
  tell: Tell;
  /** The middle of what the canvas shows, in the flow's coordinates. */
  viewCenter: () => Position;
  /** Where the pointer is on the canvas, if it is there. */
  pointer: () => Position | null;
  /** The element of a node or an edge, on the canvas or in the outline. */
  find: (selector: string) => HTMLElement | null;
  reveal: (id: string) => void;
  fit: () => void;
  /** The view in which a flow is opened. */
  home: () => void;
  chooseFile: () => void;
  toggleProblems: () => void;
  /** Whether they were open. */
  closeProblems: () => boolean;
  toggleSimulator: () => void;
  openSimulator: () => void;
}

/** The node that the panel is about: the only one selected, or where the only selected exit leaves. */
export function subjectOf({ definition, selected, selectedEdges }: FlowState): string | null {
  if (selected.length === 1 && !selectedEdges.length) return selected[0];
  if (!selected.length && selectedEdges.length === 1) {
    return definition.edges.find(({ id }) => id === selectedEdges[0])?.source || null;
  }
  return null;
}

// The node or edge that an element of the canvas or the outline stands for.
function placeOf(target: Element): { node?: string; edge?: string } {
  const place = target.closest<HTMLElement>("[data-row], .react-flow__node, .react-flow__edge");
  if (!place) return {};
  const { node, edge, id } = place.dataset;
  return place.matches(".react-flow__edge") ? { edge: id } : { node: edge ? undefined : node || id, edge };
}

function addingCommands({ store, view, viewCenter, pointer, reveal, tell }: EditorContext) {
  const state = () => store.getState();
  const freeCenter = (): Position => {
    const { nodes } = state().definition;
    if (view === "outline") {
      return { x: 0, y: nodes.length ? Math.max(...nodes.map(({ y }) => y)) + NODE_HEIGHT + 80 : 0 };
    }
    const { x, y } = viewCenter();
    return { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 };
  };
  const insert = ([definition, id]: edits.Addition, field: string) => {
    state().edit(() => definition);
    state().select([id]);
    state().requestFocus({ field });
  };
  const pasteAt = (copy: FlowPart, at?: Position) => {
    const [definition, ids, without] = paste(state().definition, copy, at);
    state().edit(() => definition);
    state().select(ids);
    return { ids, without };
  };
  const placeOr = (place?: Position) => place || edits.freePlace(state().definition, freeCenter());
  return {
    addNode: (type: NodeType, place?: Position) =>
      insert(edits.addNode(state().definition, type, placeOr(place)), "name"),
    addNote: (place?: Position) => insert(edits.addNote(state().definition, placeOr(place)), "text"),
    addAfter: (source: string, type: NodeType, place?: Position) =>
      insert(edits.addAfter(state().definition, source, type, place), "name"),
    connectNodes: (source: string, target: string) => {
      const [definition, id] = edits.connect(state().definition, source, target);
      state().edit(() => definition);
      state().select([], [id]);
      state().requestFocus({ edge: id, field: "condition" });
    },
    duplicate: () => {
      const copy = readCopy(copyOf(state().definition, state().selected));
      if (!copy || !state().canWrite) return;
      pasteAt(copy);
    },
    /** At the pointer; else beside where it was copied. */
    paste: (copy: FlowPart) => {
      const at = view === "canvas" ? pointer() : null;
      const { ids, without } = pasteAt(copy, at ?? undefined);
      if (!at && ids.length) reveal(ids[0]);
      if (without.length) tell(`Pasted without knowledge this campaign doesn't have: ${without.join(", ")}`);
    },
  };
}

function selectionCommands({ store, find, closeProblems }: EditorContext) {
  const state = () => store.getState();
  const focusSubject = () => {
    const { selected, selectedEdges } = state();
    const [node, edge] = [selected.at(0), selectedEdges.at(0) ?? ""].map((id) => id && CSS.escape(id));
    const selector = node
      ? `[data-node="${node}"], .react-flow__node[data-id="${node}"]`
      : `[data-edge="${edge}"][data-row], .react-flow__edge[data-id="${edge}"]`;
    find(selector)?.focus();
  };
  return {
    selectAll: () => state().select([...state().definition.nodes, ...state().definition.notes].map(({ id }) => id)),
    leave: () => closeProblems() || state().open(null),
    leavePanel: () => {
      if (state().openedFrom) state().goBack();
      else if (state().openSection) state().open(null);
      else focusSubject();
    },
    /** What has the focus is what a key is about, also when something else is selected. */
    syncSelectionToFocus: (target: Element) => {
      const { node, edge } = placeOf(target);
      const { selected, selectedEdges, select } = state();
      if (node && !selected.includes(node)) select([node]);
      if (edge && !selectedEdges.includes(edge)) select([], [edge]);
    },
    enter: (target: Element) => {
      const { node, edge } = placeOf(target);
      state().select(node ? [node] : [], edge ? [edge] : []);
      if (edge) state().requestFocus({ edge, field: "condition" });
      else state().requestFocus({ field: nodeOf(state().definition, node) ? "name" : "text" });
    },
  };
}

function importCommand({ api, saver, tell, home }: EditorContext) {
  const read = async (file: File): Promise<FlowDefinition> => {
    const notAFlow = (reason: string) => new Problem(0, { detail: `“${file.name}” isn't a flow: ${reason}` });
    const text = await file.text();
    let definition: FlowDefinition | null;
    try {
      definition = JSON.parse(text);
    } catch {
      throw notAFlow("it isn't valid JSON.");
    }
    if (!definition?.nodes) throw notAFlow("it has no nodes.");
    return definition;
  };
  return async (file: File) => {
    try {
      const definition = await read(file);
      await saver.replace((revision) => api.replace({ definition, revision }));
      tell(`“${file.name}” is now the draft.`, { undoable: true });
      setTimeout(home, LAYOUT_MS);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 409) saver.conflict(problem.body as DraftConflict);
      else tell(problem.message, { failed: true });
    }
  };
}

export function createCommands(context: EditorContext) {
  const { store, api, saver, openDialog, view, setView, fit, home } = context;
  const state = () => store.getState();
  const ifWritable = (action: () => void) => () => {
    if (state().canWrite) action();
  };
  const withSubject = (action: (source: string) => void) =>
    ifWritable(() => {
      const id = subjectOf(state());
      const node = nodeOf(state().definition, id);
      if (id && node && node.type !== "end") action(id); // a note leads nowhere
    });
  const addAfter = (source: string, place?: Position, pointer?: Position) =>
    openDialog({ kind: "add", source, place, pointer });
  const judging = (action: () => void) => () => {
    state().judgeAll();
    action();
  };
  const connectTo = (source: string) => openDialog({ kind: "connect", source });
  const adding = addingCommands(context);
  return {
    ...selectionCommands(context),
    addNode: adding.addNode,
    addNote: adding.addNote,
    drop: (type: NodeType | "note", place: Position) =>
      type === "note" ? adding.addNote(place) : adding.addNode(type, place),
    insertAfter: adding.addAfter,
    connectNodes: adding.connectNodes,
    duplicate: adding.duplicate,
    paste: adding.paste,
    addAfter,
    connectTo,
    add: ifWritable(() => openDialog({ kind: "add" })),
    after: withSubject(addAfter),
    connect: withSubject(connectTo),
    search: () => openDialog({ kind: "search" }),
    keys: () => openDialog({ kind: "keys" }),
    versions: () => openDialog({ kind: "versions" }),
    templates: () => openDialog({ kind: "templates" }),
    publish: judging(() => openDialog({ kind: "publish" })),
    decide: () => openDialog({ kind: "conflict" }),
    problems: judging(context.toggleProblems),
    simulator: context.toggleSimulator,
    testDraft: context.openSimulator,
    importFile: context.chooseFile,
    importFrom: importCommand(context),
    exportUrl: api.exportUrl(),
    save: () => saver.settle(),
    otherView: () => setView(view === "canvas" ? "outline" : "canvas"),
    fit,
    homeLater: () => setTimeout(home, LAYOUT_MS),
    reveal: context.reveal,
    arrange: ifWritable(() => {
      state().edit((now) => edits.move(now, arrange(now)));
      setTimeout(fit, LAYOUT_MS);
    }),
  };
}
export type Commands = ReturnType<typeof createCommands>;
