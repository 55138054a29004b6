// Logging in: password, then a code where there is a second factor. The cookie is HttpOnly, so the next page is loaded
// anew: the socket has to carry it.
import { useEffect, useState } from "react";
import { CircleAlert, UserRoundCheck } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import { CodeField, FormField, Form, Submit } from "../components/Form.tsx";
import { AuthLayout } from "./AuthLayout.tsx";
import { forgetFragment, go, ownAddress, useFragment } from "./token.ts";
import { LEAVING, useForm } from "../components/form.ts";
import { browserTimeZone } from "../components/timeZone.ts";
import type { IdentityProvider, LoginAnswer, Me } from "../api/schema.ts";

// What another identity provider's sign-in can come back with.
const REFUSALS: Record<string, string> = {
  provider_down: "We can't reach that provider right now. Log in another way, or try again.",
  provider_answer: "That provider sent an invalid response. Log in another way, or try again.",
  no_email: "Your provider didn't share an email address. Share it there, or sign up with a password.",
  known_address:
    "This email address already has a login. Log in with your password, then connect your provider under Security.",
  link_over: "This invitation is no longer valid. Ask for a new one.",
};
export const refusal = (code: string) => REFUSALS[code] || "That login didn't work. Start over.";

/** It begins with the address that was typed. In the fragment, which no server is sent. */
const forgotPage = (email: string) => `/forgot${email && `#email=${encodeURIComponent(email)}`}`;

const nextPage = () => new URLSearchParams(window.location.search).get("next");

export function LogIn() {
  const [fragment] = useState(useFragment());
  const [challenge, setChallenge] = useState(fragment.startsWith("challenge=") ? fragment.slice(10) : "");
  const refusalText = fragment.startsWith("problem=") ? refusal(fragment.slice(8)) : "";
  const [late, setLate] = useState("");
  useEffect(() => forgetFragment(), []);
  const tooLate = (words: string) => {
    setLate(words);
    setChallenge("");
  };
  return challenge ? (
    <SecondFactor challenge={challenge} back={() => tooLate("")} tooLate={tooLate} />
  ) : (
    <Password message={late || refusalText} ask={setChallenge} />
  );
}

function Password({ message, ask }: { message: string; ask: (challenge: string) => void }) {
  const form = useForm(
    { email: "", password: "", code: "" },
    { email: "Enter your email address.", password: "Enter your password." },
  );
  const [currentEmail, setCurrentEmail] = useState("");
  const [waiting, setWaiting] = useState(false); // guesses of others make this one wait, unless it comes with a code
  useEffect(() => {
    request<Me>("GET", "/api/auth/me").then(
      (me) => setCurrentEmail(me.email),
      () => {},
    );
  }, []);
  const send = async (values: Record<string, string>) => {
    const answer = await request<LoginAnswer>("POST", "/api/auth/login", { body: values }).catch((problem: Problem) => {
      if (problem.status === 429) setWaiting(true);
      throw problem;
    });
    if (answer.second_factor) {
      ask(answer.challenge ?? "");
      return undefined;
    }
    go(ownAddress(nextPage()));
    return LEAVING;
  };
  return (
    <AuthLayout
      title="Log in"
      foot={
        <>
          New here? <a href="/signup">Create an account</a>
        </>
      }
    >
      {currentEmail && (
        <div className="ui-callout identity-note">
          <UserRoundCheck size={16} />
          <span>
            You're logged in as <b>{currentEmail}</b>. <a href={ownAddress(nextPage())}>Continue</a>
          </span>
        </div>
      )}
      {message && !form.problem && (
        <div className="ui-callout amber identity-note" role="alert">
          <CircleAlert size={16} />
          <span>{message}</span>
        </div>
      )}
      <Form form={form} send={send}>
        <FormField
          form={form}
          name="email"
          label="Email"
          type="email"
          inputMode="email"
          autoComplete="username"
          autoFocus
        />
        <FormField
          form={form}
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          aside={<a href={forgotPage(form.values.email.trim())}>Forgot password?</a>}
        />
        {waiting && (
          <CodeField
            form={form}
            label="Two-factor code"
            hint="With a code from your authenticator app, you don't have to wait."
          />
        )}
        <Submit form={form}>Log in</Submit>
      </Form>
      <Providers next={nextPage()} />
    </AuthLayout>
  );
}

function SecondFactor({
  challenge,
  back,
  tooLate,
}: {
  challenge: string;
  back: () => void;
  tooLate: (message: string) => void;
}) {
  const form = useForm({ code: "" }, { code: "Enter the code from your app." });
  const send = async ({ code }: { code: string }) => {
    try {
      await request("POST", "/api/auth/second-factor", { body: { challenge, code } });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === "challenge_over") {
        tooLate(problem.message);
        return LEAVING;
      }
      if (problem.code === "wrong_code") problem.field = "code";
      throw problem;
    }
    go(ownAddress(nextPage()));
    return LEAVING;
  };
  return (
    <AuthLayout
      title="Enter your code"
      text="Enter the six-digit code from your authenticator app."
      foot={
        <button type="button" className="ui-link" onClick={back}>
          Back to password
        </button>
      }
    >
      <Form form={form} send={send}>
        <CodeField form={form} hint="No phone? Use one of your recovery codes." autoFocus />
        <Submit form={form}>Log in</Submit>
      </Form>
    </AuthLayout>
  );
}

// Other identity providers, where there are some. begin: what a click does, if it is not just going there.
export function Providers({ next, begin }: { next?: string | null; begin?: (provider: string) => void }) {
  const [providers, setProviders] = useState<IdentityProvider[]>([]);
  useEffect(() => {
    request<IdentityProvider[]>("GET", "/api/auth/providers").then(setProviders, () => {});
  }, []);
  if (!providers.length) return null;
  const query = new URLSearchParams({ ...(next ? { next } : {}), time_zone: browserTimeZone() });
  return (
    <div className="identity-providers">
      <div className="identity-or">
        <span>or</span>
      </div>
      {providers.map(({ id, name }) =>
        begin ? (
          <button key={id} type="button" className="ui-button surface mid wide" onClick={() => begin(id)}>
            Continue with {name}
          </button>
        ) : (
          <a
            key={id}
            className="ui-button surface mid wide"
            href={`/api/auth/oidc/${encodeURIComponent(id)}/start?${query}`}
          >
            Continue with {name}
          </a>
        ),
      )}
    </div>
  );
}
