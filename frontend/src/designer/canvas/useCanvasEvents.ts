// What is done on the canvas, as edits of the flow.
import { useCallback, type Dispatch, type SetStateAction } from "react";
import {
  applyNodeChanges,
  useReactFlow,
  type Connection,
  type EdgeChange,
  type NodeChange,
  type OnConnectEnd,
} from "@xyflow/react";
import { NODE_WIDTH, connectionError } from "../model/definition.ts";
import * as edits from "../model/edits.ts";
import type { Position } from "../model/flow.ts";
import { useFlowStore } from "../state/context.ts";
import type { CanvasExit } from "./edges.tsx";
import type { CanvasNode } from "./elements.ts";

export function useNodeChanges(setNodes: Dispatch<SetStateAction<CanvasNode[]>>) {
  const store = useFlowStore();
  return useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      const state = store.getState();
      const places: Record<string, Position> = {};
      let selected: Set<string> | null = null;
      for (const change of changes) {
        if (change.type === "position") {
          if (!change.dragging && change.position) places[change.id] = change.position;
        } else if (change.type === "select") {
          selected = selected || new Set(state.selected);
          selected[change.selected ? "add" : "delete"](change.id);
        }
      }
      const visualChanges = changes.filter(({ type }) => type !== "remove");
      setNodes((before) => applyNodeChanges(visualChanges, before));
      if (selected) state.select([...selected], state.selectedEdges);
      // Arrow keys come here too: in a row they are one step.
      const movedIds = Object.keys(places).sort();
      if (movedIds.length) state.edit((now) => edits.move(now, places), { as: `move ${movedIds}` });
    },
    [store, setNodes],
  );
}

export function useEdgeChanges() {
  const store = useFlowStore();
  return useCallback(
    (changes: EdgeChange<CanvasExit>[]) => {
      const state = store.getState();
      const selected = new Set(state.selectedEdges);
      for (const change of changes) {
        if (change.type === "select") selected[change.selected ? "add" : "delete"](change.id);
      }
      state.select(state.selected, [...selected]);
    },
    [store],
  );
}

/** onLoose: an exit was drawn from a node to an empty place. pointer: that place in the window. */
export function useConnecting(onLoose: (source: string, place: Position, pointer: Position) => void) {
  const store = useFlowStore();
  const { screenToFlowPosition } = useReactFlow();
  const isValidConnection = useCallback(
    ({ source, target }: Connection | CanvasExit) => !connectionError(store.getState().definition, source, target),
    [store],
  );
  const onConnect = useCallback(
    ({ source, target }: Connection) => {
      const [now, id] = edits.connect(store.getState().definition, source, target);
      store.getState().edit(() => now);
      store.getState().select([], [id]);
    },
    [store],
  );
  const onConnectEnd = useCallback<OnConnectEnd>(
    (event, connection) => {
      const { clientX: x, clientY: y } = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!connection.toNode && connection.fromNode && connection.fromHandle?.type === "source") {
        const place = screenToFlowPosition({ x, y });
        onLoose(connection.fromNode.id, { x: place.x - NODE_WIDTH / 2, y: place.y }, { x, y });
      }
    },
    [onLoose, screenToFlowPosition],
  );
  return { isValidConnection, onConnect, onConnectEnd };
}
