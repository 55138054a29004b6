// The link of a sign-up: opens the account. In another browser than the one that signed up, the password is asked for.
import { useEffect, useRef, useState } from "react";
import { Link2Off } from "lucide-react";
import { request } from "../api/client.ts";
import { Field, Form, LEAVING, Submit, Trouble, useForm } from "../components/Form.tsx";
import { Door, Working } from "./AuthLayout.tsx";
import { Providers } from "./LogIn.tsx";
import { forgetFragment, go, useFragment } from "./token.ts";

export function Verify() {
  const token = useFragment();
  const form = useForm({ password: "" }, { password: "Write the password that you chose." });
  const [step, setStep] = useState(token ? "working" : "over"); // working | password | browser | known | over | failed
  const [problem, setProblem] = useState(null);
  const begun = useRef(false);

  const verify = async (password) => {
    await request("POST", "/api/auth/verify", { body: { token, password } });
    forgetFragment();
    go("/welcome");
    return LEAVING;
  };
  const open = () => {
    setStep("working");
    verify("").catch((error) => {
      setProblem(error);
      setStep(
        { password_required: "password", other_browser: "browser", known_address: "known", link_over: "over" }[
          error.code
        ] || "failed",
      );
    });
  };
  useEffect(() => {
    if (!token || begun.current) return;
    begun.current = true;
    open();
  }, []);

  if (step === "working") return <Working title="Opening your account" />;
  if (step === "password") {
    const send = ({ password }) =>
      verify(password).catch((error) => {
        if (error.code === "wrong_credentials") error.field = "password";
        throw error;
      });
    return (
      <Door
        title="Is it you?"
        text="You signed up in another browser. Write the password that you chose there, and your account opens here."
      >
        <Form form={form} send={send}>
          <Field
            form={form}
            name="password"
            label="Password"
            type="password"
            autoComplete="current-password"
            autoFocus
          />
          <Submit form={form}>Open my account</Submit>
        </Form>
      </Door>
    );
  }
  if (step === "browser") {
    return (
      <Door title="Is it you?" text={problem.message}>
        <Providers />
      </Door>
    );
  }
  if (step === "known") {
    return (
      <Door title="You have a login already" text={problem.message}>
        <div className="qv-fields">
          <a className="qv-btn solid mid wide" href="/login">
            Log in
          </a>
        </div>
      </Door>
    );
  }
  if (step === "failed") {
    return (
      <Door title="That did not work">
        <div className="qv-fields">
          <Trouble problem={problem} />
          <button type="button" className="qv-btn solid mid wide" onClick={open}>
            Try again
          </button>
        </div>
      </Door>
    );
  }
  return (
    <LinkOver text="It is good for 24 hours and works once. If your account is open already, just log in.">
      <a className="qv-btn solid mid wide" href="/login">
        Log in
      </a>
      <a className="qv-btn surface mid wide" href="/signup">
        Sign up again
      </a>
    </LinkOver>
  );
}

export function LinkOver({ text, children }) {
  return (
    <Door title="This link is not good any more" icon={<Link2Off size={24} />} text={text}>
      <div className="qv-fields">{children}</div>
    </Door>
  );
}
