// The page behind a link in an email: a transcript, for the caller who asked for it.
import "./CallPage.css";
import "./After.css";
import "./During.css";
import { Eraser, Link2Off } from "lucide-react";
import { useEffect } from "react";
import { openTranscript } from "./api.ts";
import { Business } from "./Business.tsx";
import { recordedLines } from "./lines.ts";
import { Script } from "./Script.tsx";
import { inWords } from "./time.ts";
import { isOver, useLink } from "../identity/Link.tsx";
import { ErrorMessage } from "../components/ErrorMessage.tsx";
import { Mark } from "../components/Mark.tsx";
import type { SharedTranscript } from "../api/schema.ts";

export function Transcript() {
  const { answer, problem, retry } = useLink(openTranscript);
  useEffect(() => {
    document.title = answer ? `Your call with ${answer.account_name}` : "Transcript · Quantum Voice";
  }, [answer]);
  let page;
  if (isOver(problem)) page = <Over />;
  else if (problem?.code === "call_erased") page = <ErasedCall />;
  else if (problem)
    page = (
      <main>
        <div className="call-problem">
          <h1 className="lead">This page couldn&apos;t be loaded</h1>
          <ErrorMessage problem={problem} />
          <button type="button" className="ui-button solid mid" onClick={retry}>
            Try again
          </button>
        </div>
      </main>
    );
  else if (!answer) page = <Loading />;
  else page = <Shared transcript={answer} />;
  return <div className="ui call-page">{page}</div>;
}

function Shared({ transcript }: { transcript: SharedTranscript }) {
  const { account_name, assistant_name, started_at, ended_at, expires_at, turns, language } = transcript;
  const startDate = new Date(started_at);
  const day = new Date(expires_at).toLocaleDateString(language, { day: "numeric", month: "long" });
  const length = ended_at && inWords(new Date(ended_at).getTime() - startDate.getTime());
  return (
    <main className="after">
      <header className="call-top">
        <Business campaign={transcript} />
        {length && <span className="ui-note">{length}</span>}
      </header>
      <div className="call-over">
        <h1 className="lead">Your call with {account_name}</h1>
        <p className="ui-muted">
          {startDate.toLocaleString(language, { dateStyle: "full", timeStyle: "short" })}. {assistant_name} is an AI
          assistant. This link works until {day}.
        </p>
      </div>
      <section className="call-said">
        <Script assistant={assistant_name} lines={recordedLines(turns)} />
        <div className="ui-grow" />
        <By />
      </section>
    </main>
  );
}

function Over() {
  return (
    <main>
      <div className="call-problem">
        <Link2Off size={32} />
        <h1 className="lead">This link is no longer valid</h1>
        <p>Transcript links work for 7 days, and only while the call is stored.</p>
      </div>
      <By />
    </main>
  );
}

function ErasedCall() {
  return (
    <main>
      <div className="call-problem">
        <Eraser size={32} />
        <h1 className="lead">This call was erased</h1>
        <p>Its transcript was removed for good, with everything that was said.</p>
      </div>
      <By />
    </main>
  );
}

function Loading() {
  return (
    <main aria-busy="true">
      <header className="call-top">
        <span className="ui-skeleton" style={{ width: 160 }} />
      </header>
      <h1 className="ui-screen-reader">Loading your transcript</h1>
      <div className="ui-skeleton" style={{ width: "70%", height: 24, margin: "8px 0 24px" }} />
      <div className="ui-skeleton" style={{ width: "90%" }} />
    </main>
  );
}

function By() {
  return (
    <div className="call-by">
      <Mark size={16} />
      Quantum Voice
    </div>
  );
}
