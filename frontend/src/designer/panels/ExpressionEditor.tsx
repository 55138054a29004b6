// A condition over variables and what every flow knows, whose names can be inserted.
import { BUILT_IN } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import type { EditorProps } from "./editor.ts";
import { FlowField, useStep } from "./FlowField.tsx";

export function ExpressionEditor({ info, field, value, set }: EditorProps<string>) {
  const variables = useFlow(({ definition }) => definition.variables);
  const step = useStep();
  const insert = (name: string) =>
    set(/(^|[\s(])$/.test(value) ? `${value}${name}` : `${value} and ${name}`.replace(/^ and /, ""));
  return (
    <FlowField label={info.label} hint={info.hint} field={field}>
      {(control, problem) => (
        <>
          <div className={`ui-input editor-input area ${problem?.severity === "error" ? "bad" : ""}`}>
            <textarea
              {...control}
              {...step}
              rows={2}
              className="editor-code"
              value={value}
              maxLength={info.maxLength}
              spellCheck={false}
              placeholder={info.placeholder}
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
