// Where words stand in a flow: names, what is said, conditions, variables, knowledge.
import { TYPES, exitLabel, exitsOf, titleOf } from "./definition.ts";
import type { FlowDefinition } from "./flow.ts";

const LIMIT = 50;
const QUIET = new Set(["id", "type", "x", "y", "name"]);

const texts = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : Array.isArray(value)
      ? value.flatMap(texts)
      : value && typeof value === "object"
        ? Object.values(value).flatMap(texts)
        : [];

function around(text: string, words: string): string {
  const at = text.toLowerCase().indexOf(words);
  const from = Math.max(0, at - 20);
  return `${from ? "…" : ""}${text.slice(from, at + words.length + 40)}`;
}

/** Where something stands: node also names notes; field leads to what belongs to the flow itself. */
export interface Place {
  node?: string;
  edge?: string;
  field?: string;
}
export type ResultKind = "node" | "exit" | "variable" | "knowledge" | "note";
export interface SearchResult extends Place {
  kind: ResultKind;
  name: string;
  note: string;
}

interface Match {
  result: SearchResult;
  /** 0: its name is the text. 1: its name has the text. 2: it says the text. */
  rank: number;
}

const KINDS: ResultKind[] = ["node", "exit", "variable", "knowledge", "note"];

// Kind by kind, the one with the best match first; of a kind, what is called so, what has it in its name, what says it.
function inGroups(matches: Match[]): Match[] {
  const best = new Map<ResultKind, number>(KINDS.map((kind) => [kind, Infinity]));
  for (const { result, rank } of matches) best.set(result.kind, Math.min(best.get(result.kind) ?? rank, rank));
  const order = [...best].sort(([, one], [, other]) => one - other).map(([kind]) => kind);
  return order.flatMap((kind) =>
    matches.filter(({ result }) => result.kind === kind).sort((one, other) => one.rank - other.rank),
  );
}

/** Where the text stands, at most fifty places. The kind of a node counts as what it says. */
export function find(definition: FlowDefinition, text: string): SearchResult[] {
  const words = text.toLowerCase();
  if (!words) return [];
  const matches: Match[] = [];
  const look = (kind: ResultKind, place: Place, name: string, values: string[]) => {
    const title = name.toLowerCase();
    const says = values.find((value) => value.toLowerCase().includes(words));
    if (title.includes(words))
      matches.push({ result: { ...place, kind, name, note: "" }, rank: title === words ? 0 : 1 });
    else if (says) matches.push({ result: { ...place, kind, name, note: around(says, words) }, rank: 2 });
  };
  for (const node of definition.nodes) {
    const fields = Object.entries(node).filter(([key]) => !QUIET.has(key));
    look("node", { node: node.id }, titleOf(node), [
      TYPES[node.type].label,
      ...texts(fields.map(([, value]) => value)),
    ]);
    for (const edge of exitsOf(definition, node.id))
      look("exit", { edge: edge.id }, `${titleOf(node)}: ${exitLabel(edge)}`, texts(edge.condition));
  }
  for (const note of definition.notes) look("note", { node: note.id }, note.text.slice(0, 40), [note.text]);
  for (const { name, label, ask, ask_again } of definition.variables)
    look("variable", { field: `variables.${name}` }, name, [label, ask, ask_again]);
  for (const { id, name, texts: passages } of definition.knowledge)
    look("knowledge", { field: `knowledge.${id}` }, name, passages);
  return inGroups(matches)
    .slice(0, LIMIT)
    .map(({ result }) => result);
}
