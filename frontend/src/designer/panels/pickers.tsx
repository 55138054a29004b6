// Editors that choose among what the flow or the product has: knowledge, tools, a voice.
import { useContext } from "react";
import { Plus } from "lucide-react";
import { PlayVoice } from "../../components/PlayVoice.tsx";
import { VOICES } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { FlowField, Scope } from "./FlowField.tsx";

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

const ONE_VOICE = "The local engine has one voice; others are heard with a provider key.";

export function VoiceEditor({ info, field, value, set }: EditorProps<string>) {
  const isKnown = VOICES.some(([voice]) => voice === value) || !value;
  const options: [string, string][] = [["", "Default"], ...VOICES];
  if (!isKnown) options.push([value, value]);
  const hasVoices = useFlow((state) => state.hasVoices);
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <FlowField label={info.label} hint={hasVoices ? info.hint : ONE_VOICE} field={field}>
      {(control) => (
        <div className="editor-voice">
          <div className="ui-input editor-input">
            <select {...control} value={value} onChange={(event) => set(event.target.value)}>
              {options.map(([voice, name]) => (
                <option key={voice} value={voice}>
                  {name}
                </option>
              ))}
            </select>
          </div>
          {canWrite && <PlayVoice key={value} voice={isKnown ? value : ""} className="" />}
        </div>
      )}
    </FlowField>
  );
}
