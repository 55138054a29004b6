// Whoever changes what protects a login proves anew who they are: by the password, and a code where there is one.
import { CodeField, Field } from "../forms/form.jsx";

export const PROOF = { password: "", code: "" };
export const needed = (secondFactor) => ({ password: "Write your present password.", ...(secondFactor ? { code: "Write the code that your app shows." } : {}) });

export function Proof({ form, secondFactor }) {
  return (
    <>
      <Field form={form} name="password" label="Present password" type="password" autoComplete="current-password" />
      {secondFactor && <CodeField form={form} hint="Of your authenticator app, or a recovery code." />}
    </>
  );
}
