// A call without a call: every event goes to the server with the state that came of the one before. All states stay here,
// so that a step back is one of them.
import { catalog } from "../../generated/catalog.ts";
import { useEffect, useRef, useState } from "react";
import { asProblem, type Problem } from "../../api/client.ts";
import type { CaseSetup, Happening } from "../../api/schema.ts";
import type { FlowDefinition } from "../model/flow.ts";
import type { FlowStore } from "../state/store.ts";
import {
  DEFAULT_SETTINGS,
  edgesOf,
  eventOf,
  EVENTS,
  historyOf,
  pathOf,
  settingsOf,
  type Settings,
  type SimulationStep,
  type SimulationTurn,
} from "./simulation.ts";
import type { SimulatorApi } from "./simulatorApi.ts";

type Turns = (SimulationTurn | null)[];

async function ask(api: SimulatorApi, store: FlowStore, steps: SimulationStep[], next: Turns[0], settings: Settings) {
  const { definition, saving } = store.getState();
  const state = steps.at(-1)?.result.state;
  const event = eventOf(next, state, settings);
  const result = await api.step({
    definition: saving.state === "saved" ? null : definition,
    state: state || null,
    event,
    fault: settings.fault || null,
    operators: settings.operators,
    history: historyOf(steps, next),
  });
  return { turn: next, event, result };
}

/** A run of turns, one after the other; a later run takes its place. */
function useRun(store: FlowStore, api: SimulatorApi) {
  const [steps, setSteps] = useState<SimulationStep[]>([]);
  const [waiting, setWaiting] = useState<SimulationTurn | null>(null);
  const [failure, setFailure] = useState<{ problem: Problem; turn: SimulationTurn | null } | null>(null);
  /** The flow that the call began with. */
  const [began, setBegan] = useState<FlowDefinition | null>(null);
  const run = useRef(0);

  const stop = (remainingSteps: SimulationStep[]) => {
    run.current += 1;
    setWaiting(null);
    setFailure(null);
    setSteps(remainingSteps);
  };
  const go = async (from: SimulationStep[], turns: SimulationTurn[], settings: Settings) => {
    run.current += 1;
    const mine = run.current;
    setFailure(null);
    setSteps(from);
    if (!from.length) setBegan(store.getState().definition);
    let stepsSoFar = from;
    for (const turn of from.length ? turns : [null, ...turns]) {
      if (stepsSoFar.at(-1)?.result.state.ended) break;
      setWaiting(turn || {});
      try {
        const step = await ask(api, store, stepsSoFar, turn, settings);
        if (mine !== run.current) return;
        stepsSoFar = [...stepsSoFar, step];
        setSteps(stepsSoFar);
      } catch (error) {
        if (mine !== run.current) return;
        setFailure({ problem: asProblem(error), turn });
        break;
      }
    }
    setWaiting(null);
  };
  useEffect(() => {
    const runs = run;
    return () => {
      runs.current += 1;
    };
  }, []);
  return { steps, waiting, failure, began, stop, go };
}

function useHighlighting(store: FlowStore, steps: SimulationStep[]) {
  useEffect(() => {
    const edges = edgesOf(steps);
    const node = steps.at(-1)?.result.state.node;
    const highlight = node ? { node, edge: edges.at(-1) || null, trail: [...pathOf(steps), ...edges] } : {};
    store.getState().setHighlight(highlight);
  }, [steps, store]);
  useEffect(() => () => store.getState().setHighlight({}), [store]);
}

export function useSimulation(store: FlowStore, api: SimulatorApi) {
  const { steps, waiting, failure, began, stop, go } = useRun(store, api);
  const [settings, setSettings] = useState(DEFAULT_SETTINGS);
  useHighlighting(store, steps);
  const state = steps.at(-1)?.result.state;
  const turns = steps.slice(1).flatMap(({ turn }) => turn || []);
  return {
    steps,
    state,
    settings,
    waiting,
    problem: failure?.problem,
    ended: Boolean(state?.ended),
    /** Whether the flow is another one than the call began with. */
    changed: (definition: FlowDefinition) => steps.length > 0 && began !== definition,
    set: (changes: Partial<Settings>) => setSettings({ ...settings, ...changes }),
    start: () => go([], [], settings),
    say: (text: string, isSpoken = false) =>
      go(steps, [{ says: text, after: catalog.pause, spoken: isSpoken }], settings),
    happen: (happens: Happening) => go(steps, [{ happens, says: "", after: EVENTS[happens].delay }], settings),
    back: () => stop(steps.length > 1 ? steps.slice(0, -1) : []),
    /** Another turn in place of the one of this step; what came after it is gone. */
    resend: (index: number, text: string) =>
      go(steps.slice(0, index), [{ ...steps[index].turn, says: text, spoken: false }], settings),
    retry: () => go(steps, failure?.turn ? [failure.turn] : [], settings),
    again: () => go([], turns, settings),
    replay: (test: CaseSetup) => {
      setSettings(settingsOf(test));
      return go([], test.turns, settingsOf(test));
    },
  };
}
export type Simulation = ReturnType<typeof useSimulation>;
