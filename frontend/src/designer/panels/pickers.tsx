// Editors that choose among what the flow or the product has: knowledge, tools, a voice.
import { useContext } from "react";
import { Plus } from "lucide-react";
import { VOICES } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { FlowField, Scope } from "./FlowField.tsx";
import { Choose } from "./fields.tsx";

const toggled = (values: string[], one: string) =>
  values.includes(one) ? values.filter((other) => other !== one) : [...values, one];

interface PicksProps {
  labelId: string;
  options: [string, string][];
  value: string[];
  set: (value: string[]) => void;
  empty?: string;
}

function Picks({ labelId, options, value, set, empty }: PicksProps) {
  return (
    <div className="editor-picks" role="group" aria-labelledby={labelId}>
      {options.map(([key, name]) => (
        <button key={key} type="button" aria-pressed={value.includes(key)} onClick={() => set(toggled(value, key))}>
          {name}
        </button>
      ))}
      {options.length === 0 && <span className="ui-note">{empty}</span>}
    </div>
  );
}

export function SourcesEditor({ info, field, value, set }: EditorProps<string[]>) {
  const store = useFlowStore();
  const knowledge = useFlow(({ definition }) => definition.knowledge);
  const { node } = useContext(Scope);
  const options = knowledge.map(({ id, name }): [string, string] => [id, name || "Untitled"]);
  const add = (
    <button
      type="button"
      className="ui-button ghost editor-small"
      onClick={() => store.getState().open("knowledge", node)}
    >
      <Plus size={14} />
      Add
    </button>
  );
  return (
    <FlowField
      label={info.label}
      field={field}
      group
      hint={knowledge.length && !value.length ? info.hint : ""}
      aside={add}
    >
      {(_control, _problem, labelId) => (
        <Picks labelId={labelId} options={options} value={value} set={set} empty="This flow has no knowledge yet." />
      )}
    </FlowField>
  );
}

export function ToolsEditor({ info, field, value, set }: EditorProps<string[]>) {
  return (
    <FlowField label={info.label} field={field} hint={info.hint} group>
      {(_control, _problem, labelId) => (
        <Picks labelId={labelId} options={Object.entries(info.options ?? {})} value={value} set={set} />
      )}
    </FlowField>
  );
}

export function VoiceEditor({ info, field, value, set }: EditorProps<string>) {
  const isKnown = VOICES.some(([voice]) => voice === value) || !value;
  const options: [string, string][] = [["", "Default"], ...VOICES];
  if (!isKnown) options.push([value, value]);
  return <Choose label={info.label} hint={info.hint} field={field} value={value} options={options} set={set} />;
}
