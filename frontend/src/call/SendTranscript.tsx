// The transcript by email: to the address of the call, or to one that is entered here.
import { useState } from "react";
import { Check, Mail } from "lucide-react";
import { asProblem } from "../api/client.ts";
import { catalog } from "../generated/catalog.ts";
import { EMAIL } from "./Before.tsx";
import type { Call } from "./useCall.ts";

export function SendTranscript({ call, email, onSent }: { call: Call; email: string; onSent: (to: string) => void }) {
  const [address, setAddress] = useState(email);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState("");
  const send = async () => {
    const to = address.trim();
    if (!EMAIL.test(to)) {
      setFailure("Enter your email address, like name@example.com.");
      document.getElementById("call-transcript-email")?.focus();
      return;
    }
    setSending(true);
    setFailure("");
    try {
      await call.emailTranscript(to);
      onSent(to);
    } catch (error) {
      setFailure(asProblem(error).message);
    }
    setSending(false);
  };
  return (
    <form
      className="call-part-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending) send();
      }}
    >
      <label htmlFor="call-transcript-email">Email address</label>
      <div className="ui-row">
        <div className={`ui-input mid ui-grow ${failure ? "bad" : ""}`}>
          <Mail size={16} />
          <input
            id="call-transcript-email"
            type="email"
            inputMode="email"
            autoComplete="email"
            autoFocus
            value={address}
            maxLength={catalog.maxLength.TranscriptEmail.email}
            aria-invalid={Boolean(failure)}
            aria-describedby="call-transcript-help"
            onChange={(event) => setAddress(event.target.value)}
          />
        </div>
        <button type="submit" className="ui-button surface mid" aria-disabled={sending}>
          Send
        </button>
      </div>
      <p id="call-transcript-help" className={failure ? "ui-error" : "ui-note"} role="status">
        {failure || "We'll email you a link that works for 7 days."}
      </p>
    </form>
  );
}

export function SentNote({ to }: { to: string }) {
  return (
    <p className="call-sent" role="status">
      <Check size={16} />
      <span>
        Transcript sent to <b>{to}</b>. The link works for 7 days.
      </span>
    </p>
  );
}
