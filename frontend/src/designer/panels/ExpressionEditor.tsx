// A condition over variables and what every flow knows: chosen in rows, or written as an expression.
import { useState } from "react";
import { Code, ListChecks } from "lucide-react";
import { kindsOf, rowsOf } from "../model/conditionRows.ts";
import { BUILT_IN } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import { ConditionBuilder } from "./ConditionBuilder.tsx";
import type { EditorProps } from "./editor.ts";
import { FlowField, useStep } from "./FlowField.tsx";

export function ExpressionEditor(props: EditorProps<string>) {
  const { info, field, value, set } = props;
  const variables = useFlow(({ definition }) => definition.variables);
  const kinds = kindsOf({ variables });
  const rows = rowsOf(value, kinds);
  const [writing, setWriting] = useState(!rows);
  // Whoever writes stays there, also once rows could show what is written.
  if (!rows && !writing) setWriting(true);
  if (!rows || writing) return <ExpressionText {...props} choose={rows ? () => setWriting(false) : undefined} />;
  const write = (
    <button type="button" className="ui-button ghost editor-small" onClick={() => setWriting(true)}>
      <Code size={14} />
      Expression
    </button>
  );
  return (
    <FlowField label={info.label} hint={info.hint} field={field} group aside={write}>
      {(_control, _problem, labelId) => (
        <ConditionBuilder
          condition={rows}
          kinds={kinds}
          labelId={labelId}
          longest={info.maxLength}
          set={(text) => set(text)}
        />
      )}
    </FlowField>
  );
}

interface ExpressionTextProps extends EditorProps<string> {
  /** Back to the rows; none where they can't show the condition. */
  choose?: () => void;
}

function ExpressionText({ info, field, value, set, choose }: ExpressionTextProps) {
  const variables = useFlow(({ definition }) => definition.variables);
  const step = useStep();
  const insert = (name: string) =>
    set(/(^|[\s(])$/.test(value) ? `${value}${name}` : `${value} and ${name}`.replace(/^ and /, ""));
  const back = (
    <button type="button" className="ui-button ghost editor-small" disabled={!choose} onClick={choose}>
      <ListChecks size={14} />
      Builder
    </button>
  );
  return (
    <FlowField
      label="Expression"
      hint={choose ? info.hint : "The builder can't show this condition."}
      field={field}
      aside={back}
    >
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
