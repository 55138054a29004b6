// What the pages without a login look like: the mark, one card, one thing to do.
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Inbox, MailCheck } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import { Mark } from "../components/Mark.tsx";
import { ErrorMessage } from "../components/ErrorMessage.tsx";

// aside: what stands beside the card where there is room. Focus goes to the heading when the step changes.
export function AuthLayout({
  title,
  text,
  foot,
  aside,
  icon,
  children,
}: {
  title: string;
  text?: ReactNode;
  foot?: ReactNode;
  aside?: ReactNode;
  icon?: ReactNode;
  children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} · Quantum Voice`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [title]);
  return (
    <div className={`identity ${aside ? "beside" : ""}`}>
      {aside}
      <div className="identity-in">
        <div className="ui-row ui-brand">
          <Mark size={28} />
          <b>Quantum Voice</b>
        </div>
        <section className="ui-card identity-card">
          {icon && (
            <span className="identity-icon" aria-hidden="true">
              {icon}
            </span>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {text && <p className="ui-muted">{text}</p>}
          {children}
        </section>
        {foot && <p className="identity-foot">{foot}</p>}
      </div>
    </div>
  );
}

export function Working({ title }: { title: string }) {
  return (
    <AuthLayout title={title}>
      <div className="ui-fields" aria-busy="true">
        <div className="ui-skeleton" style={{ width: "80%" }} />
        <div className="ui-skeleton" style={{ width: "55%" }} />
        <span className="ui-screen-reader" role="status">
          Loading
        </span>
      </div>
    </AuthLayout>
  );
}

// sendAgain: posts once more. back: to correct the address.
export function CheckMail({
  title = "Check your email",
  children,
  sendAgain,
  back,
}: {
  title?: string;
  children?: ReactNode;
  sendAgain: () => Promise<unknown>;
  back: () => void;
}) {
  const [demo, setDemo] = useState(false);
  const [notice, setNotice] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    request("GET", "/api/dev/mailbox").then(
      () => setDemo(true),
      (error: Problem) => setDemo(error.status === 401),
    );
  }, []);
  const again = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    setNotice("");
    try {
      await sendAgain();
      setNotice("Email sent again.");
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return (
    <AuthLayout
      title={title}
      icon={<MailCheck size={24} />}
      foot={
        back && (
          <>
            Wrong address?{" "}
            <button type="button" className="ui-link" onClick={back}>
              Change it
            </button>
          </>
        )
      }
    >
      <p className="ui-muted">{children}</p>
      <div className="ui-fields">
        {problem && <ErrorMessage problem={problem} />}
        {demo && (
          <a className="ui-button solid mid wide" href="/dev/mailbox">
            <Inbox size={16} />
            Open the demo mailbox
          </a>
        )}
        <button type="button" className="ui-button surface mid wide" aria-disabled={busy} onClick={again}>
          Resend email
        </button>
        <p className="ui-note ui-center" role="status">
          {notice || "Didn't get it? Check your spam folder."}
        </p>
      </div>
    </AuthLayout>
  );
}
