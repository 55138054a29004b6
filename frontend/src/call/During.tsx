// The call: state in words, the living ring, captions, three controls.
import { useEffect, useState } from "react";
import { Keyboard, Mic, MicOff, Phone, PhoneOff, Signal, SignalLow, TriangleAlert, WifiOff } from "lucide-react";
import { Captions } from "./Captions.tsx";
import { TestMark, Verified } from "./Business.tsx";
import { Composer } from "./Composer.tsx";
import { Callout } from "./problems.tsx";
import { clock } from "./time.ts";
import { VoiceRing, type RingState } from "./VoiceRing.tsx";
import type { PublicCampaign } from "../api/schema.ts";
import type { AssistantState } from "./callMachine.ts";
import type { Call } from "./useCall.ts";

const WORDS: Record<AssistantState, string> = {
  waiting: "Connecting",
  initializing: "Connecting",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
};

export function During({ campaign, call }: { campaign: PublicCampaign; call: Call }) {
  const { inWriting } = call;
  const [typing, setTyping] = useState(false);
  const now = useNow();
  const isLost = call.connection === "lost";
  const ring = ringState(call, isLost, inWriting);
  const connecting = call.step === "connecting";
  const composer = (focus: boolean) => (
    <Composer
      assistant={campaign.assistant_name}
      send={call.write}
      typing={call.typing}
      disabled={isLost || connecting}
      focus={focus}
    />
  );
  return (
    <main className="during">
      <Header campaign={campaign} test={Boolean(call.call?.test)} />
      <div className="call-scene">
        <VoiceRing
          state={ring}
          small={typing || inWriting}
          level={ring === "speaking" ? call.remoteLevel : call.localLevel}
        >
          <div className="state" role="status">
            {stateWord(call, isLost, inWriting)}
          </div>
          <div className="ui-muted" role="timer">
            {clock(call.startedAt ? Math.max(0, now - call.startedAt) : 0)}
          </div>
        </VoiceRing>
        <Connection call={call} lostFor={isLost ? Math.max(0, now - (call.lostAt ?? now)) : 0} />
      </div>
      <Captions call={call} assistant={campaign.assistant_name} />
      <div className="call-foot">
        {call.missing && !isLost && (
          <Callout tone="amber" icon={<SignalLow size={16} />}>
            Still connecting you to {campaign.assistant_name}. Please stay on the line.
          </Callout>
        )}
        {isLost && (
          <Callout tone="amber" icon={<TriangleAlert size={16} />}>
            You lost your connection. Your call continues as soon as you're back online.
          </Callout>
        )}
        {inWriting ? (
          <>
            {!isLost && !call.missing && <Writing call={call} assistant={campaign.assistant_name} />}
            <div className="call-write-row">
              {composer(true)}
              <button
                type="button"
                className="ui-button danger hang"
                aria-label="End call"
                title="End call"
                onClick={call.hangUp}
              >
                <PhoneOff size={20} />
              </button>
            </div>
          </>
        ) : (
          <>
            {typing && composer(true)}
            <Controls call={call} typing={typing} setTyping={setTyping} />
          </>
        )}
      </div>
    </main>
  );
}

function Header({ campaign, test }: { campaign: PublicCampaign; test: boolean }) {
  return (
    <header className="call-top">
      <span className="ui-logo" aria-hidden="true">
        {campaign.account_name[0]}
      </span>
      <div className="ui-grow call-business">
        <h1 tabIndex={-1}>{campaign.assistant_name}</h1>
        <div className="ui-note ui-row">
          <span className="ui-clip">{campaign.account_name}</span>
          <Verified campaign={campaign} />
        </div>
      </div>
      {test && <TestMark />}
      <span className="call-rec">Transcribing</span>
    </header>
  );
}

interface ControlsProps {
  call: Call;
  typing: boolean;
  setTyping: (typing: boolean) => void;
}

function Controls({ call, typing, setTyping }: ControlsProps) {
  return (
    <div className="call-dial">
      <button
        type="button"
        aria-pressed={call.microphone === "muted"}
        onClick={call.toggleMute}
        disabled={call.step === "connecting"}
      >
        {call.microphone === "muted" ? <MicOff size={24} /> : <Mic size={24} />}
        {call.microphone === "muted" ? "Unmute" : "Mute"}
      </button>
      <button type="button" aria-expanded={typing} onClick={() => setTyping(!typing)}>
        <Keyboard size={24} />
        Type
      </button>
      <button type="button" className="hang" onClick={call.hangUp}>
        <PhoneOff size={24} />
        End call
      </button>
    </div>
  );
}

function ringState(call: Call, isLost: boolean, inWriting: boolean): RingState {
  if (isLost) return "lost";
  if (call.step === "connecting" || ["waiting", "initializing", "thinking"].includes(call.assistant)) return "thinking";
  if (call.assistant === "speaking") return "speaking";
  if (call.microphone === "muted") return "muted";
  return inWriting ? "rest" : "listening";
}

function stateWord(call: Call, isLost: boolean, inWriting: boolean): string {
  if (isLost) return "Reconnecting";
  if (call.step === "connecting") return "Calling";
  if (call.assistant === "listening" && inWriting) return "Your turn";
  if (call.assistant === "listening" && call.microphone === "muted") return "You're muted";
  return WORDS[call.assistant] || "Listening";
}

function Connection({ call, lostFor }: { call: Call; lostFor: number }) {
  let icon = <Signal size={14} />;
  let words = "Good connection";
  if (call.microphone === "denied") {
    icon = <MicOff size={14} />;
    words = "Microphone blocked";
  }
  if (call.connection === "weak") {
    icon = <SignalLow size={14} />;
    words = "Weak connection";
  }
  if (call.step === "connecting") {
    icon = <Phone size={14} />;
    words = "Ringing";
  }
  if (call.microphone === "asking") {
    icon = <Mic size={14} />;
    words = "Allow the microphone to continue";
  }
  if (call.connection === "lost") {
    icon = <WifiOff size={14} />;
    words = `No connection for ${Math.round(lostFor / 1000)} s`;
  }
  return (
    <div className="call-conn">
      {icon}
      {words}
    </div>
  );
}

// Why this call is in writing, and how to change that.
function Writing({ call, assistant }: { call: Call; assistant: string }) {
  const speak = (
    <button type="button" className="ui-link" onClick={call.allowMicrophone} disabled={call.step === "connecting"}>
      {call.microphone === "denied" ? "Try again" : "Use the microphone"}
    </button>
  );
  return (
    <Callout icon={<MicOff size={16} />}>
      {call.microphone === "denied" ? (
        <>To speak instead, tap the lock in the address bar and allow the microphone. {speak}</>
      ) : (
        <>
          {assistant} replies here. Prefer to talk? {speak}
        </>
      )}
    </Callout>
  );
}

function useNow() {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return now;
}
