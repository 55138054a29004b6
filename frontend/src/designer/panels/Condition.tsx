// When an exit is taken: a condition over what is known, an intent of the caller, or otherwise.
import type { Condition } from "../model/flow.ts";
import { catalog } from "../../generated/catalog.ts";
import { blankCondition } from "../model/definition.ts";
import { Segments } from "../../components/Segments.tsx";
import { EditorFields } from "./EditorFields.tsx";

type Kind = Condition["type"];

interface ConditionFieldProps<Allowed extends Condition> {
  value: Allowed;
  set: (condition: Allowed) => void;
  /** Which conditions are possible here. */
  kinds: Allowed["type"][];
  field?: string;
}

export function ConditionField<Allowed extends Condition>({ value, set, kinds, field }: ConditionFieldProps<Allowed>) {
  const condition: Condition = value;
  const change = (next: Condition) => set(next as Allowed);
  const { fields } = catalog.conditions[condition.type];
  const [first] = Object.keys(fields);
  return (
    <>
      <Segments
        label="Condition type"
        small
        value={value.type}
        options={kinds.map((kind) => [kind, catalog.conditions[kind].label])}
        set={(kind: Kind) => change(blankCondition(kind))}
      />
      <EditorFields
        fields={fields}
        item={condition}
        path={(name) => (name === first ? field : undefined)}
        set={(patch) => change({ ...condition, ...patch } as Condition)}
      />
      {condition.type === "fallback" && (
        <p className="ui-note">Taken when no other exit matches, or when the node reaches its turn limit.</p>
      )}
    </>
  );
}
