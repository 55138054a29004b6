// API tokens: the list, creating one, revoking one. The text of a new token is in this page's memory alone.
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
import type { ApiToken, CreatedToken } from "../api/schema.ts";

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
    <button type="button" className="qv-btn solid" onClick={() => setCreating(true)}>
      <Plus size={16} />
      Create token
    </button>
  );

  return (
    <>
      <header className="qv-head">
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
      <div className="qv-stack">
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
          <ul className="qv-card qv-list" aria-label="API tokens">
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
      setTokens((await request<{ data: ApiToken[] }>("GET", "/api/tokens")).data);
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
    <div className="qv-callout red qv-failure" role="alert">
      <CircleAlert size={16} />
      <div>
        <p>{message}</p>
        <button type="button" className="qv-btn surface" onClick={retry}>
          Try again
        </button>
      </div>
    </div>
  );
}

function Token({ token, revoke }: { token: ApiToken; revoke: () => void }) {
  const expired = token.expires_at && new Date(token.expires_at) <= new Date();
  return (
    <li className="qv-token">
      <span className="qv-ava gray" aria-hidden="true">
        <KeyRound size={16} />
      </span>
      <div className="qv-col">
        <b className="qv-break">{token.name}</b>
        <span className="qv-note">
          <code>qvt_…{token.last_four}</code>, created <Ago at={token.created_at} />
          {!token.own && <> by {token.created_by}</>}
        </span>
      </div>
      <div className="facts">
        <span>
          <span className="qv-badge qv-role">{token.role}</span>
        </span>
        <span className="qv-note">
          {token.last_used_at ? (
            <>
              Used <Ago at={token.last_used_at} />
            </>
          ) : (
            "Never used"
          )}
        </span>
        <span className="qv-note">
          {expired && <span className="qv-badge amber">Expired</span>}
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
      <button type="button" className="qv-btn surface" onClick={revoke}>
        Revoke<span className="qv-sr"> the token {token.name}</span>
      </button>
    </li>
  );
}

function NewToken({ token, done }: { token: CreatedToken; done: () => void }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => card.current?.focus(), [token.id]);
  return (
    <section ref={card} tabIndex={-1} className="qv-card" aria-labelledby="qv-new-token">
      <header>
        <h2 id="qv-new-token">Your new token “{token.name}”</h2>
      </header>
      <div className="qv-fields qv-pad qv-new-token">
        <div className="qv-callout amber">
          <TriangleAlert size={16} />
          <span>
            <b>Copy it now.</b> You won't see it again. Store it like a password.
          </span>
        </div>
        <div className="qv-key">
          <code data-secret={token.token}>{token.token}</code>
          <CopyButton text={token.token} what="the token" icon />
        </div>
        <p className="qv-mute">Send it with each request:</p>
        <Example />
        <div className="qv-actions">
          <button type="button" className="qv-btn solid mid" onClick={done}>
            I've copied it
          </button>
        </div>
      </div>
    </section>
  );
}

const Example = () => (
  <pre className="qv-example">
    <code>{`curl -H "Authorization: Bearer $QUANTUM_TOKEN" ${window.location.origin}/api/v1/calls`}</code>
  </pre>
);

function Empty({ create }: { create: ReactNode }) {
  return (
    <div className="qv-card qv-empty">
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
      <div className="qv-actions end">
        <button type="button" className="qv-btn ghost mid" onClick={cancel} data-first>
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
    <div className="qv-skel-row">
      <div className="qv-skel" style={{ width: "28%" }} />
      <div className="qv-skel" style={{ width: "16%" }} />
      <div className="qv-skel" style={{ width: "12%" }} />
    </div>
  );
  return (
    <div className="qv-card" aria-busy="true">
      {line}
      {line}
      {line}
      <span className="qv-sr" role="status">
        Loading
      </span>
    </div>
  );
}
