// What panels are made of. While a field has the focus its own undo works; leaving it makes one step of the flow.
import {
  useEffect,
  useId,
  useState,
  type ClipboardEventHandler,
  type CSSProperties,
  type InputHTMLAttributes,
  type ReactNode,
} from "react";
import { Plus, X } from "lucide-react";
import { useFlow } from "../state/context.ts";
import { FlowField, FieldProblem, useProblem, useStep, useUncommitted, type LabelProps } from "./FlowField.tsx";

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, "value" | "max" | "min">;

interface TextProps extends LabelProps, Pick<InputProps, "className" | "placeholder"> {
  value: string;
  set: (value: string) => void;
  /** Of a text area; none for a single line. */
  rows?: number;
  max?: number;
  onPaste?: ClipboardEventHandler;
}

export function Text({ label, field, hint, value, set, rows = 0, max, ...rest }: TextProps) {
  const step = useStep();
  return (
    <FlowField label={label} field={field} hint={hint}>
      {(control, problem) => {
        const props = { ...control, ...step, ...rest, value, maxLength: max };
        return (
          <div className={`ui-input editor-input ${rows ? "area" : ""} ${problem?.severity === "error" ? "bad" : ""}`}>
            {rows ? (
              <textarea {...props} rows={rows} onChange={(event) => set(event.target.value)} />
            ) : (
              <input {...props} onChange={(event) => set(event.target.value)} />
            )}
          </div>
        );
      }}
    </FlowField>
  );
}

export const Area = (props: TextProps) => <Text rows={3} {...props} />;

interface CommitProps extends LabelProps, InputProps {
  label: string;
  value: string;
  set: (value: string) => void;
  /** What is wrong with a text, or nothing. */
  check: (text: string) => string;
}

/** What is typed counts when the field is left, once it is what it has to be. */
export function CommitOnBlurInput({ label, field, hint, value, set, check, ...rest }: CommitProps) {
  const [text, setText] = useState(value);
  const [error, setError] = useState("");
  useUncommitted(text !== value);
  useEffect(() => {
    setText(value);
    setError("");
  }, [value]);
  const commit = () => {
    const problem = check(text);
    setError(problem);
    if (!problem && text !== value) set(text);
  };
  return (
    <FlowField label={label} field={field} hint={error ? "" : hint}>
      {(control) => (
        <>
          <div className={`ui-input editor-input ${error ? "bad" : ""}`}>
            <input
              {...control}
              {...rest}
              value={text}
              aria-invalid={Boolean(error)}
              onChange={(event) => setText(event.target.value)}
              onBlur={commit}
              onKeyDown={(event) => event.key === "Enter" && commit()}
            />
          </div>
          {error && (
            <div className="ui-error" role="alert">
              {error}
            </div>
          )}
        </>
      )}
    </FlowField>
  );
}

interface NumberProps extends LabelProps {
  value: number | null | undefined;
  set: (value: number) => void;
  min?: number;
  max?: number;
  /** A bound that the number has to exceed. */
  above?: number;
  integer?: boolean;
}
type NumberLimits = Pick<NumberProps, "min" | "max" | "above" | "integer">;

const numberError = (text: string, { min, max, above, integer = true }: NumberLimits) => {
  const number = Number(text);
  if (!Number.isFinite(number) || (integer && !Number.isInteger(number))) {
    return integer ? "Enter a whole number." : "Enter a number.";
  }
  if (min !== undefined && number < min) return `Enter ${min} or more.`;
  if (above !== undefined && number <= above) return `Enter more than ${above}.`;
  return max !== undefined && number > max ? `Enter ${max} or less.` : "";
};

export function NumberInput({ value, set, min, max, above, integer = true, ...rest }: NumberProps) {
  return (
    <CommitOnBlurInput
      {...rest}
      value={value === null || value === undefined ? "" : String(value)}
      inputMode={integer ? "numeric" : "decimal"}
      check={(text) => (text.trim() ? numberError(text, { min, max, above, integer }) : "Enter a number.")}
      set={(text) => set(Number(text))}
    />
  );
}

type OptionalNumberProps = Omit<NumberProps, "set"> & { set: (value: number | null) => void };

/** Empty is null. */
export function OptionalNumberInput({ value, set, min, max, above, integer = true, ...rest }: OptionalNumberProps) {
  return (
    <CommitOnBlurInput
      {...rest}
      value={value === null || value === undefined ? "" : String(value)}
      inputMode={integer ? "numeric" : "decimal"}
      check={(text) => (text.trim() ? numberError(text, { min, max, above, integer }) : "")}
      set={(text) => set(text.trim() ? Number(text) : null)}
    />
  );
}

interface ChoiceProps<Key extends string> extends LabelProps {
  value: Key | null | undefined;
  set: (value: Key) => void;
  /** Values, and what they are called. */
  options: [Key, ReactNode][];
}

export function Choose<Key extends string>({ label, field, hint, value, set, options }: ChoiceProps<Key>) {
  return (
    <FlowField label={label} field={field} hint={hint}>
      {(control) => (
        <div className="ui-input editor-input">
          <select {...control} value={value ?? ""} onChange={(event) => set(event.target.value as Key)}>
            {options.map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
    </FlowField>
  );
}

interface SwitchProps extends LabelProps {
  value: boolean;
  set: (value: boolean) => void;
}

export function Switch({ label, field, hint, value, set }: SwitchProps) {
  const id = useId();
  const problem = useProblem(field);
  return (
    <div className="editor-switch-row" data-field={field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        className="editor-switch"
        checked={value}
        onChange={(event) => set(event.target.checked)}
        aria-describedby={hint ? `${id}-more` : undefined}
      />
      {problem ? (
        <FieldProblem problem={problem} />
      ) : (
        hint && (
          <div id={`${id}-more`} className="ui-note">
            {hint}
          </div>
        )
      )}
    </div>
  );
}

interface SliderProps extends LabelProps {
  value: number;
  set: (value: number) => void;
  min?: number;
  max?: number;
  step?: number;
}

export function Slider({ label, field, hint, value, set, min = 0, max = 1, step = 0.01 }: SliderProps) {
  const history = useStep();
  const share = { "--v": `${((value - min) / (max - min)) * 100}%` } as CSSProperties;
  return (
    <FlowField label={label} field={field} hint={hint} aside={<b className="editor-figure">{value.toFixed(2)}</b>}>
      {(control) => (
        <input
          {...control}
          {...history}
          type="range"
          className="editor-slider"
          min={min}
          max={max}
          step={step}
          value={value}
          style={share}
          onChange={(event) => set(Number(event.target.value))}
        />
      )}
    </FlowField>
  );
}

interface WordsProps extends LabelProps {
  value: string[];
  set: (value: string[]) => void;
  placeholder?: string;
  /** How many there may be, and of how many characters. */
  max?: number;
  longest?: number;
}

/** A list of short words: Enter adds, × takes away. */
export function Words({ label, field, hint, value, set, placeholder, max = Infinity, longest }: WordsProps) {
  const [text, setText] = useState("");
  useUncommitted(text !== "");
  const canWrite = useFlow((state) => state.canWrite);
  const add = () => {
    const lines = text.split("\n").map((word) => word.trim().slice(0, longest));
    const added = lines.filter((word) => word && !value.includes(word));
    if (added.length) set([...value, ...added].slice(0, max));
    setText("");
  };
  return (
    <FlowField label={label} field={field} hint={hint}>
      {(control) => (
        <>
          {value.length > 0 && (
            <ul className="editor-words">
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
            <div className="ui-input editor-input">
              <input
                {...control}
                value={text}
                maxLength={longest}
                placeholder={placeholder || "Type and press Enter"}
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
                className="ui-reveal"
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
    </FlowField>
  );
}
