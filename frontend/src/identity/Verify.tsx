// The link of a sign-up: opens the account. In another browser than the one that signed up, the password is asked for.
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { Link2Off } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import { Field, Form, Submit } from "../components/Form.tsx";
import { AuthLayout, Working } from "./AuthLayout.tsx";
import { Providers } from "./LogIn.tsx";
import { forgetFragment, go, useFragment } from "./token.ts";
import { LEAVING, useForm } from "../components/form.ts";
import { ErrorMessage } from "../components/ErrorMessage.tsx";

type Step = "working" | "password" | "browser" | "known" | "over" | "failed";
const STEPS: Record<string, Step> = {
  password_required: "password",
  other_browser: "browser",
  known_address: "known",
  link_over: "over",
};

async function verify(token: string, password: string) {
  await request("POST", "/api/auth/verify", { body: { token, password } });
  forgetFragment();
  go("/welcome");
  return LEAVING;
}

export function Verify() {
  const token = useFragment();
  const [step, setStep] = useState<Step>(token ? "working" : "over");
  const [problem, setProblem] = useState<Problem | null>(null);
  const begun = useRef(false);
  const open = useCallback(() => {
    verify(token, "").catch((error) => {
      const failure = asProblem(error);
      setProblem(failure);
      setStep(STEPS[failure.code] || "failed");
    });
  }, [token]);
  useEffect(() => {
    if (!token || begun.current) return;
    begun.current = true;
    open();
  }, [token, open]);
  const retry = () => {
    setStep("working");
    open();
  };

  if (step === "working") return <Working title="Setting up your account" />;
  if (step === "password") return <AskPassword token={token} />;
  if (step === "browser") {
    return (
      <AuthLayout title="Is it you?" text={problem?.message}>
        <Providers />
      </AuthLayout>
    );
  }
  if (step === "known") {
    return (
      <AuthLayout title="You already have a login" text={problem?.message}>
        <div className="qv-fields">
          <a className="qv-btn solid mid wide" href="/login">
            Log in
          </a>
        </div>
      </AuthLayout>
    );
  }
  if (step === "failed" && problem) {
    return (
      <AuthLayout title="Something went wrong">
        <div className="qv-fields">
          <ErrorMessage problem={problem} />
          <button type="button" className="qv-btn solid mid wide" onClick={retry}>
            Try again
          </button>
        </div>
      </AuthLayout>
    );
  }
  return (
    <LinkOver text="Links work once and expire after 24 hours. If your account is already set up, log in.">
      <a className="qv-btn solid mid wide" href="/login">
        Log in
      </a>
      <a className="qv-btn surface mid wide" href="/signup">
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
        <Field form={form} name="password" label="Password" type="password" autoComplete="current-password" autoFocus />
        <Submit form={form}>Continue</Submit>
      </Form>
    </AuthLayout>
  );
}

export function LinkOver({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <AuthLayout title="This link is no longer valid" icon={<Link2Off size={24} />} text={text}>
      <div className="qv-fields">{children}</div>
    </AuthLayout>
  );
}
