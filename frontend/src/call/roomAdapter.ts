// One call's LiveKit room, microphone and sound: what happens there, as actions of the call machine.
import {
  ConnectionQuality,
  ConnectionState,
  createLocalAudioTrack,
  DisconnectReason,
  ParticipantKind,
  Room,
  RoomEvent,
  Track,
  LocalTrack,
  RemoteTrack,
  type LocalAudioTrack,
  type Participant,
  type RemoteParticipant,
  type TextStreamHandler,
} from "livekit-client";
import type { StartedCall } from "../api/schema.ts";
import type { AssistantState, CallAction } from "./callMachine.ts";
import { LineMonitor } from "./lineMonitor.ts";
import { levelOf, ringTwice } from "./sounds.ts";

const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
// The assistant said good-bye and hangs up; if that fails, the page does.
const HANG_UP_MS = 1500;
const RESEND_MS = 500;
const RPC_TIMEOUT_MS = 3000;
const LEAVE_MS = 300;

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export const openMicrophone = () => createLocalAudioTrack(MICROPHONE);

export class CallRoom {
  /** Whether an assistant has been in the room. */
  assistantCame = false;
  /** Why the call ends, once one side has said so. */
  endReason: string | null = null;
  closed = false;

  private readonly dispatch: (action: CallAction) => void;
  private readonly onEnded: (reason: string) => void;
  // The page asks before it is left, so LiveKit must not hang up at the question.
  private readonly room = new Room({ adaptiveStream: false, dynacast: false, disconnectOnPageLeave: false });
  private readonly line = new LineMonitor(
    () => this.received(),
    (alive) => this.judgeLine(alive),
  );
  private readonly sound: AudioContext;
  private readonly audio: HTMLMediaElement[] = [];
  private stopRing: (() => void) | null = null;
  private delivery: Promise<void> = Promise.resolve();
  private measureRemote: (() => number) | null = null;
  private measureLocal: (() => number) | null = null;

  /** sound: opened in the tap that starts the call. */
  constructor(sound: AudioContext, dispatch: (action: CallAction) => void, onEnded: (reason: string) => void) {
    this.sound = sound;
    this.dispatch = dispatch;
    this.onEnded = onEnded;
  }

  ring() {
    this.stopRing = ringTwice(this.sound);
  }

  /** Loudness of the assistant now, 0 to 1. */
  remoteLevel = () => this.measureRemote?.() ?? 0;
  /** Loudness at the microphone now, 0 to 1. */
  localLevel = () => this.measureLocal?.() ?? 0;

  async connect(call: StartedCall) {
    this.listen();
    await this.room.connect(call.server_url, call.token);
    this.room.once(RoomEvent.Disconnected, (reason) => {
      const fallback = reason === DisconnectReason.ROOM_DELETED ? "over" : "connection_lost";
      if (!this.closed) this.onEnded(this.endReason || fallback);
    });
    await this.room.startAudio();
    this.line.start();
  }

  async publish(track: LocalAudioTrack) {
    await this.room.localParticipant.publishTrack(track, { source: Track.Source.Microphone, dtx: false, red: false });
    this.measureLocal = levelOf(this.sound, track.mediaStreamTrack);
    track.on("ended", () => this.dispatch({ type: "microphone", microphone: "none" }));
  }

  /** Whether the microphone is muted now; null without one. */
  async toggleMute(): Promise<boolean | null> {
    const publication = this.room.localParticipant.getTrackPublication(Track.Source.Microphone);
    if (!publication) return null;
    if (publication.isMuted) await publication.unmute();
    else await publication.mute();
    return publication.isMuted;
  }

  /** While somebody types, nobody asks whether they are still there. */
  reportTyping() {
    this.send("qv.send_message", { id: "", text: "" }).catch(() => {});
  }

  /** Delivered one after the other, each again until an assistant has it: one may be on its way, or coming back. */
  deliver(id: string, text: string) {
    this.delivery = this.delivery.then(async () => {
      while (!this.closed) {
        try {
          await this.send("qv.send_message", { id, text });
          this.caption({ id, final: true });
          return;
        } catch {
          // It left, or is not ready yet.
        }
        await pause(RESEND_MS);
      }
    });
  }

  /** Says that the caller hangs up, before the line is cut: who vanishes is waited for. */
  async leave() {
    this.endReason = "caller";
    await Promise.race([this.send("qv.hang_up", {}).catch(() => {}), pause(LEAVE_MS)]);
  }

  close() {
    this.closed = true;
    this.line.stop();
    this.stopRing?.();
    for (const element of this.audio) element.remove();
    this.measureRemote = this.measureLocal = null;
    this.room.disconnect();
    if (this.sound.state !== "closed") this.sound.close();
  }

  // The one that came last: of a process that died, a ghost may stay in the room for a while.
  private assistant(): RemoteParticipant | undefined {
    return [...this.room.remoteParticipants.values()]
      .filter(({ kind }) => kind === ParticipantKind.AGENT)
      .sort((one, other) => (other.joinedAt?.getTime() ?? 0) - (one.joinedAt?.getTime() ?? 0))[0];
  }

  // Returns when the assistant has it.
  private async send(method: string, message: object) {
    const assistant = this.assistant();
    if (!assistant) throw new Error("no assistant");
    await this.room.localParticipant.performRpc({
      destinationIdentity: assistant.identity,
      method,
      payload: JSON.stringify(message),
      responseTimeout: RPC_TIMEOUT_MS,
    });
  }

  private caption(caption: Extract<CallAction, { type: "caption" }>["caption"]) {
    this.dispatch({ type: "caption", caption, at: Date.now() });
  }

  private listen() {
    const reportLoss = () => this.dispatch({ type: "connection_lost", at: Date.now() });
    this.room
      .on(RoomEvent.TrackSubscribed, this.play)
      .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()))
      .on(RoomEvent.ParticipantConnected, this.greet)
      .on(RoomEvent.ParticipantAttributesChanged, this.greet)
      .on(RoomEvent.ParticipantDisconnected, (participant) => {
        if (participant.kind === ParticipantKind.AGENT && !this.endReason && !this.closed) this.findAssistant();
      })
      .on(RoomEvent.SignalReconnecting, reportLoss)
      .on(RoomEvent.Reconnecting, reportLoss)
      .on(RoomEvent.Reconnected, () => {
        this.line.restart();
        this.dispatch({ type: "connection", connection: "good" });
        this.findAssistant();
      })
      .on(RoomEvent.ConnectionQualityChanged, this.judgeQuality);
    this.room.registerTextStreamHandler("lk.transcription", this.transcribe);
    this.room.registerTextStreamHandler("qv.words", this.announce);
    this.room.registerTextStreamHandler("qv.call", async (reader) => this.hear(JSON.parse(await reader.readAll())));
    this.greet();
  }

  private play = (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Audio) return;
    const element = track.attach();
    element.setAttribute("data-assistant-audio", "");
    element.hidden = true;
    document.body.append(element);
    track.setPlayoutDelay?.(0);
    this.audio.push(element);
    this.measureRemote = levelOf(this.sound, track.mediaStreamTrack);
  };

  private greet = () => {
    const assistant = this.assistant();
    if (!assistant) return;
    this.stopRing?.();
    this.assistantCame = true;
    const state = (assistant.attributes["lk.agent.state"] || "initializing") as AssistantState;
    this.dispatch({ type: "assistant_present", state });
  };

  private findAssistant() {
    if (this.assistant()) this.greet();
    else this.dispatch({ type: "assistant_gone" });
  }

  private judgeQuality = (quality: ConnectionQuality, participant: Participant) => {
    if (this.room.state !== ConnectionState.Connected || !this.line.alive) return;
    // LiveKit says that a dead process is lost long before it lets it go.
    if (participant === this.assistant() && !this.endReason) {
      if (quality === ConnectionQuality.Lost) this.dispatch({ type: "assistant_gone" });
      else this.greet();
    }
    if (participant.isLocal) {
      const weak = quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost;
      this.dispatch({ type: "connection", connection: weak ? "weak" : "good" });
    }
  };

  /** Bytes that came from LiveKit until now, of whatever kind. */
  private async received() {
    const remote = [...(this.assistant()?.trackPublications.values() ?? [])].map(({ track }) => track);
    const local = [...this.room.localParticipant.trackPublications.values()].map(({ track }) => track);
    let sum = 0;
    for (const track of [...remote, ...local]) {
      if (!(track instanceof RemoteTrack) && !(track instanceof LocalTrack)) continue;
      const report = await track.getRTCStatsReport();
      report?.forEach((entry: RTCIceCandidatePairStats) => {
        if (entry.type === "candidate-pair") sum += entry.bytesReceived ?? 0;
      });
    }
    return sum;
  }

  private judgeLine(alive: boolean) {
    if (this.closed || this.room.state !== ConnectionState.Connected) return;
    if (alive) this.dispatch({ type: "connection", connection: "good" });
    else this.dispatch({ type: "connection_lost", at: Date.now() });
  }

  private announce: TextStreamHandler = async (reader) => {
    const { id } = reader.info;
    let text = "";
    const tell = (complete: boolean) => this.dispatch({ type: "words", id, text, complete, at: Date.now() });
    try {
      for await (const piece of reader) {
        text += piece;
        tell(false);
      }
    } catch {
      // The assistant left in the middle of a sentence: what came is what it was about to say.
    }
    if (text.trim()) tell(true);
  };

  private transcribe: TextStreamHandler = async (reader, participant) => {
    const attributes = reader.info.attributes || {};
    const id = attributes["lk.segment_id"] || reader.info.id;
    const own = participant.identity === this.room.localParticipant.identity;
    let text = "";
    const tell = (final: boolean) => {
      if (own) this.caption({ id, speaker: "caller", text, final });
      else this.dispatch({ type: "spoken", segment: id, text, final, at: Date.now() });
    };
    try {
      for await (const piece of reader) {
        text += piece;
        tell(false);
      }
    } catch {
      // Whoever spoke left in the middle of a sentence: what came is what was said.
    }
    if (text.trim()) tell(!own || attributes["lk.transcription_final"] === "true");
  };

  private hear(message: { type: string; reason: string }) {
    if (message.type !== "call.ended" || this.closed) return;
    this.endReason = message.reason;
    this.dispatch({ type: "ending", reason: message.reason });
    setTimeout(() => {
      if (!this.closed) this.onEnded(message.reason);
    }, HANG_UP_MS);
  }
}
