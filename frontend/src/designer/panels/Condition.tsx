// When a way is taken: an expression over what is known, a wish that callers have, or otherwise.
import type { Condition } from "../model/flow.ts";
import { catalog } from "../../generated/catalog.ts";
import { BUILT_IN, blankCondition } from "../model/definition.ts";
import { Text, Words } from "./fields.tsx";
import { useFlow } from "../state/context.ts";
import { Segments } from "../../components/Segments.tsx";
import { FlowField, useStep } from "./FlowField.tsx";

function ExpressionField({
  label = "Expression",
  field,
  value,
  set,
}: {
  label?: string;
  field?: string;
  value: string;
  set: (expression: string) => void;
}) {
  const variables = useFlow(({ definition }) => definition.variables);
  const step = useStep();
  const insert = (name: string) =>
    set(/(^|[\s(])$/.test(value) ? `${value}${name}` : `${value} and ${name}`.replace(/^ and /, ""));
  return (
    <FlowField label={label} field={field}>
      {(control, problem) => (
        <>
          <div className={`ui-input editor-input area ${problem?.severity === "error" ? "bad" : ""}`}>
            <textarea
              {...control}
              {...step}
              rows={2}
              className="editor-code"
              value={value}
              maxLength={500}
              spellCheck={false}
              placeholder="score >= 70 and bedrooms == 2"
              onChange={(event) => set(event.target.value)}
            />
          </div>
          <div className="editor-insert" role="group" aria-label="Insert variable">
            {variables.map(({ name, label: words }) => (
              <button key={name} type="button" title={words || name} onClick={() => insert(name)}>
                {name}
              </button>
            ))}
            {Object.entries(BUILT_IN).map(([name, meaning]) => (
              <button key={name} type="button" className="own" title={meaning} onClick={() => insert(name)}>
                {name}
              </button>
            ))}
          </div>
        </>
      )}
    </FlowField>
  );
}

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
  return (
    <>
      <Segments
        label="Condition type"
        small
        value={value.type}
        options={kinds.map((kind) => [kind, catalog.conditions[kind].label])}
        set={(kind: Kind) => change(blankCondition(kind))}
      />
      {condition.type === "expression" && (
        <ExpressionField
          field={field}
          value={condition.expression}
          set={(expression) => change({ ...condition, expression })}
        />
      )}
      {condition.type === "intent" && (
        <>
          <Text
            label="What the caller wants"
            field={field}
            value={condition.description}
            max={300}
            placeholder="wants to cancel the contract"
            set={(description) => change({ ...condition, description })}
          />
          <Words
            label="Examples"
            value={condition.examples}
            set={(examples) => change({ ...condition, examples })}
            placeholder="I'd like to cancel"
            hint="Three to six examples work best."
          />
        </>
      )}
      {condition.type === "keywords" && (
        <Words
          label="Words or phrases"
          field={field}
          value={condition.keywords}
          max={60}
          set={(keywords) => change({ ...condition, keywords })}
        />
      )}
      {condition.type === "fallback" && (
        <p className="ui-note">Taken when no other exit matches, or when the node reaches its turn limit.</p>
      )}
    </>
  );
}
