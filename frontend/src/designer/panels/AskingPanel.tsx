// Lead Gate and Clarify: what is asked for, in which order, and how often.
import { ChevronDown, ChevronUp, Plus, X } from "lucide-react";
import { blankVariable } from "../model/definition.ts";
import { Area, Switch, NumberInput } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { FlowField, useProblem } from "./FlowField.tsx";
import type { NodeField, AskingNode, LeadGateNode } from "../model/flow.ts";

interface FieldChange {
  set: (patch: Partial<NodeField>) => void;
  remove: () => void;
  shift: (by: number) => void;
}
type SetAsking = (patch: Partial<Omit<LeadGateNode, "id" | "type">>) => void;

function Asked({
  asked,
  label,
  index,
  last,
  change,
}: {
  asked: NodeField;
  label: string;
  index: number;
  last: boolean;
  change: FieldChange;
}) {
  const problem = useProblem(`fields.${asked.variable}`);
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <li className={problem ? problem.severity : ""} title={problem?.message} data-field={`fields.${asked.variable}`}>
      <span className="ui-clip ui-grow">{label}</span>
      <label className="editor-tick">
        <input
          type="checkbox"
          checked={asked.required}
          onChange={(event) => change.set({ required: event.target.checked })}
        />
        required
      </label>
      {canWrite && (
        <>
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Ask ${label} earlier`}
            disabled={index === 0}
            onClick={() => change.shift(-1)}
          >
            <ChevronUp size={14} />
          </button>
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Ask ${label} later`}
            disabled={last}
            onClick={() => change.shift(1)}
          >
            <ChevronDown size={14} />
          </button>
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Don't ask ${label}`}
            onClick={change.remove}
          >
            <X size={14} />
          </button>
        </>
      )}
    </li>
  );
}

function AskedFor({ node, set }: { node: AskingNode; set: SetAsking }) {
  const store = useFlowStore();
  const variables = useFlow(({ definition }) => definition.variables);
  const left = variables.filter(({ name }) => !node.fields.some(({ variable }) => variable === name));
  const change = (index: number): FieldChange => ({
    set: (patch) => set({ fields: node.fields.map((field, at) => (at === index ? { ...field, ...patch } : field)) }),
    remove: () => set({ fields: node.fields.filter((_, at) => at !== index) }),
    shift: (by) => {
      const fields = [...node.fields];
      [fields[index], fields[index + by]] = [fields[index + by], fields[index]];
      set({ fields });
    },
  });
  const add = (name: string) => set({ fields: [...node.fields, { variable: name, required: true }] });
  const make = () => {
    const variable = blankVariable(store.getState().definition);
    store.getState().edit((now) => ({
      ...now,
      variables: [...now.variables, variable],
      nodes: now.nodes.map((other) =>
        other.id === node.id && "fields" in other
          ? { ...other, fields: [...other.fields, { variable: variable.name, required: true }] }
          : other,
      ),
    }));
    store.getState().open("variables");
    store.getState().requestFocus({ field: `variables.${variable.name}` });
  };
  return (
    <FlowField
      label="Asks for"
      field="fields"
      group
      aside={
        <button type="button" className="ui-button ghost editor-small" onClick={make}>
          <Plus size={14} />
          New variable
        </button>
      }
    >
      {() => (
        <>
          <ol className="editor-asked">
            {node.fields.map((asked, index) => {
              const variable = variables.find(({ name }) => name === asked.variable);
              return (
                <Asked
                  key={asked.variable}
                  asked={asked}
                  label={variable?.label || asked.variable}
                  index={index}
                  last={index === node.fields.length - 1}
                  change={change(index)}
                />
              );
            })}
          </ol>
          {left.length > 0 && (
            <div className="ui-input editor-input">
              <select aria-label="Ask for another variable" value="" onChange={(event) => add(event.target.value)}>
                <option value="" disabled>
                  Add a variable…
                </option>
                {left.map(({ name, label }) => (
                  <option key={name} value={name}>
                    {label || name}
                  </option>
                ))}
              </select>
            </div>
          )}
          {variables.length === 0 && <p className="ui-note">Variables hold what callers say, like a name or a date.</p>}
        </>
      )}
    </FlowField>
  );
}

export function AskingPanel({ node, set }: { node: AskingNode; set: SetAsking }) {
  return (
    <>
      <AskedFor node={node} set={set} />
      {node.type === "lead_gate" && (
        <Area
          label="Consent question"
          field="consent"
          value={node.consent}
          hint="Asked before anything is stored. Skipped if the caller already agreed on the call page."
          set={(consent) => set({ consent })}
        />
      )}
      <Area label="Introduction (optional)" field="intro" rows={2} value={node.intro} set={(intro) => set({ intro })} />
    </>
  );
}

export function AskingMore({ node, set }: { node: AskingNode; set: SetAsking }) {
  return (
    <>
      <Switch
        label="Answer the caller's questions"
        field="questions"
        value={node.questions}
        set={(questions) => set({ questions })}
      />
      <div className="editor-two">
        <NumberInput
          label="Attempts per variable"
          field="attempts"
          value={node.attempts}
          min={1}
          max={5}
          set={(attempts) => set({ attempts })}
        />
        <NumberInput
          label="Turn limit"
          field="limit"
          value={node.limit}
          min={1}
          max={100}
          set={(limit) => set({ limit })}
        />
      </div>
    </>
  );
}
