// The demo's mailbox. Mails are shown as text, in which the addresses are links; their HTML never gets here.
// The link that `make run` prints brings the key in its fragment; it is exchanged for a cookie once.
import "./mailbox.css";
import { useEffect, useState, type ReactNode } from "react";
import { asProblem, request } from "../api/client.ts";
import type { Mail, Mailbox } from "../api/schema.ts";
import { dateAndTime, LOCALE } from "../components/locale.ts";
import { forgetFragment, useFragment } from "../identity/token.ts";

const EVERY = 2000;
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "medium" });

interface MailboxState {
  mails: Mail[] | null;
  problem: "" | "closed" | "missing" | "away";
}

function useMails(fragment: string): MailboxState {
  const [state, setState] = useState<MailboxState>({ mails: null, problem: "" });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let key = new URLSearchParams(fragment).get("key");
    const ask = async () => {
      try {
        if (key) {
          await request("POST", "/api/dev/mailbox/key", { body: { key } });
          forgetFragment();
          key = "";
        }
        const { mails } = await request<Mailbox>("GET", "/api/dev/mailbox");
        if (over) return;
        setState((before) =>
          !before.problem && JSON.stringify(before.mails) === JSON.stringify(mails) ? before : { mails, problem: "" },
        );
      } catch (error) {
        const { status } = asProblem(error);
        if (status === 401) forgetFragment();
        if (status === 401 || status === 404) {
          setState({ mails: null, problem: status === 401 ? "closed" : "missing" });
          return;
        }
        if (!over) setState((before) => ({ ...before, problem: "away" }));
      }
      if (!over) timer = setTimeout(ask, EVERY);
    };
    ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [fragment]);
  return state;
}

const withLinks = (text: string) =>
  text.split(/(https?:\/\/[^\s]+)/).map((piece, index) =>
    index % 2 ? (
      <a key={index} href={piece}>
        {piece}
      </a>
    ) : (
      piece
    ),
  );

function MailItem({ mail }: { mail: Mail }) {
  const at = new Date(mail.created_at);
  return (
    <li className="ui-card">
      <article aria-labelledby={`mail-${mail.id}`}>
        <header>
          <h2 id={`mail-${mail.id}`}>{mail.subject}</h2>
          <p>
            To {mail.to.join(", ")} ·{" "}
            <time dateTime={mail.created_at} title={full.format(at)}>
              {dateAndTime.format(at)}
            </time>
          </p>
        </header>
        <div className="mailbox-text">{withLinks(mail.text.trim())}</div>
      </article>
    </li>
  );
}

const Title = ({ children }: { children: ReactNode }) => (
  <div className="mailbox-head">
    <h1>Mailbox</h1>
    <p>{children}</p>
  </div>
);

export function MailboxList() {
  const { mails, problem } = useMails(useFragment());
  if (problem === "closed") {
    return (
      <div className="ui-empty">
        <h1>The mailbox is closed</h1>
        <p>
          Open it with the link that <code>make run</code> printed. It then stays open in this browser for a week.
        </p>
      </div>
    );
  }
  if (problem === "missing") {
    return (
      <div className="ui-empty">
        <h1>Page not found</h1>
        <p>The mailbox is only available while no email provider is set up.</p>
        <a className="ui-button solid" href="/login">
          Log in
        </a>
      </div>
    );
  }
  return (
    <>
      <Title>This is a demo: emails stay on this machine and appear here, newest first.</Title>
      {problem && (
        <div className="ui-callout amber" role="status">
          <span>Can't reach the mailbox. Reconnecting…</span>
        </div>
      )}
      {mails === null && !problem && (
        <div className="ui-card mailbox-waiting" aria-busy="true">
          <div className="ui-skeleton" style={{ width: "40%" }} />
          <div className="ui-skeleton" style={{ width: "85%" }} />
          <div className="ui-skeleton" style={{ width: "60%" }} />
          <span className="ui-screen-reader" role="status">
            Loading
          </span>
        </div>
      )}
      {mails?.length === 0 && (
        <div className="ui-card ui-empty">
          <h2>No emails yet</h2>
          <p>Sign up, invite someone, or reset your password. The email appears here a moment later.</p>
        </div>
      )}
      {mails && mails.length > 0 && (
        <ol className="mailbox-list" aria-label="Emails">
          {mails.map((mail) => (
            <MailItem key={mail.id} mail={mail} />
          ))}
        </ol>
      )}
    </>
  );
}
