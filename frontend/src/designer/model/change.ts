// What differs between two states of a flow: for the server (the change alone is sent), and for people.
import { exitLabel, nodeOf, titleOf } from "./definition.ts";

const KEY = { nodes: "id", edges: "id", variables: "name", knowledge: "id", notes: "id" };
const WHOLE = ["start", "persona", "fillers", "rules"];

export function same(one, other) {
  if (one === other) return true;
  if (
    typeof one !== "object" ||
    typeof other !== "object" ||
    !one ||
    !other ||
    Array.isArray(one) !== Array.isArray(other)
  )
    return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}

// The change that makes `after` of `before`, or null.
export function difference(before, after) {
  const change = {};
  const set = WHOLE.filter((field) => !same(before[field], after[field]));
  if (set.length) change.set = Object.fromEntries(set.map((field) => [field, after[field]]));
  for (const [list, key] of Object.entries(KEY)) {
    if (before[list] === after[list]) continue;
    const old = new Map(before[list].map((item) => [item[key], item]));
    const left = new Set(after[list].map((item) => item[key]));
    const put = after[list].filter((item) => !same(old.get(item[key]), item));
    const remove = [...old.keys()].filter((id) => !left.has(id));
    // Where the server puts what it is told: what is new at the end.
    const order = [...left];
    const expected = [...[...old.keys()].filter((id) => left.has(id)), ...order.filter((id) => !old.has(id))];
    const moved = !same(order, expected);
    if (put.length || remove.length || moved) change[list] = { put, remove, ...(moved ? { order } : {}) };
  }
  return Object.keys(change).length ? change : null;
}

const KIND = { nodes: "Node", edges: "Exit", variables: "Variable", knowledge: "Knowledge", notes: "Note" };
const POSITION = new Set(["x", "y"]);

function nameOf(list, item, definition) {
  if (list === "nodes") return titleOf(item);
  if (list === "variables") return item.name;
  if (list === "knowledge") return item.name || "without a name";
  if (list === "notes") return item.text.slice(0, 40) || "empty";
  const from = nodeOf(definition, item.source);
  return `${from ? titleOf(from) : item.source}: ${exitLabel(item)}`;
}

function fieldsOf(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !POSITION.has(name) && !same(before[name], after[name]),
  );
  return names.map((name) => ({ name, before: before[name], after: after[name] }));
}

// What somebody would say is different: [{kind: added | removed | changed, what, id, name, fields: [{name, before, after}]}].
// Positions are looks: they are told only when nothing else of a flow differs.
export function compare(before, after) {
  const found = [];
  let moved = 0;
  for (const [list, key] of Object.entries(KEY)) {
    const old = new Map(before[list].map((item) => [item[key], item]));
    const left = new Set(after[list].map((item) => item[key]));
    for (const item of after[list]) {
      const was = old.get(item[key]);
      const entry = { what: KIND[list], id: item[key], list, name: nameOf(list, item, after) };
      if (!was) found.push({ kind: "added", ...entry, fields: [] });
      else if (!same(was, item)) {
        const fields = fieldsOf(was, item);
        if (fields.length) found.push({ kind: "changed", ...entry, fields });
        else moved += 1;
      }
    }
    for (const item of before[list]) {
      if (!left.has(item[key]))
        found.push({
          kind: "removed",
          what: KIND[list],
          id: item[key],
          list,
          name: nameOf(list, item, before),
          fields: [],
        });
    }
  }
  const kept = (definition) =>
    definition.edges
      .map(({ id }) => id)
      .filter((id) => [before, after].every(({ edges }) => edges.some((edge) => edge.id === id)));
  if (!same(kept(before), kept(after)))
    found.push({ kind: "changed", what: "Exits", id: "order", name: "their order", fields: [] });
  for (const field of WHOLE) {
    if (!same(before[field], after[field])) {
      const fields =
        field === "rules"
          ? fieldsOf(before.rules, after.rules)
          : [{ name: field, before: before[field], after: after[field] }];
      found.push({
        kind: "changed",
        what: field === "rules" ? "Rules" : "Flow",
        id: field,
        name: field === "rules" ? "" : field,
        fields,
      });
    }
  }
  if (!found.length && moved)
    found.push({
      kind: "changed",
      what: "Canvas",
      id: "places",
      name: `${moved} ${moved === 1 ? "place" : "places"}`,
      fields: [],
    });
  return found;
}
