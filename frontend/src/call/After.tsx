// After the call: how it ended, what to do now, what was told, a rating, the transcript.
import { useState } from "react";
import { Mail, Phone } from "lucide-react";
import { Business } from "./Business.tsx";
import type { Caller } from "./Before.tsx";
import { finalLines } from "./lines.ts";
import { Callout, endedBadly, ending } from "./problems.tsx";
import { Rating } from "./Rating.tsx";
import { Result, useResult } from "./Result.tsx";
import { Script } from "./Script.tsx";
import { SentNote, SendTranscript } from "./SendTranscript.tsx";
import { inWords } from "./time.ts";
import { Mark } from "../components/Mark.tsx";
import type { CallResult, PublicCampaign } from "../api/schema.ts";
import type { Call } from "./useCall.ts";

interface AfterProps {
  campaign: PublicCampaign;
  call: Call;
  caller: Caller;
  again: () => void;
}

export function After({ campaign, call, caller, again }: AfterProps) {
  const result = useResult(call.call);
  const bad = endedBadly(call.reason);
  const length = call.startedAt ? inWords(lengthOf(result) ?? (call.endedAt || Date.now()) - call.startedAt) : null;
  const name = firstName(result, caller.name);
  const lines = finalLines(call.captions, call.startedAt ?? 0, result);
  return (
    <main className="after">
      <header className="call-top">
        <Business campaign={campaign} test={call.call?.test} />
        {length && <span className="ui-note">Call ended, {length}</span>}
      </header>
      <div className="call-over">
        <h1 className="lead" tabIndex={-1}>
          {bad ? "The call has ended" : `Thank you for calling${name && `, ${name}`}`}
        </h1>
        {bad ? (
          <Callout tone="amber">{ending(call.reason)}</Callout>
        ) : (
          ending(call.reason) && <p className="ui-muted">{ending(call.reason)}</p>
        )}
        <Actions
          call={call}
          email={caller.email}
          spoke={lines.some(({ speaker }) => speaker === "caller")}
          again={again}
        />
        {result && <Result result={result} business={campaign.account_name} language={campaign.language} />}
        {call.call && !bad && <Rating call={call} />}
      </div>
      <section className="call-said">
        <div className="ui-row call-part-head">
          <h2>Transcript</h2>
        </div>
        <Script lines={lines} assistant={campaign.assistant_name} />
        <div className="ui-grow" />
        <div className="call-by">
          <Mark size={16} />
          Quantum Voice
        </div>
      </section>
    </main>
  );
}

interface ActionsProps {
  call: Call;
  email: string;
  /** Whether there is something to send. */
  spoke: boolean;
  again: () => void;
}

function Actions({ call, email, spoke, again }: ActionsProps) {
  const [open, setOpen] = useState(false);
  const [sentTo, setSentTo] = useState("");
  return (
    <div className="call-actions">
      <div className="ui-row">
        <button type="button" className="ui-button solid mid" onClick={again}>
          <Phone size={16} />
          Call again
        </button>
        {call.call && spoke && (
          <button type="button" className="ui-button surface mid" aria-expanded={open} onClick={() => setOpen(!open)}>
            <Mail size={16} />
            Email transcript
          </button>
        )}
      </div>
      {open && (
        <SendTranscript
          call={call}
          email={email}
          onSent={(to) => {
            setSentTo(to);
            setOpen(false);
          }}
        />
      )}
      {sentTo && !open && <SentNote to={sentTo} />}
    </div>
  );
}

/** In milliseconds, or null while it is not known. */
const lengthOf = (result: CallResult | null) =>
  result?.ended_at ? new Date(result.ended_at).getTime() - new Date(result.started_at).getTime() : null;

/** As they told it on the call, or wrote it before. */
function firstName(result: CallResult | null, enteredName: string) {
  const statedName = result?.values.find(({ kind, masked }) => kind === "name" && !masked)?.value;
  return String(statedName ?? enteredName)
    .trim()
    .split(/\s+/)[0] as string;
}
