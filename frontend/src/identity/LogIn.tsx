// Logging in: password, then a code where there is a second factor. The cookie is HttpOnly, so the next page is loaded
// anew: the socket has to carry it.
import { useEffect, useState } from "react";
import { CircleAlert, UserRoundCheck } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import { CodeField, Field, Form, Submit } from "../components/Form.tsx";
import { AuthLayout } from "./AuthLayout.tsx";
import { forgetFragment, go, ownAddress, useFragment } from "./token.ts";
import { LEAVING, useForm } from "../components/form.ts";
import type { LoginAnswer, IdentityProvider } from "../api/schema.ts";

// What another identity provider's sign-in can come back with.
const REFUSED: Record<string, string> = {
  provider_down: "That provider cannot be reached just now. Log in another way, or try again.",
  provider_answer: "That provider gave an answer that we cannot use. Log in another way, or try again.",
  no_email: "Your provider gave us no e-mail address that we can use. Share it there, or sign up with a password.",
  known_address:
    "This address has a login here already. Log in with your password, and connect the two under Security.",
  link_over: "This invitation is not good any more. Ask for a new one.",
};
export const refusal = (code: string) => REFUSED[code] || "That sign-in did not work. Please begin again.";

const nextPage = () => new URLSearchParams(window.location.search).get("next");

export function LogIn() {
  const [brought] = useState(useFragment());
  const [challenge, setChallenge] = useState(brought.startsWith("challenge=") ? brought.slice(10) : "");
  const refused = brought.startsWith("problem=") ? refusal(brought.slice(8)) : "";
  const [late, setLate] = useState("");
  useEffect(() => forgetFragment(), []);
  const tooLate = (words: string) => {
    setLate(words);
    setChallenge("");
  };
  return challenge ? (
    <SecondFactor challenge={challenge} back={() => tooLate("")} tooLate={tooLate} />
  ) : (
    <Password said={late || refused} ask={setChallenge} />
  );
}

function Password({ said, ask }: { said: string; ask: (challenge: string) => void }) {
  const form = useForm(
    { email: "", password: "", code: "" },
    { email: "Write your e-mail address.", password: "Write your password." },
  );
  const [who, setWho] = useState("");
  const [waiting, setWaiting] = useState(false); // guesses of others make this one wait, unless it comes with a code
  useEffect(() => {
    request<{ email: string }>("GET", "/api/auth/me").then(
      (me) => setWho(me.email),
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
      {who && (
        <div className="qv-callout qv-door-note">
          <UserRoundCheck size={16} />
          <span>
            You are logged in as <b>{who}</b>. <a href={ownAddress(nextPage())}>Go on</a>
          </span>
        </div>
      )}
      {said && !form.problem && (
        <div className="qv-callout amber qv-door-note" role="alert">
          <CircleAlert size={16} />
          <span>{said}</span>
        </div>
      )}
      <Form form={form} send={send}>
        <Field
          form={form}
          name="email"
          label="E-mail"
          type="email"
          inputMode="email"
          autoComplete="username"
          autoFocus
        />
        <Field
          form={form}
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          aside={<a href="/forgot">Forgot it?</a>}
        />
        {waiting && (
          <CodeField
            form={form}
            label="Code, if you have a second factor"
            hint="With a code of your authenticator app, you do not have to wait."
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
  const form = useForm({ code: "" }, { code: "Write the code that your app shows." });
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
      text="Open your authenticator app and write the six digits that it shows for Quantum Voice."
      foot={
        <button type="button" className="qv-link" onClick={back}>
          Back to the password
        </button>
      }
    >
      <Form form={form} send={send}>
        <CodeField form={form} hint="Without your phone, use one of your recovery codes." autoFocus />
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
  const more = next ? `?next=${encodeURIComponent(next)}` : "";
  return (
    <div className="qv-providers">
      <div className="qv-or">
        <span>or</span>
      </div>
      {providers.map(({ id, name }) =>
        begin ? (
          <button key={id} type="button" className="qv-btn surface mid wide" onClick={() => begin(id)}>
            Continue with {name}
          </button>
        ) : (
          <a
            key={id}
            className="qv-btn surface mid wide"
            href={`/api/auth/oidc/${encodeURIComponent(id)}/start${more}`}
          >
            Continue with {name}
          </a>
        ),
      )}
    </div>
  );
}
