// The saved cases: which of them the flow as it is drawn leads as expected.
import { useState } from "react";
import { CircleAlert, CircleCheck, CircleDashed, CircleX, FilePlus2, Pencil, Play, Trash2 } from "lucide-react";
import { Ago } from "../../components/time.tsx";
import { Dialog } from "../../components/Dialog.tsx";
import { Menu } from "../../components/Menu.tsx";
import { nodeOf, titleOf } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";

const plural = (count) => (count === 1 ? "1 case" : `${count} cases`);

// list: null while it is loaded. results: by id, of the last run. stale: the flow is another one since then.
export function useCases(store, api) {
  const definition = useFlow((state) => state.definition);
  const [list, setList] = useState(null);
  const [results, setResults] = useState({});
  const [tried, setTried] = useState(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const guarded = async (action) => {
    setProblem(null);
    try {
      return await action();
    } catch (error) {
      setProblem(error);
      return null;
    }
  };
  const load = () => guarded(async () => setList(await api.cases()));
  const ran = Object.keys(results).length > 0;
  const broken = (list || []).filter(({ id }) => results[id] && !results[id].ok).length;
  return {
    api,
    list,
    results,
    busy,
    problem,
    load,
    stale: ran && tried !== definition,
    words: !list
      ? ""
      : !list.length
        ? "No cases"
        : !ran
          ? plural(list.length)
          : broken
            ? `${broken} of ${plural(list.length)} ${broken === 1 ? "breaks" : "break"}`
            : `${plural(list.length)}, ${list.length === 1 ? "passes" : "all pass"}`,
    run: () =>
      guarded(async () => {
        const { definition: now } = store.getState();
        setBusy(true);
        try {
          const { cases } = await api.test({ definition: now });
          setResults(Object.fromEntries(cases.map((result) => [result.id, result])));
          setTried(now);
        } finally {
          setBusy(false);
        }
      }),
    save: async (id, body) => {
      await (id ? api.change(id, body) : api.add(body));
      if (id) setResults(({ [id]: _, ...others }) => others);
      await load();
    },
    remove: (id) =>
      guarded(async () => {
        await api.remove(id);
        await load();
      }),
    fromCall: (callId) =>
      guarded(async () => {
        await api.fromCall(callId);
        await load();
      }),
  };
}

export function Cases({ kept, replay, edit }) {
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const [calls, setCalls] = useState(false);
  const [leaving, setLeaving] = useState(null);
  const { list, results, busy, problem, stale } = kept;
  return (
    <div className="sim-cases">
      <div className="qv-row">
        <span className="qv-note qv-grow" role="status">
          {busy ? "Running …" : stale ? "The flow was changed since they ran." : kept.words}
        </span>
        {canWrite && (
          <button type="button" className="qv-btn ghost fl-s" onClick={() => setCalls(true)}>
            <FilePlus2 size={14} />
            From a call
          </button>
        )}
        <button type="button" className="qv-btn surface fl-s" disabled={busy || !list?.length} onClick={kept.run}>
          <Play size={14} />
          Run all
        </button>
      </div>
      {problem && (
        <div className="qv-callout red" role="alert">
          <CircleAlert size={16} />
          <div className="qv-grow">
            {problem.message}
            <div>
              <button type="button" className="qv-btn soft fl-s" onClick={kept.load}>
                Try again
              </button>
            </div>
          </div>
        </div>
      )}
      {!list && !problem && <div className="qv-skel" style={{ width: "70%" }} role="status" aria-label="Loading" />}
      {list?.length === 0 && (
        <p className="qv-mute">
          No cases are saved. Talk with the flow, and save the conversation: what happened is what is expected from then
          on. Publishing shows which cases would break.
        </p>
      )}
      {list?.length > 0 && (
        <ul>
          {list.map((item) => {
            const result = results[item.id];
            return (
              <li key={item.id} className={result ? (result.ok ? "ok" : "broken") : ""}>
                <div className="qv-row">
                  {!result ? (
                    <CircleDashed size={16} aria-label="Not run" />
                  ) : result.ok ? (
                    <CircleCheck size={16} aria-label="Passes" />
                  ) : (
                    <CircleX size={16} aria-label="Breaks" />
                  )}
                  <button type="button" className="name qv-clip" title="Replay" onClick={() => replay(item.case)}>
                    {item.name}
                  </button>
                  <Menu label={`More about ${item.name}`} className="qv-btn ghost icon fl-xs">
                    <button type="button" role="menuitem" className="qv-item" onClick={() => replay(item.case)}>
                      <Play size={14} />
                      Replay
                    </button>
                    {canWrite && (
                      <button
                        type="button"
                        role="menuitem"
                        className="qv-item"
                        onClick={() => edit({ id: item.id, ...item.case })}
                      >
                        <Pencil size={14} />
                        Edit
                      </button>
                    )}
                    {canWrite && (
                      <button type="button" role="menuitem" className="qv-item" onClick={() => setLeaving(item)}>
                        <Trash2 size={14} />
                        Remove
                      </button>
                    )}
                  </Menu>
                </div>
                {result && !result.ok && (
                  <ul className="why">
                    {result.why.map((why) => (
                      <li key={why}>{why}</li>
                    ))}
                  </ul>
                )}
                {result?.path.length > 0 && !result.ok && (
                  <p className="qv-note">
                    It went{" "}
                    {result.path
                      .map((id) => nodeOf(definition, id))
                      .map((node, place) => (node ? titleOf(node) : result.path[place]))
                      .join(" → ")}
                    .
                  </p>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {calls && <FromCall kept={kept} onClose={() => setCalls(false)} />}
      {leaving && (
        <Dialog open title="Remove the case?" onDismiss={() => setLeaving(null)}>
          <p>“{leaving.name}” is removed for good.</p>
          <div className="qv-actions end">
            <button type="button" className="qv-btn ghost mid" onClick={() => setLeaving(null)}>
              Cancel
            </button>
            <button
              type="button"
              className="qv-btn danger mid"
              onClick={() => {
                kept.remove(leaving.id);
                setLeaving(null);
              }}
            >
              Remove
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

// The campaign's last calls; a click makes one a case.
function FromCall({ kept, onClose }) {
  const [calls, setCalls] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState("");
  if (!calls && !problem && !busy) {
    setBusy("loading");
    kept.api
      .calls()
      .then(setCalls)
      .catch(setProblem)
      .finally(() => setBusy(""));
  }
  const take = async (id) => {
    setBusy(id);
    await kept.fromCall(id);
    onClose();
  };
  return (
    <Dialog open title="A case from a call" onDismiss={onClose}>
      <p className="qv-mute">
        The caller’s words become a case. Names, addresses and numbers that the flow takes are replaced by made-up ones.
      </p>
      {problem && (
        <div className="qv-callout red" role="alert">
          <CircleAlert size={16} />
          <span>{problem.message}</span>
        </div>
      )}
      {busy === "loading" && <div className="qv-skel" style={{ width: "60%" }} role="status" aria-label="Loading" />}
      {calls?.length === 0 && <p>Nobody has called yet.</p>}
      {calls?.length > 0 && (
        <ul className="sim-calls">
          {calls.map((call) => (
            <li key={call.id}>
              <button type="button" className="qv-item" disabled={Boolean(busy)} onClick={() => take(call.id)}>
                <span className="qv-clip qv-grow">{call.caller || "Unknown caller"}</span>
                <span className="qv-note">{call.turns} turns</span>
                <span className="qv-note">
                  <Ago at={call.at} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
