// The call page: who is called, the call, and what is left of it. It needs nothing of the app around it.
import "./CallPage.css";
import "./After.css";
import "./During.css";
import { useEffect, useRef, useState } from "react";
import { loadCampaign } from "./api.ts";
import { After } from "./After.tsx";
import { Before } from "./Before.tsx";
import { During } from "./During.tsx";
import { Unavailable } from "./problems.tsx";
import { useCall } from "./useCall.ts";
import type { PublicCampaign } from "../api/schema.ts";
import { Problem } from "../api/client.ts";

const publicIdOf = (path: string) => decodeURIComponent(path.replace(/\/+$/, "").split("/").pop() || "");

/** What the server wrote into the page, so that nothing has to be asked for before the first call. */
function embeddedCampaign(): PublicCampaign | null {
  const text = document.getElementById("call-page")?.textContent;
  const campaign = text ? (JSON.parse(text) as PublicCampaign) : null;
  return campaign?.public_id === publicIdOf(window.location.pathname) ? campaign : null;
}

export function CallPage() {
  const [publicId] = useState(() => publicIdOf(window.location.pathname));
  const [campaign, setCampaign] = useState<PublicCampaign | null>(embeddedCampaign);
  const [failure, setFailure] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [caller, setCaller] = useState({ email: "", name: "", consent: false });
  const call = useCall(publicId);
  useFocus(call.step === "connecting" ? "during" : call.step, Boolean(call.problem));

  useEffect(() => {
    let current = true;
    setFailure(null);
    if (campaign) return undefined;
    loadCampaign(publicId)
      .then((loaded) => current && setCampaign(loaded))
      .catch((problem: Problem) => current && setFailure(problem));
    return () => {
      current = false;
    };
  }, [publicId, attempt, campaign]);

  useEffect(() => {
    if (!campaign) return;
    document.title = `Call ${campaign.account_name}`;
    document.documentElement.lang = campaign.language;
  }, [campaign]);

  let page;
  if (failure) page = <Unavailable problem={failure} retry={() => setAttempt(attempt + 1)} />;
  else if (!campaign) page = <Waiting />;
  else if (campaign.status !== "active" && call.step === "before") page = <Unavailable campaign={campaign} />;
  else if (call.step === "before")
    page = <Before campaign={campaign} call={call} caller={caller} setCaller={setCaller} />;
  else if (call.step === "after")
    page = (
      <After
        campaign={campaign}
        call={call}
        caller={caller}
        again={() => {
          setCaller({ ...caller, consent: false });
          call.again();
        }}
      />
    );
  else page = <During campaign={campaign} call={call} />;
  return (
    <div
      className="ui call-page"
      data-step={call.step}
      data-microphone={call.microphone}
      data-assistant={call.assistant}
    >
      {page}
    </div>
  );
}

// What was focused is gone with each step. Focus goes to where the next one begins, or to the button that did not help.
function useFocus(step: string, failed: boolean) {
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    const main = document.querySelector(".call-page main");
    if (main?.contains(document.activeElement)) return; // a field that is typed into
    const target = failed ? "#call-start" : "h1[tabindex]";
    main?.querySelector<HTMLElement>(target)?.focus();
  }, [step, failed]);
}

function Waiting() {
  return (
    <main aria-busy="true">
      <header className="call-top">
        <span className="ui-skeleton" style={{ width: 160 }} />
      </header>
      <div className="ui-skeleton" style={{ width: 212, height: 212, borderRadius: "50%", margin: "0 auto" }} />
      <div className="ui-skeleton" style={{ width: "70%", height: 24, margin: "24px auto 8px" }} />
      <div className="ui-skeleton" style={{ width: "90%", margin: "0 auto" }} />
      <span className="ui-screen-reader" role="status">
        Loading
      </span>
    </main>
  );
}
