// An invitation: who asks, into which account, in which role. Newcomers choose a name and a password; others join with
// the login they have.
import { useEffect, useState } from "react";
import { request } from "../api/client.ts";
import { Field, Form, LEAVING, PASSWORD_HINT, Submit, Trouble, useForm } from "../components/Form.tsx";
import { Door, Working } from "./AuthLayout.tsx";
import { forgetFragment, go, useFragment } from "./token.ts";
import { Providers, refusal } from "./LogIn.tsx";
import { LinkOver } from "./Verify.tsx";

export function Invitation({ roles }) {
  const token = useFragment();
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = () => {
    setProblem(null);
    request("POST", "/api/auth/invitation", { body: { token } }).then(setFound, setProblem);
  };
  useEffect(() => {
    if (token) load();
  }, []);

  if (!token || problem?.code === "link_over") {
    return (
      <LinkOver text="Invitations are good for a week and work once. Ask whoever invited you for a new one.">
        <a className="qv-btn solid mid wide" href="/login">
          Log in
        </a>
      </LinkOver>
    );
  }
  if (problem) {
    return (
      <Door title="That did not work">
        <div className="qv-fields">
          <Trouble problem={problem} />
          <button type="button" className="qv-btn solid mid wide" onClick={load}>
            Try again
          </button>
        </div>
      </Door>
    );
  }
  if (!found) return <Working title="Looking for your invitation" />;
  const over = () => setProblem({ code: "link_over" });
  return (
    <Door title={`Join ${found.account}`}>
      <p className="qv-mute">
        {found.invited_by} invites <b>{found.email}</b>.
      </p>
      <div className="qv-inset">
        <b className="qv-role">{found.role}</b>
        <span>{roles[found.role]}</span>
      </div>
      {found.known ? (
        <Known found={found} token={token} over={over} />
      ) : (
        <Newcomer found={found} token={token} over={over} />
      )}
    </Door>
  );
}

// An invitation that somebody used or took back meanwhile is over.
const unless = (over) => (problem) => {
  if (problem.code !== "link_over") throw problem;
  over();
  return LEAVING;
};

function entered() {
  forgetFragment();
  go("/");
  return LEAVING;
}

function Newcomer({ found, token, over }) {
  const form = useForm({ name: "", password: "" }, { name: "Write your name.", password: "Choose a password." });
  const send = (values) =>
    request("POST", "/api/auth/invitation/join", { body: { token, ...values } }).then(entered, unless(over));
  const refused = new URLSearchParams(window.location.search).get("problem"); // what the provider's sign-in came back with
  const begin = (id) =>
    request("POST", `/api/auth/oidc/${encodeURIComponent(id)}/join`, { body: { token } })
      .then(({ url }) => go(url), unless(over))
      .catch(form.show);
  return (
    <>
      <Form form={form} send={send}>
        {refused && !form.problem && (
          <p className="qv-callout amber" role="alert">
            {refusal(refused)}
          </p>
        )}
        {found.logged_in_as && (
          <p className="qv-callout amber">
            You are logged in as {found.logged_in_as}. Joining makes a login for {found.email}, and goes on with that.
          </p>
        )}
        <Field form={form} name="name" label="Your name" autoComplete="name" maxLength={100} autoFocus />
        <Field
          form={form}
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
        />
        <Submit form={form}>Join</Submit>
      </Form>
      <Providers begin={begin} />
    </>
  );
}

function Known({ found, token, over }) {
  const form = useForm({});
  const send = () => request("POST", "/api/auth/invitation/accept", { body: { token } }).then(entered, unless(over));
  if (found.logged_in_as === found.email) {
    return (
      <Form form={form} send={send}>
        <Submit form={form}>Join as {found.email}</Submit>
      </Form>
    );
  }
  if (!found.logged_in_as) {
    return (
      <div className="qv-fields">
        <p>You have a login with this address. Log in, and you come back here.</p>
        <a className="qv-btn solid mid wide" href="/login?next=/invite">
          Log in to join
        </a>
      </div>
    );
  }
  return <Other found={found} />;
}

function Other({ found }) {
  const form = useForm({});
  const send = async () => {
    await request("POST", "/api/auth/logout");
    go("/login?next=/invite");
    return LEAVING;
  };
  return (
    <Form form={form} send={send}>
      <p className="qv-callout amber">
        You are logged in as {found.logged_in_as}. The invitation is for {found.email}: log in with that address to
        join.
      </p>
      <Submit form={form}>Log out and change</Submit>
    </Form>
  );
}
