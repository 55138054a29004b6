// Forms that post to the API: fields, their errors, one button.
import { catalog } from "../generated/catalog.ts";
import { useState, type InputHTMLAttributes, type ReactNode } from "react";
import { Eye, EyeOff } from "lucide-react";
import { ErrorMessage } from "./ErrorMessage.tsx";
import { PASSWORD_HINT } from "./checks.ts";
import { Field } from "./Field.tsx";
import type { AnyForm, FormState, Send } from "./form.ts";

type FormProps<V extends Record<string, string>> = { form: FormState<V>; send: Send<V>; children: ReactNode };

export function Form<V extends Record<string, string>>({ form, send, children }: FormProps<V>) {
  return (
    <form ref={form.element} className="ui-fields" noValidate aria-busy={form.busy} onSubmit={form.submit(send)}>
      {form.problem && <ErrorMessage problem={form.problem} />}
      {children}
    </form>
  );
}

interface FormFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "form"> {
  form: AnyForm;
  name: string;
  label: string;
  hint?: ReactNode;
  /** Beside the label. */
  aside?: ReactNode;
}

/** Of a field that has a name and a label of its own. */
type SpecialFieldProps = Partial<FormFieldProps> & Pick<FormFieldProps, "form">;

/** A line of text in a form. */
export function FormField({ form, name, label, hint, aside, type = "text", ...input }: FormFieldProps) {
  const [visible, setVisible] = useState(false);
  const error = form.at(name);
  const secret = type === "password";
  return (
    <Field label={label} hint={hint} message={error}>
      {(control) => (
        <>
          <div className={`ui-input ${error ? "bad" : ""}`}>
            <input
              {...control}
              name={name}
              type={secret && visible ? "text" : type}
              value={form.values[name]}
              onChange={(event) => form.set(name, event.target.value)}
              {...(secret ? { autoCapitalize: "none", spellCheck: false } : {})}
              {...input}
            />
            {secret && <Reveal visible={visible} set={setVisible} />}
          </div>
          {/* Seen beside the label, but reached after the input. */}
          {aside && <div className="ui-beside-label">{aside}</div>}
        </>
      )}
    </Field>
  );
}

function Reveal({ visible, set }: { visible: boolean; set: (visible: boolean) => void }) {
  const Icon = visible ? EyeOff : Eye;
  const label = visible ? "Hide characters" : "Show characters";
  return (
    <button type="button" className="ui-reveal" aria-label={label} title={label} onClick={() => set(!visible)}>
      <Icon size={16} />
    </button>
  );
}

/** A new password, which `passwordCheck` checks. */
export function NewPasswordField({ name = "password", label = "Password", ...field }: SpecialFieldProps) {
  return (
    <FormField name={name} label={label} type="password" autoComplete="new-password" hint={PASSWORD_HINT} {...field} />
  );
}

/** The code of the second factor: digits of the app, or a recovery code, which has letters too. */
export function CodeField({ name = "code", label = "Code", ...field }: SpecialFieldProps) {
  return (
    <FormField
      name={name}
      label={label}
      className="ui-code"
      autoComplete="one-time-code"
      autoCapitalize="characters"
      spellCheck={false}
      maxLength={catalog.maxLength.Proof.code}
      {...field}
    />
  );
}

interface SubmitProps {
  form: Pick<AnyForm, "busy">;
  tone?: string;
  wide?: boolean;
  children: ReactNode;
}

export function Submit({ form, tone = "solid", wide = true, children }: SubmitProps) {
  return (
    <button
      type="submit"
      className={`ui-button mid ${tone} ${wide ? "wide" : ""} ${form.busy ? "busy" : ""}`}
      aria-disabled={form.busy}
    >
      {form.busy && <span className="ui-wait" aria-hidden="true" />}
      {children}
    </button>
  );
}
