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
  onDecided: (message: string) => void;
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
      onDecided("Your state is the draft now. Versions keeps theirs.");
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const load = () => {
    saver.settled(theirs.definition, theirs.revision, theirs.problems);
    onDecided("Their state is loaded. Undo brings back yours.");
  };
  return (
    <Dialog open title="Changed in another tab" onDismiss={onClose}>
      <div className="fl-conflict">
        {problem && <ErrorMessage problem={problem} />}
        <p>
          {theirs.updated_by ? <b>{theirs.updated_by}</b> : "Somebody"} has changed this draft meanwhile. Yours differs
          from it like this:
        </p>
        <Differences before={theirs.definition} after={mine} />
        <div className="qv-actions end">
          <button type="button" className="qv-btn surface mid" onClick={load}>
            Load theirs
          </button>
          <button type="button" className={`qv-btn solid mid ${busy ? "busy" : ""}`} disabled={busy} onClick={takeOver}>
            Take over with mine
          </button>
        </div>
      </div>
    </Dialog>
  );
}
