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
        label="Who it is"
        field="persona"
        rows={6}
        value={persona}
        placeholder="You are Mira, who helps people to find a flat. Friendly, short, never pushy."
        hint="For the model that words answers."
        set={(words) => set({ persona: words })}
      />
      <Words
        label="Said while an answer takes long"
        field="fillers"
        max={10}
        value={fillers}
        placeholder="One moment, please."
        hint="One of them, in turn."
        set={(words) => set({ fillers: words })}
      />
    </>
  );
}
