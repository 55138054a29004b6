// The address and the password that one logs in with.
import { catalog } from "../generated/catalog.ts";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { CircleAlert, CircleCheck, MailCheck } from "lucide-react";
import { asProblem, request } from "../api/client.ts";
import type { Redirect } from "../api/schema.ts";
import { FormField, Form, NewPasswordField, Submit } from "../components/Form.tsx";
import { forgetFragment, useFragment } from "../identity/token.ts";
import { requiredProof, PROOF, Proof } from "./Proof.tsx";
import { passwordCheck } from "../components/checks.ts";
import { LEAVING, useForm, type AnyForm } from "../components/form.ts";
import { useStepFocus } from "../components/focus.ts";

function Buttons({ form, cancel, children }: { form: AnyForm; cancel: () => void; children: ReactNode }) {
  return (
    <div className="ui-actions">
      <Submit form={form} wide={false}>
        {children}
      </Submit>
      <button type="button" className="ui-button ghost mid" onClick={cancel}>
        Cancel
      </button>
    </div>
  );
}

export function EmailForm({
  email,
  secondFactor,
  hasPassword,
}: {
  email: string;
  secondFactor: boolean;
  hasPassword: boolean;
}) {
  const form = useForm(
    { email: "", ...PROOF },
    { email: "Enter your new email address.", ...requiredProof(secondFactor, hasPassword) },
  );
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  useStepFocus(element, open);
  const [newEmail, setNewEmail] = useState("");
  const close = () => {
    form.clear();
    setOpen(false);
  };
  const send = async (values: Record<string, string>) => {
    await request("POST", "/api/me/email", { body: values });
    setNewEmail(values.email.trim());
    close();
  };
  return (
    <div className="ui-setting" ref={element}>
      <div className="ui-setting-row">
        <div className="ui-column ui-grow">
          <h3>Email</h3>
          <span className="ui-muted ui-break">{email}</span>
        </div>
        {!open && (
          <button type="button" className="ui-button surface" onClick={() => setOpen(true)}>
            Change<span className="ui-screen-reader"> email address</span>
          </button>
        )}
      </div>
      {newEmail && !open && (
        <div className="ui-callout" role="status">
          <MailCheck size={16} />
          <span>
            We sent a link to <b>{newEmail}</b>. Until you open it, log in with {email}.
          </span>
        </div>
      )}
      {open && (
        <Form form={form} send={send}>
          <FormField
            form={form}
            name="email"
            label="New email"
            type="email"
            inputMode="email"
            autoComplete="email"
            maxLength={catalog.maxLength.NewEmail.email}
          />
          <Proof form={form} secondFactor={secondFactor} hasPassword={hasPassword} />
          <Buttons form={form} cancel={close}>
            Send link
          </Buttons>
        </Form>
      )}
    </div>
  );
}

export function PasswordForm({
  email,
  secondFactor,
  hasPassword,
}: {
  email: string;
  secondFactor: boolean;
  hasPassword: boolean;
}) {
  const form = useForm(
    { ...PROOF, new_password: "" },
    { ...requiredProof(secondFactor, hasPassword), new_password: passwordCheck },
  );
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  useStepFocus(element, open);
  const close = () => {
    form.clear();
    setOpen(false);
  };
  const send = async (values: Record<string, string>) => {
    try {
      await request("POST", "/api/me/password", { body: values });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === "weak_password") problem.field = "new_password";
      throw problem;
    }
    // The browser has a new token, which the socket has to carry: the page is loaded anew, and says so then.
    window.location.hash = "password-changed";
    window.location.reload();
    return LEAVING;
  };
  return (
    <div className="ui-setting" ref={element}>
      <div className="ui-setting-row">
        <div className="ui-column ui-grow">
          <h3>Password</h3>
          <span className="ui-muted">
            {hasPassword
              ? "Changing it logs you out everywhere else."
              : "You don't have one. You log in with your provider."}
          </span>
        </div>
        {!open && (
          <button type="button" className="ui-button surface" onClick={() => setOpen(true)}>
            {hasPassword ? "Change" : "Set"}
            <span className="ui-screen-reader"> password</span>
          </button>
        )}
      </div>
      {open && (
        <Form form={form} send={send}>
          <input
            className="ui-screen-reader"
            autoComplete="username"
            value={email}
            readOnly
            tabIndex={-1}
            aria-hidden="true"
          />
          <Proof form={form} secondFactor={secondFactor} hasPassword={hasPassword} />
          <NewPasswordField form={form} name="new_password" label="New password" />
          <Buttons form={form} cancel={close}>
            {hasPassword ? "Change password" : "Set password"}
          </Buttons>
        </Form>
      )}
    </div>
  );
}

// Another identity provider, to connect or to disconnect.
export function Provider({
  provider,
  name,
  connected,
  secondFactor,
  hasPassword,
  onChanged,
}: {
  provider: string;
  name: string;
  connected: boolean;
  secondFactor: boolean;
  hasPassword: boolean;
  onChanged: () => void;
}) {
  const form = useForm(PROOF, requiredProof(secondFactor, hasPassword));
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  useStepFocus(element, open);
  const close = () => {
    form.clear();
    setOpen(false);
  };
  const send = async (values: Record<string, string>) => {
    const answer = await request<Redirect>(
      "POST",
      `/api/auth/oidc/${encodeURIComponent(provider)}/${connected ? "disconnect" : "connect"}`,
      { body: values },
    );
    if (!connected) {
      window.location.assign(answer.url);
      return LEAVING;
    }
    close();
    onChanged();
    return undefined;
  };
  const word = connected ? "Disconnect" : "Connect";
  return (
    <div className="ui-setting" ref={element}>
      <div className="ui-setting-row">
        <div className="ui-row ui-grow">
          <h3>{name}</h3>
          {connected && <span className="ui-badge green">Connected</span>}
        </div>
        {!open && (
          <button type="button" className="ui-button surface" onClick={() => setOpen(true)}>
            {word}
            <span className="ui-screen-reader"> {name}</span>
          </button>
        )}
      </div>
      {open && (
        <Form form={form} send={send}>
          <Proof form={form} secondFactor={secondFactor} hasPassword={hasPassword} />
          <Buttons form={form} cancel={close}>
            {word} {name}
          </Buttons>
        </Form>
      )}
    </div>
  );
}

const DONE: Record<string, string> = {
  connected: "Connected. You can now log in this way.",
  "password-changed": "Password changed. You were logged out everywhere else.",
};
const REFUSALS: Record<string, string> = {
  provider_down: "We can't reach that provider right now. Try again later.",
  known_identity: "This identity is already connected to a login.",
};

export function Connected() {
  const [fragment] = useState(useFragment());
  useEffect(() => forgetFragment(), []);
  if (!fragment) return null;
  return DONE[fragment] ? (
    <div className="ui-callout green ui-failure" role="status">
      <CircleCheck size={16} />
      <span>{DONE[fragment]}</span>
    </div>
  ) : (
    <div className="ui-callout red ui-failure" role="alert">
      <CircleAlert size={16} />
      <span>{REFUSALS[fragment.slice("problem=".length)] || "That didn't work. Start over."}</span>
    </div>
  );
}
