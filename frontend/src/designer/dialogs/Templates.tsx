// Flows to begin with.
import { useEffect, useState } from "react";
import { LayoutTemplate } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { ErrorMessage } from "../../components/ErrorMessage.tsx";
import type { FlowApi } from "../state/api.ts";
import { Saver } from "../state/saving.ts";
import type { Template, DraftConflict } from "../../api/schema.ts";
import { Problem, asProblem } from "../../api/client.ts";

export function Templates({
  api,
  saver,
  onClose,
  onTaken,
}: {
  api: FlowApi;
  saver: Saver;
  onClose: () => void;
  onTaken: (message: string) => void;
}) {
  const store = useFlowStore();
  const worth = useFlow(({ definition }) => definition.nodes.length > 1);
  const [templates, setTemplates] = useState<Template[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  useEffect(() => {
    api.templates().then(setTemplates, (error) => setProblem(asProblem(error)));
  }, [api]);
  const take = async ({ id, name, definition }: Template) => {
    if (busy) return;
    setBusy(id);
    setProblem(null);
    try {
      await saver.replace((revision) => api.replace({ definition, revision }));
      store.getState().open(null);
      onTaken(`Switched to “${name}”.`);
    } catch (error) {
      const failure = asProblem(error);
      if (failure.status === 409) saver.conflict(failure.body as DraftConflict);
      else setProblem(failure);
      setBusy(null);
    }
  };
  return (
    <Dialog open title="Start from a template" onDismiss={onClose}>
      {worth && (
        <p className="ui-muted">This replaces the current flow. You can undo it, or find the flow under Versions.</p>
      )}
      {problem && <ErrorMessage problem={problem} />}
      {!templates && !problem && (
        <div className="ui-skeleton" style={{ width: "60%" }} role="status" aria-label="Loading" />
      )}
      {templates && (
        <ul className="editor-templates">
          {templates.map((template) => (
            <li key={template.id}>
              <button type="button" disabled={Boolean(busy)} onClick={() => take(template)}>
                <LayoutTemplate size={20} />
                <span className="ui-column">
                  <b>{template.name}</b>
                  <span className="ui-note">{template.description}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
