// What the assistant knows: sources, each of passages that answers are made of.
import { useEffect, useState } from "react";
import { ChevronDown, ChevronRight, Pencil, Plus, Trash2 } from "lucide-react";
import { catalog } from "../../generated/catalog.ts";
import { newId } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import { EditorFields } from "./EditorFields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { KnowledgeSource } from "../model/flow.ts";

export function KnowledgePanel() {
  const store = useFlowStore();
  const knowledge = useFlow(({ definition }) => definition.knowledge);
  const canWrite = useFlow((state) => state.canWrite);
  const [open, setOpen] = useState<string | null>(null);
  const focusRequest = useFlow((state) => state.focusRequest);
  useEffect(() => {
    const [section, id] = (focusRequest?.field || "").split(".");
    if (section === "knowledge" && id) setOpen(id);
  }, [focusRequest]);
  const add = () => {
    const id = newId(store.getState().definition, "k");
    store.getState().edit((now) => ({
      ...now,
      knowledge: [...now.knowledge, { id, name: "", texts: [""], base: null, example: false }],
    }));
    store.getState().requestFocus({ field: `knowledge.${id}.name` });
  };
  return (
    <>
      {knowledge.length === 0 && (
        <p className="ui-muted">No knowledge yet. Add what callers ask about, like prices, hours, and rules.</p>
      )}
      <ul className="editor-list">
        {knowledge.map((source) => (
          <Source
            key={source.id}
            source={source}
            open={open === source.id}
            toggle={() => setOpen(open === source.id ? null : source.id)}
          />
        ))}
      </ul>
      {canWrite && knowledge.length < catalog.limits.knowledge && (
        <button type="button" className="ui-button surface" onClick={add}>
          <Plus size={16} />
          Add source
        </button>
      )}
    </>
  );
}

function Source({ source, open, toggle }: { source: KnowledgeSource; open: boolean; toggle: () => void }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const set = (patch: Partial<KnowledgeSource>) =>
    store.getState().edit((now) => edits.setSource(now, source.id, patch));
  const replace = () => {
    store.getState().edit((now) => edits.replaceExample(now, source.id));
    store.getState().requestFocus({ field: `knowledge.${source.id}.texts` });
  };
  const passages = source.base === null ? source.texts.length : source.texts.filter((text) => text.trim()).length;
  return (
    <li data-field={`knowledge.${source.id}`}>
      <button type="button" className="editor-item" aria-expanded={open} onClick={toggle}>
        {open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
        <span className="ui-clip ui-grow">{source.name || "Untitled"}</span>
        {source.example && <span className="ui-badge amber">Example</span>}
        <span className="ui-note">
          {source.base !== null && "Knowledge base"}
          {source.base !== null && passages > 0 && ", "}
          {(source.base === null || passages > 0) && `${passages} ${passages === 1 ? "passage" : "passages"}`}
        </span>
      </button>
      {open && (
        <div className="editor-item-in">
          {source.example ? (
            <ExampleTexts texts={source.texts} />
          ) : (
            <EditorFields
              fields={catalog.knowledgeSource.fields}
              item={source}
              path={(name) => `knowledge.${source.id}.${name}`}
              set={set}
            />
          )}
          {canWrite && (
            <div className="ui-row">
              {source.example && (
                <button type="button" className="ui-button surface editor-small" onClick={replace}>
                  <Pencil size={14} />
                  Replace
                </button>
              )}
              <button
                type="button"
                className="ui-button ghost editor-small red-text"
                onClick={() => store.getState().edit((now) => edits.removeSource(now, source.id))}
              >
                <Trash2 size={14} />
                {source.example ? "Remove" : "Delete source"}
              </button>
            </div>
          )}
        </div>
      )}
    </li>
  );
}

function ExampleTexts({ texts }: { texts: string[] }) {
  return (
    <>
      <p className="ui-note">Callers never hear an example. Replace it with your own knowledge, or remove it.</p>
      <ul className="editor-example">
        {texts.map((text, index) => (
          <li key={index}>{text}</li>
        ))}
      </ul>
    </>
  );
}
