// The simulator: a call with the flow as it is drawn, typed or spoken. Every step shows what was decided, and why.
import { useEffect, useMemo, useRef, useState } from "react";
import { Bookmark, ChevronRight, RotateCcw, SlidersHorizontal, Undo2, X } from "lucide-react";
import { Mark } from "../../components/Mark.tsx";
import { nodeOf, titleOf } from "../model/definition.ts";
import { Segments } from "../panels/fields.tsx";
import { useFlow } from "../state/context.ts";
import { caseOf, handedOff, pathOf, saidOf, simulatorApi, useSimulation } from "./simulation.ts";
import { CaseDialog } from "./CaseDialog.tsx";
import { Cases, useCases } from "./Cases.tsx";
import { Facts } from "./Facts.tsx";
import { Before } from "./Before.tsx";
import { Begin, Say, Talk } from "./Talk.tsx";

export default function Simulator({ store, campaignId, close }) {
  const api = useMemo(() => simulatorApi(campaignId), [campaignId]);
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const call = useSimulation(store, api);
  const kept = useCases(store, api);
  const [room, setRoom] = useState("talk");
  const [setting, setSetting] = useState(false);
  const [saving, setSaving] = useState(null);
  const { steps } = call;
  const going = steps.length > 0;
  const field = useRef(null);
  const start = () => call.start().then(() => field.current?.focus());

  useEffect(() => {
    kept.load();
  }, [api]);
  const save = () =>
    setSaving({
      ...caseOf(steps, call.before),
      met: {
        path: pathOf(steps),
        values: call.state.slots.values,
        said: saidOf(steps),
        score: call.state.scoring.total,
        ended: call.ended,
        handsOff: handedOff(steps),
      },
    });
  const replay = (wanted) => {
    setRoom("talk");
    call.replay(wanted);
  };

  return (
    <aside className="qv-sim" aria-label="Simulator">
      <header>
        <Mark size={20} state={call.waiting ? "thinking" : going && !call.ended ? "listening" : "rest"} />
        <h2>Simulator</h2>
        <Segments
          small
          label="What the simulator shows"
          value={room}
          set={setRoom}
          options={[
            ["talk", "Talk"],
            ["cases", "Cases"],
          ]}
        />
        <div className="end">
          {room === "talk" && (
            <>
              <button
                type="button"
                className={`qv-btn ghost icon fl-s ${setting ? "on" : ""}`}
                aria-label="Before the call"
                title="Before the call"
                aria-expanded={setting}
                onClick={() => setSetting(!setting)}
              >
                <SlidersHorizontal size={16} />
              </button>
              <button
                type="button"
                className="qv-btn ghost icon fl-s"
                aria-label="Step back"
                title="Step back"
                disabled={!going}
                onClick={call.back}
              >
                <Undo2 size={16} />
              </button>
              <button
                type="button"
                className="qv-btn ghost icon fl-s"
                aria-label="Start again"
                title="Start again"
                disabled={!going}
                onClick={start}
              >
                <RotateCcw size={16} />
              </button>
            </>
          )}
          <button
            type="button"
            className="qv-btn ghost icon fl-s"
            aria-label="Close the simulator"
            title="Close"
            onClick={close}
          >
            <X size={16} />
          </button>
        </div>
      </header>
      {room === "cases" ? (
        <Cases kept={kept} replay={replay} edit={setSaving} />
      ) : (
        <>
          {going && <Path definition={definition} steps={steps} />}
          {setting && (
            <Before
              call={call}
              definition={definition}
              start={() => {
                setSetting(false);
                start();
              }}
            />
          )}
          {going || call.waiting || call.problem ? (
            <Talk call={call} definition={definition} />
          ) : (
            <Begin start={start} />
          )}
          {going && <Facts definition={definition} call={call} />}
          {going && <Say call={call} field={field} start={start} hear={api.hear} />}
          {going && (
            <div className="sim-foot">
              <button
                type="button"
                className="qv-btn ghost fl-s"
                disabled={!canWrite || Boolean(call.waiting)}
                onClick={save}
              >
                <Bookmark size={14} />
                Save as a case
              </button>
              <button type="button" className="sim-link" onClick={() => setRoom("cases")}>
                {kept.words}
              </button>
            </div>
          )}
        </>
      )}
      {saving && (
        <CaseDialog
          wanted={saving}
          definition={definition}
          kept={kept}
          onClose={() => setSaving(null)}
          onSaved={() => {
            setSaving(null);
            setRoom("cases");
          }}
        />
      )}
    </aside>
  );
}

// Where the call has been; the last ones, where there is no room for more.
function Path({ definition, steps }) {
  const path = pathOf(steps).filter((id, place, all) => id !== all[place - 1]);
  const shown = path.slice(-4);
  return (
    <ol className="sim-path" aria-label="The way of the call">
      {path.length > shown.length && <li aria-label="and before">…</li>}
      {shown.map((id, place) => {
        const node = nodeOf(definition, id);
        return (
          <li key={`${id}-${place}`} aria-current={place === shown.length - 1 ? "step" : undefined}>
            {(place > 0 || path.length > shown.length) && <ChevronRight size={12} aria-hidden="true" />}
            <span className="qv-clip">{node ? titleOf(node) : id}</span>
          </li>
        );
      })}
    </ol>
  );
}
