// The simulator: a call with the flow as it is drawn, typed or spoken. Every step shows what was decided, and why.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Bookmark, ChevronRight, RotateCcw, SlidersHorizontal, Undo2, X } from "lucide-react";
import type { CaseSetup } from "../../api/schema.ts";
import { Mark } from "../../components/Mark.tsx";
import { Segments } from "../../components/Segments.tsx";
import { nodeName } from "../model/definition.ts";
import type { FlowDefinition } from "../model/flow.ts";
import { useFlow } from "../state/context.ts";
import type { FlowStore } from "../state/store.ts";
import { Before } from "./Before.tsx";
import { CaseDialog } from "./CaseDialog.tsx";
import { Cases } from "./Cases.tsx";
import type { EditedCase } from "./expectation.ts";
import { Facts } from "./Facts.tsx";
import { Say } from "./Say.tsx";
import { caseOf, handedOff, pathOf, saidOf, type SimulationStep } from "./simulation.ts";
import { simulatorApi } from "./simulatorApi.ts";
import { Begin, Talk } from "./Talk.tsx";
import { useCases } from "./useCases.ts";
import { useSimulation, type Simulation } from "./useSimulation.ts";

type Tab = "talk" | "cases";

interface SimulatorProps {
  store: FlowStore;
  campaignId: string;
  close: () => void;
}

export function Simulator({ store, campaignId, close }: SimulatorProps) {
  const api = useMemo(() => simulatorApi(campaignId), [campaignId]);
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const call = useSimulation(store, api);
  const cases = useCases(store, api);
  const [tab, setTab] = useState<Tab>("talk");
  const [settingUp, setSettingUp] = useState(false);
  const [edited, setEdited] = useState<EditedCase | null>(null);
  const going = call.steps.length > 0;
  const field = useRef<HTMLInputElement>(null);
  const start = () => call.start().then(() => field.current?.focus());

  const { load } = cases;
  useEffect(() => {
    load();
  }, [load]);
  const replay = (test: CaseSetup) => {
    setTab("talk");
    call.replay(test);
  };

  return (
    <aside className="simulator" aria-label="Simulator" onKeyDown={onEscape(settingUp, () => setSettingUp(false))}>
      <Header {...{ call, tab, setTab, settingUp, setSettingUp, close }} start={start} />
      {tab === "cases" ? (
        <Cases cases={cases} replay={replay} edit={setEdited} />
      ) : (
        <>
          {going && <Path definition={definition} steps={call.steps} />}
          {settingUp && (
            <Before
              call={call}
              definition={definition}
              start={() => {
                setSettingUp(false);
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
            <div className="simulator-foot">
              <button
                type="button"
                className="ui-button ghost editor-small"
                disabled={!canWrite || Boolean(call.waiting)}
                onClick={() => setEdited(newCase(call))}
              >
                <Bookmark size={14} />
                Save as test case
              </button>
              <button type="button" className="simulator-link" onClick={() => setTab("cases")}>
                {cases.summary}
              </button>
            </div>
          )}
        </>
      )}
      {edited && (
        <CaseDialog
          edited={edited}
          definition={definition}
          cases={cases}
          onClose={() => setEdited(null)}
          onSaved={() => {
            setEdited(null);
            setTab("cases");
          }}
        />
      )}
    </aside>
  );
}

// Escape closes what a button has opened, and gives the focus back to it.
const onEscape = (open: boolean, close: () => void) => (event: KeyboardEvent<HTMLElement>) => {
  // Dialogs stand elsewhere on the page, though they belong to this part.
  const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
  if (event.key !== "Escape" || !open || !inside) return;
  event.stopPropagation();
  close();
  event.currentTarget.querySelector<HTMLElement>("[aria-expanded=true]")?.focus();
};

// A case of the call so far, which expects what has happened.
function newCase({ steps, settings, state, ended }: Simulation): EditedCase {
  const outcome = {
    path: pathOf(steps),
    values: state?.slots.values ?? {},
    said: saidOf(steps),
    score: state?.scoring.total ?? 0,
    ended,
    handsOff: handedOff(steps),
  };
  return { ...caseOf(steps, settings), outcome };
}

interface HeaderProps {
  call: Simulation;
  tab: Tab;
  setTab: (tab: Tab) => void;
  settingUp: boolean;
  setSettingUp: (settingUp: boolean) => void;
  start: () => void;
  close: () => void;
}

function Header({ call, tab, setTab, settingUp, setSettingUp, start, close }: HeaderProps) {
  const going = call.steps.length > 0;
  return (
    <header>
      <Mark size={20} state={call.waiting ? "thinking" : going && !call.ended ? "listening" : "rest"} />
      <h2>Simulator</h2>
      <Segments
        small
        label="Simulator view"
        value={tab}
        set={setTab}
        options={[
          ["talk", "Talk"],
          ["cases", "Tests"],
        ]}
      />
      <div className="end">
        {tab === "talk" && (
          <>
            <button
              type="button"
              className={`ui-button ghost icon editor-small ${settingUp ? "on" : ""}`}
              aria-label="Call settings"
              title="Call settings"
              aria-expanded={settingUp}
              onClick={() => setSettingUp(!settingUp)}
            >
              <SlidersHorizontal size={16} />
            </button>
            <button
              type="button"
              className="ui-button ghost icon editor-small"
              aria-label="Step back"
              title="Step back"
              disabled={!going}
              onClick={call.back}
            >
              <Undo2 size={16} />
            </button>
            <button
              type="button"
              className="ui-button ghost icon editor-small"
              aria-label="Restart"
              title="Restart"
              disabled={!going}
              onClick={start}
            >
              <RotateCcw size={16} />
            </button>
          </>
        )}
        <button
          type="button"
          className="ui-button ghost icon editor-small"
          aria-label="Close simulator"
          title="Close"
          onClick={close}
        >
          <X size={16} />
        </button>
      </div>
    </header>
  );
}

// Where the call has been; the last ones, where there is no room for more.
function Path({ definition, steps }: { definition: FlowDefinition; steps: SimulationStep[] }) {
  const path = pathOf(steps).filter((id, place, all) => id !== all[place - 1]);
  const lastIds = path.slice(-4);
  return (
    <ol className="simulator-path" aria-label="Path of the call">
      {path.length > lastIds.length && <li aria-label="Earlier nodes">…</li>}
      {lastIds.map((id, place) => (
        <li key={`${id}-${place}`} aria-current={place === lastIds.length - 1 ? "step" : undefined}>
          {(place > 0 || path.length > lastIds.length) && <ChevronRight size={12} aria-hidden="true" />}
          <span className="ui-clip">{nodeName(definition, id)}</span>
        </li>
      ))}
    </ol>
  );
}
