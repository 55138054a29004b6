// Who the assistant is, and what it says while a caller waits.
import { Area, Words } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { FlowDefinition } from "../model/flow.ts";

export function AssistantPanel() {
  const store = useFlowStore();
  const persona = useFlow(({ definition }) => definition.persona);
  const fillers = useFlow(({ definition }) => definition.fillers);
  const set = (patch: Partial<FlowDefinition>) => store.getState().edit((now) => ({ ...now, ...patch }));
  return (
    <>
      <Area
        label="Persona"
        field="persona"
        rows={6}
        value={persona}
        placeholder="You are Mira, and you help people find an apartment. Friendly, brief, never pushy."
        hint="Instructions for the language model."
        set={(words) => set({ persona: words })}
      />
      <Words
        label="Filler phrases"
        field="fillers"
        max={10}
        value={fillers}
        placeholder="One moment, please."
        hint="Spoken in turn while an answer takes long."
        set={(words) => set({ fillers: words })}
      />
    </>
  );
}
