// What is said to the simulator: recorded until a pause, heard by the server, handed on as words.
import { useEffect, useRef, useState } from "react";

const RATE = 16000;
// Seconds: of the pause that ends it, of waiting for a first word, of all of it.
const PAUSE = 1.2;
const NOTHING = 6;
const LONGEST = 14.5;
const SPOKEN = 0.13; // seconds of sound that are more than the click of a mouse
const QUIET = 0.008; // root mean square of full scale 1

const BLOCKED = ["NotAllowedError", "SecurityError"];
const MISSING = ["NotFoundError", "NotReadableError", "OverconstrainedError"];

function wordsOf(error) {
  if (error.status !== undefined) return error.message;
  if (!window.isSecureContext)
    return "This page may not use the microphone, because its address does not begin with https. Type instead.";
  if (BLOCKED.includes(error.name))
    return "Your microphone is blocked. Allow it by the sign in the address bar and press again, or type.";
  if (MISSING.includes(error.name)) return "No microphone was found. Connect one and press again, or type.";
  return "This browser cannot record. Type instead.";
}

// Whether somebody speaks: louder than the quietest, and not far below the loudest of the last seconds.
function listener() {
  let loudest = 0;
  let quietest = Infinity;
  const told = { seconds: 0, spoken: 0, silent: 0 };
  return (level, seconds) => {
    loudest = Math.max(level, loudest * 0.5 ** (seconds / 2));
    quietest = Math.min(level, quietest);
    const speech = level > Math.max(QUIET, 0.15 * loudest, 2 * quietest);
    told.seconds += seconds;
    told.spoken += speech ? seconds : 0;
    told.silent = speech ? 0 : told.silent + seconds;
    const begun = told.spoken >= SPOKEN;
    return told.seconds >= LONGEST || told.silent >= (begun ? PAUSE : NOTHING);
  };
}

// {wav, stop, cancel}; wav: a promise of the recording, of null where it was given up.
async function record(onLevel) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const context = new AudioContext();
  const pieces = [];
  let end;
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  const release = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  try {
    await context.audioWorklet.addModule("/qv/recorder.js");
  } catch (error) {
    release();
    throw error;
  }
  const over = listener();
  const recorder = new AudioWorkletNode(context, "qv-recorder", { numberOfOutputs: 0 });
  recorder.port.onmessage = ({ data }) => {
    pieces.push(data);
    const level = Math.sqrt(data.reduce((sum, sample) => sum + sample * sample, 0) / data.length);
    onLevel(level);
    if (over(level, data.length / context.sampleRate)) end(true);
  };
  stream.getTracks().forEach((track) => track.addEventListener("ended", () => end(true)));
  context.createMediaStreamSource(stream).connect(recorder);
  context.resume();
  const wav = ended.then((wanted) => {
    release();
    return wanted ? wavOf(pieces, context.sampleRate) : null;
  });
  return { wav, stop: () => end(true), cancel: () => end(false) };
}

async function wavOf(pieces, rate) {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0) || 1;
  const offline = new OfflineAudioContext(1, Math.ceil((length * RATE) / rate), RATE);
  const source = offline.createBufferSource();
  source.buffer = offline.createBuffer(1, length, rate);
  pieces.forEach((piece, place) => source.buffer.copyToChannel(piece, 0, place * piece.length));
  source.connect(offline.destination);
  source.start();
  const samples = (await offline.startRendering()).getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const put = (at, letters) => [...letters].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  put(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  put(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) => view.setInt16(44 + 2 * place, 32767 * Math.max(-1, Math.min(1, sample)), true));
  return new Blob([view], { type: "audio/wav" });
}

// state: off | opening | on | hearing. meter: of the element whose width is the level. heard: called with the words.
export function useVoice(hear, heard) {
  const [state, setState] = useState("off");
  const [problem, setProblem] = useState("");
  const meter = useRef(null);
  const taken = useRef(null);
  const latest = useRef(heard);
  latest.current = heard;

  const onLevel = (level) =>
    meter.current?.style.setProperty("width", `${Math.max(0, Math.min(100, 125 + 50 * Math.log10(level + 1e-6)))}%`);

  const speak = async () => {
    const mine = {};
    taken.current = mine;
    setProblem("");
    setState("opening");
    try {
      mine.recording = await record(onLevel);
      if (taken.current !== mine) mine.recording.cancel();
      else setState("on");
      const wav = await mine.recording.wav;
      if (taken.current !== mine) return;
      setState("hearing");
      const { text } = await hear(wav);
      if (taken.current === mine) latest.current(text);
    } catch (error) {
      if (taken.current === mine) setProblem(wordsOf(error));
    }
    if (taken.current === mine) leave();
  };
  const leave = () => {
    taken.current?.recording?.cancel();
    taken.current = null;
    setState("off");
  };

  useEffect(() => {
    if (state === "off") return undefined;
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      leave();
    };
    window.addEventListener("keydown", escape, true);
    return () => window.removeEventListener("keydown", escape, true);
  }, [state]);
  useEffect(() => leave, []);

  return {
    state,
    problem,
    meter,
    press: { off: speak, on: () => taken.current.recording.stop() }[state],
    cancel: leave,
  };
}
