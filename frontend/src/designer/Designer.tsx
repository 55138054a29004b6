// The designer: loads a campaign's flow and holds everything that is done with it.
import { useEffect, useMemo, useState } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import { flowApi } from "./state/api.ts";
import { FlowContext } from "./state/context.ts";
import { createSaver, keptOf } from "./state/saving.ts";
import { createFlowStore } from "./state/store.ts";
import { Studio } from "./FlowEditor.tsx";

export function Designer({ campaignId, name, canWrite }) {
  const api = useMemo(() => flowApi(campaignId), [campaignId]);
  const [loaded, setLoaded] = useState(null);
  const [problem, setProblem] = useState(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let wanted = true;
    setLoaded(null);
    setProblem(null);
    api
      .load()
      .then((data) => wanted && setLoaded(data))
      .catch((error) => wanted && setProblem(error));
    return () => {
      wanted = false;
    };
  }, [api, attempt]);

  if (problem) return <Failed problem={problem} retry={() => setAttempt(attempt + 1)} />;
  if (!loaded) return <Waiting name={name} />;
  return (
    <Opened
      key={campaignId}
      api={api}
      campaignId={campaignId}
      loaded={loaded}
      canWrite={canWrite && loaded.can_write}
    />
  );
}

function Opened({ api, campaignId, loaded, canWrite }) {
  const [theirs, setTheirs] = useState(null);
  const [store] = useState(() =>
    createFlowStore({
      definition: loaded.draft.definition,
      revision: loaded.draft.revision,
      problems: loaded.draft.problems,
      canWrite,
    }),
  );
  const [saver, setSaver] = useState(null);

  useEffect(() => {
    const { draft } = loaded;
    if (draft.updated_at) store.getState().setSaving({ at: Date.parse(draft.updated_at) });
    const made = createSaver({ store, api, campaignId, acknowledged: draft.definition, onConflict: setTheirs });
    const kept = canWrite && keptOf(campaignId, draft);
    if (kept) {
      store.getState().edit(() => kept.definition);
      if (kept.conflicting) made.conflict(draft);
    }
    setSaver(made);
    return made.stop;
  }, []);

  return (
    <FlowContext.Provider value={store}>
      <ReactFlowProvider>
        {saver && (
          <Studio
            api={api}
            campaignId={campaignId}
            loaded={loaded}
            saver={saver}
            theirs={theirs}
            setTheirs={setTheirs}
          />
        )}
      </ReactFlowProvider>
    </FlowContext.Provider>
  );
}

function Failed({ problem, retry }) {
  return (
    <div className="qv-studio failed">
      <div className="qv-callout red" role="alert">
        <CircleAlert size={16} />
        <div>
          <h1>{problem.status === 404 ? "There is no such campaign" : "The flow cannot be loaded"}</h1>
          <p>{problem.message}</p>
          {problem.status !== 404 && (
            <button type="button" className="qv-btn surface" onClick={retry}>
              Try again
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

function Waiting({ name }) {
  return (
    <div className="qv-studio" aria-busy="true">
      <header className="fl-tool">
        <h1>{name || "Flow"}</h1>
      </header>
      <div className="fl-stage">
        <div className="fl-canvas" />
      </div>
      <span className="qv-sr" role="status">
        Loading
      </span>
    </div>
  );
}
