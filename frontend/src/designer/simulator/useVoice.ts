// What is said to the simulator: recorded until a pause, heard by the server, handed on as words.
import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client.ts";
import { wavOf } from "./wav.ts";

// Seconds: of the pause that ends it, of waiting for a first word, of all of it.
const PAUSE = 1.2;
const NOTHING = 6;
const LONGEST = 14.5;
const MIN_SPEECH = 0.13; // seconds of sound that are more than the click of a mouse
const QUIET = 0.008; // root mean square of full scale 1

const BLOCKED = ["NotAllowedError", "SecurityError"];
const MISSING = ["NotFoundError", "NotReadableError", "OverconstrainedError"];

function errorMessage(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const name = error instanceof Error ? error.name : "";
  if (!window.isSecureContext)
    return "This page can't use your microphone because its address doesn't start with https. Type instead.";
  if (BLOCKED.includes(name)) return "Your microphone is blocked. Allow it in the address bar and try again, or type.";
  if (MISSING.includes(name)) return "No microphone found. Connect one and try again, or type.";
  return "This browser can't record audio. Type instead.";
}

// Whether somebody speaks: louder than the quietest, and not far below the loudest of the last seconds.
function listener() {
  let loudest = 0;
  let quietest = Infinity;
  const durations = { seconds: 0, spoken: 0, silent: 0 };
  return (level: number, seconds: number) => {
    loudest = Math.max(level, loudest * 0.5 ** (seconds / 2));
    quietest = Math.min(level, quietest);
    const speech = level > Math.max(QUIET, 0.15 * loudest, 2 * quietest);
    durations.seconds += seconds;
    durations.spoken += speech ? seconds : 0;
    durations.silent = speech ? 0 : durations.silent + seconds;
    const hasBegun = durations.spoken >= MIN_SPEECH;
    return durations.seconds >= LONGEST || durations.silent >= (hasBegun ? PAUSE : NOTHING);
  };
}

interface Recording {
  /** null where it was given up. */
  wav: Promise<Blob | null>;
  stop: () => void;
  cancel: () => void;
}

async function record(onLevel: (level: number) => void): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const context = new AudioContext();
  const pieces: Float32Array<ArrayBuffer>[] = [];
  let end: (complete: boolean) => void = () => {};
  const completion = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  const release = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  try {
    await context.audioWorklet.addModule("/scripts/recorder.js");
  } catch (error) {
    release();
    throw error;
  }
  const over = listener();
  const recorder = new AudioWorkletNode(context, "qv-recorder", { numberOfOutputs: 0 });
  recorder.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => {
    pieces.push(data);
    const level = Math.sqrt(data.reduce((sum, sample) => sum + sample * sample, 0) / data.length);
    onLevel(level);
    if (over(level, data.length / context.sampleRate)) end(true);
  };
  stream.getTracks().forEach((track) => track.addEventListener("ended", () => end(true)));
  context.createMediaStreamSource(stream).connect(recorder);
  context.resume();
  const wav = completion.then((complete) => {
    release();
    return complete ? wavOf(pieces, context.sampleRate) : null;
  });
  return { wav, stop: () => end(true), cancel: () => end(false) };
}

export type VoiceState = "off" | "opening" | "on" | "hearing";

/** hear: the words of a recording. onWords: called with them. */
export function useVoice(hear: (wav: Blob) => Promise<{ text: string }>, onWords: (text: string) => void) {
  const [state, setState] = useState<VoiceState>("off");
  const [problem, setProblem] = useState("");
  const meter = useRef<HTMLElement>(null); // its width is the level
  const attempt = useRef<{ recording?: Recording } | null>(null);
  const latest = useRef(onWords);
  useEffect(() => {
    latest.current = onWords;
  });

  const leave = useCallback(() => {
    attempt.current?.recording?.cancel();
    attempt.current = null;
    setState("off");
  }, []);
  useEscape(state !== "off", leave);
  useEffect(() => leave, [leave]);

  const showLevel = (level: number) => {
    const width = Math.max(0, Math.min(100, 125 + 50 * Math.log10(level + 1e-6)));
    meter.current?.style.setProperty("width", `${width}%`);
  };
  const speak = async () => {
    const mine: { recording?: Recording } = {};
    attempt.current = mine;
    setProblem("");
    setState("opening");
    try {
      mine.recording = await record(showLevel);
      if (attempt.current !== mine) mine.recording.cancel();
      else setState("on");
      const wav = await mine.recording.wav;
      if (attempt.current !== mine || !wav) return;
      setState("hearing");
      const { text } = await hear(wav);
      if (attempt.current === mine) latest.current(text);
    } catch (error) {
      if (attempt.current === mine) setProblem(errorMessage(error));
    }
    if (attempt.current === mine) leave();
  };
  const press = () => {
    if (state === "off") speak();
    else if (state === "on") attempt.current?.recording?.stop();
  };
  return { state, problem, meter, press, cancel: leave };
}
export type Voice = ReturnType<typeof useVoice>;

function useEscape(active: boolean, action: () => void) {
  useEffect(() => {
    if (!active) return undefined;
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      action();
    };
    window.addEventListener("keydown", escape, true);
    return () => window.removeEventListener("keydown", escape, true);
  }, [active, action]);
}
