// Whoever changes what protects a login proves anew who they are: by the password, and a code where there is one.
// Who has neither does it by having just come from their identity provider.
import { CodeField, Field } from "../components/Form.tsx";

export const PROOF = { password: "", code: "" };
export const needed = (secondFactor, hasPassword) => ({
  ...(hasPassword ? { password: "Write your present password." } : {}),
  ...(secondFactor ? { code: "Write the code that your app shows." } : {}),
});

export function Proof({ form, secondFactor, hasPassword }) {
  return (
    <>
      {hasPassword && (
        <Field form={form} name="password" label="Present password" type="password" autoComplete="current-password" />
      )}
      {secondFactor && <CodeField form={form} hint="Of your authenticator app, or a recovery code." />}
      {!hasPassword && !secondFactor && (
        <p className="qv-mute">
          You log in by your provider. If that is more than ten minutes ago, log out and in again first.
        </p>
      )}
    </>
  );
}
