// One call, from tap to end, for the call page. It uses fetch and WebRTC only.
import { useCallback, useEffect, useReducer, useRef, type RefObject } from "react";
import { Problem } from "../api/client.ts";
import { askForAssistant, emailTranscript, hangUp, rateCall, startCall } from "./api.ts";
import {
  callReducer,
  initialCall,
  isMicrophoneError,
  type CallAction,
  type CallProblem,
  type CallState,
} from "./callMachine.ts";
import { microphoneError } from "./microphone.ts";
import type { CallRoom } from "./roomAdapter.ts";
import { openSound } from "./sounds.ts";

const ASSISTANT_MISSING_MS = 3000;
// One that was there comes back, also when its machine starts anew; one that never came is not waited for so long.
const ASSISTANT_BACK_MS = 45000;
const ASSISTANT_COMES_MS = 20000;
const BUSY_S = 20;
const TYPING_MS = 3000;
const NOT_CONNECTED: CallProblem = { code: "connection", message: "We couldn't connect your call." };
// Links of the dashboard end so: the call is a test of whoever is logged in.
export const opensAsTest = () => window.location.hash === "#test";

export interface CallRequest {
  email: string;
  name: string;
  consent: boolean;
  consentVersion: string;
  /** Whether the caller writes, without a microphone. */
  typing: boolean;
}

// LiveKit's client is three quarters of the page's code, and nothing of it is needed before the tap.
const loadAdapter = () => import("./roomAdapter.ts");

// Works without https too, unlike randomUUID.
const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function useCall(publicId: string) {
  const [state, dispatch] = useReducer(callReducer, initialCall);
  const current = useRef<CallRoom | null>(null);
  const starts = useRef(0);
  const typedAt = useRef(0);

  const finish = useCallback((reason: string) => {
    starts.current += 1;
    current.current?.close();
    current.current = null;
    dispatch({ type: "ended", reason, at: Date.now() });
  }, []);

  useEffect(() => {
    loadAdapter().catch(() => undefined); // the tap tries again, and says so if it fails
    return () => {
      starts.current += 1;
      current.current?.close();
    };
  }, []);
  useAssistantWatch(state, current, dispatch, finish);
  useLeaving(state, finish);

  return {
    ...state,
    inWriting: isMicrophoneError(state.microphone),
    start: async (request: CallRequest) => {
      const sound = openSound();
      starts.current += 1;
      const start = starts.current;
      dispatch({ type: "start", typing: request.typing });
      try {
        const { CallRoom } = await loadAdapter();
        if (start !== starts.current) return void sound.close();
        current.current = new CallRoom(sound, dispatch, finish);
      } catch {
        sound.close();
        if (start === starts.current) dispatch({ type: "start_failed", problem: NOT_CONNECTED });
        return;
      }
      await connect(current.current, publicId, request, dispatch);
    },
    write: (text: string) => {
      const id = newId();
      const caption = { id, speaker: "caller", text, final: false, typed: true } as const;
      dispatch({ type: "caption", caption, at: Date.now() });
      current.current?.deliver(id, text);
    },
    typing: () => {
      if (Date.now() - typedAt.current < TYPING_MS) return;
      typedAt.current = Date.now();
      current.current?.reportTyping();
    },
    rate: async (stars: number, comment: string) => {
      if (state.call) await rateCall(state.call, { stars, comment: comment || undefined });
    },
    emailTranscript: async (email: string) => {
      if (state.call) await emailTranscript(state.call, email);
    },
    toggleMute: async () => {
      const muted = await current.current?.toggleMute();
      if (typeof muted === "boolean") dispatch({ type: "microphone", microphone: muted ? "muted" : "on" });
    },
    /** For somebody who began in writing. */
    allowMicrophone: async () => {
      try {
        const { openMicrophone } = await loadAdapter();
        await current.current?.publish(await openMicrophone());
        dispatch({ type: "microphone", microphone: "on" });
      } catch (error) {
        dispatch({ type: "microphone", microphone: microphoneError(error) });
      }
    },
    hangUp: async () => {
      const room = current.current;
      await room?.leave();
      if (!room?.closed) finish("caller");
    },
    again: () => dispatch({ type: "reset" }),
    remoteLevel: () => current.current?.remoteLevel() ?? 0,
    localLevel: () => (state.microphone === "on" ? (current.current?.localLevel() ?? 0) : 0),
  };
}
export type Call = ReturnType<typeof useCall>;

type Dispatch = (action: CallAction) => void;

// Once the room is closed, the caller has given up.
async function connect(room: CallRoom, publicId: string, request: CallRequest, dispatch: Dispatch) {
  const { openMicrophone } = await loadAdapter();
  let track: Awaited<ReturnType<typeof openMicrophone>> | null = null;
  if (!request.typing) {
    try {
      track = await openMicrophone();
    } catch (error) {
      if (!room.closed) dispatch({ type: "start_failed", problem: { code: microphoneError(error) } });
      room.close();
      return;
    }
    if (!room.closed) dispatch({ type: "microphone", microphone: "on" });
  }
  try {
    if (!room.closed) {
      room.ring();
      const { email, name, consent, consentVersion } = request;
      const body = { email, name: name || undefined, consent, consent_version: consentVersion, test: opensAsTest() };
      const call = await startCall(publicId, body);
      if (!room.closed) await room.connect(call);
      if (track && !room.closed) await room.publish(track);
      if (!room.closed) dispatch({ type: "connected", call, at: Date.now() });
    }
  } catch (error) {
    if (!room.closed) dispatch({ type: "start_failed", problem: error instanceof Problem ? error : NOT_CONNECTED });
    room.close();
  }
  if (room.closed) track?.stop();
}

// Leaving the page ends the call, so it asks first; and a closed page hangs up, or the assistant would wait for it.
function useLeaving({ step, call }: CallState, finish: (reason: string) => void) {
  useEffect(() => {
    if (step !== "during" && step !== "connecting") return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    // The room is left as it is: whoever leaves it first is taken for a lost caller.
    const leave = ({ persisted }: PageTransitionEvent) => {
      if (call) hangUp(call).catch(() => undefined);
      if (persisted) finish("caller");
    };
    window.addEventListener("beforeunload", ask);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("beforeunload", ask);
      window.removeEventListener("pagehide", leave);
    };
  }, [step, call, finish]);
}

// No assistant in the room after three seconds, or it vanished: ask for one, and say so. Where none comes, all are busy.
function useAssistantWatch(
  { step, assistant, connection, call, missing }: CallState,
  current: RefObject<CallRoom | null>,
  dispatch: Dispatch,
  finish: (reason: string) => void,
) {
  const missingNow = useRef(missing);
  useEffect(() => {
    missingNow.current = missing;
  }, [missing]);
  useEffect(() => {
    const room = current.current;
    if (step !== "during" || assistant !== "waiting" || connection === "lost" || !room || !call) return undefined;
    const since = Date.now();
    const giveUp = (retryAfter: number | undefined) => {
      finish("no_assistant");
      if (!room.assistantCame) dispatch({ type: "no_assistant_free", problem: { code: "busy", retryAfter } });
    };
    const ask = () => {
      if (room.endReason) return;
      if (Date.now() - since > (room.assistantCame ? ASSISTANT_BACK_MS : ASSISTANT_COMES_MS)) {
        giveUp(BUSY_S);
        return;
      }
      dispatch({ type: "assistant_requested" });
      askForAssistant(call).catch((problem: Problem) => {
        if (problem.code === "busy" && !room.closed && !room.assistantCame) giveUp(problem.retryAfter);
      });
    };
    if (missingNow.current) ask();
    const timer = setInterval(ask, ASSISTANT_MISSING_MS);
    return () => clearInterval(timer);
  }, [step, assistant, connection, call, current, dispatch, finish]);
}
