// What a call finds out: type, question, what fits, and how it is protected.
import { catalog } from "../../generated/catalog.ts";
import { useEffect, useState } from "react";
import { ChevronDown, ChevronRight, Plus, Trash2 } from "lucide-react";
import { BUILT_IN, VARIABLE_TYPES, blankVariable } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import { Area, Choose, Switch, Text, Words, CommitOnBlurInput, OptionalNumberInput } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { Choice, Sensitivity, Variable, VariableType } from "../model/flow.ts";

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const SENSITIVITY = Object.entries(catalog.variable.fields.sensitivity.options) as [Sensitivity, string][];

export function VariablesPanel() {
  const store = useFlowStore();
  const variables = useFlow(({ definition }) => definition.variables);
  const canWrite = useFlow((state) => state.canWrite);
  const focusRequest = useFlow((state) => state.focusRequest);
  const [open, setOpen] = useState<number | null>(null);
  useEffect(() => {
    const [section, name] = (focusRequest?.field || "").split(".");
    if (!focusRequest || section !== "variables" || Date.now() - focusRequest.at > 2000) return;
    const index = store.getState().definition.variables.findIndex((variable) => variable.name === name);
    if (index >= 0) setOpen(index);
  }, [focusRequest, store]);
  const add = () => {
    setOpen(variables.length);
    store.getState().edit((now) => ({ ...now, variables: [...now.variables, blankVariable(now)] }));
  };
  return (
    <>
      {variables.length === 0 && (
        <p className="ui-muted">
          No variables yet. Variables hold what callers say, like a name, a date, or a number of rooms.
        </p>
      )}
      <ul className="editor-list">
        {variables.map((variable, index) => (
          <VariableItem
            key={index}
            index={index}
            variable={variable}
            open={open === index}
            toggle={() => setOpen(open === index ? null : index)}
            close={() => setOpen(null)}
          />
        ))}
      </ul>
      {canWrite && variables.length < 200 && (
        <button type="button" className="ui-button surface" onClick={add}>
          <Plus size={16} />
          Add variable
        </button>
      )}
    </>
  );
}

function VariableItem({
  variable,
  index,
  open,
  toggle,
  close,
}: {
  variable: Variable;
  index: number;
  open: boolean;
  toggle: () => void;
  close: () => void;
}) {
  const used = useFlow(({ definition }) => edits.useOf(definition, variable.name).length);
  return (
    <li data-field={`variables.${variable.name}`}>
      <button type="button" className="editor-item" aria-expanded={open} onClick={toggle} data-index={index}>
        {open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
        <code className="ui-clip ui-grow">{variable.name}</code>
        <span className="ui-note">
          {VARIABLE_TYPES[variable.type]}
          {used ? "" : ", not used"}
        </span>
      </button>
      {open && <Details variable={variable} used={used} close={close} />}
    </li>
  );
}

function Details({ variable, used, close }: { variable: Variable; used: number; close: () => void }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const edit = store.getState().edit;
  const set = (patch: Partial<Variable>) => edit((now) => edits.setVariable(now, variable.name, patch));
  const at = (field: string) => `variables.${variable.name}.${field}`;
  const check = (text: string) => {
    if (!NAME.test(text)) return "Use lowercase letters, digits, and underscores. Start with a letter.";
    if (text in BUILT_IN) return "This name is reserved.";
    return text !== variable.name && store.getState().definition.variables.some(({ name }) => name === text)
      ? "Another variable already has this name."
      : "";
  };
  return (
    <div className="editor-item-in">
      <CommitOnBlurInput
        label="Name (used in expressions)"
        field={at("name")}
        value={variable.name}
        maxLength={40}
        className="editor-code"
        spellCheck={false}
        check={check}
        set={(name) => edit((now) => edits.renameVariable(now, variable.name, name))}
      />
      <Choose
        label="Type"
        field={at("type")}
        value={variable.type}
        options={Object.entries(VARIABLE_TYPES) as [VariableType, string][]}
        set={(type) => set({ type })}
      />
      <Text label="Label" field={at("label")} value={variable.label} set={(label) => set({ label })} />
      <Area
        label="Question"
        field={at("ask")}
        rows={2}
        value={variable.ask}
        placeholder="How many rooms do you need?"
        set={(ask) => set({ ask })}
      />
      <Area
        label="Follow-up question"
        field={at("ask_again")}
        rows={2}
        value={variable.ask_again}
        placeholder="Sorry, how many rooms do you need?"
        set={(ask_again) => set({ ask_again })}
      />
      <Limits variable={variable} set={set} at={at} />
      <Switch
        label="Read back to the caller"
        field={at("confirm")}
        hint="Saved once the caller confirms it."
        value={Boolean(variable.confirm)}
        set={(confirm) => set({ confirm })}
      />
      <Choose
        label="Sensitivity"
        field={at("sensitivity")}
        value={variable.sensitivity}
        options={SENSITIVITY}
        set={(sensitivity) => set({ sensitivity })}
      />
      {canWrite && (
        <button
          type="button"
          className="ui-button ghost editor-small red-text"
          onClick={() => {
            close();
            edit((now) => edits.removeVariable(now, variable.name));
          }}
        >
          <Trash2 size={14} />
          {used ? `Delete (used by ${used} ${used === 1 ? "node" : "nodes"})` : "Delete"}
        </button>
      )}
    </div>
  );
}

interface LimitsProps {
  variable: Variable;
  set: (patch: Partial<Variable>) => void;
  /** The path of a field, as problems name it. */
  at: (field: string) => string;
}

/** What values fit, by the variable's type. */
function Limits({ variable, set, at }: LimitsProps) {
  const number = variable.type === "number" || variable.type === "money";
  return (
    <>
      {number && (
        <div className="editor-two">
          <OptionalNumberInput
            label="Minimum"
            field={at("minimum")}
            integer={false}
            value={variable.minimum}
            set={(minimum) => set({ minimum })}
          />
          <OptionalNumberInput
            label="Maximum"
            field={at("maximum")}
            integer={false}
            value={variable.maximum}
            set={(maximum) => set({ maximum })}
          />
        </div>
      )}
      {variable.type === "text" && (
        <Text
          label="Pattern (optional)"
          field={at("pattern")}
          className="editor-code"
          value={variable.pattern}
          placeholder="[A-Z]{2}[0-9]{6}"
          hint="A regular expression that the whole answer must match."
          set={(pattern) => set({ pattern })}
        />
      )}
      {variable.type === "choice" && (
        <Choices field={at("choices")} value={variable.choices} set={(choices) => set({ choices })} />
      )}
    </>
  );
}

function Choices({ field, value, set }: { field: string; value: Choice[]; set: (choices: Choice[]) => void }) {
  return (
    <div className="editor-choices">
      <Words
        label="Choices"
        field={field}
        value={value.map((choice) => choice.value)}
        max={60}
        placeholder="One bedroom"
        set={(names) =>
          set(names.map((name) => value.find((choice) => choice.value === name) || { value: name, also: [] }))
        }
      />
      {value.map((choice) => (
        <Words
          key={choice.value}
          label={`Synonyms for “${choice.value}”`}
          value={choice.also}
          placeholder="studio, one room"
          set={(also) => set(value.map((other) => (other === choice ? { ...choice, also } : other)))}
        />
      ))}
    </div>
  );
}
