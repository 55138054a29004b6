// The link of a sign-up: opens the account. In another browser than the one that signed up, the password is asked for.
import { asProblem, request } from "../api/client.ts";
import { FormField, Form, Submit } from "../components/Form.tsx";
import { AuthLayout, Working } from "./AuthLayout.tsx";
import { isOver, LinkFailed, LinkOver, useLink } from "./Link.tsx";
import { Providers } from "./LogIn.tsx";
import { forgetFragment, go } from "./token.ts";
import { LEAVING, useForm } from "../components/form.ts";
import { browserTimeZone } from "../components/timeZone.ts";
import { announceVerified } from "./verified.ts";

async function verify(token: string, password = "") {
  await request("POST", "/api/auth/verify", { body: { token, password, time_zone: browserTimeZone() } });
  announceVerified();
  forgetFragment();
  go("/welcome");
  return LEAVING;
}

const open = (token: string) => verify(token);

export function Verify() {
  const { token, problem, retry } = useLink(open);
  if (!problem) return <Working title="Setting up your account" />; // until the next page is there
  switch (problem.code) {
    case "password_required":
      return <AskPassword token={token} />;
    case "other_browser":
      return (
        <AuthLayout title="Is it you?" text={problem.message}>
          <Providers />
        </AuthLayout>
      );
    case "known_address":
      return (
        <AuthLayout title="You already have a login" text={problem.message}>
          <div className="ui-fields">
            <a className="ui-button solid mid wide" href="/login">
              Log in
            </a>
          </div>
        </AuthLayout>
      );
  }
  if (!isOver(problem)) return <LinkFailed problem={problem} retry={retry} />;
  return (
    <LinkOver text="Links work once and expire after 24 hours. If your account is already set up, log in.">
      <a className="ui-button solid mid wide" href="/login">
        Log in
      </a>
      <a className="ui-button surface mid wide" href="/signup">
        Sign up again
      </a>
    </LinkOver>
  );
}

function AskPassword({ token }: { token: string }) {
  const form = useForm({ password: "" }, { password: "Enter your password." });
  const send = ({ password }: { password: string }) =>
    verify(token, password).catch((error) => {
      const problem = asProblem(error);
      if (problem.code === "wrong_credentials") problem.field = "password";
      throw problem;
    });
  return (
    <AuthLayout
      title="Is it you?"
      text="You signed up in another browser. Enter the password you chose there to continue."
    >
      <Form form={form} send={send}>
        <FormField
          form={form}
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
        />
        <Submit form={form}>Continue</Submit>
      </Form>
    </AuthLayout>
  );
}
