// Random flows, made by the designer's own edits from a small one.
import fc from "fast-check";
import { copyOf, paste, readCopy } from "../src/designer/model/clipboard.ts";
import { blankCondition, TYPES, blankVariable, exitsOf } from "../src/designer/model/definition.ts";
import * as edits from "../src/designer/model/edits.ts";
import type { FlowDefinition, NodeType } from "../src/designer/model/flow.ts";

export const EMPTY: FlowDefinition = {
  schema_version: 3,
  start: "start",
  nodes: [{ type: "start", id: "start", name: "Start", x: 0, y: 0, limit: 20, greeting: "Hello.", voice: "" }],
  edges: [],
  variables: [],
  knowledge: [],
  rules: {
    handoff: {
      keywords: [],
      wish: false,
      after_minutes: null,
      low_confidence: null,
      announcement: "",
      unavailable: "",
      priority: "normal",
      skills: [],
    },
    scores: [],
    hours: [],
  },
  persona: "",
  fillers: [],
  notes: [],
};

export type Edit = (flow: FlowDefinition) => FlowDefinition;

const TYPE_NAMES = Object.keys(TYPES) as NodeType[];
const pick = <Item>(items: Item[], index: number): Item | undefined => items[index % items.length];
const place = fc.record({ x: fc.integer({ min: 0, max: 2000 }), y: fc.double({ min: -1000, max: 1000, noNaN: true }) });
const index = fc.nat(1000);

const withNode = (at: number, edit: (flow: FlowDefinition, id: string) => FlowDefinition): Edit => {
  return (flow) => {
    const node = pick(flow.nodes, at);
    return node ? edit(flow, node.id) : flow;
  };
};
const withEdge = (at: number, edit: (flow: FlowDefinition, id: string, source: string) => FlowDefinition): Edit => {
  return (flow) => {
    const edge = pick(flow.edges, at);
    return edge ? edit(flow, edge.id, edge.source) : flow;
  };
};
const withVariable = (at: number, edit: (flow: FlowDefinition, name: string) => FlowDefinition): Edit => {
  return (flow) => {
    const variable = pick(flow.variables, at);
    return variable ? edit(flow, variable.name) : flow;
  };
};

const reversed = (ids: string[], reverse: boolean) => (reverse ? [...ids].reverse() : ids);

/** What somebody may do in the designer. */
export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...TYPE_NAMES), place).map(
    ([type, at]): Edit =>
      (flow) =>
        edits.addNode(flow, type, at)[0],
  ),
  fc
    .tuple(index, fc.constantFrom<NodeType>("clarify", "end"))
    .map(([at, type]) => withNode(at, (flow, id) => edits.addAfter(flow, id, type)[0])),
  fc
    .tuple(index, index)
    .map(([from, to]) => withNode(from, (flow, id) => edits.connect(flow, id, pick(flow.nodes, to)?.id ?? id)[0])),
  index.map((at) => withNode(at, (flow, id) => (flow.nodes.length > 3 ? edits.remove(flow, [id]) : flow))),
  index.map((at) => withEdge(at, (flow, id) => edits.remove(flow, [], [id]))),
  fc.tuple(index, place).map(([at, to]) => withNode(at, (flow, id) => edits.move(flow, { [id]: to }))),
  fc.tuple(index, fc.string()).map(([at, name]) => withNode(at, (flow, id) => edits.setNode(flow, id, { name }))),
  fc
    .tuple(index, fc.constantFrom("intent" as const, "fallback" as const, "expression" as const))
    .map(([at, condition]) => withEdge(at, (flow, id) => edits.setCondition(flow, id, blankCondition(condition)))),
  fc.tuple(index, fc.boolean()).map(([at, reverse]) =>
    withEdge(at, (flow, _id, source) => {
      const ids = exitsOf(flow, source).map((exit) => exit.id);
      return edits.orderExits(flow, source, reversed(ids, reverse));
    }),
  ),
  fc.constant<Edit>((flow) => ({ ...flow, variables: [...flow.variables, blankVariable(flow)] })),
  fc
    .tuple(index, fc.nat())
    .map(([at, number]) => withVariable(at, (flow, name) => edits.renameVariable(flow, name, `renamed_${number}`))),
  index.map((at) => withVariable(at, edits.removeVariable)),
  place.map(
    (at): Edit =>
      (flow) =>
        edits.addNote(flow, at)[0],
  ),
  fc.string().map((persona): Edit => (flow) => ({ ...flow, persona, notes: [...flow.notes].reverse() })),
  fc.array(index, { maxLength: 4 }).map((at): Edit => {
    return (flow) => {
      const copy = readCopy(
        copyOf(
          flow,
          at.map((one) => pick(flow.nodes, one)?.id ?? ""),
        ),
      );
      return copy && flow.nodes.length < 60 ? paste(flow, copy)[0] : flow;
    };
  }),
);

export const flow: fc.Arbitrary<FlowDefinition> = fc
  .array(edit, { maxLength: 25 })
  .map((all) => all.reduce((now, one) => one(now), EMPTY));
