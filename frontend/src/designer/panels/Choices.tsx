// The values of a choice, each with other words for it.
import { catalog } from "../../generated/catalog.ts";
import type { Choice } from "../model/flow.ts";
import type { EditorProps } from "./editor.ts";
import { WordsEditor } from "./basicEditors.tsx";

const { also } = catalog.choice.fields;

export function ChoicesEditor({ info, field, value, set }: EditorProps<Choice[]>) {
  const choiceOf = (name: string) => value.find((choice) => choice.value === name) || { value: name, also: [] };
  return (
    <div className="editor-choices">
      <WordsEditor
        info={info}
        field={field}
        value={value.map((choice) => choice.value)}
        set={(names) => set(names.map(choiceOf))}
      />
      {value.map((choice) => (
        <WordsEditor
          key={choice.value}
          info={{ ...also, label: `${also.label} for “${choice.value}”` }}
          value={choice.also}
          set={(also) => set(value.map((other) => (other === choice ? { ...choice, also } : other)))}
        />
      ))}
    </div>
  );
}
