// The state of a form that posts to the API. What was typed stays when something is wrong.
import { useEffect, useRef, useState, type FormEvent, type RefObject } from "react";
import { asProblem, type Problem } from "../api/client.ts";
import { invalidFields, type Check } from "./checks.ts";

/** What `send` returns when the form goes on to another page: it stays busy until that is there. */
export const LEAVING = Symbol("leaving");

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

/** The first invalid field gets the focus. */
function useFieldErrors(element: RefObject<HTMLFormElement | null>) {
  const [errors, setErrors] = useState<Values>({});
  const focuses = useRef(false);
  useEffect(() => {
    if (!focuses.current) return;
    focuses.current = false;
    const control = element.current?.elements.namedItem(Object.keys(errors)[0] ?? "");
    if (control instanceof HTMLElement) control.focus();
  }, [errors, element]);
  const show = (fieldErrors: Values) => {
    focuses.current = true;
    setErrors(fieldErrors);
  };
  const forget = (name: string) =>
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([other]) => other !== name)));
  return { errors, show, forget };
}

/** checks: of each field, before anything is sent. */
export function useForm<V extends Values>(initial: V, checks: Partial<Record<keyof V, Check>> = {}): FormState<V> {
  const [values, setValues] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const fields = useFieldErrors(element);

  const show = (error: Problem) => {
    if (error.field && error.field in values) fields.show({ [error.field]: error.message });
    else setProblem(error);
  };

  const submit = (send: Send<V>) => async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const invalid = invalidFields(values, checks);
    setProblem(null);
    fields.show(invalid);
    if (Object.keys(invalid).length) return;
    setBusy(true);
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
    problem,
    at: (name) => fields.errors[name] ?? "",
    show,
    set: (name, value) => {
      setValues((before) => ({ ...before, [name]: value }));
      if (fields.errors[name]) fields.forget(name);
    },
    clear: (...names) => {
      const cleared = names.length ? names : Object.keys(initial);
      setValues((before) => ({ ...before, ...Object.fromEntries(cleared.map((name) => [name, initial[name]])) }));
      setProblem(null);
      fields.show({});
    },
  };
}
