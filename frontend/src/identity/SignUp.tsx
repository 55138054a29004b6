// A new account: the business, the person, and a mail to prove the address.
import { catalog } from "../generated/catalog.ts";
import { useEffect, useState } from "react";
import { AudioLines, CircleCheck, MessageSquareText, Share2 } from "lucide-react";
import { request } from "../api/client.ts";
import { FormField, Form, NewPasswordField, Submit } from "../components/Form.tsx";
import { VoiceRing } from "../call/VoiceRing.tsx";
import { CheckMail, AuthLayout } from "./AuthLayout.tsx";
import { Providers } from "./LogIn.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { useVerified } from "./verified.ts";
import { emailCheck, passwordCheck } from "../components/checks.ts";
import { useForm } from "../components/form.ts";

const CHECKS = {
  account: "Enter the name of your business.",
  name: "Enter your name.",
  email: emailCheck,
  password: passwordCheck,
};

const ASIDE = (
  <aside className="identity-aside">
    <VoiceRing state="rest" small />
    <h2>An assistant that answers when your customers call</h2>
    <ul className="ui-terms">
      <li>
        <Share2 size={20} />
        <span>
          <b>You decide how it talks.</b> Conversations follow the flow you design.
        </span>
      </li>
      <li>
        <AudioLines size={20} />
        <span>
          <b>Callers only need a browser.</b> Share the link to your call page.
        </span>
      </li>
      <li>
        <MessageSquareText size={20} />
        <span>
          <b>Every call is recorded in text:</b> what was said, how long answers took, and what it cost.
        </span>
      </li>
    </ul>
  </aside>
);

const Verified = () => (
  <AuthLayout
    title="Email confirmed"
    icon={<CircleCheck size={24} />}
    text="Your account is open in the tab of the link. You can close this one."
  >
    <div className="ui-fields">
      <a className="ui-button surface mid wide" href="/">
        Continue here
      </a>
    </div>
  </AuthLayout>
);

export function SignUp() {
  const form = useForm({ account: "", name: "", email: "", password: "" }, CHECKS);
  // The provider did not vouch for the address: it is confirmed by mail, like one that was typed.
  const [isSent, setIsSent] = useState(useFragment() === "confirm");
  useEffect(() => forgetFragment(), []);
  const send = async (values: Record<string, string>) => {
    await request("POST", "/api/auth/signup", { body: values });
    setIsSent(true);
  };
  if (useVerified()) return <Verified />;
  if (isSent) {
    return (
      <CheckMail sendAgain={() => request("POST", "/api/auth/signup/resend")} back={() => setIsSent(false)}>
        We sent a link to <b>{form.values.email.trim() || "the email address from your provider"}</b>. Open it in this
        browser within 24 hours to finish.
      </CheckMail>
    );
  }
  return (
    <AuthLayout
      title="Create your account"
      aside={ASIDE}
      foot={
        <>
          Already have an account? <a href="/login">Log in</a>
        </>
      }
    >
      <Form form={form} send={send}>
        <FormField
          form={form}
          name="account"
          label="Business"
          autoComplete="organization"
          maxLength={catalog.maxLength.SignUp.account}
          autoFocus
        />
        <FormField
          form={form}
          name="name"
          label="Your name"
          autoComplete="name"
          maxLength={catalog.maxLength.SignUp.name}
        />
        <FormField
          form={form}
          name="email"
          label="Email"
          type="email"
          inputMode="email"
          autoComplete="username"
          maxLength={catalog.maxLength.SignUp.email}
        />
        <NewPasswordField form={form} />
        <Submit form={form}>Create account</Submit>
      </Form>
      <Providers />
    </AuthLayout>
  );
}
