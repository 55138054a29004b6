// Forms that post to the API: fields, their errors, one button. What was typed stays when something is wrong.
import { useEffect, useId, useRef, useState } from "react";
import { CircleAlert, Clock, Eye, EyeOff } from "lucide-react";
import { Problem } from "../api/client.ts";

// For a form that goes on to another page: it stays busy until that is there.
export const LEAVING = Symbol("leaving");

export const PASSWORD_HINT = "At least 10 characters. A few words in a row are easy to remember and hard to guess.";

// needed: field → what to say when it is empty.
export function useForm(initial, needed = {}) {
  const [values, setValues] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const element = useRef(null);

  const show = (error) => setProblem({ error, field: error.field in values ? error.field : null });
  useEffect(() => {
    if (problem?.field) element.current?.elements.namedItem(problem.field)?.focus();
  }, [problem]);

  const submit = (send) => async (event) => {
    event.preventDefault();
    if (busy) return;
    const empty = Object.keys(needed).find((name) => !values[name].trim());
    if (empty) {
      show(new Problem(0, { detail: needed[empty], field: empty }));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      if ((await send(values)) === LEAVING) return;
    } catch (error) {
      show(error);
    }
    setBusy(false);
  };

  return {
    values,
    busy,
    element,
    submit,
    problem: problem && !problem.field ? problem.error : null,
    at: (name) => (problem?.field === name ? problem.error.message : ""),
    show,
    set: (name, value) => {
      setValues((before) => ({ ...before, [name]: value }));
      if (problem?.field === name) setProblem(null);
    },
    clear: (...names) => {
      setValues((before) => ({
        ...before,
        ...Object.fromEntries((names.length ? names : Object.keys(initial)).map((name) => [name, initial[name]])),
      }));
      setProblem(null);
    },
  };
}

export function Form({ form, send, children }) {
  return (
    <form ref={form.element} className="qv-fields" noValidate aria-busy={form.busy} onSubmit={form.submit(send)}>
      {form.problem && <Trouble problem={form.problem} />}
      {children}
    </form>
  );
}

// What went wrong, where it belongs to no field.
export function Trouble({ problem }) {
  const waiting = problem.status === 429;
  return (
    <div className={`qv-callout ${waiting ? "amber" : "red"}`} role="alert">
      {waiting ? <Clock size={16} /> : <CircleAlert size={16} />}
      <span>{problem.message}</span>
    </div>
  );
}

export function Field({ form, name, label, hint, aside, type = "text", ...input }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const error = form.at(name);
  const secret = type === "password";
  const Sight = shown ? EyeOff : Eye;
  return (
    <div className="qv-field">
      <div className="qv-label">
        <label htmlFor={id}>{label}</label>
        {aside}
      </div>
      <div className={`qv-input ${error ? "bad" : ""}`}>
        <input
          id={id}
          name={name}
          type={secret && shown ? "text" : type}
          value={form.values[name]}
          aria-invalid={Boolean(error)}
          aria-describedby={error || hint ? `${id}-more` : undefined}
          onChange={(event) => form.set(name, event.target.value)}
          {...(secret ? { autoCapitalize: "none", spellCheck: false } : {})}
          {...input}
        />
        {secret && (
          <button
            type="button"
            className="qv-sight"
            aria-label={shown ? "Hide characters" : "Show characters"}
            title={shown ? "Hide characters" : "Show characters"}
            onClick={() => setShown(!shown)}
          >
            <Sight size={16} />
          </button>
        )}
      </div>
      {error ? (
        <div id={`${id}-more`} className="qv-error">
          {error}
        </div>
      ) : (
        hint && (
          <div id={`${id}-more`} className="qv-note">
            {hint}
          </div>
        )
      )}
    </div>
  );
}

// The code of the second factor; digits of the app, or letters too of a recovery code.
export function CodeField({ form, name = "code", label = "Code", hint, ...input }) {
  return (
    <Field
      form={form}
      name={name}
      label={label}
      hint={hint}
      className="qv-code"
      autoComplete="one-time-code"
      autoCapitalize="characters"
      spellCheck={false}
      maxLength={40}
      {...input}
    />
  );
}

export function Submit({ form, tone = "solid", wide = true, children }) {
  return (
    <button
      type="submit"
      className={`qv-btn mid ${tone} ${wide ? "wide" : ""} ${form.busy ? "busy" : ""}`}
      aria-disabled={form.busy}
    >
      {form.busy && <span className="qv-wait" aria-hidden="true" />}
      {children}
    </button>
  );
}
