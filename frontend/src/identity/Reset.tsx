// The link of a forgotten password: choose a new one.
import { useState } from "react";
import { ShieldCheck } from "lucide-react";
import { asProblem, request } from "../api/client.ts";
import { Form, NewPasswordField, Submit } from "../components/Form.tsx";
import { AuthLayout } from "./AuthLayout.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { isOver, LinkOver } from "./Link.tsx";
import { passwordCheck } from "../components/checks.ts";
import { useForm } from "../components/form.ts";

export function Reset() {
  const token = useFragment();
  const form = useForm({ password: "" }, { password: passwordCheck });
  const [step, setStep] = useState(token ? "form" : "over"); // form | done | over
  const send = async ({ password }: { password: string }) => {
    try {
      await request("POST", "/api/auth/reset", { body: { token, password } });
      forgetFragment();
      setStep("done");
    } catch (error) {
      if (!isOver(asProblem(error))) throw error;
      forgetFragment();
      setStep("over");
    }
  };
  if (step === "over") {
    return (
      <LinkOver text="Links work once and expire after an hour.">
        <a className="ui-button solid mid wide" href="/forgot">
          Get a new link
        </a>
      </LinkOver>
    );
  }
  if (step === "done") {
    return (
      <AuthLayout
        title="Password changed"
        icon={<ShieldCheck size={24} />}
        text="You've been logged out everywhere. Log in with your new password."
      >
        <div className="ui-fields">
          <a className="ui-button solid mid wide" href="/login">
            Log in
          </a>
        </div>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout title="Choose a new password" text="This logs you out everywhere.">
      <Form form={form} send={send}>
        <NewPasswordField form={form} label="New password" autoFocus />
        <Submit form={form}>Change password</Submit>
      </Form>
    </AuthLayout>
  );
}
