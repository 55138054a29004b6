// API tokens: the list, creating one, revoking one. The text of a new token is in this page's memory alone.
import "./ApiTokens.css";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { CircleAlert, KeyRound, Plus, TriangleAlert } from "lucide-react";
import { asProblem, request } from "../api/client.ts";
import { Ago, Moment } from "../components/time.tsx";
import { CopyButton } from "../components/CopyButton.tsx";
import { Dialog } from "../components/Dialog.tsx";
import { Form, Submit } from "../components/Form.tsx";
import { Mark } from "../components/Mark.tsx";
import { CreateToken, type RoleOption } from "./CreateToken.tsx";
import { useForm } from "../components/form.ts";
import type { ApiToken, ApiTokenList, CreatedToken } from "../api/schema.ts";

export function ApiTokens({
  roles,
  secondFactor,
  hasPassword,
}: {
  roles: RoleOption[];
  secondFactor: boolean;
  hasPassword: boolean;
}) {
  const { tokens, problem, load } = useTokens();
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const title = useRef<HTMLHeadingElement>(null);

  const onCreated = (token: CreatedToken) => {
    setCreating(false);
    setCreated(token);
    load();
  };
  const onRevoked = async (token: ApiToken) => {
    setRevoking(null);
    if (created?.id === token.id) setCreated(null);
    await load();
    title.current?.focus();
  };
  const create = (
    <button type="button" className="ui-button solid" onClick={() => setCreating(true)}>
      <Plus size={16} />
      Create token
    </button>
  );

  return (
    <>
      <header className="ui-head">
        <h1 ref={title} tabIndex={-1}>
          API tokens
        </h1>
        {tokens && tokens.length > 0 && <div className="tools">{create}</div>}
      </header>
      {/* Above what takes the focus when they close. */}
      <Dialog open={creating} title="Create API token" onDismiss={() => setCreating(false)}>
        <CreateToken
          roles={roles}
          secondFactor={secondFactor}
          hasPassword={hasPassword}
          done={onCreated}
          cancel={() => setCreating(false)}
        />
      </Dialog>
      <Dialog open={revoking !== null} title={`Revoke “${revoking?.name ?? ""}”?`} onDismiss={() => setRevoking(null)}>
        {revoking && <Revoke token={revoking} done={onRevoked} cancel={() => setRevoking(null)} />}
      </Dialog>
      {problem && <LoadError message={problem} retry={load} />}
      <div className="ui-stack">
        {created && (
          <NewToken
            token={created}
            done={() => {
              setCreated(null);
              title.current?.focus();
            }}
          />
        )}
        {tokens === null && !problem && <Skeleton />}
        {tokens?.length === 0 && <Empty create={create} />}
        {tokens && tokens.length > 0 && (
          <ul className="ui-card ui-list" aria-label="API tokens">
            {tokens.map((token) => (
              <Token key={token.id} token={token} revoke={() => setRevoking(token)} />
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function useTokens() {
  const [tokens, setTokens] = useState<ApiToken[] | null>(null);
  const [problem, setProblem] = useState("");
  const load = useCallback(async () => {
    try {
      setTokens((await request<ApiTokenList>("GET", "/api/tokens")).data);
      setProblem("");
    } catch (error) {
      setProblem(asProblem(error).message);
    }
  }, []);
  useEffect(() => {
    load();
  }, [load]);
  return { tokens, problem, load };
}

function LoadError({ message, retry }: { message: string; retry: () => void }) {
  return (
    <div className="ui-callout red ui-failure" role="alert">
      <CircleAlert size={16} />
      <div>
        <p>{message}</p>
        <button type="button" className="ui-button surface" onClick={retry}>
          Try again
        </button>
      </div>
    </div>
  );
}

function Token({ token, revoke }: { token: ApiToken; revoke: () => void }) {
  const expired = token.expires_at && new Date(token.expires_at) <= new Date();
  return (
    <li className="tokens-item">
      <span className="ui-avatar gray" aria-hidden="true">
        <KeyRound size={16} />
      </span>
      <div className="ui-column">
        <b className="ui-break">{token.name}</b>
        <span className="ui-note">
          <code>qvt_…{token.last_four}</code>, created <Ago at={token.created_at} />
          {!token.own && <> by {token.created_by}</>}
        </span>
      </div>
      <div className="facts">
        <span>
          <span className="ui-badge ui-role">{token.role}</span>
        </span>
        <span className="ui-note">
          {token.last_used_at ? (
            <>
              Used <Ago at={token.last_used_at} />
            </>
          ) : (
            "Never used"
          )}
        </span>
        <span className="ui-note">
          {expired && <span className="ui-badge amber">Expired</span>}
          {!expired &&
            (token.expires_at ? (
              <>
                Expires <Moment at={token.expires_at} short />
              </>
            ) : (
              "No expiration"
            ))}
        </span>
      </div>
      <button type="button" className="ui-button surface" onClick={revoke}>
        Revoke<span className="ui-screen-reader"> the token {token.name}</span>
      </button>
    </li>
  );
}

function NewToken({ token, done }: { token: CreatedToken; done: () => void }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => card.current?.focus(), [token.id]);
  return (
    <section ref={card} tabIndex={-1} className="ui-card" aria-labelledby="tokens-new">
      <header>
        <h2 id="tokens-new">Your new token “{token.name}”</h2>
      </header>
      <div className="ui-fields ui-pad tokens-new">
        <div className="ui-callout amber">
          <TriangleAlert size={16} />
          <span>
            <b>Copy it now.</b> You won't see it again. Store it like a password.
          </span>
        </div>
        <div className="ui-key">
          <code data-secret={token.token}>{token.token}</code>
          <CopyButton text={token.token} subject="the token" icon />
        </div>
        <p className="ui-muted">Send it with each request:</p>
        <Example />
        <div className="ui-actions">
          <button type="button" className="ui-button solid mid" onClick={done}>
            I've copied it
          </button>
        </div>
      </div>
    </section>
  );
}

const Example = () => (
  <pre className="tokens-example">
    <code>{`curl -H "Authorization: Bearer $QUANTUM_TOKEN" ${window.location.origin}/api/v1/calls`}</code>
  </pre>
);

function Empty({ create }: { create: ReactNode }) {
  return (
    <div className="ui-card ui-empty">
      <Mark size={40} />
      <h2>No API tokens yet</h2>
      <p>With a token, a program can use the REST API on your behalf, for example to read calls or test flows.</p>
      <Example />
      {create}
    </div>
  );
}

function Revoke({ token, done, cancel }: { token: ApiToken; done: (token: ApiToken) => void; cancel: () => void }) {
  const form = useForm({});
  const send = async () => {
    try {
      await request("DELETE", `/api/tokens/${encodeURIComponent(token.id)}`);
    } catch (error) {
      if (asProblem(error).status !== 404) throw error; // revoked already
    }
    await done(token);
  };
  return (
    <Form form={form} send={send}>
      <p>Programs that use it will lose access right away. This can't be undone.</p>
      <div className="ui-actions end">
        <button type="button" className="ui-button ghost mid" onClick={cancel} data-first>
          Cancel
        </button>
        <Submit form={form} wide={false} tone="danger">
          Revoke
        </Submit>
      </div>
    </Form>
  );
}

function Skeleton() {
  const line = (
    <div className="ui-skeleton-row">
      <div className="ui-skeleton" style={{ width: "28%" }} />
      <div className="ui-skeleton" style={{ width: "16%" }} />
      <div className="ui-skeleton" style={{ width: "12%" }} />
    </div>
  );
  return (
    <div className="ui-card" aria-busy="true">
      {line}
      {line}
      {line}
      <span className="ui-screen-reader" role="status">
        Loading
      </span>
    </div>
  );
}
