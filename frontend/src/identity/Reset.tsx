// The link of a forgotten password: choose a new one.
import { useState } from "react";
import { ShieldCheck } from "lucide-react";
import { request } from "../api/client.ts";
import { Field, Form, PASSWORD_HINT, Submit, useForm } from "../components/Form.tsx";
import { Door } from "./AuthLayout.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { LinkOver } from "./Verify.tsx";

export function Reset() {
  const token = useFragment();
  const form = useForm({ password: "" }, { password: "Choose a password." });
  const [step, setStep] = useState(token ? "form" : "over"); // form | done | over
  const send = async ({ password }) => {
    try {
      await request("POST", "/api/auth/reset", { body: { token, password } });
      forgetFragment();
      setStep("done");
    } catch (problem) {
      if (problem.code !== "link_over") throw problem;
      forgetFragment();
      setStep("over");
    }
  };
  if (step === "over") {
    return (
      <LinkOver text="It is good for an hour and works once.">
        <a className="qv-btn solid mid wide" href="/forgot">
          Get a new link
        </a>
      </LinkOver>
    );
  }
  if (step === "done") {
    return (
      <Door
        title="Your password is changed"
        icon={<ShieldCheck size={24} />}
        text="You were logged out everywhere. Log in with the new password."
      >
        <div className="qv-fields">
          <a className="qv-btn solid mid wide" href="/login">
            Log in
          </a>
        </div>
      </Door>
    );
  }
  return (
    <Door title="Choose a new password" text="You are logged out everywhere then.">
      <Form form={form} send={send}>
        <Field
          form={form}
          name="password"
          label="New password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
          autoFocus
        />
        <Submit form={form}>Change my password</Submit>
      </Form>
    </Door>
  );
}
