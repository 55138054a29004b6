// What was published, by whom and why, and drafts that another flow took the place of; what differs; and the way back.
import { useEffect, useState } from "react";
import { Download, RotateCcw } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { Ago } from "../../components/time.tsx";
import { same } from "../model/change.ts";
import { Differences } from "./Differences.tsx";
import { useFlow } from "../state/context.ts";
import { ErrorMessage } from "../../components/ErrorMessage.tsx";
import type { FlowApi } from "../state/api.ts";
import type { EarlierDraft, Restore, SavedDraft, Version } from "../../api/schema.ts";
import { Saver } from "../state/saving.ts";
import type { Tell } from "../state/store.ts";
import type { FlowDefinition } from "../model/flow.ts";
import { Problem, asProblem } from "../../api/client.ts";

/** A version or an earlier draft. */
interface PastFlow {
  key: string;
  name: string;
  version?: number;
  at: string;
  by: string | null;
  note: string;
  load: () => Promise<{ definition: FlowDefinition }>;
  /** Draw on from it. */
  restore: (body: Restore) => Promise<SavedDraft>;
  exportUrl?: string;
  restored: string;
}

const ofVersion =
  (api: FlowApi) =>
  ({ version, note, author, created_at: at }: Version): PastFlow => ({
    key: String(version),
    name: `v${version}`,
    version,
    at,
    by: author || "Created with the campaign",
    note,
    load: () => api.version(version),
    restore: (body) => api.restore(version, body),
    exportUrl: api.exportUrl(version),
    restored: `Restored version ${version} as the draft.`,
  });
const ofEarlier =
  (api: FlowApi) =>
  ({ id, replaced_by: by, replaced_at: at }: EarlierDraft): PastFlow => ({
    key: id,
    name: "Draft",
    at,
    by,
    note: "Replaced by another flow",
    load: () => api.earlierDraft(id),
    restore: (body) => api.restoreEarlier(id, body),
    restored: "Restored the earlier draft.",
  });

export function Versions({
  api,
  versions,
  published,
  saver,
  onClose,
  tell,
}: {
  api: FlowApi;
  versions: Version[];
  published: number | null;
  saver: Saver;
  onClose: () => void;
  tell: Tell;
}) {
  const [earlier, setEarlier] = useState<EarlierDraft[]>([]);
  const [selectedKey, setSelectedKey] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    api.earlier().then(
      ({ drafts }) => setEarlier(drafts),
      (error) => setProblem(asProblem(error)),
    );
  }, [api]);
  const flows = [...versions.map(ofVersion(api)), ...earlier.map(ofEarlier(api))].sort(
    (one, other) => Date.parse(other.at) - Date.parse(one.at),
  );
  const flow = flows.find(({ key }) => key === selectedKey) || flows.find(({ version }) => version) || flows[0];
  return (
    <Dialog open title="Versions" onDismiss={onClose}>
      {problem && <ErrorMessage problem={problem} />}
      <div className="editor-versions editor-wide">
        {!flow && <p className="ui-muted">Nothing published yet. Every version you publish appears here.</p>}
        {flow && (
          <>
            <ol>
              {flows.map(({ key, name, version, at, by, note }) => (
                <li key={key}>
                  <button
                    type="button"
                    className={key === flow.key ? "on" : ""}
                    aria-pressed={key === flow.key}
                    onClick={() => setSelectedKey(key)}
                  >
                    <span className="ui-row">
                      <b>{name}</b>
                      {version === published && <span className="ui-badge green">Live</span>}
                      <span className="ui-note">
                        <Ago at={at} />
                      </span>
                    </span>
                    <span className="ui-note">{by}</span>
                    {note && <span className="note">{note}</span>}
                  </button>
                </li>
              ))}
            </ol>
            <PastFlowDetails key={flow.key} flow={flow} saver={saver} onClose={onClose} tell={tell} />
          </>
        )}
      </div>
    </Dialog>
  );
}

function PastFlowDetails({
  flow,
  saver,
  onClose,
  tell,
}: {
  flow: PastFlow;
  saver: Saver;
  onClose: () => void;
  tell: Tell;
}) {
  const draft = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const [past, setPast] = useState<FlowDefinition | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const name = flow.version ? flow.name : "the earlier draft";
  useEffect(() => {
    flow.load().then(
      ({ definition }) => setPast(definition),
      (error) => setProblem(asProblem(error)),
    );
    // Mounted anew for each flow, whose object is made at each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [flow.key]);
  const restore = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await saver.replace((revision) => flow.restore({ revision }));
      tell(flow.restored, { undoable: true });
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <section aria-label={flow.version ? `Version ${flow.version}` : "Earlier draft"}>
      {problem && <ErrorMessage problem={problem} />}
      {!past && !problem && <div className="ui-skeleton" style={{ width: "60%" }} />}
      {past && (
        <>
          <h3>Changes since {name}</h3>
          <Differences before={past} after={draft} none="No changes." />
          <div className="ui-actions">
            {canWrite && !same(past, draft) && (
              <button
                type="button"
                className={`ui-button surface ${busy ? "busy" : ""}`}
                disabled={busy}
                onClick={restore}
              >
                <RotateCcw size={16} />
                Restore as draft
              </button>
            )}
            {flow.exportUrl && (
              <a className="ui-button ghost" href={flow.exportUrl} download>
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
