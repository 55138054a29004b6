// What the caller says next: typed or spoken, or what happens instead.
import { useState, type FormEvent, type RefObject } from "react";
import { ArrowUp, Ellipsis, Mic, MicOff, PhoneOff, Square } from "lucide-react";
import type { Happening } from "../../api/schema.ts";
import { Menu, MenuItem } from "../../components/Menu.tsx";
import { EVENTS } from "./simulation.ts";
import type { SimulatorApi } from "./simulatorApi.ts";
import type { Simulation } from "./useSimulation.ts";
import { useVoice, type Voice } from "./useVoice.ts";

const VOICE = { opening: "Opening microphone…", on: "Listening. Pause to send.", hearing: "Transcribing…" };
const OFTEN: Happening[] = ["silence", "gone_silent", "interrupted", "tick", "time_up", "caller_gone"];

interface SayProps {
  call: Simulation;
  field: RefObject<HTMLInputElement | null>;
  start: () => void;
  hear: SimulatorApi["hear"];
}

export function Say({ call, field, start, hear }: SayProps) {
  if (call.ended)
    return (
      <div className="simulator-say over">
        <PhoneOff size={14} />
        <span className="ui-grow">The call has ended.</span>
        <button type="button" className="ui-button surface editor-small" onClick={start}>
          Call again
        </button>
      </div>
    );
  return <Composer call={call} field={field} hear={hear} />;
}

function Composer({ call, field, hear }: Omit<SayProps, "start">) {
  const [text, setText] = useState("");
  // What is heard while the call goes on by itself waits in the field.
  const voice = useVoice(hear, (transcript) => (call.waiting ? setText(transcript) : call.say(transcript, true)));
  const speaking = voice.state === "on";
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim() || call.waiting) return;
    call.say(text.trim());
    setText("");
  };
  return (
    <form className="simulator-say" onSubmit={send}>
      <VoiceState voice={voice} />
      <div className="ui-input">
        <input
          ref={field}
          value={text}
          maxLength={1000}
          placeholder="Reply as the caller"
          aria-label="Reply as the caller"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button
          type="button"
          className={`ui-button icon editor-small ${speaking ? "soft" : "ghost"}`}
          aria-label={speaking ? "Send recording" : "Speak"}
          title={speaking ? "Send recording" : "Speak"}
          onClick={voice.press}
        >
          {speaking ? <Square size={16} /> : <Mic size={16} />}
        </button>
        <Menu label="Simulate an event" className="ui-button ghost icon editor-small" face={<Ellipsis size={16} />}>
          {OFTEN.map((happens) => (
            <MenuItem key={happens} disabled={Boolean(call.waiting)} onClick={() => call.happen(happens)}>
              {EVENTS[happens].label}
            </MenuItem>
          ))}
        </Menu>
        <button
          type="submit"
          className="ui-button solid icon"
          aria-label="Send"
          disabled={!text.trim() || Boolean(call.waiting)}
        >
          <ArrowUp size={16} />
        </button>
      </div>
    </form>
  );
}

function VoiceState({ voice }: { voice: Voice }) {
  return (
    <>
      {voice.problem && (
        <div className="ui-callout amber" role="alert">
          <MicOff size={16} />
          <span>{voice.problem}</span>
        </div>
      )}
      {voice.state !== "off" && (
        <div className="simulator-voice">
          <span className="ui-grow" role="status">
            {VOICE[voice.state as keyof typeof VOICE]}
          </span>
          <i className="simulator-meter" aria-hidden="true">
            <b ref={voice.meter} />
          </i>
          <button type="button" className="ui-button ghost editor-small" onClick={voice.cancel}>
            Cancel
          </button>
        </div>
      )}
    </>
  );
}
