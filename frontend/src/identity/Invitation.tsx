// An invitation: who asks, into which account, in which role. Newcomers choose a name and a password; others join with
// the login they have.
import { catalog } from "../generated/catalog.ts";
import { request, type Problem } from "../api/client.ts";
import { FormField, Form, NewPasswordField, Submit } from "../components/Form.tsx";
import { AuthLayout, Working } from "./AuthLayout.tsx";
import { isOver, LinkFailed, LinkOver, useLink } from "./Link.tsx";
import { forgetFragment, go } from "./token.ts";
import { Providers, refusal } from "./LogIn.tsx";
import { passwordCheck } from "../components/checks.ts";
import { LEAVING, useForm } from "../components/form.ts";
import type { Invitation as InvitationDetails, Redirect } from "../api/schema.ts";

const load = (token: string) => request<InvitationDetails>("POST", "/api/auth/invitation", { body: { token } });

export function Invitation({ roles }: { roles: Record<string, string> }) {
  const { token, answer: invitation, problem, retry, expire } = useLink(load);
  if (isOver(problem)) {
    return (
      <LinkOver text="Invitations work once and expire after a week. Ask the person who invited you for a new one.">
        <a className="ui-button solid mid wide" href="/login">
          Log in
        </a>
      </LinkOver>
    );
  }
  if (problem) return <LinkFailed problem={problem} retry={retry} />;
  if (!invitation) return <Working title="Loading your invitation" />;
  return (
    <AuthLayout title={`${invitation.invited_by} invites you to ${invitation.account}`}>
      <p className="ui-muted">
        Sent by {invitation.inviter_email} to <b>{invitation.email}</b>.
      </p>
      <div className="identity-inset">
        <b className="ui-role">{invitation.role}</b>
        <span>{roles[invitation.role]}</span>
      </div>
      {invitation.has_login ? (
        <JoinWithLogin invitation={invitation} token={token} over={expire} />
      ) : (
        <JoinAsNewcomer invitation={invitation} token={token} over={expire} />
      )}
    </AuthLayout>
  );
}

// An invitation that somebody used or took back meanwhile is over.
const unless = (over: () => void) => (problem: Problem) => {
  if (!isOver(problem)) throw problem;
  over();
  return LEAVING;
};

function openAccount() {
  forgetFragment();
  go("/");
  return LEAVING;
}

interface JoinProps {
  invitation: InvitationDetails;
  token: string;
  over: () => void;
}

function JoinAsNewcomer({ invitation, token, over }: JoinProps) {
  const form = useForm({ name: "", password: "" }, { name: "Enter your name.", password: passwordCheck });
  const send = (values: Record<string, string>) =>
    request("POST", "/api/auth/invitation/join", { body: { token, ...values } }).then(openAccount, unless(over));
  const providerProblem = new URLSearchParams(window.location.search).get("problem"); // what the provider's sign-in came back with
  const begin = (id: string) =>
    request<Redirect>("POST", `/api/auth/oidc/${encodeURIComponent(id)}/join`, { body: { token } })
      .then(({ url }) => go(url), unless(over))
      .catch(form.show);
  return (
    <>
      <Form form={form} send={send}>
        {providerProblem && !form.problem && (
          <p className="ui-callout amber" role="alert">
            {refusal(providerProblem)}
          </p>
        )}
        {invitation.logged_in_as && (
          <p className="ui-callout amber">
            You're logged in as {invitation.logged_in_as}. Joining creates a login for {invitation.email} and switches
            to it.
          </p>
        )}
        <FormField
          form={form}
          name="name"
          label="Your name"
          autoComplete="name"
          maxLength={catalog.maxLength.NewLogin.name}
          autoFocus
        />
        <NewPasswordField form={form} />
        <Submit form={form}>Join</Submit>
      </Form>
      <Providers begin={begin} />
    </>
  );
}

function JoinWithLogin({ invitation, token, over }: JoinProps) {
  const form = useForm({});
  const send = () =>
    request("POST", "/api/auth/invitation/accept", { body: { token } }).then(openAccount, unless(over));
  if (invitation.logged_in_as === invitation.email) {
    return (
      <Form form={form} send={send}>
        <Submit form={form}>Join as {invitation.email}</Submit>
      </Form>
    );
  }
  if (!invitation.logged_in_as) {
    return (
      <div className="ui-fields">
        <p>You already have a login with this address. Log in to accept the invitation.</p>
        <a className="ui-button solid mid wide" href="/login?next=/invite">
          Log in to join
        </a>
      </div>
    );
  }
  return <SwitchLogin invitation={invitation} />;
}

function SwitchLogin({ invitation }: { invitation: InvitationDetails }) {
  const form = useForm({});
  const send = async () => {
    await request("POST", "/api/auth/logout");
    go("/login?next=/invite");
    return LEAVING;
  };
  return (
    <Form form={form} send={send}>
      <p className="ui-callout amber">
        You're logged in as {invitation.logged_in_as}, but the invitation is for {invitation.email}. Log in with that
        address to join.
      </p>
      <Submit form={form}>Switch login</Submit>
    </Form>
  );
}
