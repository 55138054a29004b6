// What panels are made of. While a field has the focus its own undo works; leaving it makes one step of the flow.
import { createContext, useContext, useEffect, useId, useRef, useState } from "react";
import { Plus, X } from "lucide-react";
import { useFlow, useFlowStore } from "../state/context.ts";

// Which node or edge the fields below belong to: {node} or {edge}; problems of the flow itself belong to neither.
export const Scope = createContext({});

export function useProblem(field) {
  const { node = null, edge = null } = useContext(Scope);
  const exact = (problem) =>
    node ? problem.node === node && !problem.edge : edge ? problem.edge === edge : !problem.node && !problem.edge;
  return useFlow(({ problems }) =>
    field
      ? problems.find(
          (problem) => exact(problem) && (problem.field === field || problem.field?.startsWith(`${field}.`)),
        )
      : undefined,
  );
}

export function Trouble({ problem, id }) {
  if (!problem) return null;
  return (
    <div id={id} className={problem.severity === "error" ? "qv-error" : "qv-error amber"}>
      {problem.message} {problem.remedy}
    </div>
  );
}

// The step that lasts while the focus is inside.
export function useStep() {
  const store = useFlowStore();
  const open = useRef(false);
  const end = () => {
    if (open.current) store.getState().end();
    open.current = false;
  };
  useEffect(() => end, []);
  return {
    onFocus: () => {
      open.current = true;
      store.getState().begin();
    },
    onBlur: end,
  };
}

export function Field({ label, field, hint, aside, bare = false, children }) {
  const id = useId();
  const problem = useProblem(field);
  const control = {
    id,
    "aria-invalid": problem?.severity === "error" || undefined,
    "aria-describedby": problem || hint ? `${id}-more` : undefined,
  };
  return (
    <div className="qv-field" data-field={field}>
      <div className="fl-label">
        {bare ? <span id={`${id}-label`}>{label}</span> : <label htmlFor={id}>{label}</label>}
        {aside}
      </div>
      {children(bare ? { ...control, labelledBy: `${id}-label` } : control, problem)}
      {problem ? (
        <Trouble problem={problem} id={`${id}-more`} />
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

export function Text({ label, field, hint, value, set, rows = 0, max = 200, ...rest }) {
  const step = useStep();
  const Control = rows ? "textarea" : "input";
  return (
    <Field label={label} field={field} hint={hint}>
      {(control, problem) => (
        <div className={`qv-input fl-input ${rows ? "area" : ""} ${problem?.severity === "error" ? "bad" : ""}`}>
          <Control
            {...control}
            {...step}
            {...rest}
            {...(rows ? { rows } : {})}
            value={value}
            maxLength={max}
            onChange={(event) => set(event.target.value)}
          />
        </div>
      )}
    </Field>
  );
}

export const Area = (props) => <Text rows={3} max={4000} {...props} />;

// Taken over when it is left, once it is what it has to be. check: text → what is wrong, or nothing.
export function Settled({ label, field, hint, value, set, check, ...rest }) {
  const [text, setText] = useState(value);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    setText(value);
    setWrong("");
  }, [value]);
  const settle = () => {
    const problem = check(text);
    setWrong(problem);
    if (!problem && text !== value) set(text);
  };
  return (
    <Field label={label} field={field} hint={wrong ? "" : hint}>
      {(control) => (
        <>
          <div className={`qv-input fl-input ${wrong ? "bad" : ""}`}>
            <input
              {...control}
              {...rest}
              value={text}
              aria-invalid={Boolean(wrong)}
              onChange={(event) => setText(event.target.value)}
              onBlur={settle}
              onKeyDown={(event) => event.key === "Enter" && settle()}
            />
          </div>
          {wrong && (
            <div className="qv-error" role="alert">
              {wrong}
            </div>
          )}
        </>
      )}
    </Field>
  );
}

const numberText = (value) => (value === null || value === undefined ? "" : String(value));

// A number; empty is null where `optional`.
export function Amount({ label, value, set, min, max, integer = true, optional = false, ...rest }) {
  const check = (text) => {
    if (!text.trim()) return optional ? "" : "A number is needed here.";
    const number = Number(text);
    if (!Number.isFinite(number) || (integer && !Number.isInteger(number)))
      return integer ? "Write a whole number." : "Write a number.";
    if (min !== undefined && number < min) return `At least ${min}.`;
    return max !== undefined && number > max ? `At most ${max}.` : "";
  };
  return (
    <Settled
      {...rest}
      label={label}
      value={numberText(value)}
      inputMode={integer ? "numeric" : "decimal"}
      check={check}
      set={(text) => set(text.trim() ? Number(text) : null)}
    />
  );
}

export function Choose({ label, field, hint, value, set, options }) {
  return (
    <Field label={label} field={field} hint={hint}>
      {(control) => (
        <div className="qv-input fl-input">
          <select {...control} value={value ?? ""} onChange={(event) => set(event.target.value)}>
            {options.map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

export function Switch({ label, field, hint, value, set }) {
  const id = useId();
  const problem = useProblem(field);
  return (
    <div className="fl-switch-row" data-field={field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        className="fl-switch"
        checked={value}
        onChange={(event) => set(event.target.checked)}
        aria-describedby={hint ? `${id}-more` : undefined}
      />
      {problem ? (
        <Trouble problem={problem} />
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

export function Slider({ label, field, hint, value, set, min = 0, max = 1, step: by = 0.01 }) {
  const step = useStep();
  return (
    <Field label={label} field={field} hint={hint} aside={<b className="qv-figure-s">{value.toFixed(2)}</b>}>
      {(control) => (
        <input
          {...control}
          {...step}
          type="range"
          className="fl-slider"
          min={min}
          max={max}
          step={by}
          value={value}
          style={{ "--v": `${((value - min) / (max - min)) * 100}%` }}
          onChange={(event) => set(Number(event.target.value))}
        />
      )}
    </Field>
  );
}

// One of few: shown side by side.
export function Segments({ label, value, set, options, small = false }) {
  return (
    <div className={`fl-seg ${small ? "small" : ""}`} role="group" aria-label={label}>
      {options.map(([key, name]) => (
        <button
          key={key}
          type="button"
          className={value === key ? "on" : ""}
          aria-pressed={value === key}
          onClick={() => value !== key && set(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

// A list of short words: Enter adds, × takes away.
export function Words({ label, field, hint, value, set, placeholder = "Add and press Enter", max = 40 }) {
  const [text, setText] = useState("");
  const canWrite = useFlow((state) => state.canWrite);
  const add = () => {
    const found = text
      .split("\n")
      .map((word) => word.trim().slice(0, 200))
      .filter((word) => word && !value.includes(word));
    if (found.length) set([...value, ...found].slice(0, max));
    setText("");
  };
  return (
    <Field label={label} field={field} hint={hint}>
      {(control) => (
        <>
          {value.length > 0 && (
            <ul className="fl-words">
              {value.map((word) => (
                <li key={word}>
                  <span>{word}</span>
                  {canWrite && (
                    <button
                      type="button"
                      aria-label={`Remove ${word}`}
                      onClick={() => set(value.filter((other) => other !== word))}
                    >
                      <X size={12} />
                    </button>
                  )}
                </li>
              ))}
            </ul>
          )}
          {value.length < max && (
            <div className="qv-input fl-input">
              <input
                {...control}
                value={text}
                maxLength={200}
                placeholder={placeholder}
                onChange={(event) => setText(event.target.value)}
                onBlur={add}
                onKeyDown={(event) => {
                  if (event.key !== "Enter") return;
                  event.preventDefault();
                  add();
                }}
              />
              <button
                type="button"
                className="qv-sight"
                aria-label={`Add to ${label.toLowerCase()}`}
                onMouseDown={(event) => event.preventDefault()}
                onClick={add}
              >
                <Plus size={16} />
              </button>
            </div>
          )}
        </>
      )}
    </Field>
  );
}
