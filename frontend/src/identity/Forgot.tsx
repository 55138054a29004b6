// A forgotten password: a link by mail. The answer is the same whether somebody has the address or not.
import { useEffect, useState } from "react";
import { request } from "../api/client.ts";
import { FormField, Form, Submit } from "../components/Form.tsx";
import { CheckMail, AuthLayout } from "./AuthLayout.tsx";
import { emailCheck } from "../components/checks.ts";
import { useForm } from "../components/form.ts";
import { forgetFragment, useFragment } from "./token.ts";

export function Forgot() {
  const fragment = useFragment();
  const [typed] = useState(fragment.startsWith("email=") ? decodeURIComponent(fragment.slice(6)) : "");
  const form = useForm({ email: typed }, { email: emailCheck });
  useEffect(() => forgetFragment(), []);
  const [isSent, setIsSent] = useState(false);
  const send = async (values: { email: string }) => {
    await request("POST", "/api/auth/forgot", { body: values });
    setIsSent(true);
  };
  if (isSent) {
    return (
      <CheckMail
        sendAgain={() => request("POST", "/api/auth/forgot", { body: form.values })}
        back={() => setIsSent(false)}
      >
        If <b>{form.values.email.trim()}</b> has a login, we sent a link to reset the password. It expires in an hour.
      </CheckMail>
    );
  }
  return (
    <AuthLayout
      title="Forgot your password?"
      text="Enter your email address and we'll send you a link to reset it."
      foot={<a href="/login">Back to log in</a>}
    >
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
        <Submit form={form}>Send link</Submit>
      </Form>
    </AuthLayout>
  );
}
