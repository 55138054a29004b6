// Flows to begin with.
import { useEffect, useState } from "react";
import { LayoutTemplate } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { Trouble } from "../../components/Form.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";

export function Templates({ api, saver, onClose, onTaken }) {
  const store = useFlowStore();
  const worth = useFlow(({ definition }) => definition.nodes.length > 1);
  const [templates, setTemplates] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(null);
  useEffect(() => {
    api.templates().then(setTemplates).catch(setProblem);
  }, []);
  const take = async ({ id, name, definition }) => {
    if (busy) return;
    setBusy(id);
    setProblem(null);
    try {
      await saver.replace((revision) => api.replace({ definition, revision }));
      store.getState().open(null);
      onTaken(`The flow is “${name}” now. Undo brings back what it was.`);
    } catch (error) {
      if (error.status === 409) saver.conflict(error.body);
      else setProblem(error);
      setBusy(null);
    }
  };
  return (
    <Dialog open title="Begin with a template" onDismiss={onClose}>
      {worth && (
        <p className="qv-mute">It takes the place of the flow. Undo brings the flow back, and Versions keeps it.</p>
      )}
      {problem && <Trouble problem={problem} />}
      {!templates && !problem && (
        <div className="qv-skel" style={{ width: "60%" }} role="status" aria-label="Loading" />
      )}
      {templates && (
        <ul className="fl-templates">
          {templates.map((template) => (
            <li key={template.id}>
              <button type="button" disabled={Boolean(busy)} onClick={() => take(template)}>
                <LayoutTemplate size={20} />
                <span className="qv-col">
                  <b>{template.name}</b>
                  <span className="qv-note">{template.description}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
