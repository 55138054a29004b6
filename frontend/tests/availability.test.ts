import { expect, test } from "vitest";
import { catalog } from "../src/generated/catalog.ts";
import { usesHandoff } from "../src/designer/model/definition.ts";
import type { EndNode, HandoffRules } from "../src/designer/model/flow.ts";
import { EMPTY } from "./flows.ts";

const END: EndNode = {
  type: "end",
  id: "end",
  name: "",
  x: 0,
  y: 0,
  limit: 20,
  outcome: "hang_up",
  farewell: "Goodbye.",
  next_steps: "",
};

test("handoffs are shown where a flow has one already", () => {
  const flow = { ...EMPTY, nodes: [...EMPTY.nodes, END] };
  expect(usesHandoff(flow)).toBe(false);
  expect(usesHandoff({ ...EMPTY, nodes: [{ ...END, outcome: "handoff" }] })).toBe(true);
  const rules: Partial<HandoffRules>[] = [
    { wish: true },
    { keywords: ["complaint"] },
    { after_minutes: 5 },
    { low_confidence: { below: 0.35, times: 2 } },
  ];
  for (const rule of rules) {
    expect(usesHandoff({ ...flow, rules: { ...flow.rules, handoff: { ...flow.rules.handoff, ...rule } } })).toBe(true);
  }
});

test("fields that need a connection are marked in the catalog", () => {
  const { rag_answer, dispatch, end } = catalog.nodeTypes;
  const marked = [rag_answer.fields.web_search, rag_answer.fields.tools, dispatch.fields.tool, end.fields.outcome];
  for (const field of marked) expect(field.unavailable).toBe(true);
  expect(Object.keys(rag_answer.fields.threshold)).not.toContain("unavailable");
});
