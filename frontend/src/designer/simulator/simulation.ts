// A call without a call: what was said and what came of it, as plain data.
import type {
  CaseSetup,
  CaseTurn,
  EngineState,
  FlowEvent,
  Happening,
  HistoryItem,
  SimulationResult,
} from "../../api/schema.ts";
import { catalog } from "../../generated/catalog.ts";
import type { Value } from "../model/flow.ts";

interface EventInfo {
  label: string;
  event: FlowEvent;
  /** Seconds that pass before it. */
  delay: number;
}

/** What can happen instead of words. */
export const EVENTS: Record<Happening, EventInfo> = catalog.simulatorEvents;

export const FAULTS = { "": "None", ...catalog.faults };
export type Fault = keyof typeof FAULTS;

/** How a call begins. begins: a local date and time, empty for now. zone: of a call that is replayed. */
export interface Settings {
  known: Record<string, Value>;
  knownCaller: boolean;
  consent: boolean;
  begins: string;
  zone?: string;
  operators: boolean;
  fault: Fault;
}
export const DEFAULT_SETTINGS: Settings = {
  known: {},
  knownCaller: false,
  consent: true,
  begins: "",
  operators: true,
  fault: "",
};

/** spoken: it was said, not typed. */
export type SimulationTurn = CaseTurn & { spoken?: boolean };
/** One event and what came of it. turn: null for the start of the call. */
export interface SimulationStep {
  turn: SimulationTurn | null;
  event: FlowEvent;
  result: SimulationResult;
}

const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

// An hour that was chosen is one of the clock on the wall here; otherwise the call takes place in the account's zone.
const startEvent = ({ known, knownCaller, consent, begins, zone }: Settings) => ({
  type: "call_started" as const,
  values: known,
  known_caller: knownCaller,
  consent: consent ? true : null,
  started_at: (begins ? new Date(begins) : new Date()).toISOString(),
  ...(begins ? { time_zone: zone || localZone() } : {}),
});

export function eventOf(turn: SimulationTurn | null, state: EngineState | undefined, settings: Settings): FlowEvent {
  if (!turn) return startEvent(settings);
  const at = (state?.elapsed || 0) + (turn.after ?? 0);
  return { ...(turn.happens ? EVENTS[turn.happens].event : { type: "caller_said", text: turn.says ?? "" }), at };
}

/** What was spoken, as the model is told it. next: the turn that is on its way. */
export function historyOf(steps: SimulationStep[], next: SimulationTurn | null): HistoryItem[] {
  const callerSays = (turn: SimulationTurn | null): HistoryItem[] =>
    turn?.says ? [{ speaker: "caller", text: turn.says }] : [];
  const history = steps.flatMap(({ turn, result }) => [
    ...callerSays(turn),
    ...result.actions.flatMap(({ speech }): HistoryItem[] => (speech ? [{ speaker: "assistant", text: speech }] : [])),
  ]);
  return [...history, ...callerSays(next)].slice(-catalog.limits.history);
}

const entries = (steps: SimulationStep[]) =>
  steps.flatMap(({ result }) => result.actions.filter(({ type }) => type === "enter"));

/** The nodes that a call came to. */
export const pathOf = (steps: SimulationStep[]) => entries(steps).map(({ to }) => to as string);
/** The exits that a call took. */
export const edgesOf = (steps: SimulationStep[]) => entries(steps).flatMap(({ edge }) => edge || []);
/**
 * What came of a classification, in a line. followed: the exits and score rules that were acted on. The classifier may
 * choose an exit that the call doesn't take, because it isn't sure enough or something else matters more.
 */
export function classificationOf({ candidates, actions }: Pick<SimulationResult, "candidates" | "actions">) {
  const acted = new Set(
    actions.flatMap(({ type, edge, rule }) => (type === "enter" ? edge || [] : type === "score" ? rule || [] : [])),
  );
  const followed = new Set(candidates.map(({ id }) => id).filter((id) => acted.has(id)));
  const names = (matches: (id: string) => boolean) =>
    candidates.filter(({ id }) => matches(id)).map(({ label }) => label);
  const closestLabels = candidates
    .filter((option) => option.chosen && !followed.has(option.id))
    .map(({ label }) => label);
  const summary = followed.size
    ? `Intent: ${names((id) => followed.has(id)).join(", ")}`
    : closestLabels.length
      ? `Closest intent: ${closestLabels.join(", ")}, not followed`
      : candidates.length === 1
        ? `No match: ${candidates[0].label}`
        : "No intent matched";
  return { summary, followed };
}

export const saidOf = (steps: SimulationStep[]) =>
  steps.flatMap(({ result }) => result.actions.flatMap(({ speech }) => speech || []));
export const handedOff = (steps: SimulationStep[]) =>
  steps.some(({ result }) => result.actions.some(({ type }) => type === "hand_off"));

const withoutSpoken = (step: SimulationStep): CaseTurn => {
  const turn = { ...step.turn };
  delete turn.spoken;
  return turn;
};

/** A case of the conversation as it is now. */
export function caseOf(steps: SimulationStep[], settings: Settings): CaseSetup {
  const [{ event, result }] = steps;
  const callStart = event as ReturnType<typeof startEvent>;
  return {
    name: "",
    collected: callStart.values,
    known_caller: callStart.known_caller,
    consent: callStart.consent,
    begins: callStart.started_at,
    time_zone: result.state.time_zone,
    operators: settings.operators,
    turns: steps.slice(1).map(withoutSpoken),
  };
}

export const settingsOf = (test: CaseSetup): Settings => ({
  known: test.collected,
  knownCaller: test.known_caller,
  consent: test.consent === true,
  begins: test.begins,
  zone: test.time_zone,
  operators: test.operators,
  fault: "",
});

export const valueText = (value: Value) => (value === true ? "yes" : value === false ? "no" : String(value));
