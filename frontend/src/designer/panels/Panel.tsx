// What is selected, in detail: a node with its exits, a note, many at once, or a section of the flow itself.
import { useEffect, useRef, type ReactNode } from "react";
import { ArrowLeft, CopyPlus, Plus, Trash2, Workflow, X } from "lucide-react";
import { nodeOf, titleOf } from "../model/definition.ts";
import { catalog } from "../../generated/catalog.ts";
import * as edits from "../model/edits.ts";
import { Exits } from "./Exits.tsx";
import { EditorFields } from "./EditorFields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Tile, typeName, outcomeOf } from "../canvas/icons.tsx";
import { AssistantPanel } from "./AssistantPanel.tsx";
import { KnowledgePanel } from "./KnowledgePanel.tsx";
import { MoreSettings, NodePanel, hasMoreSettings } from "./nodePanels.tsx";
import { Preview } from "./Preview.tsx";
import { RulesPanel } from "./RulesPanel.tsx";
import { VariablesPanel } from "./Variables.tsx";
import { Scope } from "./FlowField.tsx";
import { subjectOf, type Commands } from "../commands.ts";
import type { FocusRequest } from "../state/store.ts";
import type { NodePatch } from "../model/flow.ts";

const SECTIONS = {
  variables: { title: "Variables", hint: "What callers tell you", Panel: VariablesPanel },
  knowledge: { title: "Knowledge", hint: "What the assistant answers from", Panel: KnowledgePanel },
  rules: { title: "Rules", hint: "Apply at every node", Panel: RulesPanel },
  assistant: { title: "Assistant", hint: "Voice, persona, and filler phrases", Panel: AssistantPanel },
};

const FRESH = 2000; // milliseconds that a wish to see a field lasts
const SOON = 60;

// Puts the focus into a field, or with `near` as near to it as there is one. field: a path, like variables.name.ask.
function focus(panel: HTMLElement, { field, edge }: FocusRequest, near: boolean) {
  const inside = (edge && panel.querySelector<HTMLElement>(`[data-edge="${CSS.escape(edge)}"]`)) || panel;
  const path = (field || "").split(".");
  const places = path.map((_, index) => path.slice(0, path.length - index).join("."));
  const place = (near ? places : places.slice(0, 1))
    .map((name) => inside.querySelector(`[data-field="${CSS.escape(name)}"]`))
    .find(Boolean);
  if (!place && !near) return false;
  const folded = place?.closest("details");
  if (folded) folded.open = true;
  place?.scrollIntoView({ block: "center" });
  const within = place || inside;
  const control =
    within.querySelector<HTMLElement>("input, textarea, select") ?? within.querySelector<HTMLElement>("button");
  control?.focus({ preventScroll: Boolean(place) });
  return true;
}

function Frame({
  label,
  tile,
  title,
  hint,
  children,
  tools,
}: {
  label: string;
  tile?: ReactNode;
  title: string;
  hint?: string;
  children: ReactNode;
  tools?: ReactNode;
}) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const element = useRef<HTMLElement>(null);
  const focusRequest = useFlow((state) => state.focusRequest);
  useEffect(() => {
    if (!focusRequest) return;
    store.setState({ focusRequest: null });
    if (Date.now() - focusRequest.at > FRESH) return;
    const { current: panel } = element;
    // A list opens the item that is meant a moment later; until then the field itself is not there.
    if (panel && !focus(panel, focusRequest, false)) {
      setTimeout(() => element.current && focus(element.current, focusRequest, true), SOON);
    }
  }, [focusRequest, store]);
  return (
    <aside ref={element} className="editor-float editor-panel" aria-label={label} data-panel>
      <header>
        {tile}
        <div className="ui-column ui-grow">
          <h2 className="ui-clip">{title}</h2>
          <span className="ui-note ui-clip">{hint}</span>
        </div>
        {tools}
        <button
          type="button"
          className="ui-button ghost icon editor-small"
          aria-label="Close panel"
          onClick={() => store.getState().open(null)}
        >
          <X size={16} />
        </button>
      </header>
      {/* A fieldset doesn't shrink to the panel's height, so what scrolls is around it. */}
      <div className="editor-scroll">
        <fieldset className="editor-body" disabled={!canWrite}>
          {children}
        </fieldset>
      </div>
    </aside>
  );
}

export function Panel({ addAfter, connectTo, duplicate }: Pick<Commands, "addAfter" | "connectTo" | "duplicate">) {
  const store = useFlowStore();
  const section = useFlow((state) => state.openSection);
  const subject = useFlow(subjectOf);
  const count = useFlow(({ selected }) => selected.length);
  const canWrite = useFlow((state) => state.canWrite);
  if (section) {
    const { title, hint, Panel: Content } = SECTIONS[section];
    return (
      <Frame key={section} label={title} tile={<Back />} title={title} hint={hint}>
        <Scope.Provider value={{}}>
          <Content />
        </Scope.Provider>
      </Frame>
    );
  }
  if (subject)
    return <Subject key={subject} id={subject} addAfter={addAfter} connectTo={connectTo} duplicate={duplicate} />;
  if (count < 2) return null;
  return (
    <Frame label="Selection" title={`${count} selected`} hint="Drag one to move all">
      {canWrite && (
        <div className="ui-row">
          <button type="button" className="ui-button surface" onClick={duplicate}>
            <CopyPlus size={16} />
            Duplicate
          </button>
          <button type="button" className="ui-button red" onClick={() => store.getState().removeSelected()}>
            <Trash2 size={16} />
            Delete
          </button>
        </div>
      )}
    </Frame>
  );
}

/** To the node that the section was opened from. */
function Back() {
  const store = useFlowStore();
  const from = useFlow(({ definition, openedFrom }) => nodeOf(definition, openedFrom));
  if (!from) return null;
  return (
    <button
      type="button"
      className="ui-button ghost icon editor-small editor-back"
      aria-label={`Back to ${titleOf(from)}`}
      title={`Back to ${titleOf(from)}`}
      onClick={() => store.getState().goBack()}
    >
      <ArrowLeft size={16} />
    </button>
  );
}

type SubjectProps = Pick<Commands, "addAfter" | "connectTo" | "duplicate"> & { id: string };

function Subject({ id, addAfter, connectTo, duplicate }: SubjectProps) {
  const store = useFlowStore();
  const node = useFlow(({ definition }) => nodeOf(definition, id));
  const note = useFlow(({ definition }) => definition.notes.find((item) => item.id === id));
  const canWrite = useFlow((state) => state.canWrite);
  const problems = useFlow((state) => state.problems);
  const edit = store.getState().edit;
  const tools = canWrite && (
    <SubjectTools
      duplicate={() => {
        store.getState().select([id]);
        duplicate();
      }}
      remove={() => {
        store.getState().select([id]);
        store.getState().removeSelected();
      }}
    />
  );
  if (note) {
    return (
      <Frame label="Note" title="Note" hint="Not part of the call" tools={tools}>
        <EditorFields
          fields={catalog.note.fields}
          item={note}
          set={(patch) => edit((now) => edits.setNote(now, id, patch))}
        />
      </Frame>
    );
  }
  if (!node) return null;
  const set = (patch: NodePatch) => edit((now) => edits.setNode(now, id, patch));
  const general = problems.filter(
    (problem) => problem.node === id && !problem.edge && (!problem.field || problem.field === "node"),
  );
  return (
    <Scope.Provider value={{ node: id }}>
      <Frame
        label={`Properties of ${titleOf(node)}`}
        tile={<Tile type={node.type} outcome={outcomeOf(node)} />}
        title={titleOf(node)}
        hint={typeName(node)}
        tools={tools}
      >
        {general.map(({ code, severity, message, remedy }) => (
          <div key={`${code} ${message}`} className={`ui-callout ${severity === "error" ? "red" : "amber"}`}>
            <span>
              {message} {remedy}
            </span>
          </div>
        ))}
        <NodePanel node={node} set={set} />
        {node.type !== "end" && <Exits source={id} onConnect={() => connectTo(id)} />}
        {node.type !== "end" && canWrite && <NextNode addAfter={() => addAfter(id)} connectTo={() => connectTo(id)} />}
        {hasMoreSettings(node) && (
          <details className="editor-more">
            <summary>More</summary>
            <div className="editor-more-in">
              <MoreSettings node={node} set={set} />
            </div>
          </details>
        )}
        <Preview id={id} />
      </Frame>
    </Scope.Provider>
  );
}

function SubjectTools({ duplicate, remove }: { duplicate: () => void; remove: () => void }) {
  return (
    <>
      <button
        type="button"
        className="ui-button ghost icon editor-small"
        aria-label="Duplicate"
        title="Duplicate"
        onClick={duplicate}
      >
        <CopyPlus size={14} />
      </button>
      <button
        type="button"
        className="ui-button ghost icon editor-small"
        aria-label="Delete"
        title="Delete"
        onClick={remove}
      >
        <Trash2 size={14} />
      </button>
    </>
  );
}

function NextNode({ addAfter, connectTo }: { addAfter: () => void; connectTo: () => void }) {
  return (
    <div className="ui-row">
      <button type="button" className="ui-button surface editor-small" onClick={addAfter}>
        <Plus size={14} />
        Add next node…
      </button>
      <button type="button" className="ui-button surface editor-small" onClick={connectTo}>
        <Workflow size={14} />
        Connect to…
      </button>
    </div>
  );
}
