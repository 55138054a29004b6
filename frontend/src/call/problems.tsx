// Everything that can stop a call, in words, with what to do.
import { useEffect, useState, type ReactNode } from "react";
import { CircleAlert, MicOff, PhoneOff, RotateCw, TriangleAlert, WifiOff } from "lucide-react";
import type { CallProblem } from "./callMachine.ts";
import { Business } from "./Business.tsx";
import type { PublicCampaign } from "../api/schema.ts";
import { catalog } from "../generated/catalog.ts";

export function Unavailable({
  problem,
  campaign,
  retry,
}: {
  problem?: CallProblem;
  campaign?: PublicCampaign;
  retry?: () => void;
}) {
  const unknown = problem?.status === 404;
  const paused = !problem && campaign;
  let title = "This page couldn't be loaded";
  let text = problem?.message;
  if (unknown) {
    title = "Call page not found";
    text = "Check the link for typos, or scan the code again.";
  } else if (paused) {
    title = `${campaign.account_name} isn't taking calls right now`;
    text = "This assistant isn't available right now.";
  }
  return (
    <main>
      <header className="call-top">{campaign && <Business campaign={campaign} />}</header>
      <div className="call-problem" role="alert">
        {unknown || paused ? <PhoneOff size={32} /> : <CircleAlert size={32} />}
        <h1 className="lead">{title}</h1>
        <p>{text}</p>
        {!unknown && (
          <button type="button" className="ui-button solid mid" onClick={retry || (() => window.location.reload())}>
            Try again
          </button>
        )}
      </div>
    </main>
  );
}

const ASSISTANT_OFF = "The assistant is unavailable right now. Try again in a minute.";

// What stopped a call from starting. denied and none are about the microphone; the rest comes from the API.
export function StartProblem({
  problem,
  write,
  retry,
}: {
  problem: CallProblem;
  write: () => void;
  retry: () => void;
}) {
  const inWriting = (
    <button type="button" className="ui-button surface" onClick={write}>
      Continue by typing
    </button>
  );
  if (problem.code === "denied") {
    return (
      <Callout tone="amber" icon={<MicOff size={16} />}>
        <b>Your microphone is blocked.</b> Tap the lock or camera icon in the address bar, allow the microphone, then
        select Start call again.
        <div style={{ marginTop: 8 }}>{inWriting}</div>
      </Callout>
    );
  }
  if (problem.code === "insecure") {
    return (
      <Callout tone="amber" icon={<MicOff size={16} />}>
        <b>This page can't use your microphone</b> because its address doesn't start with https.
        <div style={{ marginTop: 8 }}>{inWriting}</div>
      </Callout>
    );
  }
  if (problem.code === "none") {
    return (
      <Callout tone="amber" icon={<MicOff size={16} />}>
        <b>No microphone found.</b> Connect one, or close the app that is using it, then select Start call again.
        <div style={{ marginTop: 8 }}>{inWriting}</div>
      </Callout>
    );
  }
  if (problem.code === "busy")
    return <Later title="All lines are busy." seconds={problem.retryAfter ?? 0} retry={retry} />;
  if (problem.status === 429) {
    const title =
      problem.code === "too_many_calls" ? "Too many calls from your network." : "Too many calls in a short time.";
    return <Later title={title} seconds={problem.retryAfter || 60} retry={retry} />;
  }
  if (problem.code === "offline")
    return (
      <Callout tone="red" icon={<WifiOff size={16} />}>
        {problem.message}
      </Callout>
    );
  if (problem.code === "connection") {
    return (
      <Callout tone="red" icon={<WifiOff size={16} />}>
        <b>We couldn't connect your call.</b> Your network may block calls. Try another network, or mobile data instead
        of Wi-Fi.
      </Callout>
    );
  }
  return (
    <Callout tone="red" icon={<CircleAlert size={16} />}>
      {problem.status === 503 ? ASSISTANT_OFF : problem.message}
    </Callout>
  );
}

// Counts down to the time from which a new attempt makes sense. A screen reader is told twice: at first, and then.
function Later({ title, seconds, retry }: { title: ReactNode; seconds: number; retry: () => void }) {
  const [until] = useState(() => Date.now() + seconds * 1000);
  const [secondsLeft, setSecondsLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setSecondsLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [until]);
  const when = (count: number) =>
    count < 90 ? `in ${count} second${count === 1 ? "" : "s"}` : `in ${Math.ceil(count / 60)} minutes`;
  return (
    <Callout tone="amber" icon={<TriangleAlert size={16} />}>
      <b>{title}</b>{" "}
      {secondsLeft > 0 ? (
        <>
          <span aria-hidden="true">Try again {when(secondsLeft)}.</span>
          <span className="ui-screen-reader">Try again {when(seconds)}.</span>
        </>
      ) : (
        "You can try again now."
      )}
      <div style={{ marginTop: 8 }}>
        <button type="button" className="ui-button surface" disabled={secondsLeft > 0} onClick={retry}>
          <RotateCw size={16} />
          Try again
        </button>
      </div>
    </Callout>
  );
}

export function Callout({ tone = "", icon, children }: { tone?: string; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={`ui-callout ${tone}`} role="alert">
      {icon}
      <div>{children}</div>
    </div>
  );
}

const ENDINGS: Record<string, string> = {
  ...Object.fromEntries(Object.entries(catalog.endReasons).map(([reason, { caller }]) => [reason, caller])),
  over: "The call has ended.",
  caller: "You ended the call.",
  connection_lost: "Your connection was lost. Check your network and call again.",
  no_assistant: ASSISTANT_OFF,
};

export const ending = (reason: string | null) => ENDINGS[reason ?? ""] as string | undefined;
export const endedBadly = (reason: string | null) =>
  ["error", "connection_lost", "no_assistant", "no_audio"].includes(reason ?? "");
