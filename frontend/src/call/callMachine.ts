// What a call is at, as a pure state machine: LiveKit, timers and the clock are outside.
import type { ProblemCode } from "../api/client.ts";
import type { StartedCall } from "../api/schema.ts";
import { close, withCaption, withSpoken, withWords, type CallCaption } from "./captions.ts";

export type Step = "before" | "connecting" | "during" | "after";
export type Microphone = "asking" | "on" | "muted" | "none" | "denied" | "insecure";
export type MicrophoneError = Extract<Microphone, "none" | "denied" | "insecure">;
export type AssistantState = "waiting" | "initializing" | "listening" | "thinking" | "speaking";
export type Connection = "good" | "weak" | "lost";

/** What stopped a call from starting: a microphone error, or the API's problem. */
export interface CallProblem {
  code: ProblemCode | MicrophoneError | "connection";
  message?: string;
  status?: number;
  retryAfter?: number;
}

export interface CallState {
  step: Step;
  call: StartedCall | null;
  problem: CallProblem | null;
  microphone: Microphone;
  assistant: AssistantState;
  /** The assistant did not come, or vanished. */
  missing: boolean;
  connection: Connection;
  lostAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  reason: string | null;
  captions: CallCaption[];
}

export const initialCall: CallState = {
  step: "before",
  call: null,
  problem: null,
  microphone: "on",
  assistant: "waiting",
  missing: false,
  connection: "good",
  lostAt: null,
  startedAt: null,
  endedAt: null,
  reason: null,
  captions: [],
};

export type CallAction =
  | { type: "reset" }
  | { type: "start"; typing: boolean }
  | { type: "microphone"; microphone: Microphone }
  | { type: "start_failed"; problem: CallProblem }
  | { type: "connected"; call: StartedCall; at: number }
  | { type: "assistant_present"; state: AssistantState }
  | { type: "assistant_gone" }
  | { type: "assistant_requested" }
  | { type: "no_assistant_free"; problem: CallProblem }
  | { type: "connection"; connection: "good" | "weak" }
  | { type: "connection_lost"; at: number }
  | { type: "caption"; caption: Partial<CallCaption> & { id: string }; at: number }
  | { type: "words"; id: string; text: string; complete: boolean; at: number }
  | { type: "spoken"; segment: string; text: string; final: boolean; at: number }
  | { type: "ending"; reason: string }
  | { type: "ended"; reason: string; at: number };

const MICROPHONE_ERRORS: string[] = ["none", "denied", "insecure"] satisfies MicrophoneError[];

export const isMicrophoneError = (code: string | undefined): code is MicrophoneError =>
  code !== undefined && MICROPHONE_ERRORS.includes(code);

export function callReducer(state: CallState, action: CallAction): CallState {
  switch (action.type) {
    case "reset":
      return initialCall;
    case "start":
      return { ...initialCall, step: "connecting", microphone: action.typing ? withoutMicrophone(state) : "asking" };
    case "microphone":
      return { ...state, microphone: action.microphone };
    case "start_failed":
      return { ...state, step: "before", problem: action.problem };
    case "connected":
      return { ...state, step: "during", call: action.call, startedAt: action.at };
    case "assistant_present":
      return { ...state, assistant: action.state, missing: false };
    case "assistant_gone":
      return { ...state, assistant: "waiting", missing: true };
    case "assistant_requested":
      return { ...state, missing: true };
    case "no_assistant_free": // trying again begins the call in the same way
      return { ...initialCall, microphone: state.microphone, problem: action.problem };
    case "connection":
      return { ...state, connection: action.connection };
    case "connection_lost":
      return { ...state, connection: "lost", lostAt: state.connection === "lost" ? state.lostAt : action.at };
    case "caption":
      return { ...state, captions: withCaption(state.captions, action.caption, action.at) };
    case "words":
      return {
        ...state,
        captions: withWords(state.captions, { ...action, written: isMicrophoneError(state.microphone) }, action.at),
      };
    case "spoken":
      return { ...state, captions: withSpoken(state.captions, action, action.at) };
    case "ending":
      return { ...state, reason: action.reason };
    case "ended":
      if (state.step === "after") return state;
      if (state.step === "connecting") return initialCall;
      return {
        ...state,
        step: "after",
        endedAt: action.at,
        reason: state.reason || action.reason,
        captions: close(state.captions),
      };
  }
}

/** Why a call is in writing: what was wrong with the microphone before, or that there is none. */
function withoutMicrophone({ problem }: CallState): Microphone {
  return problem?.code === "denied" || problem?.code === "insecure" ? problem.code : "none";
}
