// A call without a call: every event goes to the server with the state that came of the one before. All states stay here,
// so that a step back is one of them.
import { useEffect, useRef, useState } from "react";
import { request } from "../../api/client.ts";

const PAUSE = 10; // seconds from one turn to the next, where nobody says
const HISTORY = 40;

// What can happen instead of words. later: seconds that pass before it.
export const HAPPENINGS = {
  silence: { name: "The caller is silent", event: { type: "timer", kind: "silence" }, later: 12 },
  gone_silent: { name: "The caller stays silent", event: { type: "timer", kind: "gone_silent" }, later: 30 },
  interrupted: { name: "The caller interrupts", event: { type: "interrupted" }, later: 1 },
  tick: { name: "Five minutes pass", event: { type: "timer", kind: "tick" }, later: 300 },
  time_up: { name: "The time is up", event: { type: "timer", kind: "time_up" }, later: 60 },
  caller_gone: { name: "The caller hangs up", event: { type: "caller_gone" }, later: 5 },
  operator_joins: {
    name: "A colleague takes the call",
    event: { type: "operator_available", available: true },
    later: 20,
  },
  operator_leaves: {
    name: "The colleague gives it back",
    event: { type: "operator_available", available: false },
    later: 60,
  },
};

export const FAULTS = {
  "": "Nothing fails",
  embeddings: "Search by meaning fails",
  llm: "The language model fails",
  knowledge: "The knowledge is gone",
};

// How a call begins. begins: a local date and time, empty for now.
export const BEFORE = { known: {}, knownCaller: false, consent: true, begins: "", operators: true, fault: "" };
const hereabouts = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function simulatorApi(campaignId) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  const one = (id) => `${base}/cases/${encodeURIComponent(id)}`;
  return {
    step: (body) => request("POST", `${base}/simulate`, { body }),
    hear: (body) => request("POST", `${base}/hear`, { body }),
    test: (body) => request("POST", `${base}/test`, { body }),
    cases: () => request("GET", `${base}/cases`).then(({ cases }) => cases),
    add: (body) => request("POST", `${base}/cases`, { body }),
    change: (id, body) => request("PUT", one(id), { body }),
    remove: (id) => request("DELETE", one(id)),
    calls: () => request("GET", `${base}/calls`).then(({ calls }) => calls),
    fromCall: (callId) => request("POST", `${base}/cases/from-call`, { body: { call_id: callId } }),
  };
}

// An hour that was chosen is one of the clock on the wall here; otherwise the call takes place in the account's zone.
const startOf = ({ known, knownCaller, consent, begins, zone }) => ({
  type: "call_started",
  values: known,
  known_caller: knownCaller,
  consent: consent ? true : null,
  started_at: (begins ? new Date(begins) : new Date()).toISOString(),
  ...(begins ? { time_zone: zone || hereabouts() } : {}),
});
const eventOf = (turn, at) => ({
  ...(turn.happens ? HAPPENINGS[turn.happens].event : { type: "caller_said", text: turn.says }),
  at,
});

// What was spoken, as the brain is told it.
const historyOf = (steps) =>
  steps
    .flatMap(({ turn, result }) => [
      ...(turn?.says ? [{ speaker: "caller", text: turn.says }] : []),
      ...result.actions.filter(({ said }) => said).map(({ said }) => ({ speaker: "assistant", text: said })),
    ])
    .slice(-HISTORY);

// The nodes that a call came to, and the exits it took.
export const pathOf = (steps) =>
  steps.flatMap(({ result }) => result.actions.filter(({ type }) => type === "enter").map(({ to }) => to));
const waysOf = (steps) =>
  steps.flatMap(({ result }) =>
    result.actions.filter(({ type, edge }) => type === "enter" && edge).map(({ edge }) => edge),
  );
export const saidOf = (steps) =>
  steps.flatMap(({ result }) => result.actions.filter(({ said }) => said).map(({ said }) => said));

export const handedOff = (steps) => steps.some(({ result }) => result.actions.some(({ type }) => type === "hand_off"));

// A case of the conversation as it is now; what is expected of it is what happened.
export function caseOf(steps, before) {
  const [{ event, result }] = steps;
  return {
    name: "",
    known: event.values,
    known_caller: event.known_caller,
    consent: event.consent,
    begins: event.started_at,
    time_zone: result.state.time_zone,
    operators: before.operators,
    turns: steps.slice(1).map(({ turn: { spoken, ...turn } }) => turn),
  };
}

// steps: [{turn, event, result}], the first without a turn. changed: the flow is another one than the call was led by.
export function useSimulation(store, api) {
  const [steps, setSteps] = useState([]);
  const [before, setBefore] = useState(BEFORE);
  const [waiting, setWaiting] = useState(null);
  const [problem, setProblem] = useState(null);
  const [led, setLed] = useState(null);
  const run = useRef(0);

  const last = steps.at(-1);
  const state = last?.result.state;

  useEffect(() => {
    store
      .getState()
      .setLit(
        state
          ? { node: state.node, edge: waysOf(steps).at(-1) || null, trail: [...pathOf(steps), ...waysOf(steps)] }
          : {},
      );
  }, [steps]);
  useEffect(
    () => () => {
      run.current += 1;
      store.getState().setLit({});
    },
    [],
  );

  // Go on from these steps with these turns, one after the other; what was asked for later takes its place.
  const lead = async (from, turns, settings) => {
    run.current += 1;
    const mine = run.current;
    const { definition, saving } = store.getState();
    setProblem(null);
    setBefore(settings);
    setSteps(from);
    if (!from.length) setLed(definition);
    let made = from;
    for (const turn of made.length ? turns : [null, ...turns]) {
      const known = made.at(-1)?.result.state;
      if (known?.ended) break;
      setWaiting(turn || {});
      const at = (known?.elapsed || 0) + (turn ? turn.after : 0);
      const event = turn ? eventOf(turn, at) : startOf(settings);
      try {
        const result = await api.step({
          definition: saving.state === "saved" ? null : definition,
          state: known || null,
          event,
          fault: settings.fault || null,
          operators: settings.operators,
          history: historyOf(turn?.says ? [...made, { turn, result: { actions: [] } }] : made),
        });
        if (mine !== run.current) return;
        made = [...made, { turn, event, result }];
        setSteps(made);
      } catch (error) {
        if (mine !== run.current) return;
        setProblem(Object.assign(error, { turn }));
        break;
      }
    }
    setWaiting(null);
  };
  const turnsOf = (list) => list.slice(1).map(({ turn }) => turn);

  return {
    steps,
    state,
    before,
    waiting,
    problem,
    ended: Boolean(state?.ended),
    changed: (definition) => steps.length > 0 && led !== definition,
    set: (changes) => setBefore({ ...before, ...changes }),
    start: () => lead([], [], before),
    say: (text, spoken = false) => lead(steps, [{ says: text, after: PAUSE, spoken }], before),
    happen: (happens) => lead(steps, [{ happens, says: "", after: HAPPENINGS[happens].later }], before),
    back: () => {
      run.current += 1;
      setWaiting(null);
      setProblem(null);
      setSteps(steps.length > 1 ? steps.slice(0, -1) : []);
    },
    // Another turn in place of the one of this step; what came after it is gone.
    resend: (index, text) => lead(steps.slice(0, index), [{ ...steps[index].turn, says: text, spoken: false }], before),
    retry: () => lead(steps, problem.turn ? [problem.turn] : [], before),
    again: () => lead([], turnsOf(steps), before),
    leave: () => {
      run.current += 1;
      setWaiting(null);
      setProblem(null);
      setSteps([]);
    },
    replay: (kept) =>
      lead([], kept.turns, {
        known: kept.known,
        knownCaller: kept.known_caller,
        consent: kept.consent === true,
        begins: kept.begins,
        zone: kept.time_zone,
        operators: kept.operators,
        fault: "",
      }),
  };
}
