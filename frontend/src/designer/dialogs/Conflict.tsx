// Somebody else, or another tab, has changed the draft: what is different, and whose it shall be.
import { useState } from "react";
import { Dialog } from "../../components/Dialog.tsx";
import { Differences } from "./Differences.tsx";
import { useFlow } from "../state/context.ts";
import { ErrorMessage } from "../../components/ErrorMessage.tsx";
import { Saver, type OtherDraft } from "../state/saving.ts";
import type { FlowApi } from "../state/api.ts";
import { Problem, asProblem } from "../../api/client.ts";

export function Conflict({
  theirs,
  api,
  saver,
  onDecided,
  onClose,
}: {
  theirs: OtherDraft;
  api: FlowApi;
  saver: Saver;
  onDecided: (message: string, undoable: boolean) => void;
  onClose: () => void;
}) {
  const mine = useFlow((state) => state.definition);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const takeOver = async () => {
    setBusy(true);
    try {
      const { revision, problems } = await api.replace({ definition: mine, revision: null });
      saver.settled(mine, revision, problems);
      onDecided("Your version is now the draft. You can find theirs under Versions.", false);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const load = () => {
    saver.settled(theirs.definition, theirs.revision, theirs.problems);
    onDecided("Their version was loaded.", true);
  };
  return (
    <Dialog open title="Draft has changed" onDismiss={onClose}>
      <div className="editor-conflict">
        {problem && <ErrorMessage problem={problem} />}
        <p>
          {theirs.updated_by ? <b>{theirs.updated_by}</b> : "Someone"} changed this draft while you were editing. Here's
          how yours differs:
        </p>
        <Differences before={theirs.definition} after={mine} />
        <div className="ui-actions end">
          <button type="button" className="ui-button surface mid" onClick={load}>
            Use theirs
          </button>
          <button
            type="button"
            className={`ui-button solid mid ${busy ? "busy" : ""}`}
            disabled={busy}
            onClick={takeOver}
          >
            Keep mine
          </button>
        </div>
      </div>
    </Dialog>
  );
}
