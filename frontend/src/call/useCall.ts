// One call, from tap to end: microphone, LiveKit room, captions, the assistant's presence. It uses fetch and WebRTC only.
import { useCallback, useEffect, useReducer, useRef } from "react";
import {
  ConnectionQuality,
  ConnectionState,
  createLocalAudioTrack,
  DisconnectReason,
  ParticipantKind,
  Room,
  RoomEvent,
  Track,
} from "livekit-client";
import { askForAssistant, Problem, rateCall, startCall } from "./api.ts";
import { levelOf, openSound, ringTwice } from "./sounds.ts";

const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const ASSISTANT_MISSING_MS = 3000;
// One that was there comes back, also when its machine starts anew; one that never came is not waited for so long.
const ASSISTANT_BACK_MS = 45000;
const ASSISTANT_COMES_MS = 20000;
const BUSY_S = 20;
// The assistant said good-bye and hangs up; if that fails, the page does.
const HANG_UP_MS = 1500;
const RESEND_MS = 500;
const TYPING_MS = 3000;
const LEAVE_MS = 300;

const initial = {
  step: "before", // before | connecting | during | after
  call: null,
  problem: null, // what stopped the call, before or in it
  microphone: "on", // asking | on | muted | none | denied | insecure
  assistant: "waiting", // waiting | initializing | listening | thinking | speaking
  missing: false, // the assistant did not come, or vanished
  connection: "good", // good | weak | lost
  lostAt: null,
  startedAt: null,
  endedAt: null,
  reason: null,
  captions: [],
};

function reduce(state, action) {
  switch (action.type) {
    case "set":
      return { ...state, ...action.values };
    case "caption": {
      const { id, ...values } = action;
      const index = state.captions.findIndex((caption) => caption.id === id);
      if (index < 0) return { ...state, captions: [...state.captions, { id, at: Date.now(), ...values }] };
      const captions = state.captions.slice();
      captions[index] = { ...captions[index], ...values };
      return { ...state, captions };
    }
    case "turned away": // with the way to try again that this call was begun
      return { ...initial, microphone: state.microphone, problem: action.problem };
    case "lost":
      return { ...state, connection: "lost", lostAt: state.connection === "lost" ? state.lostAt : action.at };
    case "ended":
      if (state.step === "after") return state;
      if (state.step === "connecting") return initial;
      return { ...state, step: "after", endedAt: Date.now(), reason: state.reason || action.reason };
    default:
      return initial;
  }
}

function microphoneState(error) {
  if (!window.isSecureContext) return "insecure";
  return error?.name === "NotAllowedError" || error?.name === "SecurityError" ? "denied" : "none";
}

// The one that came last: of a process that died, a ghost may stay in the room for a while.
function assistantIn(room) {
  return [...room.remoteParticipants.values()]
    .filter((one) => one.kind === ParticipantKind.AGENT)
    .sort((one, other) => other.joinedAt - one.joinedAt)[0];
}

// Returns when the assistant has it.
async function tell(room, method, message) {
  const to = assistantIn(room);
  if (!to) throw new Error("no assistant");
  const payload = JSON.stringify(message);
  await room.localParticipant.performRpc({ destinationIdentity: to.identity, method, payload, responseTimeout: 3000 });
}

const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

// Works without https too, unlike randomUUID.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function useCall(publicId) {
  const [state, dispatch] = useReducer(reduce, initial);
  const live = useRef({
    room: null,
    sound: null,
    stopRing: null,
    audio: [],
    remoteLevel: null,
    localLevel: null,
    ended: null,
    attempt: 0,
    came: false,
    typedAt: 0,
    delivered: Promise.resolve(),
  });
  const set = useCallback((values) => dispatch({ type: "set", values }), []);

  const finish = useCallback((reason) => {
    const { room, stopRing, audio, sound } = live.current;
    stopRing?.();
    for (const element of audio) element.remove();
    const attempt = live.current.attempt + 1;
    live.current = {
      ...live.current,
      attempt,
      room: null,
      stopRing: null,
      audio: [],
      remoteLevel: null,
      localLevel: null,
      sound: null,
    };
    room?.disconnect();
    sound?.close();
    dispatch({ type: "ended", reason });
  }, []);

  const watchRoom = useCallback(
    (room) => {
      const { sound } = live.current;
      const lose = () => dispatch({ type: "lost", at: Date.now() });
      const hearAssistant = () => {
        const assistant = assistantIn(room);
        if (assistant) {
          live.current.stopRing?.();
          live.current.came = true;
          set({ assistant: assistant.attributes["lk.agent.state"] || "initializing", missing: false });
        }
      };
      room
        .on(RoomEvent.TrackSubscribed, (track) => {
          if (track.kind !== Track.Kind.Audio) return;
          const element = track.attach();
          element.setAttribute("data-assistant-audio", "");
          element.hidden = true;
          document.body.append(element);
          track.setPlayoutDelay?.(0);
          live.current.audio.push(element);
          live.current.remoteLevel = levelOf(sound, track.mediaStreamTrack);
        })
        .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()))
        .on(RoomEvent.ParticipantConnected, hearAssistant)
        .on(RoomEvent.ParticipantAttributesChanged, hearAssistant)
        .on(RoomEvent.ParticipantDisconnected, (participant) => {
          const expected = live.current.ended || live.current.room !== room;
          if (participant.kind !== ParticipantKind.AGENT || expected) return;
          if (assistantIn(room)) hearAssistant();
          else set({ assistant: "waiting", missing: true });
        })
        .on(RoomEvent.SignalReconnecting, lose)
        .on(RoomEvent.Reconnecting, lose)
        .on(RoomEvent.Reconnected, () => {
          set({ connection: "good" });
          if (assistantIn(room)) hearAssistant();
          else set({ assistant: "waiting", missing: true });
        })
        .on(RoomEvent.ConnectionQualityChanged, (quality, participant) => {
          if (room.state !== ConnectionState.Connected) return;
          // LiveKit says that a dead process is lost long before it lets it go.
          if (participant === assistantIn(room) && !live.current.ended) {
            if (quality === ConnectionQuality.Lost) set({ assistant: "waiting", missing: true });
            else hearAssistant();
          }
          if (participant.isLocal)
            set({
              connection: quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost ? "weak" : "good",
            });
        });
      room.registerTextStreamHandler("lk.transcription", async (reader, participant) => {
        const attributes = reader.info.attributes || {};
        const id = attributes["lk.segment_id"] || reader.info.id;
        const own = participant.identity === room.localParticipant.identity;
        let text = "";
        try {
          for await (const piece of reader) {
            text += piece;
            dispatch({ type: "caption", id, speaker: own ? "caller" : "assistant", text, final: false });
          }
        } catch {
          // Whoever spoke left in the middle of a sentence: what came is what was said.
        }
        if (text.trim()) {
          const final = !own || attributes["lk.transcription_final"] === "true";
          dispatch({ type: "caption", id, speaker: own ? "caller" : "assistant", text, final });
        }
      });
      room.registerTextStreamHandler("qv.call", async (reader) => {
        const message = JSON.parse(await reader.readAll());
        if (message.type === "call.ended") {
          live.current.ended = message.reason;
          set({ reason: message.reason });
          setTimeout(() => live.current.room === room && finish(message.reason), HANG_UP_MS);
        }
      });
      hearAssistant();
    },
    [finish, set],
  );

  const start = useCallback(
    async ({ email, name, consent, consentVersion, typing }) => {
      const sound = openSound();
      const attempt = live.current.attempt + 1;
      live.current = { ...live.current, attempt, sound, ended: null, came: false };
      const givenUp = () => live.current.attempt !== attempt;
      dispatch({ type: "reset" });
      const without = ["denied", "insecure"].includes(state.problem?.code) ? state.problem.code : "none";
      const microphone = typing ? without : "on";
      set({ step: "connecting", microphone: typing ? without : "asking" });
      let track = null;
      if (!typing) {
        try {
          track = await createLocalAudioTrack(MICROPHONE);
        } catch (error) {
          sound.close();
          set({ step: "before", problem: { code: microphoneState(error) } });
          return;
        }
      }
      if (givenUp()) {
        track?.stop();
        return;
      }
      set({ microphone });
      live.current.stopRing = ringTwice(sound);
      let room = null;
      try {
        const call = await startCall(publicId, {
          email,
          name: name || undefined,
          consent,
          consent_version: consentVersion,
        });
        if (givenUp()) {
          track?.stop();
          return;
        }
        room = new Room({ adaptiveStream: false, dynacast: false, disconnectOnPageLeave: true });
        live.current.room = room;
        watchRoom(room);
        await room.connect(call.server_url, call.token);
        room.once(RoomEvent.Disconnected, (reason) => {
          const fallback = reason === DisconnectReason.ROOM_DELETED ? "over" : "connection_lost";
          if (live.current.room === room) finish(live.current.ended || fallback);
        });
        await room.startAudio();
        if (track) {
          await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, dtx: false, red: false });
          live.current.localLevel = levelOf(sound, track.mediaStreamTrack);
          track.on("ended", () => set({ microphone: "none" }));
        }
        if (!givenUp()) set({ step: "during", call, startedAt: Date.now() });
      } catch (error) {
        track?.stop();
        room?.disconnect();
        if (givenUp()) return;
        live.current.stopRing();
        live.current.room = null;
        sound.close();
        const problem =
          error instanceof Problem ? error : { code: "connection", message: "The call could not be connected." };
        set({ step: "before", problem });
      }
    },
    [publicId, state.problem, finish, set, watchRoom],
  );

  // The microphone later, by wish of somebody who began in writing.
  const allowMicrophone = useCallback(async () => {
    const { room, sound } = live.current;
    try {
      const track = await createLocalAudioTrack(MICROPHONE);
      await room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, dtx: false, red: false });
      live.current.localLevel = levelOf(sound, track.mediaStreamTrack);
      set({ microphone: "on" });
    } catch (error) {
      set({ microphone: microphoneState(error) });
    }
  }, [set]);

  const toggleMute = useCallback(async () => {
    const publication = live.current.room?.localParticipant.getTrackPublication(Track.Source.Microphone);
    if (!publication) return;
    if (publication.isMuted) await publication.unmute();
    else await publication.mute();
    set({ microphone: publication.isMuted ? "muted" : "on" });
  }, [set]);

  // While somebody writes, nobody asks whether they are still there.
  const typing = useCallback(() => {
    if (Date.now() - live.current.typedAt < TYPING_MS) return;
    live.current.typedAt = Date.now();
    tell(live.current.room, "qv.send_message", { id: "", text: "" }).catch(() => {});
  }, []);

  // Delivered one after the other, each again until an assistant has it: one may be on its way, or coming back.
  const write = useCallback((text) => {
    const id = newId();
    const { room, attempt } = live.current;
    dispatch({ type: "caption", id, speaker: "caller", text, final: false, typed: true });
    live.current.delivered = live.current.delivered.then(async () => {
      while (live.current.attempt === attempt) {
        try {
          await tell(room, "qv.send_message", { id, text });
          dispatch({ type: "caption", id, final: true });
          return;
        } catch {
          // It left, or is not ready yet.
        }
        await pause(RESEND_MS);
      }
    });
  }, []);

  // Said before the line is cut: who vanishes is waited for.
  const hangUp = useCallback(async () => {
    const { room, attempt } = live.current;
    live.current.ended = "caller";
    await Promise.race([tell(room, "qv.hang_up", {}).catch(() => {}), pause(LEAVE_MS)]);
    if (live.current.attempt === attempt) finish("caller");
  }, [finish]);

  const rate = useCallback(
    (stars, comment) => rateCall(state.call, { stars, comment: comment || undefined }),
    [state.call],
  );

  // No assistant in the room after three seconds, or it vanished: ask for one, and say so. Where none comes, all are busy.
  useEffect(() => {
    if (state.step !== "during" || state.assistant !== "waiting" || state.connection === "lost") return undefined;
    const since = Date.now();
    const { attempt } = live.current;
    const giveUp = (retryAfter) => {
      const { came } = live.current;
      finish("no_assistant");
      if (!came) dispatch({ type: "turned away", problem: { code: "busy", retryAfter } });
    };
    const ask = () => {
      if (live.current.ended) return;
      if (Date.now() - since > (live.current.came ? ASSISTANT_BACK_MS : ASSISTANT_COMES_MS)) {
        giveUp(BUSY_S);
        return;
      }
      set({ missing: true });
      askForAssistant(state.call).catch((problem) => {
        const waiting = live.current.attempt === attempt && !live.current.came;
        if (problem.code === "busy" && waiting) giveUp(problem.retryAfter);
      });
    };
    if (state.missing) ask();
    const timer = setInterval(ask, ASSISTANT_MISSING_MS);
    return () => clearInterval(timer);
  }, [state.step, state.assistant, state.connection, state.call, finish, set]);

  useEffect(() => () => live.current.room?.disconnect(), []);

  return {
    ...state,
    inWriting: ["none", "denied", "insecure"].includes(state.microphone),
    start,
    write,
    typing,
    rate,
    toggleMute,
    allowMicrophone,
    hangUp,
    again: () => dispatch({ type: "reset" }),
    remoteLevel: () => live.current.remoteLevel?.() ?? 0,
    localLevel: () => (state.microphone === "on" ? (live.current.localLevel?.() ?? 0) : 0),
  };
}
