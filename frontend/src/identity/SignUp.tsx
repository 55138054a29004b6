// A new account: the business, the person, and a mail to prove the address.
import { useEffect, useState } from "react";
import { AudioLines, MessageSquareText, Share2 } from "lucide-react";
import { request } from "../api/client.ts";
import { Field, Form, Submit } from "../components/Form.tsx";
import { VoiceRing } from "../call/VoiceRing.tsx";
import { CheckMail, AuthLayout } from "./AuthLayout.tsx";
import { Providers } from "./LogIn.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { PASSWORD_HINT, useForm } from "../components/form.ts";

const NEEDED = {
  account: "Write the name of your business.",
  name: "Write your name.",
  email: "Write your e-mail address.",
  password: "Choose a password.",
};

const ASIDE = (
  <aside className="qv-door-aside">
    <VoiceRing state="rest" small />
    <h2>An assistant that answers when your customers call</h2>
    <ul className="qv-terms">
      <li>
        <Share2 size={20} />
        <span>
          <b>You decide how it talks.</b> The conversation goes the way that you drew.
        </span>
      </li>
      <li>
        <AudioLines size={20} />
        <span>
          <b>Callers need a browser, nothing else.</b> A link or a code on a poster is enough.
        </span>
      </li>
      <li>
        <MessageSquareText size={20} />
        <span>
          <b>Every call is written down:</b> what was said, how long answers took, what it cost.
        </span>
      </li>
    </ul>
  </aside>
);

export function SignUp() {
  const form = useForm({ account: "", name: "", email: "", password: "" }, NEEDED);
  // The provider did not vouch for the address: it is confirmed by mail, like one that was typed.
  const [sent, setSent] = useState(useFragment() === "confirm");
  useEffect(() => forgetFragment(), []);
  const send = async (values: Record<string, string>) => {
    await request("POST", "/api/auth/signup", { body: values });
    setSent(true);
  };
  if (sent) {
    return (
      <CheckMail sendAgain={() => request("POST", "/api/auth/signup/resend")} back={() => setSent(false)}>
        We sent a link to <b>{form.values.email.trim() || "the e-mail address that your provider gave us"}</b>. Open it
        in this browser within 24 hours, and your account is ready.
      </CheckMail>
    );
  }
  return (
    <AuthLayout
      title="Create your account"
      aside={ASIDE}
      foot={
        <>
          You have a login already? <a href="/login">Log in</a>
        </>
      }
    >
      <Form form={form} send={send}>
        <Field form={form} name="account" label="Business" autoComplete="organization" maxLength={100} autoFocus />
        <Field form={form} name="name" label="Your name" autoComplete="name" maxLength={100} />
        <Field
          form={form}
          name="email"
          label="E-mail"
          type="email"
          inputMode="email"
          autoComplete="username"
          maxLength={320}
        />
        <Field
          form={form}
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
        />
        <Submit form={form}>Create account</Submit>
      </Form>
      <Providers />
    </AuthLayout>
  );
}
