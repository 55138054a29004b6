// What differs between two states of a flow: for the server (only the change is sent), and for people.
import type { ChangeDraft } from "../../api/schema.ts";
import { exitLabel, nodeName, titleOf } from "./definition.ts";
import type { Edge, FlowDefinition, FlowNode, KnowledgeSource, Note, Variable } from "./flow.ts";

interface Lists {
  nodes: FlowNode;
  edges: Edge;
  variables: Variable;
  knowledge: KnowledgeSource;
  notes: Note;
}
type ListName = keyof Lists;
type Item = Lists[ListName];
const LISTS: ListName[] = ["nodes", "edges", "variables", "knowledge", "notes"];
const WHOLE = ["start", "persona", "fillers", "rules"] as const;
type WholeField = (typeof WHOLE)[number];

/** What the server changes of a draft. */
export type FlowChange = ChangeDraft["change"];
interface ListChange {
  put: Item[];
  remove: string[];
  order?: string[];
}

const keyOf = (item: Item) => ("id" in item ? item.id : item.name);
const itemsOf = (definition: FlowDefinition, list: ListName): Item[] => definition[list];

export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && same(left[key], right[key]));
}

function listChange(before: Item[], after: Item[]): ListChange | null {
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const order = [...new Set(after.map(keyOf))];
  const afterKeys = new Set(order);
  const put = after.filter((item) => !same(old.get(keyOf(item)), item));
  const remove = [...old.keys()].filter((id) => !afterKeys.has(id));
  // Where the server puts what is new: at the end.
  const expected = [...[...old.keys()].filter((id) => afterKeys.has(id)), ...order.filter((id) => !old.has(id))];
  const isReordered = !same(order, expected);
  return put.length || remove.length || isReordered ? { put, remove, ...(isReordered ? { order } : {}) } : null;
}

/** The change that makes `after` of `before`, or null. */
export function difference(before: FlowDefinition, after: FlowDefinition): FlowChange | null {
  const change: Record<string, unknown> = {};
  const fields = WHOLE.filter((field) => !same(before[field], after[field]));
  if (fields.length) change.set = Object.fromEntries(fields.map((field) => [field, after[field]]));
  for (const list of LISTS) {
    const items = before[list] === after[list] ? null : listChange(before[list], after[list]);
    if (items) change[list] = items;
  }
  return Object.keys(change).length ? (change as FlowChange) : null;
}

const KIND: Record<ListName, string> = {
  nodes: "Node",
  edges: "Exit",
  variables: "Variable",
  knowledge: "Knowledge",
  notes: "Note",
};
const POSITION = new Set(["x", "y"]);

export interface FieldDifference {
  name: string;
  before: unknown;
  after: unknown;
}
/** Something that a person would call different. what: the kind of thing. */
export interface Difference {
  kind: "added" | "removed" | "changed";
  what: string;
  id: string;
  list?: ListName;
  name: string;
  fields: FieldDifference[];
}

function nameOf(list: ListName, item: Item, definition: FlowDefinition): string {
  if (list === "nodes") return titleOf(item as FlowNode);
  if (list === "variables") return (item as Variable).name;
  if (list === "knowledge") return (item as KnowledgeSource).name || "untitled";
  if (list === "notes") return (item as Note).text.slice(0, 40) || "empty";
  const edge = item as Edge;
  return `${nodeName(definition, edge.source)}: ${exitLabel(edge)}`;
}

function fieldsOf(before: object, after: object): FieldDifference[] {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names
    .filter((name) => !POSITION.has(name) && !same(was[name], is[name]))
    .map((name) => ({ name, before: was[name], after: is[name] }));
}

// What is lost or won with a whole item, where its name doesn't tell.
const contentOf = (list: ListName, before: object, after: object): FieldDifference[] =>
  list === "knowledge" ? fieldsOf(before, after).filter(({ name }) => name === "texts") : [];

function compareList(list: ListName, before: FlowDefinition, after: FlowDefinition) {
  const old = new Map(itemsOf(before, list).map((item) => [keyOf(item), item]));
  const afterKeys = new Set(itemsOf(after, list).map(keyOf));
  const differences: Difference[] = [];
  let moveCount = 0;
  for (const item of itemsOf(after, list)) {
    const previous = old.get(keyOf(item));
    const entry = { what: KIND[list], id: keyOf(item), list, name: nameOf(list, item, after) };
    if (!previous) differences.push({ kind: "added", ...entry, fields: contentOf(list, {}, item) });
    else if (!same(previous, item)) {
      const fields = fieldsOf(previous, item);
      if (fields.length) differences.push({ kind: "changed", ...entry, fields });
      else moveCount += 1;
    }
  }
  for (const item of itemsOf(before, list).filter((other) => !afterKeys.has(keyOf(other)))) {
    const name = nameOf(list, item, before);
    const fields = contentOf(list, item, {});
    differences.push({ kind: "removed", what: KIND[list], id: keyOf(item), list, name, fields });
  }
  return { differences, moveCount };
}

function compareOrder(before: FlowDefinition, after: FlowDefinition): Difference[] {
  const shared = (definition: FlowDefinition, other: FlowDefinition) => {
    const there = new Set(other.edges.map(({ id }) => id));
    return definition.edges.map(({ id }) => id).filter((id) => there.has(id));
  };
  if (same(shared(before, after), shared(after, before))) return [];
  return [{ kind: "changed", what: "Exits", id: "order", name: "order", fields: [] }];
}

function compareWhole(field: WholeField, before: FlowDefinition, after: FlowDefinition): Difference[] {
  if (same(before[field], after[field])) return [];
  if (field === "rules") {
    const fields = fieldsOf(before.rules, after.rules);
    return [{ kind: "changed", what: "Rules", id: field, name: "", fields }];
  }
  const fields = [{ name: field, before: before[field], after: after[field] }];
  return [{ kind: "changed", what: "Flow", id: field, name: field, fields }];
}

/** Positions are looks: they count only when nothing else of a flow differs. */
export function compare(before: FlowDefinition, after: FlowDefinition): Difference[] {
  const lists = LISTS.map((list) => compareList(list, before, after));
  const differences = [
    ...lists.flatMap((list) => list.differences),
    ...compareOrder(before, after),
    ...WHOLE.flatMap((field) => compareWhole(field, before, after)),
  ];
  const moveCount = lists.reduce((sum, list) => sum + list.moveCount, 0);
  if (differences.length || !moveCount) return differences;
  const name = `${moveCount} ${moveCount === 1 ? "position" : "positions"}`;
  return [{ kind: "changed", what: "Canvas", id: "places", name, fields: [] }];
}
