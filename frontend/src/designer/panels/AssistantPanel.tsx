// Who the assistant is, how it sounds, and what it says while a caller waits.
import { catalog } from "../../generated/catalog.ts";
import * as edits from "../model/edits.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { EditorField, EditorFields } from "./EditorFields.tsx";
import { Scope } from "./FlowField.tsx";

export function AssistantPanel() {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  const start = definition.nodes.find(({ type }) => type === "start");
  return (
    <>
      {start?.type === "start" && (
        <Scope.Provider value={{ node: start.id }}>
          <EditorField
            info={catalog.nodeTypes.start.fields.voice}
            field="voice"
            value={start.voice}
            set={(voice) => store.getState().edit((now) => edits.setNode(now, start.id, { voice: voice as string }))}
          />
        </Scope.Provider>
      )}
      <EditorFields
        fields={catalog.flow.fields}
        item={definition}
        set={(patch) => store.getState().edit((now) => ({ ...now, ...patch }))}
      />
    </>
  );
}
