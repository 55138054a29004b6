// When a way is taken: an expression over what is known, a wish that callers have, or otherwise.
import { BUILT_IN, CONDITIONS } from "../model/definition.ts";
import { Field, Segments, Text, Words, useStep } from "./fields.tsx";
import { useFlow } from "../state/context.ts";

function ExpressionField({ label = "Holds when", field, value, set }) {
  const variables = useFlow(({ definition }) => definition.variables);
  const step = useStep();
  const insert = (name) =>
    set(/(^|[\s(])$/.test(value) ? `${value}${name}` : `${value} and ${name}`.replace(/^ and /, ""));
  return (
    <Field label={label} field={field}>
      {(control, problem) => (
        <>
          <div className={`qv-input fl-input area ${problem?.severity === "error" ? "bad" : ""}`}>
            <textarea
              {...control}
              {...step}
              rows={2}
              className="fl-code"
              value={value}
              maxLength={500}
              spellCheck={false}
              placeholder="score >= 70 and bedrooms == 2"
              onChange={(event) => set(event.target.value)}
            />
          </div>
          <div className="fl-insert" role="group" aria-label="Insert a name">
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
    </Field>
  );
}

const NAMES = { expression: "Known facts", intent: "A wish", keywords: "Words", fallback: "Otherwise" };

// kinds: which conditions are possible here.
export function Condition({ value, set, kinds, field }) {
  return (
    <>
      <Segments
        label="Kind of condition"
        small
        value={value.type}
        options={kinds.map((kind) => [kind, NAMES[kind]])}
        set={(kind) => set(CONDITIONS[kind]())}
      />
      {value.type === "expression" && (
        <ExpressionField field={field} value={value.expression} set={(expression) => set({ ...value, expression })} />
      )}
      {value.type === "intent" && (
        <>
          <Text
            label="What the caller wants"
            field={field}
            value={value.description}
            max={300}
            placeholder="wants to cancel the contract"
            set={(description) => set({ ...value, description })}
          />
          <Words
            label="How callers say it"
            value={value.examples}
            set={(examples) => set({ ...value, examples })}
            placeholder="Please stop my contract"
            hint="Three to six examples make it sure."
          />
        </>
      )}
      {value.type === "keywords" && (
        <Words
          label="Words or phrases"
          field={field}
          value={value.keywords}
          max={60}
          set={(keywords) => set({ ...value, keywords })}
        />
      )}
      {value.type === "fallback" && (
        <p className="qv-note">Taken when nothing above holds, and when the node has reached its limit.</p>
      )}
    </>
  );
}
