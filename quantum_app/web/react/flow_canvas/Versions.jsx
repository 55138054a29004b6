// What was published, by whom and why; what differs from the draft; and the way back.
import { useEffect, useState } from "react";
import { Download, RotateCcw } from "lucide-react";
import { Dialog } from "../dialog/Dialog.jsx";
import { Ago } from "../clock/clock.jsx";
import { Trouble } from "../forms/form.jsx";
import { Differences } from "./Differences.jsx";
import { useFlow, useFlowStore } from "./flow.js";

export function Versions({ api, versions, published, saver, onClose, tell }) {
  const [chosen, setChosen] = useState(versions[0]?.version ?? null);
  return (
    <Dialog open title="Versions" onDismiss={onClose}>
      <div className="fl-versions fl-wide">
        {versions.length === 0 && <p className="qv-mute">Nothing is published yet. Each time you publish, a version is kept here.</p>}
        {versions.length > 0 && (
          <>
            <ol>
              {versions.map(({ version, note, author, created_at: at }) => (
                <li key={version}>
                  <button type="button" className={chosen === version ? "on" : ""} aria-pressed={chosen === version} onClick={() => setChosen(version)}>
                    <span className="qv-row"><b>v{version}</b>{version === published && <span className="qv-badge green">Live</span>}<span className="qv-note"><Ago at={at} /></span></span>
                    <span className="qv-note">{author || "Without a person"}</span>
                    {note && <span className="note">{note}</span>}
                  </button>
                </li>
              ))}
            </ol>
            {chosen && <Version key={chosen} number={chosen} api={api} saver={saver} onClose={onClose} tell={tell} />}
          </>
        )}
      </div>
    </Dialog>
  );
}

function Version({ number, api, saver, onClose, tell }) {
  const store = useFlowStore();
  const draft = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const [version, setVersion] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    api.version(number).then(setVersion).catch(setProblem);
  }, [number]);
  const restore = async () => {
    setBusy(true);
    setProblem(null);
    try {
      if (!(await saver.settle())) throw Object.assign(new Error("Your last changes are not saved yet. Try again when they are."), { status: 0 });
      const { definition, revision, problems } = await api.restore(number, { revision: store.getState().revision });
      saver.settled(definition, revision, problems);
      tell(`The draft is version ${number} again. Undo brings back what it was.`);
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <section aria-label={`Version ${number}`}>
      {problem && <Trouble problem={problem} />}
      {!version && !problem && <div className="qv-skel" style={{ width: "60%" }} />}
      {version && (
        <>
          <h3>From v{number} to the draft</h3>
          <Differences before={version.definition} after={draft} none="The draft is the same." />
          <div className="qv-actions">
            {canWrite && <button type="button" className={`qv-btn surface ${busy ? "busy" : ""}`} disabled={busy} onClick={restore}><RotateCcw size={16} />Restore as draft</button>}
            <a className="qv-btn ghost" href={api.exportUrl(number)} download><Download size={16} />Export</a>
          </div>
        </>
      )}
    </section>
  );
}
