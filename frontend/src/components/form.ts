// The state of a form that posts to the API. What was typed stays when something is wrong.
import { useEffect, useRef, useState, type FormEvent, type RefObject } from "react";
import { asProblem, Problem } from "../api/client.ts";

/** What `send` returns when the form goes on to another page: it stays busy until that is there. */
export const LEAVING = Symbol("leaving");

export const PASSWORD_HINT =
  "Use at least 10 characters. A few unrelated words are easy to remember and hard to guess.";

type Values = Record<string, string>;
export type Send<V extends Values> = (values: V) => Promise<unknown>;

export interface FormState<V extends Values = Values> {
  values: V;
  busy: boolean;
  element: RefObject<HTMLFormElement | null>;
  submit: (send: Send<V>) => (event: FormEvent) => Promise<void>;
  /** What is wrong with the whole form. */
  problem: Problem | null;
  /** The error of a field, or nothing. */
  at: (name: string) => string;
  show: (error: Problem) => void;
  set: (name: string, value: string) => void;
  /** Back to the initial values, of all fields or of these. */
  clear: (...names: (keyof V & string)[]) => void;
}
/** What fields need of a form, whatever its fields are. */
export type AnyForm = Omit<FormState, "submit" | "clear">;

/** required: what to say when a field is empty. */
export function useForm<V extends Values>(initial: V, required: Partial<Record<keyof V, string>> = {}): FormState<V> {
  const [values, setValues] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ error: Problem; field: string | null } | null>(null);
  const element = useRef<HTMLFormElement>(null);

  const show = (error: Problem) =>
    setFailure({ error, field: error.field && error.field in values ? error.field : null });
  useEffect(() => {
    const control = failure?.field && element.current?.elements.namedItem(failure.field);
    if (control instanceof HTMLElement) control.focus();
  }, [failure]);

  const submit = (send: Send<V>) => async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const empty = Object.keys(required).find((name) => !values[name].trim());
    if (empty) {
      show(new Problem(0, { detail: required[empty], field: empty }));
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      if ((await send(values)) === LEAVING) return;
    } catch (error) {
      show(asProblem(error));
    }
    setBusy(false);
  };

  return {
    values,
    busy,
    element,
    submit,
    problem: failure && !failure.field ? failure.error : null,
    at: (name) => (failure?.field === name ? failure.error.message : ""),
    show,
    set: (name, value) => {
      setValues((before) => ({ ...before, [name]: value }));
      if (failure?.field === name) setFailure(null);
    },
    clear: (...names) => {
      const cleared = names.length ? names : Object.keys(initial);
      setValues((before) => ({ ...before, ...Object.fromEntries(cleared.map((name) => [name, initial[name]])) }));
      setFailure(null);
    },
  };
}
