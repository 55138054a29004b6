// One field of a form: its label, its control, and what is wrong with it.
import { useId, type ReactNode } from "react";

/** What ties a control to its label and its message. */
export interface Control {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong, instead of the hint. */
  message?: ReactNode;
  /** Whether the message keeps the value from being used. */
  invalid?: boolean;
  /** Beside the label. */
  aside?: ReactNode;
  /** Whether the label stands for several controls, which then name it themselves. */
  group?: boolean;
  /** The path by which the field is found on the page. */
  path?: string;
  children: (control: Control, labelId: string) => ReactNode;
}

export function Field({ label, hint, message, invalid = Boolean(message), aside, group, path, children }: FieldProps) {
  const id = useId();
  const more = `${id}-more`;
  const control: Control = {
    id,
    "aria-invalid": invalid || undefined,
    "aria-describedby": message || hint ? more : undefined,
  };
  return (
    <div className="ui-field" data-field={path}>
      <div className="ui-label">
        {group ? <span id={`${id}-label`}>{label}</span> : <label htmlFor={id}>{label}</label>}
        {aside}
      </div>
      {children(control, `${id}-label`)}
      {message ? (
        <div id={more} className={invalid ? "ui-error" : "ui-error amber"}>
          {message}
        </div>
      ) : (
        hint && (
          <div id={more} className="ui-note">
            {hint}
          </div>
        )
      )}
    </div>
  );
}
