// What is different between two states of a flow, word by word, for somebody who has to decide.
import { compare } from "../model/change.ts";
import { differInSpaces, labelOf, textsOf } from "../model/describe.ts";
import type { FlowDefinition } from "../model/flow.ts";
import { diffWords } from "../model/wordDiff.ts";

interface DifferencesProps {
  before: FlowDefinition;
  after: FlowDefinition;
  none?: string;
}

export function Differences({ before, after, none = "No differences." }: DifferencesProps) {
  const differences = compare(before, after);
  if (!differences.length) return <p className="ui-muted">{none}</p>;
  return (
    <ul className="editor-differences" tabIndex={0} aria-label="Differences">
      {differences.map(({ kind, what, list, id, name, fields }) => (
        <li key={`${kind} ${list || what} ${id}`} className={kind}>
          <span className="kind">{kind}</span>
          <div className="ui-grow">
            <span>
              {what} {name && <b>{name}</b>}
            </span>
            {fields.map((field) => {
              const [was, is] = textsOf(list, field, { before, after });
              return (
                <div key={field.name} className="field">
                  <span className="ui-note">{labelOf(list, field.name)}</span>
                  {differInSpaces(was, is) ? (
                    <p className="ui-muted">Only spaces or line breaks changed.</p>
                  ) : (
                    <Words before={was} after={is} />
                  )}
                </div>
              );
            })}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Words({ before, after }: { before: string; after: string }) {
  return (
    <p>
      {diffWords(before, after).map(({ type, text }, index) => {
        if (type === "removed") return <del key={index}>{text}</del>;
        return type === "added" ? <ins key={index}>{text}</ins> : <span key={index}>{text}</span>;
      })}
    </p>
  );
}
