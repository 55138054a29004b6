// The texts of a knowledge source, each a passage that answers are made of.
import type { ClipboardEvent } from "react";
import { Plus, Trash2 } from "lucide-react";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { Area } from "./fields.tsx";

// A longer text as passages: its paragraphs.
function passages(text: string, longest: number) {
  const parts: string[] = [];
  for (const paragraph of text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter(Boolean)) {
    for (let at = 0; at < paragraph.length; at += longest) parts.push(paragraph.slice(at, at + longest));
  }
  return parts;
}

export function PassagesEditor({
  info: { maxItems = 0, maxItemLength = 0 },
  field,
  value,
  set,
}: EditorProps<string[]>) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const add = () => {
    set([...value, ""]);
    store.getState().requestFocus({ field: `${field}.${value.length}` });
  };
  // What is pasted as several paragraphs becomes as many passages.
  const onPaste = (index: number) => (event: ClipboardEvent) => {
    const paragraphs = passages(event.clipboardData.getData("text"), maxItemLength);
    if (paragraphs.length < 2) return;
    event.preventDefault();
    const pasted = [value[index], ...paragraphs].filter((text) => text.trim());
    set([...value.slice(0, index), ...pasted, ...value.slice(index + 1)].slice(0, maxItems));
  };
  return (
    <div className="editor-passages" data-field={field}>
      {value.map((text, index) => (
        <div key={index} className="editor-passage" data-field={`${field}.${index}`}>
          <Area
            label={`Passage ${index + 1}`}
            max={maxItemLength}
            value={text}
            set={(words) => set(value.map((other, at) => (at === index ? words : other)))}
            onPaste={onPaste(index)}
          />
          {canWrite && (
            <button
              type="button"
              className="ui-button ghost icon editor-tiny"
              aria-label={`Delete passage ${index + 1}`}
              onClick={() => set(value.filter((_, at) => at !== index))}
            >
              <Trash2 size={14} />
            </button>
          )}
        </div>
      ))}
      {canWrite && value.length < maxItems && (
        <div className="ui-row">
          <button type="button" className="ui-button surface editor-small" onClick={add}>
            <Plus size={14} />
            Passage
          </button>
        </div>
      )}
      {canWrite && <p className="ui-note">Paste a longer text to turn each paragraph into a passage.</p>}
    </div>
  );
}
