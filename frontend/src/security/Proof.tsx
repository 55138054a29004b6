// Whoever changes what protects a login proves anew who they are: by the password, and a code where there is one.
// Who has neither does it by having just come from their identity provider.
import { CodeField, FormField } from "../components/Form.tsx";
import type { AnyForm } from "../components/form.ts";

export type ProofValues = { password: string; code: string };
export const PROOF: ProofValues = { password: "", code: "" };
/** What to say when a field of the proof is empty. */
export const requiredProof = (secondFactor: boolean, hasPassword: boolean): Partial<ProofValues> => ({
  ...(hasPassword ? { password: "Enter your current password." } : {}),
  ...(secondFactor ? { code: "Enter the code from your app." } : {}),
});

export function Proof({
  form,
  secondFactor,
  hasPassword,
}: {
  form: AnyForm;
  secondFactor: boolean;
  hasPassword: boolean;
}) {
  return (
    <>
      {hasPassword && (
        <FormField
          form={form}
          name="password"
          label="Current password"
          type="password"
          autoComplete="current-password"
        />
      )}
      {secondFactor && <CodeField form={form} hint="From your authenticator app, or a recovery code." />}
      {!hasPassword && !secondFactor && (
        <p className="ui-muted">
          You log in with your provider. If that was more than ten minutes ago, log out and back in first.
        </p>
      )}
    </>
  );
}
