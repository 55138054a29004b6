// The designer: loads a campaign's flow and holds everything that is done with it.
// In the order of the cascade, before what they build on.
import "./FlowEditor.css";
import "./Toolbar.css";
import "./canvas/Canvas.css";
import "./canvas/nodes.css";
import "./panels/Panel.css";
import "./panels/fields.css";
import "./panels/conditions.css";
import "./panels/Problems.css";
import "./outline/Outline.css";
import "./dialogs/dialogs.css";
import "./narrow.css";
import "./simulator/Simulator.css";
import "./simulator/Talk.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import { flowApi, type FlowApi } from "./state/api.ts";
import { FittedContext } from "./canvas/viewing.ts";
import { FlowContext } from "./state/context.ts";
import { Saver, unsavedOf, type OtherDraft } from "./state/saving.ts";
import { createFlowStore } from "./state/store.ts";
import { FlowEditor } from "./FlowEditor.tsx";
import type { Flow } from "../api/schema.ts";
import { Problem, asProblem } from "../api/client.ts";

export function Designer({ campaignId, name, canWrite }: { campaignId: string; name: string; canWrite: boolean }) {
  const api = useMemo(() => flowApi(campaignId), [campaignId]);
  const [loaded, setLoaded] = useState<Flow | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (name) document.title = `${name} · Quantum Voice`;
  }, [name]);
  useEffect(() => {
    let current = true;
    setLoaded(null);
    setProblem(null);
    api
      .load()
      .then((data) => current && setLoaded(data))
      .catch((error) => current && setProblem(asProblem(error)));
    return () => {
      current = false;
    };
  }, [api, attempt]);

  if (problem) return <Failed problem={problem} retry={() => setAttempt(attempt + 1)} />;
  if (!loaded) return <Waiting name={name} />;
  return (
    <OpenDesigner
      key={campaignId}
      api={api}
      campaignId={campaignId}
      loaded={loaded}
      canWrite={canWrite && loaded.can_write}
    />
  );
}

function OpenDesigner({
  api,
  campaignId,
  loaded,
  canWrite,
}: {
  api: FlowApi;
  campaignId: string;
  loaded: Flow;
  canWrite: boolean;
}) {
  const [theirs, setTheirs] = useState<OtherDraft | null>(null);
  const [store] = useState(() =>
    createFlowStore({
      definition: loaded.draft.definition,
      revision: loaded.draft.revision,
      problems: loaded.draft.problems,
      canWrite,
      hasVoices: loaded.has_voices,
    }),
  );
  const [saver, setSaver] = useState<Saver | null>(null);
  const isFitted = useRef(false);

  useEffect(() => {
    const { draft } = loaded;
    if (draft.updated_at) store.getState().setSaving({ at: Date.parse(draft.updated_at) });
    const newSaver = new Saver({ store, api, campaignId, acknowledged: draft.definition, onConflict: setTheirs });
    const unsaved = canWrite && unsavedOf(campaignId, draft);
    if (unsaved) {
      store.getState().edit(() => unsaved.definition);
      if (unsaved.conflicting) newSaver.conflict(draft);
    }
    setSaver(newSaver);
    return newSaver.stop;
  }, [api, campaignId, canWrite, loaded, store]);

  return (
    <FlowContext.Provider value={store}>
      <FittedContext.Provider value={isFitted}>
        <ReactFlowProvider>
          {saver ? (
            <FlowEditor
              api={api}
              campaignId={campaignId}
              loaded={loaded}
              saver={saver}
              theirs={theirs}
              setTheirs={setTheirs}
            />
          ) : (
            <Waiting name={loaded.campaign.name} />
          )}
        </ReactFlowProvider>
      </FittedContext.Provider>
    </FlowContext.Provider>
  );
}

function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <div className="editor failed">
      <div className="ui-callout red" role="alert">
        <CircleAlert size={16} />
        <div>
          <h1>{problem.status === 404 ? "Campaign not found" : "Couldn't load the flow"}</h1>
          <p>{problem.message}</p>
          {problem.status !== 404 && (
            <button type="button" className="ui-button surface" onClick={retry}>
              Try again
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

function Waiting({ name }: { name: string }) {
  return (
    <div className="editor" aria-busy="true">
      <header className="editor-toolbar">
        <h1>{name || "Flow"}</h1>
      </header>
      <div className="editor-stage">
        <div className="editor-canvas" />
      </div>
      <span className="ui-screen-reader" role="status">
        Loading
      </span>
    </div>
  );
}
