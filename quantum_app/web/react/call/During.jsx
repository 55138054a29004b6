// The call: state in words, the living ring, captions, three controls.
import { useEffect, useRef, useState } from "react";
import { ArrowUp, Keyboard, Mic, MicOff, PhoneOff, Signal, SignalLow, WifiOff } from "lucide-react";
import { Callout } from "./problems.jsx";
import { clock } from "./time.js";
import { VoiceRing } from "./VoiceRing.jsx";

const WORDS = { waiting: "Connecting", initializing: "Connecting", listening: "Listening", thinking: "Thinking", speaking: "Speaking" };

export function During({ campaign, call }) {
  const inWriting = call.microphone === "none" || call.microphone === "denied";
  const [typing, setTyping] = useState(inWriting);
  const elapsed = useElapsed(call.startedAt);
  const lost = call.connection === "lost";
  const ring = ringState(call, lost);
  return (
    <main className="during">
      <header className="qv-call-top">
        <span className="qv-logo" aria-hidden="true">{campaign.account_name[0]}</span>
        <div className="qv-grow">
          <h1>{campaign.assistant_name}</h1>
          <div className="qv-note">{campaign.account_name}</div>
        </div>
        <span className="qv-rec">Transcribing</span>
      </header>
      <VoiceRing state={ring} small={typing} still={lost || call.microphone === "muted"} level={ring === "speaking" ? call.remoteLevel : call.localLevel}>
        <div className="state" role="status">{stateWord(call, lost)}</div>
        <div className="qv-mute" role="timer">{clock(elapsed)}</div>
      </VoiceRing>
      <Connection call={call} lost={lost} />
      <Captions call={call} assistant={campaign.assistant_name} />
      {call.missing && !lost && <Callout tone="amber" icon={<SignalLow size={16} />}>Still connecting you to {campaign.assistant_name}. Please stay on the line.</Callout>}
      {lost && <Callout tone="amber" icon={<WifiOff size={16} />}>Your connection is gone. The call is kept, and goes on by itself when you are back online.</Callout>}
      {call.microphone === "denied" && <Callout icon={<MicOff size={16} />}>To speak instead, allow the microphone in the address bar, then press Speak.</Callout>}
      {typing && <Composer assistant={campaign.assistant_name} send={call.write} disabled={lost || call.step === "connecting"} />}
      <div className="qv-dial">
        {inWriting ? (
          <button type="button" onClick={call.allowMicrophone} disabled={call.step === "connecting"}><Mic size={24} />Speak</button>
        ) : (
          <button type="button" aria-pressed={call.microphone === "muted"} onClick={call.toggleMute} disabled={call.step === "connecting"}>
            {call.microphone === "muted" ? <MicOff size={24} /> : <Mic size={24} />}
            {call.microphone === "muted" ? "Unmute" : "Mute"}
          </button>
        )}
        <button type="button" aria-pressed={typing} aria-expanded={typing} onClick={() => setTyping(!typing)}><Keyboard size={24} />Type</button>
        <button type="button" className="hang" onClick={call.hangUp}><PhoneOff size={24} />End call</button>
      </div>
    </main>
  );
}

function ringState(call, lost) {
  if (lost || call.microphone === "muted") return call.assistant === "speaking" && !lost ? "speaking" : "still";
  if (call.step === "connecting" || call.assistant === "waiting" || call.assistant === "initializing" || call.assistant === "thinking") return "thinking";
  return call.assistant;
}

function stateWord(call, lost) {
  if (lost) return "Reconnecting";
  if (call.step === "connecting") return "Calling";
  if (call.microphone === "muted" && call.assistant === "listening") return "You are muted";
  return WORDS[call.assistant] || "Listening";
}

function Connection({ call, lost }) {
  let icon = <Signal size={14} />;
  let words = "Connection good";
  if (call.step === "connecting") words = "Ringing";
  if (call.connection === "weak") { icon = <SignalLow size={14} />; words = "Connection weak"; }
  if (lost) { icon = <WifiOff size={14} />; words = "No connection"; }
  return <div className="qv-conn" role="status">{icon}{words}</div>;
}

// Finished sentences go into the log, which a screen reader reads out once; the one being spoken stands below it.
function Captions({ call, assistant }) {
  const box = useRef(null);
  const follow = useRef(true);
  useEffect(() => {
    if (follow.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [call.captions]);
  const final = call.captions.filter((caption) => caption.final);
  const open = call.captions.filter((caption) => !caption.final && caption.text.trim());
  const onScroll = ({ target }) => { follow.current = target.scrollHeight - target.scrollTop - target.clientHeight < 40; };
  return (
    <section className="qv-caps" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Live captions">
      <div>
        <div role="log">{final.map((caption, index) => <Caption key={caption.id} caption={caption} assistant={assistant} now={!open.length && index === final.length - 1} />)}</div>
        {open.map((caption) => <Caption key={caption.id} caption={caption} assistant={assistant} now />)}
      </div>
    </section>
  );
}

function Caption({ caption, assistant, now }) {
  const ours = caption.speaker === "assistant";
  return (
    <div className={`qv-cap ${ours ? "ai" : ""} ${now ? "now" : ""} ${caption.final || ours ? "" : "interim"}`} data-speaker={caption.speaker} data-final={caption.final}>
      <div className="who">{ours ? `${assistant}, AI` : "You"}</div>
      <p>{caption.text}</p>
    </div>
  );
}

function Composer({ assistant, send, disabled }) {
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const words = text.trim();
    if (!words) return;
    try {
      await send(words);
      setText("");
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  return (
    <form onSubmit={submit}>
      {failed && <div className="qv-error" role="alert">That was not sent. Try again.</div>}
      <div className="qv-type">
        <div className="qv-input big">
          <input value={text} maxLength={1000} placeholder={`Write to ${assistant}`} aria-label={`Write to ${assistant}`} onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="qv-btn solid icon mid" aria-label="Send" disabled={disabled}><ArrowUp size={16} /></button>
        </div>
      </div>
    </form>
  );
}

function useElapsed(startedAt) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return startedAt ? Math.max(0, now - startedAt) : 0;
}
