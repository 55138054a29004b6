// What is different between two states of a flow, for somebody who has to decide.
import { catalog } from "../../generated/catalog.ts";
import { compare, type Difference } from "../model/change.ts";
import type { FlowDefinition } from "../model/flow.ts";

// What a field is called in its panel. Those that no panel has by this name are called what they are in the flow.
const LABELS: Record<NonNullable<Difference["list"]> | "flow", Record<string, { label: string }>> = {
  nodes: Object.assign({}, ...Object.values(catalog.nodeTypes).map(({ fields }) => fields)),
  edges: catalog.edge.fields,
  variables: catalog.variable.fields,
  knowledge: catalog.knowledgeSource.fields,
  notes: catalog.note.fields,
  flow: catalog.flow.fields,
};
const labelOf = (list: Difference["list"], name: string) =>
  LABELS[list ?? "flow"][name]?.label.replace(" (optional)", "") ?? name.replaceAll("_", " ");

// One item of a list, or one part of a flow: what says most about it.
function briefly(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  const { variable, value, reason, day } = item as Record<string, string | undefined>;
  return variable || value || reason || day || "…";
}

function words(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.length ? value.map(briefly).join(", ") : "nothing";
  const {
    expression,
    description,
    type,
    keywords = [],
  } = value as {
    expression?: string;
    description?: string;
    type?: string;
    keywords?: string[];
  };
  return expression || description || (type === "fallback" ? "otherwise" : "") || keywords.join(", ") || "changed";
}

const short = (text: string) => (text.length > 90 ? `${text.slice(0, 90)}…` : text);

export function Differences({
  before,
  after,
  none = "No differences.",
}: {
  before: FlowDefinition;
  after: FlowDefinition;
  none?: string;
}) {
  const found = compare(before, after);
  if (!found.length) return <p className="ui-muted">{none}</p>;
  return (
    <ul className="editor-differences" tabIndex={0} aria-label="Differences">
      {found.map(({ kind, what, list, id, name, fields }) => (
        <li key={`${kind} ${list || what} ${id}`} className={kind}>
          <span className="kind">{kind}</span>
          <div className="ui-grow">
            <span>
              {what} {name && <b>{name}</b>}
            </span>
            {fields.map((field) => {
              const [was, is] = [short(words(field.before)), short(words(field.after))];
              return (
                <p key={field.name} className="ui-note">
                  {labelOf(list, field.name)}
                  {was !== is && (
                    <>
                      : <del>{was}</del> <ins>{is}</ins>
                    </>
                  )}
                </p>
              );
            })}
          </div>
        </li>
      ))}
    </ul>
  );
}
