// What a call finds out: type, question, what fits, and how it is protected.
import { catalog } from "../../generated/catalog.ts";
import { useEffect, useState } from "react";
import { ChevronDown, ChevronRight, Plus, Trash2 } from "lucide-react";
import { VARIABLE_TYPES, blankVariable } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import type { FieldInfo } from "./editor.ts";
import { EditorField, EditorFields, only } from "./EditorFields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { Variable, VariableType } from "../model/flow.ts";

const FIELDS: Record<keyof typeof catalog.variable.fields, FieldInfo> = catalog.variable.fields;
/** What says which values fit, by type. */
const LIMITS: Partial<Record<VariableType, (keyof typeof FIELDS)[]>> = {
  number: ["minimum", "maximum"],
  money: ["minimum", "maximum"],
  text: ["pattern"],
  choice: ["choices"],
};

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const usesText = ({ nodes, conditions }: edits.Uses) =>
  [nodes && counted(nodes, "node"), conditions && counted(conditions, "condition")].filter(Boolean).join(", ");

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
    const variable = blankVariable(store.getState().definition);
    store.getState().edit((now) => ({ ...now, variables: [...now.variables, variable] }));
    store.getState().requestFocus({ field: `variables.${variable.name}.name` });
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
      {canWrite && variables.length < catalog.limits.variables && (
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
  const used = useFlow(({ definition }) => usesText(edits.usesOf(definition, variable.name)));
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

function Details({ variable, used, close }: { variable: Variable; used: string; close: () => void }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const edit = store.getState().edit;
  const set = (patch: Partial<Variable>) => edit((now) => edits.setVariable(now, variable.name, patch));
  const path = (field: string) => `variables.${variable.name}.${field}`;
  const props = { item: variable, set, path };
  const remove = () => {
    const { conditions } = edits.usesOf(store.getState().definition, variable.name);
    close();
    edit((now) => edits.removeVariable(now, variable.name));
    const warning = conditions
      ? ` ${counted(conditions, "condition")} still ${conditions === 1 ? "uses" : "use"} it.`
      : "";
    store.getState().tell(`“${variable.name}” was deleted.${warning}`, { undoable: true });
  };
  return (
    <div className="editor-item-in">
      <EditorField
        info={FIELDS.name}
        field={path("name")}
        value={variable.name}
        set={(name) => edit((now) => edits.renameVariable(now, variable.name, name as string))}
      />
      <EditorFields {...props} fields={only(FIELDS, "type", "label", "ask", "ask_again")} />
      <EditorFields {...props} fields={only(FIELDS, ...(LIMITS[variable.type] ?? []))} />
      <EditorFields {...props} fields={only(FIELDS, "confirm", "sensitivity")} />
      {canWrite && (
        <button type="button" className="ui-button ghost editor-small red-text" onClick={remove}>
          <Trash2 size={14} />
          {used ? `Delete (used by ${used})` : "Delete"}
        </button>
      )}
    </div>
  );
}
