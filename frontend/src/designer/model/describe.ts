// The fields of a flow as people read them, whole, for comparing two states of it.
import { catalog } from "../../generated/catalog.ts";
import type { Difference, FieldDifference } from "./change.ts";
import { conditionWords } from "./conditionRows.ts";
import { VOICES, nodeName } from "./definition.ts";
import type { Choice, Condition, FlowDefinition, HandoffRules, NodeField, OpenPeriod, ScoreRule } from "./flow.ts";

interface FieldInfo {
  label: string;
  options?: Record<string, string>;
}
type Fields = Record<string, FieldInfo>;

// What a field is called in its panel.
const FIELDS: Record<NonNullable<Difference["list"]> | "flow", Fields> = {
  nodes: Object.assign({}, ...Object.values(catalog.nodeTypes).map(({ fields }) => fields)),
  edges: catalog.edge.fields,
  variables: catalog.variable.fields,
  knowledge: catalog.knowledgeSource.fields,
  notes: catalog.note.fields,
  flow: catalog.flow.fields,
};
const HANDOFF: Fields = catalog.handoff.fields;
const OTHERS: Record<string, string> = {
  target: "Goes to",
  source: "Leaves",
  start: "Start",
  scores: "Score",
  hours: "Opening hours",
};

const infoOf = (list: Difference["list"], name: string): FieldInfo | undefined => FIELDS[list ?? "flow"][name];

/** What a field is called. */
export function labelOf(list: Difference["list"], name: string): string {
  const label = infoOf(list, name)?.label ?? OTHERS[name] ?? name.replaceAll("_", " ");
  return label.replace(" (optional)", "").replace(/^./, (letter) => letter.toUpperCase());
}

function conditionText(condition: Condition, exact: boolean): string {
  switch (condition.type) {
    case "expression":
      return exact ? condition.expression : conditionWords(condition.expression);
    case "intent":
      return [condition.description, ...condition.examples.map((example) => `“${example}”`)].join("\n");
    case "keywords":
      return condition.keywords.join(", ");
    case "fallback":
      return "Otherwise";
  }
}

const listText = (items: string[], separator = ", ") => items.filter(Boolean).join(separator);

function scoreText({ points, reason, when }: ScoreRule, exact: boolean) {
  return `${points > 0 ? "+" : ""}${points} ${reason}: ${conditionText(when, exact)}`;
}

function handoffText(rules: HandoffRules): string {
  return listText(
    Object.entries(HANDOFF).map(([name, info]) => {
      const value = rules[name as keyof HandoffRules];
      return `${info.label}: ${plain(value, info) || "none"}`;
    }),
    "\n",
  );
}

function plain(value: unknown, info?: FieldInfo): string {
  if (value === null || value === undefined) return info?.options?.[""] ?? "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) return listText(value.map((item) => plain(item, info)));
  if (typeof value === "object") {
    return listText(Object.entries(value).map(([name, item]) => `${name.replaceAll("_", " ")} ${plain(item)}`));
  }
  return info?.options?.[String(value)] ?? String(value);
}

const VOICE_NAMES = new Map(VOICES);

/** exact: conditions as they are written. */
function textOf(list: Difference["list"], name: string, value: unknown, flow: FlowDefinition, exact: boolean): string {
  if (value === undefined || value === null) return plain(value, infoOf(list, name));
  switch (name) {
    case "condition":
      return conditionText(value as Condition, exact);
    case "target":
    case "source":
    case "start":
      return nodeName(flow, value as string);
    case "fields":
      return listText(
        (value as NodeField[]).map((nodeField) => nodeField.variable + (nodeField.required ? "" : " (optional)")),
      );
    case "choices":
      return listText(
        (value as Choice[]).map((choice) => choice.value + (choice.also.length ? ` (${listText(choice.also)})` : "")),
      );
    case "knowledge":
      return listText(
        (value as string[]).map((id) => flow.knowledge.find((source) => source.id === id)?.name || "Untitled"),
      );
    case "voice":
      return VOICE_NAMES.get(value as string) ?? (value ? String(value) : "Default");
    case "texts":
      return (value as string[]).join("\n\n");
    case "scores":
      return listText(
        (value as ScoreRule[]).map((rule) => scoreText(rule, exact)),
        "\n",
      );
    case "hours":
      return listText(
        (value as OpenPeriod[]).map(({ day, opens, closes }) => `${catalog.weekdays[day]} ${opens}–${closes}`),
        "\n",
      );
    case "handoff":
      return handoffText(value as HandoffRules);
    default:
      return plain(value, infoOf(list, name));
  }
}

/** A field before and after, as texts that differ. */
export function textsOf(
  list: Difference["list"],
  { name, before, after }: FieldDifference,
  flows: { before: FlowDefinition; after: FlowDefinition },
): [string, string] {
  const texts = (exact: boolean): [string, string] => [
    textOf(list, name, before, flows.before, exact),
    textOf(list, name, after, flows.after, exact),
  ];
  const [was, is] = texts(false);
  return was === is ? texts(true) : [was, is];
}

/** Whether texts differ, but not in anything that is read or heard. */
export const differInSpaces = (before: string, after: string) =>
  before !== after && before.split(/\s+/).filter(Boolean).join(" ") === after.split(/\s+/).filter(Boolean).join(" ");
