// What the assistant knows: sources, each of passages that answers are made of.
import { useEffect, useState, type ClipboardEvent } from "react";
import { ChevronDown, ChevronRight, Plus, Trash2 } from "lucide-react";
import { newId } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import { Area, Text } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { KnowledgeSource } from "../model/flow.ts";

const MOST = 400; // passages of one source
const LONGEST = 4000; // characters of one

// A longer text as passages: its paragraphs.
function passages(text: string) {
  const found: string[] = [];
  for (const paragraph of text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter(Boolean)) {
    for (let at = 0; at < paragraph.length; at += LONGEST) found.push(paragraph.slice(at, at + LONGEST));
  }
  return found;
}

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
    store.getState().edit((now) => ({ ...now, knowledge: [...now.knowledge, { id, name: "", texts: [""] }] }));
    setOpen(id);
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
      {canWrite && knowledge.length < 100 && (
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
  const setText = (index: number, text: string) =>
    set({ texts: source.texts.map((other, at) => (at === index ? text : other)) });
  // What is pasted as several paragraphs becomes as many passages.
  const onPaste = (index: number) => (event: ClipboardEvent) => {
    const found = passages(event.clipboardData.getData("text"));
    if (found.length < 2) return;
    event.preventDefault();
    set({
      texts: [
        ...source.texts.slice(0, index),
        ...[source.texts[index], ...found].filter((text) => text.trim()),
        ...source.texts.slice(index + 1),
      ].slice(0, MOST),
    });
  };
  const texts = source.texts.length;
  return (
    <li data-field={`knowledge.${source.id}`}>
      <button type="button" className="editor-item" aria-expanded={open} onClick={toggle}>
        {open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
        <span className="ui-clip ui-grow">{source.name || "Untitled"}</span>
        <span className="ui-note">
          {texts} {texts === 1 ? "passage" : "passages"}
        </span>
      </button>
      {open && (
        <div className="editor-item-in">
          <Text
            label="Name (cited in answers)"
            value={source.name}
            placeholder="Price list 2027"
            set={(name) => set({ name })}
          />
          {source.texts.map((text, index) => (
            <PassageField
              key={index}
              index={index}
              text={text}
              set={(words) => setText(index, words)}
              onPaste={onPaste(index)}
              remove={() => set({ texts: source.texts.filter((_, at) => at !== index) })}
            />
          ))}
          {canWrite && (
            <div className="ui-row">
              {texts < MOST && (
                <button
                  type="button"
                  className="ui-button surface editor-small"
                  onClick={() => set({ texts: [...source.texts, ""] })}
                >
                  <Plus size={14} />
                  Passage
                </button>
              )}
              <button
                type="button"
                className="ui-button ghost editor-small red-text"
                onClick={() => store.getState().edit((now) => edits.removeSource(now, source.id))}
              >
                <Trash2 size={14} />
                Delete source
              </button>
            </div>
          )}
          {canWrite && <p className="ui-note">Paste a longer text to turn each paragraph into a passage.</p>}
        </div>
      )}
    </li>
  );
}

interface PassageFieldProps {
  index: number;
  text: string;
  set: (text: string) => void;
  onPaste: (event: ClipboardEvent) => void;
  remove: () => void;
}

function PassageField({ index, text, set, onPaste, remove }: PassageFieldProps) {
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <div className="editor-passage">
      <Area label={`Passage ${index + 1}`} value={text} set={set} onPaste={onPaste} />
      {canWrite && (
        <button
          type="button"
          className="ui-button ghost icon editor-tiny"
          aria-label={`Delete passage ${index + 1}`}
          onClick={remove}
        >
          <Trash2 size={14} />
        </button>
      )}
    </div>
  );
}
