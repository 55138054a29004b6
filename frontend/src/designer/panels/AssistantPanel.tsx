// Who the assistant is, and what it says while a caller waits.
import { catalog } from "../../generated/catalog.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { EditorFields } from "./EditorFields.tsx";

export function AssistantPanel() {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  return (
    <EditorFields
      fields={catalog.flow.fields}
      item={definition}
      set={(patch) => store.getState().edit((now) => ({ ...now, ...patch }))}
    />
  );
}
