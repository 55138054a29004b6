// The flow as React Flow draws it. What has not changed stays the same object, so that it is not drawn anew.
import { useEffect, useMemo, useRef, useState } from "react";
import { NODE_HEIGHT, NODE_WIDTH, exitTitle, titleOf } from "../model/definition.ts";
import type { FlowDefinition, FlowNode, Note, Position } from "../model/flow.ts";
import type { Box } from "../model/geometry.ts";
import { exitLines, routing, type Route, type Routing } from "../model/routing.ts";
import { useFlow } from "../state/context.ts";
import type { CanvasExit } from "./edges.tsx";
import { typeName } from "./icons.tsx";
import type { CanvasFlowNode, CanvasNote } from "./nodes.tsx";

export type CanvasNode = CanvasFlowNode | CanvasNote;
const NOTE_HEIGHT = 60; // until it is on the page
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
      const previousNodes = new Map(before.map((node) => [node.id, node]));
      const selectedIds = new Set(selected);
      return [
        ...definition.notes.map((note) => canvasNode(note, "note", selectedIds, previousNodes.get(note.id))),
        ...definition.nodes.map((node) => canvasNode(node, "flow", selectedIds, previousNodes.get(node.id))),
      ];
    });
  }, [definition, selected]);
  return [nodes, setNodes] as const;
}

function canvasExits(
  definition: FlowDefinition,
  selected: Set<string>,
  routes: Map<string, Route>,
  previousExits: Map<string, CanvasExit>,
): CanvasExit[] {
  const names = new Map(definition.nodes.map((node) => [node.id, titleOf(node)]));
  const exits: Record<string, number> = {};
  definition.edges.forEach(({ source }) => {
    exits[source] = (exits[source] || 0) + 1;
  });
  return definition.edges.flatMap((edge) => {
    const route = routes.get(edge.id);
    if (!route) return [];
    const { id, source, target } = edge;
    const before = previousExits.get(id);
    const isSelected = selected.has(id);
    const sole = exits[source] === 1;
    const ariaLabel = exitTitle(edge, sole, names.get(source), names.get(target));
    const same = before?.data?.route === route && before.data.edge === edge && before.data.sole === sole;
    if (same && before.selected === isSelected && before.ariaLabel === ariaLabel) return [before];
    return [{ id, source, target, type: "exit", data: { edge, route, sole }, selected: isSelected, ariaLabel }];
  });
}

// Routes follow a drag from where things were before it, so that they do not depend on the way of the pointer.
function useRouting(definition: FlowDefinition, nodes: CanvasNode[]): Routing {
  const rest = useRef<Routing | null>(null);
  const lines = useMemo(() => exitLines(definition), [definition]);
  const current = useMemo(() => {
    const places = new Map<string, Position>();
    const notes = new Map<string, Box>();
    for (const { id, type, position, measured } of nodes) {
      if (type === "flow") places.set(id, position);
      else notes.set(id, { ...position, width: NODE_WIDTH, height: measured?.height ?? NOTE_HEIGHT });
    }
    return routing(lines, places, notes, rest.current);
  }, [lines, nodes]);
  useEffect(() => {
    if (!nodes.some(({ dragging }) => dragging)) rest.current = current;
  }, [nodes, current]);
  return current;
}

export function useCanvasExits(nodes: CanvasNode[]): CanvasExit[] {
  const definition = useFlow((state) => state.definition);
  const selectedEdges = useFlow((state) => state.selectedEdges);
  const previousExits = useRef(new Map<string, CanvasExit>());
  const { routes } = useRouting(definition, nodes);
  return useMemo(() => {
    const exits = canvasExits(definition, new Set(selectedEdges), routes, previousExits.current);
    previousExits.current = new Map(exits.map((exit) => [exit.id, exit]));
    return exits;
  }, [definition, selectedEdges, routes]);
}
