// Where words stand in a flow: names, what is said, conditions, variables, knowledge.
import { exitLabel, exitsOf, titleOf } from "./definition.ts";
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
export interface SearchResult extends Place {
  name: string;
  note: string;
}

// What is called so comes first, then what has it in its name, then what says it.
export function find(definition: FlowDefinition, text: string): SearchResult[] {
  const words = text.toLowerCase();
  if (!words) return [];
  const found: [number, SearchResult][] = [];
  const look = (place: Place, name: string, values: string[]) => {
    const called = name.toLowerCase();
    if (called.includes(words)) found.push([called === words ? 0 : 1, { ...place, name, note: "" }]);
    else {
      const hit = values.find((value) => value.toLowerCase().includes(words));
      if (hit) found.push([2, { ...place, name, note: around(hit, words) }]);
    }
  };
  for (const node of definition.nodes) {
    look(
      { node: node.id },
      titleOf(node),
      texts(
        Object.entries(node)
          .filter(([key]) => !QUIET.has(key))
          .map(([, value]) => value),
      ),
    );
    for (const edge of exitsOf(definition, node.id))
      look({ edge: edge.id }, `${titleOf(node)}: ${exitLabel(edge)}`, texts(edge.condition));
  }
  for (const note of definition.notes) look({ node: note.id }, note.text.slice(0, 40), [note.text]);
  for (const variable of definition.variables)
    look({ field: `variables.${variable.name}` }, variable.name, [variable.label, variable.ask, variable.ask_again]);
  for (const source of definition.knowledge) look({ field: `knowledge.${source.id}` }, source.name, source.texts);
  return found
    .sort(([one], [other]) => one - other)
    .slice(0, LIMIT)
    .map(([, place]) => place);
}
