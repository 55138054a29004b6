// The form in the dialog: a name, a role, how long. Whoever creates a token proves again who they are.
import { catalog } from "../generated/catalog.ts";
import { useId } from "react";
import { request } from "../api/client.ts";
import { FormField, Form, Submit } from "../components/Form.tsx";
import { requiredProof, PROOF, Proof } from "../security/Proof.tsx";
import { useForm, type AnyForm } from "../components/form.ts";
import type { CreatedToken } from "../api/schema.ts";

const NEVER = "never";
const LIFETIMES = [
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "1 year"],
  [NEVER, "No expiration"],
];

export interface RoleOption {
  value: string;
  name: string;
  text: string;
}

export function CreateToken({
  roles,
  secondFactor,
  hasPassword,
  done,
  cancel,
}: {
  roles: RoleOption[];
  secondFactor: boolean;
  hasPassword: boolean;
  done: (token: CreatedToken) => void;
  cancel: () => void;
}) {
  const form = useForm(
    { name: "", role: roles[0].value, expires_in_days: "90", ...PROOF },
    { name: "Enter a name.", ...requiredProof(secondFactor, hasPassword) },
  );
  const send = async (values: Record<string, string>) => {
    const days = values.expires_in_days === NEVER ? null : Number(values.expires_in_days);
    done(await request<CreatedToken>("POST", "/api/tokens", { body: { ...values, expires_in_days: days } }));
  };
  return (
    <Form form={form} send={send}>
      <FormField
        form={form}
        name="name"
        label="Name"
        hint="What it's for, like “Nightly report”."
        maxLength={catalog.maxLength.NewApiToken.name}
        autoComplete="off"
      />
      <Roles form={form} roles={roles} />
      <Lifetime form={form} />
      <Proof form={form} secondFactor={secondFactor} hasPassword={hasPassword} />
      <div className="ui-actions end">
        <button type="button" className="ui-button ghost mid" onClick={cancel}>
          Cancel
        </button>
        <Submit form={form} wide={false}>
          Create token
        </Submit>
      </div>
    </Form>
  );
}

function Roles({ form, roles }: { form: AnyForm; roles: RoleOption[] }) {
  return (
    <fieldset className="ui-choices">
      <legend>Role</legend>
      {roles.map(({ value, name, text }) => (
        <label key={value} className="ui-choice">
          <input
            type="radio"
            name="role"
            value={value}
            checked={form.values.role === value}
            onChange={() => form.set("role", value)}
          />
          <span className="ui-column">
            <b>{name}</b>
            <span className="ui-note">{text}</span>
          </span>
        </label>
      ))}
      {form.at("role") && (
        <div className="ui-error" role="alert">
          {form.at("role")}
        </div>
      )}
    </fieldset>
  );
}

function Lifetime({ form }: { form: AnyForm }) {
  const id = useId();
  return (
    <div className="ui-field">
      <label htmlFor={id}>Expiration</label>
      <div className="ui-input">
        <select
          id={id}
          name="expires_in_days"
          value={form.values.expires_in_days}
          onChange={(event) => form.set("expires_in_days", event.target.value)}
        >
          {LIFETIMES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </div>
      {form.values.expires_in_days === NEVER && (
        <div className="ui-note">Anyone who gets hold of it can use it until you revoke it.</div>
      )}
    </div>
  );
}
