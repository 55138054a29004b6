import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, difference, same, type FlowChange } from "../src/designer/model/change.ts";
import type { FlowDefinition } from "../src/designer/model/flow.ts";
import { edit, flow } from "./flows.ts";

type Item = { id?: string; name?: string };
const keyOf = (item: Item, list: string) => (list === "variables" ? item.name : item.id) ?? "";

// What the server does with a change: quantum_app/domain/flows/drafts.py. The two are compared in tests/e2e.
function applied(before: FlowDefinition, change: FlowChange | null): FlowDefinition {
  if (!change) return before;
  const { set, ...lists } = change;
  const after: Record<string, unknown> = { ...before, ...set };
  for (const [list, { put, remove, order }] of Object.entries(lists)) {
    const items = new Map((before[list as keyof typeof lists] as Item[]).map((item) => [keyOf(item, list), item]));
    for (const id of remove ?? []) items.delete(id);
    for (const item of put as Item[]) items.set(keyOf(item, list), item);
    after[list] = order ? order.map((id) => items.get(id)) : [...items.values()];
  }
  return after as unknown as FlowDefinition;
}

test("the change makes what is drawn", () => {
  fc.assert(
    fc.property(flow, fc.array(edit, { minLength: 1, maxLength: 6 }), (before, changes) => {
      const after = changes.reduce((now, one) => one(now), before);
      expect(applied(before, difference(before, after))).toEqual(after);
    }),
  );
});

test("there is a change just where something differs", () => {
  fc.assert(
    fc.property(flow, edit, (before, change) => {
      const after = change(before);
      expect(difference(before, after) === null).toBe(same(before, after));
      expect(compare(before, after).length === 0).toBe(same(before, after));
      expect(difference(before, structuredClone(before))).toBeNull();
    }),
  );
});

test("sameness is that of JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(same(one, structuredClone(one))).toBe(true);
      expect(same(one, other)).toBe(same(other, one));
    }),
  );
});
