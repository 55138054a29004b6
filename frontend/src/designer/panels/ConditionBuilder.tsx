// A condition as rows to choose from. A row that misses its value stays here until it has one.
import { useEffect, useState, type ReactNode } from "react";
import { Plus, X } from "lucide-react";
import { Segments } from "../../components/Segments.tsx";
import { BUILT_IN } from "../model/definition.ts";
import {
  blankRow,
  kindOf,
  OPERATORS,
  takesList,
  takesValue,
  textOf,
  withOperator,
  type Kind,
  type Operator,
  type Row,
  type Rows,
} from "../model/conditionRows.ts";
import type { Value, Variable } from "../model/flow.ts";
import { same } from "../model/change.ts";
import { useFlow } from "../state/context.ts";
import { useStep } from "./FlowField.tsx";

const JOINS: [Rows["join"], string][] = [
  ["and", "All"],
  ["or", "Any"],
];

interface ConditionBuilderProps {
  /** The rows of the condition as it is stored. */
  condition: Rows;
  kinds: Record<string, Kind>;
  labelId: string;
  /** Characters that the condition may have. */
  longest?: number;
  set: (text: string) => void;
}

export function ConditionBuilder({ condition, kinds, labelId, longest = Infinity, set }: ConditionBuilderProps) {
  const canWrite = useFlow((state) => state.canWrite);
  const [draft, setDraft] = useState(condition);
  const text = textOf(condition);
  useEffect(() => {
    setDraft((before) => (textOf(before) === text ? before : condition));
    // The rows are made anew at each render; their text says whether they are others.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  const change = (next: Rows) => {
    setDraft(next);
    const nextText = textOf(next);
    if (nextText !== text && nextText.length <= longest) set(nextText);
  };
  const { join, rows } = draft;
  const setRow = (index: number, row: Row) => change({ join, rows: rows.map((one, at) => (at === index ? row : one)) });
  const unused = Object.keys(kinds).find((name) => !rows.some((row) => row.name === name)) ?? Object.keys(kinds)[0];
  return (
    <div className="editor-conditions" role="group" aria-labelledby={labelId}>
      {rows.length > 1 && (
        <div className="ui-row">
          <Segments
            label="Which of them"
            small
            value={join}
            options={JOINS}
            set={(next) => change({ join: next, rows })}
          />
          <span className="ui-note">of these are true</span>
        </div>
      )}
      {rows.map((row, index) => (
        <RowEditor
          key={index}
          row={row}
          number={index + 1}
          kinds={kinds}
          set={(next) => setRow(index, next)}
          remove={canWrite ? () => change({ join, rows: rows.filter((_, at) => at !== index) }) : undefined}
        />
      ))}
      {textOf(draft).length > longest && (
        <div className="ui-error" role="alert">
          This condition is too long to be saved. Split it across several exits.
        </div>
      )}
      {canWrite && (
        <button
          type="button"
          className="ui-button ghost editor-small"
          onClick={() => change({ join, rows: [...rows, blankRow(unused, kinds)] })}
        >
          <Plus size={14} />
          {rows.length ? "Add condition" : "Choose a condition"}
        </button>
      )}
    </div>
  );
}

interface RowEditorProps {
  row: Row;
  number: number;
  kinds: Record<string, Kind>;
  set: (row: Row) => void;
  remove?: () => void;
}

function RowEditor({ row, number, kinds, set, remove }: RowEditorProps) {
  const variables = useFlow(({ definition }) => definition.variables);
  const kind = kindOf(row, kinds);
  const rename = (name: string) => {
    const same = kinds[name] === kind && row.operator in OPERATORS[kind];
    const variable = variables.find((one) => one.name === name);
    // A value of another choice doesn't fit.
    set(same && !variable?.choices.length ? { ...row, name } : blankRow(name, kinds));
  };
  return (
    <div className="editor-row" role="group" aria-label={`Condition ${number}`}>
      <div className="editor-row-name">
        <Select label="Variable" value={row.name} set={rename}>
          {!(row.name in kinds) && <option value={row.name}>{row.name} (missing)</option>}
          {variables.map(({ name, label }) => (
            <option key={name} value={name}>
              {label || name}
            </option>
          ))}
          <optgroup label="Call">
            {Object.entries(BUILT_IN).map(([name, meaning]) => (
              <option key={name} value={name}>
                {name.replaceAll("_", " ")}: {meaning}
              </option>
            ))}
          </optgroup>
        </Select>
        {remove && (
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Remove condition ${number}`}
            onClick={remove}
          >
            <X size={14} />
          </button>
        )}
      </div>
      <div className={takesValue(row.operator) ? "editor-row-value" : ""}>
        <Select
          label="Comparison"
          value={row.operator}
          set={(operator) => set(withOperator(row, operator as Operator))}
        >
          {Object.entries(OPERATORS[kind]).map(([operator, name]) => (
            <option key={operator} value={operator}>
              {name}
            </option>
          ))}
        </Select>
        {takesValue(row.operator) && (
          <ValueEditor
            row={row}
            kind={kind}
            variable={variables.find(({ name }) => name === row.name)}
            set={(value) => set({ ...row, value })}
          />
        )}
      </div>
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  set: (value: string) => void;
  children: ReactNode;
}

function Select({ label, value, set, children }: SelectProps) {
  return (
    <div className="ui-input editor-input">
      <select aria-label={label} value={value} onChange={(event) => set(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

interface ValueProps {
  row: Row;
  kind: Kind;
  variable: Variable | undefined;
  set: (value: Row["value"]) => void;
}

function ValueEditor({ row, kind, variable, set }: ValueProps) {
  const choices = variable?.type === "choice" ? variable.choices.map(({ value }) => value) : [];
  if (choices.length && !takesList(row.operator)) {
    const isChoice = row.value === null || choices.includes(String(row.value));
    return (
      <Select label="Value" value={String(row.value ?? "")} set={set}>
        {row.value === null && <option value="">Choose…</option>}
        {!isChoice && <option value={String(row.value)}>{String(row.value)} (missing)</option>}
        {choices.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </Select>
    );
  }
  return <TypedValue key={`${row.name} ${row.operator}`} row={row} kind={kind} set={set} />;
}

const NUMBER = /^-?\d{1,15}(\.\d{1,6})?$/;

function valueOf(text: string, kind: Kind): Value | null {
  const trimmed = text.trim();
  if (kind !== "number") return trimmed || null;
  return NUMBER.test(trimmed) ? Number(trimmed) : null;
}

/** A value that is typed; several are separated by commas. */
function TypedValue({ row, kind, set }: Omit<ValueProps, "variable">) {
  const list = takesList(row.operator);
  const step = useStep();
  const valueText = [row.value]
    .flat()
    .filter((value) => value !== null)
    .join(", ");
  const [text, setText] = useState(valueText);
  const read = (typed: string): Row["value"] => {
    if (!list) return valueOf(typed, kind);
    return typed.split(",").flatMap((part) => valueOf(part, kind) ?? []);
  };
  const inputText = same(read(text), row.value) ? text : valueText;
  const bad = inputText.trim() !== "" && [read(inputText)].flat().every((one) => one === null);
  return (
    <div className={`ui-input editor-input ${bad ? "bad" : ""}`}>
      <input
        {...step}
        aria-label="Value"
        aria-invalid={bad || undefined}
        type={kind === "date" ? "date" : "text"}
        inputMode={kind === "number" ? "decimal" : undefined}
        placeholder={list ? "Separate by commas" : kind === "number" ? "Number" : "Value"}
        maxLength={200}
        value={inputText}
        onChange={({ target }) => {
          setText(target.value);
          set(read(target.value));
        }}
      />
    </div>
  );
}
