// What is new in a flow is not wrong before anybody has worked on it: its problems count once it was changed and left.
import type { FlowProblem } from "../../api/schema.ts";
import { same } from "../model/change.ts";
import type { Edge, FlowDefinition, FlowNode } from "../model/flow.ts";

type Item = FlowNode | Edge;
const itemsOf = ({ nodes, edges }: FlowDefinition): Item[] => [...nodes, ...edges];
const inPlace = (item: Item) => ({ ...item, x: 0, y: 0 });

export class Fresh {
  private readonly items = new Map<string, Item>();

  /** An empty flow is new as a whole. */
  constructor(definition: FlowDefinition) {
    const all = itemsOf(definition);
    if (all.length === 1) this.items.set(all[0].id, all[0]);
  }

  /** Takes what an edit has added. */
  add(before: FlowDefinition, after: FlowDefinition) {
    if (before.nodes.length >= after.nodes.length && before.edges.length >= after.edges.length) return;
    const idsBefore = new Set(itemsOf(before).map(({ id }) => id));
    for (const item of itemsOf(after)) if (!idsBefore.has(item.id)) this.items.set(item.id, item);
  }

  /** Drops what was changed and isn't selected any more. */
  settle(definition: FlowDefinition, selected: string[]) {
    if (!this.items.size) return;
    const selectedIds = new Set(selected);
    for (const item of itemsOf(definition)) {
      const original = this.items.get(item.id);
      if (original && !selectedIds.has(item.id) && !same(inPlace(original), inPlace(item))) this.items.delete(item.id);
    }
  }

  clear() {
    this.items.clear();
  }

  /** The problems that count. What the flow as a whole lacks can come with what is new. */
  judge(problems: FlowProblem[]): FlowProblem[] {
    if (!this.items.size) return problems;
    return problems.filter(({ node, edge, field }) => (node || edge ? !this.items.has(edge || node || "") : field));
  }
}
