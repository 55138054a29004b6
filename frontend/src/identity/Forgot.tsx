// A forgotten password: a link by mail. The answer is the same whether somebody has the address or not.
import { useState } from "react";
import { request } from "../api/client.ts";
import { Field, Form, Submit } from "../components/Form.tsx";
import { CheckMail, AuthLayout } from "./AuthLayout.tsx";
import { useForm } from "../components/form.ts";

export function Forgot() {
  const form = useForm({ email: "" }, { email: "Write your e-mail address." });
  const [sent, setSent] = useState(false);
  const send = async (values: { email: string }) => {
    await request("POST", "/api/auth/forgot", { body: values });
    setSent(true);
  };
  if (sent) {
    return (
      <CheckMail
        sendAgain={() => request("POST", "/api/auth/forgot", { body: form.values })}
        back={() => setSent(false)}
      >
        If somebody has a login with <b>{form.values.email.trim()}</b>, a link to choose a new password is on its way.
        It is good for an hour.
      </CheckMail>
    );
  }
  return (
    <AuthLayout
      title="Forgot your password?"
      text="Write your address, and we send you a link to choose a new one."
      foot={<a href="/login">Back to the login</a>}
    >
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
        <Submit form={form}>Send me a link</Submit>
      </Form>
    </AuthLayout>
  );
}
