// What a node asks for, and in which order.
import { useContext } from "react";
import { ChevronDown, ChevronUp, Plus, X } from "lucide-react";
import { blankVariable } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { FlowField, Scope, useProblem } from "./FlowField.tsx";
import type { NodeField } from "../model/flow.ts";

interface FieldChange {
  set: (patch: Partial<NodeField>) => void;
  remove: () => void;
  shift: (by: number) => void;
}

function AskedField({
  item,
  label,
  index,
  last,
  change,
}: {
  item: NodeField;
  label: string;
  index: number;
  last: boolean;
  change: FieldChange;
}) {
  const problem = useProblem(`fields.${item.variable}`);
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <li className={problem ? problem.severity : ""} title={problem?.message} data-field={`fields.${item.variable}`}>
      <span className="ui-clip ui-grow">{label}</span>
      <label className="editor-tick">
        <input
          type="checkbox"
          checked={item.required}
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

export function AskedForEditor({ info, field, value, set }: EditorProps<NodeField[]>) {
  const store = useFlowStore();
  const variables = useFlow(({ definition }) => definition.variables);
  const { node } = useContext(Scope);
  const otherVariables = variables.filter(({ name }) => !value.some(({ variable }) => variable === name));
  const change = (index: number): FieldChange => ({
    set: (patch) => set(value.map((one, at) => (at === index ? { ...one, ...patch } : one))),
    remove: () => set(value.filter((_, at) => at !== index)),
    shift: (by) => {
      const fields = [...value];
      [fields[index], fields[index + by]] = [fields[index + by], fields[index]];
      set(fields);
    },
  });
  const add = (name: string) => set([...value, { variable: name, required: true }]);
  const make = () => {
    const variable = blankVariable(store.getState().definition);
    store.getState().edit((now) => ({
      ...now,
      variables: [...now.variables, variable],
      nodes: now.nodes.map((other) =>
        other.id === node && "fields" in other
          ? { ...other, fields: [...other.fields, { variable: variable.name, required: true }] }
          : other,
      ),
    }));
    store.getState().open("variables", node);
    store.getState().requestFocus({ field: `variables.${variable.name}.name` });
  };
  return (
    <FlowField label={info.label} hint={info.hint} field={field} group aside={<NewVariable make={make} />}>
      {() => (
        <>
          <ol className="editor-asked">
            {value.map((item, index) => {
              const variable = variables.find(({ name }) => name === item.variable);
              return (
                <AskedField
                  key={item.variable}
                  item={item}
                  label={variable?.label || item.variable}
                  index={index}
                  last={index === value.length - 1}
                  change={change(index)}
                />
              );
            })}
          </ol>
          {otherVariables.length > 0 && value.length < (info.maxItems ?? 0) && (
            <div className="ui-input editor-input">
              <select aria-label="Ask for another variable" value="" onChange={(event) => add(event.target.value)}>
                <option value="" disabled>
                  Add a variable…
                </option>
                {otherVariables.map(({ name, label }) => (
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

function NewVariable({ make }: { make: () => void }) {
  return (
    <button type="button" className="ui-button ghost editor-small" onClick={make}>
      <Plus size={14} />
      New variable
    </button>
  );
}
