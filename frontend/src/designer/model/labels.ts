// Labels that have no room at their exits.
import { LABEL_HEIGHT, type Start } from "./fans.ts";
import type { Position } from "./flow.ts";
import { inflate, overlap, segments, type Box } from "./geometry.ts";

const GAP = 2; // pixels between a label and anything else
const FROM_END = 10; // pixels between a label and a corner of its line
const STUB = 28; // the longest piece of a line below a node before it turns

/** The labels that have room at their exits. The line of one that has none begins closer to its node. */
export function labelsWithRoom(starts: Map<string, Start>, nodes: Box[]): Map<string, Box> {
  const labels = new Map<string, Box>();
  for (const [id, own] of starts) {
    const { label, dot, level } = own;
    const free =
      label &&
      !nodes.some((node) => overlap(node, label)) &&
      ![...labels.values()].some((other) => overlap(inflate(other, GAP), label));
    if (free) labels.set(id, label);
    else if (!level) own.start = { x: dot.x, y: dot.y + roomBelow(dot, nodes) / 2 };
  }
  return labels;
}

function roomBelow({ x, y }: Position, nodes: Box[]): number {
  let room = STUB;
  for (const node of nodes) if (node.x < x && x < node.x + node.width && node.y >= y) room = Math.min(room, node.y - y);
  return room;
}

/** A place on its line for a label, as near to the exit as can be. */
export function elsewhere(points: Position[], width: number, nodes: Box[], labels: Box[]): Box | null {
  for (const [from, to] of segments(points)) {
    const length = Math.abs(from.x - to.x) + Math.abs(from.y - to.y);
    const half = (from.y === to.y ? width : LABEL_HEIGHT) / 2 + FROM_END;
    for (const at of [half, length / 2]) {
      if (length < 2 * half) continue;
      const x = from.x + Math.sign(to.x - from.x) * at - width / 2;
      const y = from.y + Math.sign(to.y - from.y) * at - LABEL_HEIGHT / 2;
      const label = { x, y, width, height: LABEL_HEIGHT };
      if (![...nodes, ...labels].some((other) => overlap(inflate(other, GAP), label))) return label;
    }
  }
  return null;
}
