// What conditions and texts call a variable: it is renamed everywhere, once the new name can be used.
import { BUILT_IN } from "../model/definition.ts";
import { useFlowStore } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { CommitOnBlurInput } from "./fields.tsx";

export function VariableNameEditor({ info, field, value, set }: EditorProps<string>) {
  const store = useFlowStore();
  const check = (text: string) => {
    if (!new RegExp(info.pattern ?? "").test(text))
      return "Use lowercase letters, digits, and underscores. Start with a letter.";
    if (text in BUILT_IN) return "This name is reserved.";
    return text !== value && store.getState().definition.variables.some(({ name }) => name === text)
      ? "Another variable already has this name."
      : "";
  };
  return (
    <CommitOnBlurInput
      label={info.label}
      hint={info.hint}
      field={field}
      value={value}
      className="editor-code"
      spellCheck={false}
      check={check}
      set={set}
    />
  );
}
