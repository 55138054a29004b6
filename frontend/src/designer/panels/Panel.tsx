// What is selected, in detail: a node with its exits, a note, many at once, or a room of the flow itself.
import { useEffect, useRef } from "react";
import { Copy, Plus, Trash2, Workflow, X } from "lucide-react";
import { nodeOf, titleOf } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import { Exits } from "./Exits.tsx";
import { Area, Scope, Text } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Tile, typeName } from "../canvas/icons.tsx";
import { AssistantPanel } from "./AssistantPanel.tsx";
import { KnowledgePanel } from "./KnowledgePanel.tsx";
import { PANELS } from "./nodePanels.tsx";
import { Preview } from "./Preview.tsx";
import { RulesPanel } from "./RulesPanel.tsx";
import { VariablesPanel } from "./Variables.tsx";

const ROOMS = {
  variables: { title: "Variables", hint: "What a call finds out", Panel: VariablesPanel },
  knowledge: { title: "Knowledge", hint: "What answers are made of", Panel: KnowledgePanel },
  rules: { title: "Rules", hint: "What holds at every node", Panel: RulesPanel },
  assistant: { title: "Assistant", hint: "Who speaks, and how", Panel: AssistantPanel },
};

const FRESH = 2000; // milliseconds that a wish to see a field lasts
const SOON = 60;

// Puts the focus into a field, or with `near` as near to it as there is one. field: a path, like variables.name.ask.
function focus(panel, { field, edge }, near) {
  const inside = (edge && panel.querySelector(`[data-edge="${CSS.escape(edge)}"]`)) || panel;
  const path = (field || "").split(".");
  const places = path.map((_, index) => path.slice(0, path.length - index).join("."));
  const place = (near ? places : places.slice(0, 1))
    .map((name) => inside.querySelector(`[data-field="${CSS.escape(name)}"]`))
    .find(Boolean);
  if (!place && !near) return false;
  const folded = place?.closest("details");
  if (folded) folded.open = true;
  place?.scrollIntoView({ block: "center" });
  (place || inside).querySelector("input, textarea, select, button")?.focus({ preventScroll: Boolean(place) });
  return true;
}

// The node that the panel is about: the only one selected, or where the only selected exit leaves.
export function subjectOf({ definition, selected, selectedEdges }) {
  if (selected.length === 1 && !selectedEdges.length) return selected[0];
  if (!selected.length && selectedEdges.length === 1)
    return definition.edges.find(({ id }) => id === selectedEdges[0])?.source || null;
  return null;
}

function Frame({ label, tile, title, hint, children, tools }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const element = useRef(null);
  const wanted = useFlow((state) => state.wanted);
  useEffect(() => {
    if (!wanted) return;
    store.setState({ wanted: null });
    if (Date.now() - wanted.at > FRESH) return;
    // A list opens the item that is meant a moment later; until then the field itself is not there.
    if (!focus(element.current, wanted, false))
      setTimeout(() => element.current && focus(element.current, wanted, true), SOON);
  }, [wanted]);
  return (
    <aside ref={element} className="fl-float fl-props" aria-label={label} data-panel>
      <header>
        {tile}
        <div className="qv-col qv-grow">
          <h2 className="qv-clip">{title}</h2>
          <span className="qv-note qv-clip">{hint}</span>
        </div>
        {tools}
        <button
          type="button"
          className="qv-btn ghost icon fl-s"
          aria-label="Close the panel"
          onClick={() => store.getState().open(null)}
        >
          <X size={16} />
        </button>
      </header>
      <fieldset className="fl-body" disabled={!canWrite}>
        {children}
      </fieldset>
    </aside>
  );
}

export function Panel({ addAfter, connectTo, duplicate }) {
  const store = useFlowStore();
  const room = useFlow((state) => state.room);
  const subject = useFlow(subjectOf);
  const count = useFlow(({ selected }) => selected.length);
  const canWrite = useFlow((state) => state.canWrite);
  if (room) {
    const { title, hint, Panel: Room } = ROOMS[room];
    return (
      <Frame key={room} label={title} title={title} hint={hint}>
        <Scope.Provider value={{}}>
          <Room />
        </Scope.Provider>
      </Frame>
    );
  }
  if (subject)
    return <Subject key={subject} id={subject} addAfter={addAfter} connectTo={connectTo} duplicate={duplicate} />;
  if (count < 2) return null;
  return (
    <Frame label="Selection" title={`${count} selected`} hint="Drag one to move them all">
      {canWrite && (
        <div className="qv-row">
          <button type="button" className="qv-btn surface" onClick={duplicate}>
            <Copy size={16} />
            Duplicate
          </button>
          <button type="button" className="qv-btn red" onClick={() => store.getState().removeSelected()}>
            <Trash2 size={16} />
            Delete
          </button>
        </div>
      )}
    </Frame>
  );
}

function Subject({ id, addAfter, connectTo, duplicate }) {
  const store = useFlowStore();
  const node = useFlow(({ definition }) => nodeOf(definition, id));
  const note = useFlow(({ definition }) => definition.notes.find((item) => item.id === id));
  const canWrite = useFlow((state) => state.canWrite);
  const problems = useFlow((state) => state.problems);
  const edit = store.getState().edit;
  const remove = () => {
    store.getState().select([id]);
    store.getState().removeSelected();
  };
  const tools = canWrite && (
    <>
      <button
        type="button"
        className="qv-btn ghost icon fl-s"
        aria-label="Duplicate"
        title="Duplicate"
        onClick={() => {
          store.getState().select([id]);
          duplicate();
        }}
      >
        <Copy size={14} />
      </button>
      <button type="button" className="qv-btn ghost icon fl-s" aria-label="Delete" title="Delete" onClick={remove}>
        <Trash2 size={14} />
      </button>
    </>
  );
  if (note) {
    return (
      <Frame label="Note" title="Note" hint="No call ever sees it" tools={tools}>
        <Area
          label="Text"
          field="text"
          rows={6}
          value={note.text}
          set={(text) => edit((now) => edits.setNote(now, id, { text }))}
        />
      </Frame>
    );
  }
  if (!node) return null;
  const { Main, More } = PANELS[node.type];
  const set = (patch) => edit((now) => edits.setNode(now, id, patch));
  const general = problems.filter(
    (problem) => problem.node === id && !problem.edge && (!problem.field || problem.field === "node"),
  );
  return (
    <Scope.Provider value={{ node: id }}>
      <Frame
        label={`Properties of ${titleOf(node)}`}
        tile={<Tile type={node.type} outcome={node.outcome} />}
        title={titleOf(node)}
        hint={`${typeName(node)}, ${id}`}
        tools={tools}
      >
        {general.map(({ code, severity, message, remedy }) => (
          <div key={`${code} ${message}`} className={`qv-callout ${severity === "error" ? "red" : "amber"}`}>
            <span>
              {message} {remedy}
            </span>
          </div>
        ))}
        <Text label="Name" field="name" value={node.name} set={(name) => set({ name })} />
        <Main node={node} set={set} />
        {node.type !== "end" && <Exits source={id} onConnect={() => connectTo(id)} />}
        {node.type !== "end" && canWrite && (
          <div className="qv-row">
            <button type="button" className="qv-btn surface fl-s" onClick={() => addAfter(id)}>
              <Plus size={14} />
              Add after…
            </button>
            <button type="button" className="qv-btn surface fl-s" onClick={() => connectTo(id)}>
              <Workflow size={14} />
              Connect to…
            </button>
          </div>
        )}
        {More && (
          <details className="fl-more">
            <summary>More</summary>
            <div className="fl-more-in">
              <More node={node} set={set} />
            </div>
          </details>
        )}
        <Preview id={id} />
      </Frame>
    </Scope.Provider>
  );
}
