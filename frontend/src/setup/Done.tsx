// The end of the set-up: a call to one's own assistant, or what is missing before.
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { Phone, Workflow } from "lucide-react";
import type { NewAssistant } from "../api/schema.ts";
import { Mark } from "../components/Mark.tsx";
import { missing } from "./answers.ts";

interface DoneProps {
  created: NewAssistant;
  /** The assistant's. */
  name: string;
  restart: () => void;
}

export function Done({ created, name, restart }: DoneProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const published = created.version !== null;
  return (
    <div className="setup-done">
      <Mark size={56} state={published ? "speaking" : "rest"} />
      <h1 ref={heading} tabIndex={-1}>
        {published ? `${name} is ready` : `${name} is nearly ready`}
      </h1>
      {published ? <Ready created={created} name={name} /> : <Unfinished created={created} />}
      <div className="ui-row ui-wrap">
        {published && (
          <Link className="ui-button ghost mid" to={designerOf(created)}>
            Open designer
          </Link>
        )}
        <Link className="ui-button ghost mid" to="/">
          Go to overview
        </Link>
        <button type="button" className="ui-button ghost mid" onClick={restart}>
          Set up another
        </button>
      </div>
    </div>
  );
}

const designerOf = ({ id }: NewAssistant) => `/flows/designer/${id}`;

function Ready({ created, name }: { created: NewAssistant; name: string }) {
  return (
    <>
      <p className="ui-muted">It takes calls in the browser. This one counts as a test.</p>
      <a className="ui-button solid setup-call" href={`/call/${created.public_id}#test`} target="_blank">
        <Phone size={20} />
        Call {name} now
        <span className="ui-screen-reader"> (opens in a new tab)</span>
      </a>
    </>
  );
}

function Unfinished({ created }: { created: NewAssistant }) {
  return (
    <>
      <p className="ui-muted">Before it can take calls:</p>
      <ul className="setup-missing">
        {missing(created).map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
      <Link className="ui-button solid mid" to={designerOf(created)}>
        <Workflow size={16} />
        Open designer
      </Link>
    </>
  );
}
