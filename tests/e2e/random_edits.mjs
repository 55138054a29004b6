// Prints [{before, after, change}] of random edits by the designer's own modules, each round from where the last one ended.
import { readFileSync } from "node:fs";
const { folder, template, rounds, seed } = JSON.parse(readFileSync(0, "utf8"));
const [edits, { difference }, { TYPES, blankCondition, blankVariable, exitsOf }, { copyOf, paste, readCopy }] =
  await Promise.all(["edits", "change", "definition", "clipboard"].map((name) => import(`file://${folder}/${name}.ts`)));

let state = seed;
const random = (below) => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * below);
};
const any = (items) => items[random(items.length)];
const shuffled = (items) => items.map((item) => [random(1e6), item]).sort(([one], [other]) => one - other).map(([, item]) => item);
const place = () => ({ x: random(2000), y: random(2000) - 1000.5 });

const EDITS = [
  (flow) => edits.addNode(flow, any(Object.keys(TYPES)), place())[0],
  (flow) => flow.nodes.length ? edits.addAfter(flow, any(flow.nodes).id, any(["clarify", "end"]))[0] : flow,
  (flow) => flow.nodes.length ? edits.connect(flow, any(flow.nodes).id, any(flow.nodes).id)[0] : flow,
  (flow) => flow.nodes.length > 3 ? edits.remove(flow, [any(flow.nodes).id], flow.edges.length ? [any(flow.edges).id] : []) : flow,
  (flow) => flow.nodes.length ? edits.move(flow, { [any(flow.nodes).id]: place() }) : flow,
  (flow) => flow.nodes.length ? edits.setNode(flow, any(flow.nodes).id, { name: `Name ${random(99)}` }) : flow,
  (flow) => flow.edges.length ? edits.setCondition(flow, any(flow.edges).id, blankCondition(any(["intent", "fallback", "expression"]))) : flow,
  (flow) => {
    if (!flow.edges.length) return flow;
    const { source } = any(flow.edges);
    return edits.orderExits(flow, source, shuffled(exitsOf(flow, source)).map(({ id }) => id));
  },
  (flow) => ({ ...flow, variables: [...flow.variables, blankVariable(flow)] }),
  (flow) => flow.variables.length ? edits.renameVariable(flow, any(flow.variables).name, `renamed_${random(1e6)}`) : flow,
  (flow) => flow.variables.length ? edits.removeVariable(flow, any(flow.variables).name) : flow,
  (flow) => flow.knowledge.length ? edits.removeSource(flow, any(flow.knowledge).id) : flow,
  (flow) => edits.addNote(flow, place())[0],
  (flow) => ({ ...flow, variables: shuffled(flow.variables), notes: shuffled(flow.notes), persona: `You are ${random(99)}.` }),
  (flow) => {
    const copy = copyOf(flow, shuffled(flow.nodes).slice(0, 4).map(({ id }) => id));
    return copy && flow.nodes.length < 60 ? paste(flow, readCopy(copy))[0] : flow;
  },
];

let flow = template;
const found = [];
for (let round = 0; round < rounds; round += 1) {
  const before = flow;
  for (let step = random(6); step >= 0; step -= 1) flow = any(EDITS)(flow);
  found.push({ before, after: flow, change: difference(before, flow) });
}
console.log(JSON.stringify(found));
