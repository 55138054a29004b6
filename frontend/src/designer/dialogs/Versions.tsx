// What was published, by whom and why, and drafts that another flow took the place of; what differs; and the way back.
import { useEffect, useState } from "react";
import { Download, RotateCcw } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { Ago } from "../../components/time.tsx";
import { Trouble } from "../../components/Form.tsx";
import { same } from "../model/change.ts";
import { Differences } from "./Differences.tsx";
import { useFlow } from "../state/context.ts";

// A version or an earlier draft, as the list shows it. load: the flow; restore: draw on from it.
const ofVersion =
  (api) =>
  ({ version, note, author, created_at: at }) => ({
    key: version,
    name: `v${version}`,
    version,
    at,
    by: author || "Came with the campaign",
    note,
    load: () => api.version(version),
    restore: (body) => api.restore(version, body),
    exportUrl: api.exportUrl(version),
    restored: `The draft is version ${version} again.`,
  });
const ofEarlier =
  (api) =>
  ({ id, replaced_by: by, replaced_at: at }) => ({
    key: id,
    name: "Draft",
    at,
    by,
    note: "Another flow took its place",
    load: () => api.earlierDraft(id),
    restore: (body) => api.restoreEarlier(id, body),
    restored: "The earlier draft is back.",
  });

export function Versions({ api, versions, published, saver, onClose, tell }) {
  const [earlier, setEarlier] = useState([]);
  const [chosen, setChosen] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    api
      .earlier()
      .then(({ drafts }) => setEarlier(drafts))
      .catch(setProblem);
  }, []);
  const kept = [...versions.map(ofVersion(api)), ...earlier.map(ofEarlier(api))].sort(
    (one, other) => Date.parse(other.at) - Date.parse(one.at),
  );
  const shown = kept.find(({ key }) => key === chosen) || kept.find(({ version }) => version) || kept[0];
  return (
    <Dialog open title="Versions" onDismiss={onClose}>
      {problem && <Trouble problem={problem} />}
      <div className="fl-versions fl-wide">
        {!shown && <p className="qv-mute">Nothing is published yet. Each time you publish, a version is kept here.</p>}
        {shown && (
          <>
            <ol>
              {kept.map(({ key, name, version, at, by, note }) => (
                <li key={key}>
                  <button
                    type="button"
                    className={key === shown.key ? "on" : ""}
                    aria-pressed={key === shown.key}
                    onClick={() => setChosen(key)}
                  >
                    <span className="qv-row">
                      <b>{name}</b>
                      {version === published && <span className="qv-badge green">Live</span>}
                      <span className="qv-note">
                        <Ago at={at} />
                      </span>
                    </span>
                    <span className="qv-note">{by}</span>
                    {note && <span className="note">{note}</span>}
                  </button>
                </li>
              ))}
            </ol>
            <Kept key={shown.key} shown={shown} saver={saver} onClose={onClose} tell={tell} />
          </>
        )}
      </div>
    </Dialog>
  );
}

function Kept({ shown, saver, onClose, tell }) {
  const draft = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const name = shown.version ? shown.name : "the earlier draft";
  useEffect(() => {
    shown.load().then(setFound).catch(setProblem);
  }, []);
  const restore = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await saver.replace((revision) => shown.restore({ revision }));
      tell(`${shown.restored} Undo brings back what it was.`);
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <section aria-label={shown.version ? `Version ${shown.version}` : "Earlier draft"}>
      {problem && <Trouble problem={problem} />}
      {!found && !problem && <div className="qv-skel" style={{ width: "60%" }} />}
      {found && (
        <>
          <h3>From {name} to the draft</h3>
          <Differences before={found.definition} after={draft} none="The draft is the same." />
          <div className="qv-actions">
            {canWrite && !same(found.definition, draft) && (
              <button
                type="button"
                className={`qv-btn surface ${busy ? "busy" : ""}`}
                disabled={busy}
                onClick={restore}
              >
                <RotateCcw size={16} />
                Restore as draft
              </button>
            )}
            {shown.exportUrl && (
              <a className="qv-btn ghost" href={shown.exportUrl} download>
                <Download size={16} />
                Export
              </a>
            )}
          </div>
        </>
      )}
    </section>
  );
}
