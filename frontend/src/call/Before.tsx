// Before the call: who is called, what happens with what is said, consent, one large button.
import { catalog } from "../generated/catalog.ts";
import { useState } from "react";
import { flushSync } from "react-dom";
import { AudioLines, Bot, Keyboard, Mail, Phone, ShieldCheck } from "lucide-react";
import { Business, Unverified } from "./Business.tsx";
import { StartProblem } from "./problems.tsx";
import { Mark } from "../components/Mark.tsx";
import { opensAsTest, type Call } from "./useCall.ts";
import { VoiceRing } from "./VoiceRing.tsx";
import type { PublicCampaign } from "../api/schema.ts";

export interface Caller {
  email: string;
  name: string;
  consent: boolean;
}

export const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function Before({
  campaign,
  call,
  caller,
  setCaller,
}: {
  campaign: PublicCampaign;
  call: Call;
  caller: Caller;
  setCaller: (caller: Caller) => void;
}) {
  const { email, name, consent } = caller;
  const [hasTried, setHasTried] = useState(false);
  const badEmail = Boolean(campaign.email_required || email) && !EMAIL.test(email.trim());

  const begin = (typing: boolean) => {
    flushSync(() => setHasTried(true)); // its message is scrolled into view, too
    if (badEmail || !consent) {
      const control = document.getElementById(badEmail ? "call-email" : "call-consent");
      control?.focus({ preventScroll: true });
      control?.closest(".ui-field")?.scrollIntoView({ block: "nearest" });
      return;
    }
    call.start({ email: email.trim(), name: name.trim(), consent, consentVersion: campaign.consent.version, typing });
  };

  return (
    <main className="before">
      <header className="call-top">
        <Business campaign={campaign} test={opensAsTest()} />
      </header>
      <Introduction campaign={campaign} />
      <div className="ui-grow" />
      <form
        id="call-form"
        className="call-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          begin(false);
        }}
      >
        {call.problem && (
          <StartProblem problem={call.problem} write={() => begin(true)} retry={() => begin(call.inWriting)} />
        )}
        <CallerFields
          campaign={campaign}
          caller={caller}
          set={setCaller}
          badEmail={hasTried && badEmail}
          noConsent={hasTried && !consent}
        />
      </form>
      <div className="call-start">
        <button type="submit" form="call-form" id="call-start" className="ui-button solid big wide">
          <Phone size={20} />
          Start call
        </button>
        <button type="button" className="ui-button ghost" onClick={() => begin(true)}>
          <Keyboard size={16} />
          No microphone? Type instead
        </button>
      </div>
      <div className="call-by">
        <Mark size={16} />
        Quantum Voice
      </div>
    </main>
  );
}

function Introduction({ campaign }: { campaign: PublicCampaign }) {
  return (
    <div className="call-about">
      <VoiceRing state="rest" small>
        <div style={{ fontSize: 24, lineHeight: "30px", fontWeight: 600, letterSpacing: "-.02em" }}>
          {campaign.assistant_name}
        </div>
        <div className="ui-note">AI assistant</div>
      </VoiceRing>
      <div className="call-intro">
        <h1 className="lead" tabIndex={-1}>
          Talk to {campaign.account_name}
        </h1>
        <p className="ui-muted">
          {campaign.name}. Ask anything, in your own words. {campaign.assistant_name} answers right away.
        </p>
      </div>
      <ul className="ui-terms">
        <li>
          <Bot size={20} />
          <span>
            <b>{campaign.assistant_name} is an AI, not a person.</b> You can hang up at any time.
          </span>
        </li>
        <li>
          <AudioLines size={20} />
          <span>
            <b>Your call is transcribed</b> to answer you and to follow up.
          </span>
        </li>
        <li>
          <ShieldCheck size={20} />
          <span>
            <b>Only {campaign.account_name}</b> can read it.
          </span>
        </li>
      </ul>
      <Unverified campaign={campaign} test={opensAsTest()} />
    </div>
  );
}

interface CallerFieldsProps {
  campaign: PublicCampaign;
  caller: Caller;
  set: (caller: Caller) => void;
  badEmail: boolean;
  noConsent: boolean;
}

function CallerFields({ campaign, caller, set, badEmail, noConsent }: CallerFieldsProps) {
  const { email, name, consent } = caller;
  return (
    <>
      <div className="call-two">
        <div className="ui-field">
          <label htmlFor="call-email">Your email</label>
          <div className={`ui-input big ${badEmail ? "bad" : ""}`}>
            <Mail size={20} />
            <input
              id="call-email"
              type="email"
              inputMode="email"
              autoComplete="email"
              value={email}
              maxLength={catalog.maxLength.StartCall.email}
              aria-invalid={badEmail}
              aria-describedby="call-email-error"
              onChange={(event) => set({ ...caller, email: event.target.value })}
            />
          </div>
          <div id="call-email-error" className="ui-error" role="status" hidden={!badEmail}>
            Enter your email address, like name@example.com.
          </div>
        </div>
        <div className="ui-field">
          <label htmlFor="call-name">Name (optional)</label>
          <div className="ui-input big">
            <input
              id="call-name"
              autoComplete="name"
              value={name}
              maxLength={catalog.maxLength.StartCall.name}
              onChange={(event) => set({ ...caller, name: event.target.value })}
            />
          </div>
        </div>
      </div>
      <div className="ui-field">
        <label className={`ui-agree ${noConsent ? "bad" : ""}`}>
          <input
            id="call-consent"
            type="checkbox"
            checked={consent}
            aria-describedby="call-consent-error"
            onChange={(event) => set({ ...caller, consent: event.target.checked })}
          />
          <span>{campaign.consent.text}</span>
        </label>
        <div id="call-consent-error" className="ui-error" role="status" hidden={!noConsent}>
          We need your consent to start the call. Check the box if you agree.
        </div>
      </div>
    </>
  );
}
