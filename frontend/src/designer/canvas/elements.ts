// The flow as React Flow draws it. What has not changed stays the same object, so that it is not drawn anew.
import { useEffect, useMemo, useRef, useState } from "react";
import { same } from "../model/change.ts";
import { NODE_HEIGHT, NODE_WIDTH, exitLabel, titleOf } from "../model/definition.ts";
import type { FlowDefinition, FlowNode, Note } from "../model/flow.ts";
import { ports } from "../model/layout.ts";
import { useFlow } from "../state/context.ts";
import type { CanvasExit } from "./edges.tsx";
import { typeName } from "./icons.tsx";
import type { CanvasFlowNode, CanvasNote } from "./nodes.tsx";

export type CanvasNode = CanvasFlowNode | CanvasNote;
type Kind = CanvasNode["type"];

function canvasNode(item: FlowNode | Note, kind: Kind, selected: Set<string>, before?: CanvasNode): CanvasNode {
  const isSelected = selected.has(item.id);
  const inPlace = before && before.position.x === item.x && before.position.y === item.y;
  if (before && before.data.node === item && before.selected === isSelected && inPlace) return before;
  return {
    ...before,
    id: item.id,
    type: kind,
    position: inPlace ? before.position : { x: item.x, y: item.y },
    data: { node: item },
    selected: isSelected,
    ariaLabel: "type" in item ? `${titleOf(item)}, ${typeName(item)}` : `Note: ${item.text || "empty"}`,
    ...(kind === "flow" ? { initialWidth: NODE_WIDTH, initialHeight: NODE_HEIGHT } : {}),
  } as CanvasNode;
}

/** Nodes and notes. React Flow moves them while they are dragged. */
export function useCanvasNodes() {
  const definition = useFlow((state) => state.definition);
  const selected = useFlow((state) => state.selected);
  const [nodes, setNodes] = useState<CanvasNode[]>([]);
  useEffect(() => {
    setNodes((before) => {
      const drawn = new Map(before.map((node) => [node.id, node]));
      const chosen = new Set(selected);
      return [
        ...definition.notes.map((note) => canvasNode(note, "note", chosen, drawn.get(note.id))),
        ...definition.nodes.map((node) => canvasNode(node, "flow", chosen, drawn.get(node.id))),
      ];
    });
  }, [definition, selected]);
  return [nodes, setNodes] as const;
}

function canvasExits(definition: FlowDefinition, selected: Set<string>, drawn: Map<string, CanvasExit>): CanvasExit[] {
  const portOf = ports(definition);
  const exits: Record<string, number> = {};
  definition.edges.forEach(({ source }) => {
    exits[source] = (exits[source] || 0) + 1;
  });
  return definition.edges.flatMap((edge) => {
    const port = portOf.get(edge.id);
    if (!port) return [];
    const before = drawn.get(edge.id);
    const isSelected = selected.has(edge.id);
    const sole = exits[edge.source] === 1;
    const unmoved = before?.data && same(before.data.port, port) && before.selected === isSelected;
    if (unmoved && before.data?.edge === edge && before.data.sole === sole) return [before];
    const ariaLabel = `Exit: ${exitLabel(edge, sole)}`;
    const { id, source, target } = edge;
    return [{ id, source, target, type: "exit", data: { edge, port, sole }, selected: isSelected, ariaLabel }];
  });
}

export function useCanvasExits(): CanvasExit[] {
  const definition = useFlow((state) => state.definition);
  const selectedEdges = useFlow((state) => state.selectedEdges);
  const drawn = useRef(new Map<string, CanvasExit>());
  return useMemo(() => {
    const exits = canvasExits(definition, new Set(selectedEdges), drawn.current);
    drawn.current = new Map(exits.map((exit) => [exit.id, exit]));
    return exits;
  }, [definition, selectedEdges]);
}
