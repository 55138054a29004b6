// The fields of a thing, as the catalog describes them: each by the editor of its control.
import type { ComponentType } from "react";
import { catalog } from "../../generated/catalog.ts";
import { initial } from "../model/definition.ts";
import type { HandoffRules } from "../model/flow.ts";
import { AskedForEditor } from "./AskedFor.tsx";
import * as basic from "./basicEditors.tsx";
import { ChoicesEditor } from "./Choices.tsx";
import type { Control, EditorProps, FieldInfo } from "./editor.ts";
import { ExpressionEditor } from "./ExpressionEditor.tsx";
import { KnowledgeBaseEditor } from "./KnowledgeBase.tsx";
import { PassagesEditor } from "./Passages.tsx";
import { SourcesEditor, ToolsEditor, VoiceEditor } from "./pickers.tsx";
import { VariableNameEditor } from "./VariableName.tsx";

const EDITORS: Record<Control, ComponentType<EditorProps<never>>> = {
  text: basic.TextEditor,
  multiline: basic.AreaEditor,
  number: basic.NumberEditor,
  slider: basic.SliderEditor,
  switch: basic.SwitchEditor,
  select: basic.SelectEditor,
  segments: basic.SegmentsEditor,
  words: basic.WordsEditor,
  pattern: basic.PatternEditor,
  choices: ChoicesEditor,
  expression: ExpressionEditor,
  knowledge_base: KnowledgeBaseEditor,
  low_confidence: LowConfidenceEditor,
  passages: PassagesEditor,
  sources: SourcesEditor,
  tools: ToolsEditor,
  variable_name: VariableNameEditor,
  variables: AskedForEditor,
  voice: VoiceEditor,
};

export function EditorField({ info, field, value, set }: EditorProps<unknown>) {
  const Editor = EDITORS[info.control];
  return <Editor info={info} field={field} value={value as never} set={set} />;
}

interface EditorFieldsProps<Item> {
  fields: Record<string, FieldInfo>;
  item: Item;
  set: (patch: Partial<Item>) => void;
  /** The path of a field, as problems name it. */
  path?: (name: string) => string | undefined;
}

export function EditorFields<Item extends object>({
  fields,
  item,
  set,
  path = (name) => name,
}: EditorFieldsProps<Item>) {
  return offered(fields, item).map(([name, info]) => (
    <EditorField
      key={name}
      info={info}
      field={path(name)}
      value={item[name as keyof Item]}
      set={(value) => set({ [name]: value } as Partial<Item>)}
    />
  ));
}

/** The fields without those that can't be used yet, unless the item uses them already. */
export const offered = (fields: Record<string, FieldInfo>, item: object) =>
  Object.entries(fields).filter(
    ([name, { unavailable, initial }]) =>
      !unavailable || JSON.stringify(item[name as keyof typeof item]) !== JSON.stringify(initial),
  );

/** Some of the fields, by their names. */
export const only = <Name extends string>(fields: Record<Name, FieldInfo>, ...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, fields[name]]));

type LowConfidence = HandoffRules["low_confidence"];

function LowConfidenceEditor({ info, field, value, set }: EditorProps<LowConfidence>) {
  const { fields } = catalog.lowConfidence;
  return (
    <>
      <basic.SwitchEditor
        info={info}
        field={field}
        value={Boolean(value)}
        set={(on) => set(on ? (initial(fields) as unknown as LowConfidence) : null)}
      />
      {value && (
        <EditorFields
          fields={fields}
          item={value}
          path={() => undefined}
          set={(patch) => set({ ...value, ...patch })}
        />
      )}
    </>
  );
}
